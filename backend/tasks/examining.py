"""Reads what has arrived, and looks whether a photo was used before."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from backend.photos import Photos, preview_key, thumbnail_key
from backend.store import media, reuse
from backend.store.database import transaction
from media.examining import Examination
from media.kinds import BadImage
from media.likeness import NEAR_KEY, Likeness, compare, near_blocks
from media.objects import ObjectMissing, StoreUnavailable
from media.scanning import ScannerUnavailable
from media.uploads import content_key
from media.workers import WorkerLost

LEASE: Final = timedelta(minutes=5)
_LATER: Final = timedelta(minutes=10)
# What ends a worker each time is taken for what ends workers.
_MOST_ATTEMPTS: Final = 3
_BATCH: Final = 20


async def examine_one(photos: Photos, now: datetime) -> bool:
    """Reads one content that nobody has read; False when there is none."""
    async with transaction():
        await media.meet(now)
        row = await media.to_examine(now, LEASE)
    if row is None:
        return False
    try:
        data = await photos.store.get(content_key(row["sha256"]))
        refused, found = await _read(photos, data)
    except (StoreUnavailable, ScannerUnavailable):
        async with transaction():  # not the file's fault; and nothing unscanned is shown
            await media.give_back(row["sha256"], now + _LATER)
        return False
    except ObjectMissing:
        refused, found = "missing", None
    except WorkerLost:
        if row["attempts"] < _MOST_ATTEMPTS:
            return True  # again when the lease ends
        refused, found = "unreadable", None
    await _note(photos, row["sha256"], refused, found, now)
    return True


async def _read(photos: Photos, data: bytes) -> tuple[str | None, Examination | None]:
    if photos.scanner is not None and await photos.scanner.finding(data) is not None:
        return "virus", None
    try:
        return None, await photos.workers.examine(data)
    except BadImage as error:
        return error.fault.value, None


async def _note(
    photos: Photos, sha256: str, refused: str | None, found: Examination | None, now: datetime
) -> None:
    if found is None:
        async with transaction():
            await media.refuse(sha256, refused or "unreadable", now)
        return
    await photos.store.put(preview_key(sha256), found.preview)
    await photos.store.put(thumbnail_key(sha256), found.thumbnail)
    reading, alike = found.reading, found.likeness
    async with transaction():
        await media.describe(
            sha256,
            reading.kind.value,
            (reading.width, reading.height),
            reading.pages,
            [hint.value for hint in found.advice],
            (alike.key, alike.full) if alike is not None else None,
            now,
        )


async def compare_some(now: datetime) -> bool:
    """Looks for photos of pensioners among all older ones of the county; False when none is left.

    Another person's photo is to be decided on; the person's own is only shown with its age.
    """
    async with transaction():
        rows = await reuse.to_compare(_BATCH)
        found = [each for row in rows for each in await _used_before(row)]
        if found:
            await reuse.flag(found, now)
        if rows:
            await reuse.compared([row["id"] for row in rows], now)
    return bool(rows)


async def _used_before(row: asyncpg.Record) -> list[tuple[int, int, str, str]]:
    if row["like_key"] is None:
        return []
    own = Likeness(row["like_key"], row["like_full"])
    where = row["county"], row["id"], row["obligation"]
    candidates = await reuse.near(*where, own.key, NEAR_KEY, near_blocks(own.key))
    return list(_alike(row, own, candidates))


def _alike(
    row: asyncpg.Record, own: Likeness, candidates: Sequence[asyncpg.Record]
) -> list[tuple[int, int, str, str]]:
    found = []
    for other in candidates:
        match = compare(own, Likeness(other["like_key"], other["like_full"]))
        if match is not None:
            same = other["beneficiary"] == row["beneficiary"]
            kind = "same_person" if same else "other_person"
            found.append((row["id"], other["id"], kind, match.value))
    return found
