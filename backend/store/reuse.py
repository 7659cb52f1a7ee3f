"""Photos used before: looked for among all years of the county, and what was decided of them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from backend.store.database import fetch, fetch_row
from backend.store.filters import Filters

_BLOCKS = (0, 16, 32, 48)
# One card looks like another, and so do papers: only photos of people are compared.
_OF_PEOPLE = "(a.evidence IS NULL OR a.evidence IN ('face_photo', 'plate_photo'))"
# Each part reads one index and nothing else: see the migration. Together they are an array, of
# which the planner takes a few keys to come, and not a quarter of all.
_NEAR = " UNION ".join(
    f"""SELECT like_key FROM media_object
    WHERE like_key IS NOT NULL AND ((like_key >> {place}) & 65535) = ANY(${at}::bigint[])
    AND bit_count((like_key # $4)::bit(64)) <= $5"""
    for at, place in enumerate(_BLOCKS, 6)
)


async def to_compare(limit: int) -> list[asyncpg.Record]:
    """Photos of pensioners that have been read and not yet been looked for, held until commit."""
    return await fetch(
        f"""SELECT a.id, a.county, a.beneficiary, a.sha256, s.obligation, m.like_key, m.like_full
        FROM attachment a JOIN media_object m ON m.sha256 = a.sha256
        JOIN submission s ON s.id = a.submission
        WHERE a.compared_at IS NULL AND a.arrived_at IS NOT NULL AND a.beneficiary IS NOT NULL
        AND {_OF_PEOPLE} AND m.examined_at IS NOT NULL
        ORDER BY a.id LIMIT $1 FOR UPDATE OF a SKIP LOCKED""",
        limit,
    )


async def compared(attachments: Sequence[int], now: datetime) -> None:
    """They have been looked for."""
    await fetch("UPDATE attachment SET compared_at = $2 WHERE id = ANY($1)", attachments, now)


async def near(
    county: str,
    attachment: int,
    obligation: int,
    key: int,
    most: int,
    blocks: Sequence[Sequence[int]],
) -> list[asyncpg.Record]:
    """Photos of pensioners of the county whose key differs from `key` in at most `most` bits, found
    by the values `blocks` that a near key may have in its four blocks: all that have been looked
    for already, for photos trail, and the older of those that have not. Those of the same duty are
    left out: shots of one visit, and what a correction keeps.
    """
    return await fetch(
        f"""SELECT a.id, a.beneficiary, m.sha256, m.like_key, m.like_full
        FROM media_object m JOIN attachment a ON a.sha256 = m.sha256
        JOIN submission s ON s.id = a.submission
        WHERE m.like_key = ANY(ARRAY({_NEAR})) AND a.county = $1
        AND (a.compared_at IS NOT NULL OR a.id < $2) AND s.obligation <> $3
        AND {_OF_PEOPLE} AND a.arrived_at IS NOT NULL AND a.beneficiary IS NOT NULL""",
        county,
        attachment,
        obligation,
        key,
        most,
        *(list(block) for block in blocks),
    )


async def flag(found: Sequence[tuple[int, int, str, str]], now: datetime) -> None:
    """Notes (attachment, the older one, kind, match)."""
    await fetch(
        """INSERT INTO reuse_flag (attachment, other, kind, match, found_at)
        SELECT *, $5 FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[])
        ON CONFLICT (attachment, other) DO NOTHING""",
        *(list(column) for column in zip(*found, strict=True)),
        now,
    )


_FLAGS = """SELECT f.id, f.attachment, f.other, f.kind, f.match, f.found_at, f.decision,
        f.decided_at, a.region, b.region AS other_region, a.submission, a.beneficiary
    FROM reuse_flag f JOIN attachment a ON a.id = f.attachment
    JOIN attachment b ON b.id = f.other"""


async def of_attachments(attachments: Sequence[int]) -> list[asyncpg.Record]:
    """The flags of some photos."""
    return await fetch(f"{_FLAGS} WHERE f.attachment = ANY($1) ORDER BY f.id", list(attachments))


async def open_flags(scopes: Sequence[str], under: str | None, limit: int) -> list[asyncpg.Record]:
    """Flags nobody has decided on yet, of photos of these villages, oldest first."""
    where = Filters(limit).within("a.region", scopes)
    if under is not None:
        where.within("a.region", [under])
    return await fetch(
        f"{_FLAGS} WHERE f.decision IS NULL AND {where.sql} ORDER BY f.id LIMIT $1", *where.args
    )


async def within(number: int, scopes: Sequence[str]) -> asyncpg.Record | None:
    """A flag where both photos are of these villages, held until the commit."""
    where = Filters(number).within("a.region", scopes).within("b.region", scopes)
    return await fetch_row(f"{_FLAGS} WHERE f.id = $1 AND {where.sql} FOR UPDATE OF f", *where.args)


async def decide(number: int, decision: str, account: UUID, now: datetime) -> None:
    """What somebody made of a flag."""
    await fetch(
        """UPDATE reuse_flag SET decision = $2, decided_by = $3, decided_at = $4 WHERE id = $1""",
        number,
        decision,
        account,
        now,
    )
