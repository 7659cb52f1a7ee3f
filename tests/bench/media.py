"""Photos: reading them beside plain Pillow, and 64 phones sending at once beside a bare route.

Both servers keep their files below one folder. Every photo is another one, so each is stored. The
event loop is watched from within; what it waits for a core of this machine counts as well.
"""

import asyncio
import base64
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

import httpx
from PIL import Image

from backend.clock import system_clock
from backend.domain.roles import Role
from backend.store.database import fetch_value
from backend.vault import Vault
from media.derivatives import PREVIEW_SIDE, THUMBNAIL_SIDE
from media.tus import CONTENT_TYPE
from media.uploads import MAX_BYTES
from media.workers import Workers
from tests import databases
from tests.bench import bulk
from tests.bench.figures import Figure
from tests.bench.load import Generator
from tests.bench.server import SECRET, Served, serving
from tests.pictures import saved, scene

BARE: Final = "tests.bench.bare_uploads:app"
WATCHED: Final = "tests.bench.watched:app"
PHONES: Final = 64
PHOTO_BYTES: Final = 300_000
PHOTOS: Final = 20
ROUNDS: Final = 5
VILLAGE: Final = "990101100200"
_BLOCK: Final = os.urandom(64 * 1024)


@dataclass(frozen=True, slots=True)
class Round:
    """MB/s one after the other, and the longest hold-up of our event loop in ms."""

    bare: float
    tus: float
    lag: float


async def bench(url: str) -> list[Figure]:
    """The pipeline, uploads, the event loop and memory."""
    figures = await _pipeline()
    with tempfile.TemporaryDirectory(prefix="cunbao-bench-") as folder:
        async with databases.copy(url) as here, databases.connected(here, 4):
            tokens = await _liaisons()
            rounds = await _rounds(here, Path(folder), tokens)
            figures += _uploads(rounds)
            figures.append(await _memory(here, Path(folder), tokens[0]))
    return figures


async def _pipeline() -> list[Figure]:
    """A phone's photo through a worker, beside the same file decoded and resized by Pillow: with
    the scaled decoding that we use as well, and as `thumbnail` alone does it.
    """
    photo = saved(scene(1, (4000, 3000)), quality=85)
    workers, ours, scaled, plain = Workers(1), list[float](), list[float](), list[float]()
    try:
        await workers.examine(photo)
        for _ in range(ROUNDS):
            scaled.append(_rate(photo, scale=True))
            plain.append(_rate(photo, scale=False))
            begun = perf_counter()
            for _ in range(PHOTOS):
                await workers.examine(photo)
            ours.append(PHOTOS / (perf_counter() - begun))
    finally:
        await workers.close()
    note = f"{median(ours):.1f} photos/s of 12 megapixels, one worker"
    return [
        Figure("photo pipeline", _shares(ours, scaled), "× Pillow, scaled", 0.6, note=note),
        Figure("photo pipeline", _shares(ours, plain), "× Pillow's thumbnail", 0.6, note=note),
    ]


