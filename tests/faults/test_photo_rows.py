"""Between a photo's object and its row: crashes lose nothing, and what is erased may come anew."""

import asyncio
from contextvars import copy_context
from pathlib import Path

import asyncpg
import httpx
import pytest

from backend.clock import system_clock
from backend.store.database import fetch, fetch_value
from backend.tasks import keeping
from media.objects import ObjectMissing, ObjectStore, holds
from media.sweeping import GRACE
from media.tus import CONTENT_TYPE
from media.uploads import content_key
from tests.faults.serving import Server, killed_at_last
from tests.photo_rooms import room
from tests.pictures import saved, scene
from tests.uploads import BASE, named, sha256
from tests.world import World

PHOTO = saved(scene(3))
KEY = content_key(sha256(PHOTO))


async def test_killed_between_object_and_row(real_world: World, tmp_path: Path) -> None:
    """kill -9 while the row is being written: the phone goes on where it is told to, and the photo
    is there once.
    """
    async with room(real_world, tmp_path) as place:
        await place.file(PHOTO)
        await fetch("UPDATE session SET expires_at = '2200-01-01'")
        environment = {"CUNBAO_DATABASE_URL": real_world.url, "CUNBAO_HOME": str(tmp_path)}
        with killed_at_last(Server(environment)) as server:
            await server.start()
            async with phone(real_world, server) as http:
                upload = (await http.post(BASE, headers=announced(PHOTO))).headers["location"]
                await kill_at_the_row(real_world, place.photos.bare, server, http, upload)
            assert await waiting() == 1
            await server.start()
            async with phone(real_world, server) as http:
                told = int((await http.head(upload)).headers["upload-offset"])
                assert told < len(PHOTO), "complete without a row"
                assert (await patch(http, upload, told)).status_code == 204
        assert await waiting() == 0
        assert await place.photos.store.get(KEY) == PHOTO


async def kill_at_the_row(
    world: World, store: ObjectStore, server: Server, http: httpx.AsyncClient, upload: str
) -> None:
    """Holds the table until the object is stored, and kills the server then."""
    connection = await asyncpg.connect(world.url)
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE media_object IN EXCLUSIVE MODE")
            sending = asyncio.create_task(patch(http, upload, 0))
            async with asyncio.timeout(20):
                while not await holds(store, KEY):
                    await asyncio.sleep(0.02)
            assert not sending.done()
            server.kill()
            with pytest.raises(httpx.TransportError):
                await sending
    finally:
        await connection.close()


def announced(data: bytes) -> dict[str, str]:
    return {"upload-length": str(len(data)), "upload-metadata": named(data)}


async def patch(http: httpx.AsyncClient, upload: str, offset: int) -> httpx.Response:
    headers = {"upload-offset": str(offset), "content-type": CONTENT_TYPE}
    return await http.patch(upload, headers=headers, content=PHOTO[offset:])


def phone(world: World, server: Server) -> httpx.AsyncClient:
    """王芳's phone."""
    token = world.vault.access_token(world.people["liaison"].session, system_clock(), 15)
    headers = {"authorization": f"Bearer {token}", "tus-resumable": "1.0.0"}
    return httpx.AsyncClient(base_url=server.address, headers=headers, timeout=30)


async def test_an_object_nobody_came_back_for_is_swept_after_the_grace(
    real_world: World, tmp_path: Path
) -> None:
    async with room(real_world, tmp_path) as place:
        await place.photos.store.put(KEY, PHOTO)
        entries = [entry async for page in place.photos.bare.pages() for entry in page]
        written = entries[0].modified
        await keeping.sweep_once(place.photos, written + GRACE / 2)
        assert await place.photos.store.get(KEY) == PHOTO
        await keeping.sweep_once(place.photos, written + 2 * GRACE)
        with pytest.raises(ObjectMissing):
            await place.photos.store.get(KEY)


async def test_what_is_sent_again_while_it_is_erased_stays(
    real_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody sends the same bytes between the erasure's row and its last object."""
    async with room(real_world, tmp_path) as place:
        await place.file(PHOTO)
        await place.send("liaison", PHOTO)
        real_world.clock.pass_(days=365 * 4)
        await fetch("UPDATE session SET expires_at = '2200-01-01'")
        again: list[asyncio.Task[object]] = []
        outside = copy_context()  # a phone's request is no part of the erasing transaction
        delete = type(place.photos.store).delete

        async def slow(store: object, key: str) -> None:
            if not again:
                again.append(asyncio.create_task(place.send("liaison", PHOTO), context=outside))
                await asyncio.wait(again, timeout=1)
            await delete(store, key)  # type: ignore[arg-type]

        monkeypatch.setattr(type(place.photos.store), "delete", slow)
        assert await keeping.erase_some(place.photos, real_world.clock.now)
        await asyncio.gather(*again)
        assert await fetch_value("SELECT erased_at FROM media_object") is None
        assert await place.photos.store.get(KEY) == PHOTO


async def waiting() -> int:
    found: int = await fetch_value("SELECT count(*) FROM attachment WHERE arrived_at IS NULL")
    return found
