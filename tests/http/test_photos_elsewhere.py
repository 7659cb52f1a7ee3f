"""Photos on an S3 server, and photos that a virus scanner has to see first."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from backend.photos import keys_of, open_photos
from backend.store.database import fetch_value
from backend.tasks.examining import LEASE
from media.scanning import Scanner
from tests.http.photographs import announce, filed_with, photos, read_all, send, sha256
from tests.pictures import saved, scene
from tests.s3 import ACCESS_KEY, BUCKET, SECRET_KEY, s3_server
from tests.world import World

PHOTO = saved(scene(1, (640, 480)), quality=85)


async def test_photos_are_kept_by_an_s3_server_and_wait_while_it_is_away(
    world: World, tmp_path: Path
) -> None:
    await world.schedule()
    await world.open()
    (number,) = await filed_with(world, "liaison", PHOTO)
    (tmp_path / BUCKET).mkdir()
    with s3_server(tmp_path) as address:
        config = replace(
            world.app.state.settings,
            objects=f"s3://{BUCKET}",
            s3_endpoint=address,
            s3_access_key=ACCESS_KEY,
            s3_secret_key=SECRET_KEY,
        )
        world.app.state.photos = open_photos(config, world.vault)
        await send(world, "liaison", PHOTO)
        await read_all(world)
        for key in keys_of(sha256(PHOTO)):
            assert PHOTO[1000:1032] not in (tmp_path / BUCKET / key).read_bytes()
        shown = await world.as_("reviewer").get(f"/attachments/{number}")
        answer = await world.http.get(shown["addresses"]["original"])
        assert answer.content == PHOTO
    other = saved(scene(2, (640, 480)), quality=85)
    begun = await announce(world, "liaison", other)
    assert begun.status_code == 201, "what is announced needs no store yet"
    shown = await world.as_("reviewer").get(f"/attachments/{number}")
    answer = await world.http.get(shown["addresses"]["original"])
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    await photos(world).workers.close()


@asynccontextmanager
async def clamd(socket: Path, verdict: bytes) -> AsyncIterator[None]:
    """Says the same of every file, as clamd does over INSTREAM."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\0")
        while size := int.from_bytes(await reader.readexactly(4)):
            await reader.readexactly(size)
        writer.write(b"stream: " + verdict + b"\0")
        await writer.drain()
        writer.close()

    async with await asyncio.start_unix_server(speak, socket):
        yield


async def test_nothing_is_shown_that_the_scanner_has_not_passed(
    world: World, tmp_path: Path
) -> None:
    await world.schedule()
    await world.open()
    (number,) = await filed_with(world, "liaison", PHOTO)
    socket = tmp_path / "clamd"
    world.app.state.photos = replace(photos(world), scanner=Scanner(str(socket), seconds=5))
    await send(world, "liaison", PHOTO)

    async def addresses() -> object:
        await read_all(world)
        return (await world.as_("reviewer").get(f"/attachments/{number}"))["addresses"]

    assert await addresses() is None, "the scanner is away"
    world.clock.pass_(hours=1)
    async with clamd(socket, b"OK"):
        assert await addresses() is not None
    await photos(world).workers.close()


async def test_what_the_scanner_finds_is_refused(world: World, tmp_path: Path) -> None:
    await world.schedule()
    await world.open()
    (number,) = await filed_with(world, "liaison", PHOTO)
    socket = tmp_path / "clamd"
    world.app.state.photos = replace(photos(world), scanner=Scanner(str(socket), seconds=5))
    await send(world, "liaison", PHOTO)
    world.clock.now += LEASE + timedelta(seconds=1)
    async with clamd(socket, b"Test.Evil-1 FOUND"):
        await read_all(world)
    shown = await world.as_("reviewer").get(f"/attachments/{number}")
    assert (shown["refused"], shown["addresses"]) == ("virus", None)
    assert await fetch_value("SELECT kind FROM media_object") is None