def _shares(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    return [own / other for own, other in zip(ours, theirs, strict=True)]


def _rate(photo: bytes, *, scale: bool) -> float:
    """Photos/s decoded and resized to both sizes; nothing is written."""
    begun = perf_counter()
    for _ in range(PHOTOS):
        with Image.open(BytesIO(photo)) as image:
            if scale:
                image.draft("RGB", (PREVIEW_SIDE, PREVIEW_SIDE * 3 // 4))
            image.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
            image.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return PHOTOS / (perf_counter() - begun)


async def _liaisons() -> list[str]:
    """A village with a liaison for each phone; gives their tokens."""
    now = system_clock()
    await bulk.add_regions(
        [
            ("99", "province"),
            (VILLAGE[:6], "county"),
            (VILLAGE[:9], "township"),
            (VILLAGE, "village"),
        ]
    )
    sessions = await bulk.add_people([bulk.Seat(Role.LIAISON, VILLAGE)] * PHONES, now)
    vault = Vault(SECRET)
    return [vault.access_token(session, now, 120) for session in sessions]


async def _rounds(url: str, folder: Path, tokens: Sequence[str]) -> list[Round]:
    """Alternates between the bare route and ours; the first round only warms up."""
    generator, rounds = Generator(), []
    try:
        with serving(BARE, url, home=folder) as bare, serving(WATCHED, url, home=folder) as ours:
            for _ in range(ROUNDS + 1):
                photos = [os.urandom(PHOTO_BYTES) for _ in range(PHONES)]
                plain = [_request("/bodies", each, {}) for each in photos]
                sent = [
                    _request("/api/v1/uploads", each, _headers(each, token))
                    for each, token in zip(photos, tokens, strict=True)
                ]
                least = await generator.drive(bare.port, plain, PHONES)
                await _lag(ours)
                run = await generator.drive(ours.port, sent, PHONES)
                size = PHONES * PHOTO_BYTES / 1e6
                rounds.append(Round(size / least.seconds, size / run.seconds, await _lag(ours)))
            stored = await fetch_value("SELECT count(*) FROM media_object")
            assert stored == PHONES * (ROUNDS + 1), f"{stored} photos stored"
    finally:
        generator.close()
    return rounds[1:]


def _uploads(rounds: Sequence[Round]) -> list[Figure]:
    note = (
        f"{median(r.tus for r in rounds):.0f} MB/s, bare {median(r.bare for r in rounds):.0f} MB/s"
    )
    return [
        Figure("64 phones, 300 KB each, tus", [r.tus / r.bare for r in rounds], "× bare route", 0.5,
               note=note),
        Figure("event loop held up meanwhile", [r.lag for r in rounds], "ms", at_most=50),
    ]  # fmt: skip


async def _lag(server: Served) -> float:
    async with httpx.AsyncClient() as client:
        return float((await client.get(f"http://127.0.0.1:{server.port}/lag")).text)


def _headers(photo: bytes, token: str) -> dict[str, str]:
    """Those of a creation that brings its bytes along."""
    return _announced(hashlib.sha256(photo).hexdigest(), len(photo), token)


def _announced(digest: str, length: int, token: str) -> dict[str, str]:
    return {
        "authorization": f"Bearer {token}",
        "content-type": CONTENT_TYPE,
        "tus-resumable": "1.0.0",
        "upload-length": str(length),
        "upload-metadata": f"sha256 {base64.b64encode(digest.encode()).decode()}",
    }


def _request(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "host: cunbao.test",
        f"content-length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def _memory(url: str, folder: Path, token: str) -> Figure:
    """Peak resident memory of one worker while 64 phones send the largest file there is."""
    with serving(WATCHED, url, home=folder) as ours:
        address = f"http://127.0.0.1:{ours.port}"
        limits = httpx.Limits(max_connections=PHONES)
        async with httpx.AsyncClient(base_url=address, timeout=600, limits=limits) as client:
            sending = (_send_large(client, number, token) for number in range(PHONES))
            await asyncio.gather(*sending)
        found = ours.resident_mib()
    return Figure("memory, 64 uploads of 20 MiB", [found["worker"]], "MiB", at_most=400)


async def _send_large(client: httpx.AsyncClient, number: int, token: str) -> None:
    digest = hashlib.sha256()
    for part in _parts(number):
        digest.update(part)
    headers = _announced(digest.hexdigest(), MAX_BYTES, token) | {"content-length": str(MAX_BYTES)}
    answer = await client.post("/api/v1/uploads", headers=headers, content=_body(number))
    assert answer.headers.get("upload-offset") == str(MAX_BYTES), (answer.status_code, answer.text)


def _parts(number: int) -> list[bytes]:
    """20 MiB that are another phone's, without being held as often."""
    first = number.to_bytes(8) + _BLOCK[8:]
    return [first, *[_BLOCK] * (MAX_BYTES // len(_BLOCK) - 1)]


async def _body(number: int) -> AsyncIterator[bytes]:
    for part in _parts(number):
        yield part
