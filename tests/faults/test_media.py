"""Photos and papers when the store is down, slow or full, and when processes die."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from time import monotonic, sleep

import httpx
import pytest

from backend.clock import system_clock
from media import FolderStore, StoreUnavailable
from media.sealed import SealedStore
from media.sweeping import GRACE, sweep
from media.tus import CONTENT_TYPE
from media.uploads import content_key
from tests.contracts.cutting import CuttingProxy
from tests.contracts.tus_server import rows_of, store_of
from tests.faults.serving import Server, killed_at_last
from tests.s3 import BUCKET, free_port, s3, s3_server
from tests.seals import AES_RING
from tests.uploads import BASE, LIAISON, Desk, files, named, sha256

MIB = 1024 * 1024
PHOTO = os.urandom(700_000)


@contextmanager
def full_disk(at: int) -> Iterator[None]:
    """Files can't grow beyond so many bytes, which the system refuses as it does on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (at, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_full_disk_under_the_store(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    await store.put("paper", b"old")
    with full_disk(100_000), pytest.raises(StoreUnavailable, match="File too large"):
        await store.put("paper", PHOTO)
    assert await store.get("paper") == b"old"
    assert len(files(tmp_path)) == 1
    await store.put("paper", PHOTO)
    assert await store.get("paper") == PHOTO


@pytest.mark.parametrize("room", [0, 4000, 4096, 300_000, 704_095])
async def test_a_full_disk_under_uploads(tmp_path: Path, room: int) -> None:
    """What was said to have arrived has; when there is room again, the rest follows."""
    desk = Desk.over(tmp_path)
    headers = {"upload_length": str(len(PHOTO)), "upload_metadata": named(PHOTO)}
    upload, told = "", 0
    with full_disk(room):
        if room < 4096:
            assert (await desk.ask("POST", **headers)).status == 503
        else:
            upload = await desk.create(PHOTO)
            first = await desk.send(upload, 0, PHOTO[:100_000])
            told = int(first.headers.get("Upload-Offset", 0))
            assert (await desk.send(upload, told, PHOTO[told:])).status == 503
            assert await desk.offset(upload) >= told
    upload = upload or await desk.create(PHOTO)
    offset = await desk.offset(upload)
    assert offset >= told
    assert (await desk.send(upload, offset, PHOTO[offset:])).status == 204
    assert await desk.stored(PHOTO) == PHOTO
    assert len(files(tmp_path / "uploads")) == 1


async def test_a_store_that_is_down_costs_one_byte(tmp_path: Path) -> None:
    (tmp_path / BUCKET).mkdir()
    port = free_port()
    desk = Desk(tmp_path / "home", SealedStore(s3(f"http://127.0.0.1:{port}"), AES_RING))
    upload = await desk.create(PHOTO)
    failed = await desk.send(upload, 0, PHOTO)
    assert (failed.status, failed.headers["Retry-After"]) == (503, "10")
    assert await desk.offset(upload) == len(PHOTO) - 1
    assert desk.rows.received == []
    with s3_server(tmp_path, port):
        done = await desk.send(upload, len(PHOTO) - 1, PHOTO[-1:])
        assert (done.status, done.headers["Upload-Offset"]) == (204, str(len(PHOTO)))
        assert await desk.stored(PHOTO) == PHOTO


async def test_a_creation_with_data_while_the_store_is_down(tmp_path: Path) -> None:
    """The phone learns where to go on, and that it is not done."""
    desk = Desk(tmp_path, s3(f"http://127.0.0.1:{free_port()}"))
    headers = {"upload_length": "5", "upload_metadata": named(b"photo")}

    async def body() -> AsyncIterator[bytes]:
        yield b"photo"

    made = await desk.ask("POST", None, body(), content_type=CONTENT_TYPE, **headers)
    assert (made.status, made.headers["Upload-Offset"]) == (201, "4")


async def test_a_slow_store_holds_up_nobody_else(tmp_path: Path) -> None:
    (tmp_path / BUCKET).mkdir()
    with s3_server(tmp_path) as address:
        proxy = CuttingProxy(int(address.rpartition(":")[2]), [])
        async with proxy.running() as slow:
            desk = Desk(tmp_path / "home", s3(slow))
            stuck, other = await desk.create(PHOTO), await desk.create(PHOTO[1:])
            proxy.open.clear()
            waiting = asyncio.create_task(desk.send(stuck, 0, PHOTO))
            await asyncio.sleep(0.3)
            begun = monotonic()
            assert (await desk.send(other, 0, PHOTO[1:9])).status == 204
            assert await desk.offset(other) == 8
            assert monotonic() - begun < 1
            # The phone that lost patience is told to come again.
            assert (await desk.ask("HEAD", stuck)).status == 423
            proxy.open.set()
            assert (await waiting).status == 204
            assert await desk.offset(stuck) == len(PHOTO)
            assert len(desk.rows.received) == 1


async def send(http: httpx.AsyncClient, data: bytes) -> str:
    """Announces and sends, whatever comes of it; gives the upload's address."""
    headers = {"Upload-Length": str(len(data)), "Upload-Metadata": named(data)}
    made = await http.post(BASE, headers=headers)
    address = made.headers["Location"]
    await patch(http, address, 0, data)
    return str(address)


async def patch(http: httpx.AsyncClient, address: str, offset: int, data: bytes) -> int:
    headers = {"Upload-Offset": str(offset), "Content-Type": CONTENT_TYPE}
    try:
        return (await http.patch(address, headers=headers, content=data)).status_code
    except httpx.TransportError:
        return 0


def client(server: Server) -> httpx.AsyncClient:
    headers = {"Tus-Resumable": "1.0.0", "X-Owner": LIAISON}
    return httpx.AsyncClient(base_url=server.address, headers=headers, timeout=30)


@pytest.mark.slow
async def test_a_crash_between_object_and_row(tmp_path: Path) -> None:
    """One phone comes back and gets its row; what the other left is swept, when it is old."""
    dying = Server(
        {"TUS_HOME": str(tmp_path), "TUS_DIES": "1"}, ("-m", "tests.contracts.tus_server")
    )
    back, gone = PHOTO, PHOTO[1:]
    with killed_at_last(dying):
        await dying.start()
        async with client(dying) as http:
            address = await send(http, back)
        dying.kill()
        await dying.start()
        async with client(dying) as http:
            await send(http, gone)
    store, rows = store_of(tmp_path), rows_of(tmp_path)
    bare = FolderStore(tmp_path / "objects")
    assert len(await store.keys()) == 2
    assert rows.rows() == []

    alive = Server({"TUS_HOME": str(tmp_path)}, dying.program)
    with killed_at_last(alive):
        await alive.start()
        async with client(alive) as http:
            head = await http.head(address)
            offset = int(head.headers["Upload-Offset"])
            assert offset < len(back)
            assert await patch(http, address, offset, back[offset:]) == 204

    async def named_keys(keys: object) -> set[str]:
        return {row["key"] for row in rows.rows()}

    now = system_clock()
    assert (await sweep(bare, named_keys, now)).removed == ()
    later = now + GRACE + timedelta(hours=1)
    assert (await sweep(bare, named_keys, later)).removed == (content_key(sha256(gone)),)
    assert await store.get(content_key(sha256(back))) == back


PUTTING = """
import asyncio, sys
from pathlib import Path
from media import FolderStore
async def main():
    store = FolderStore(Path(sys.argv[1]))
    while True:
        for n in range(4):
            await store.put("same", bytes([n]) * 8_000_000)
            print(n, flush=True)
asyncio.run(main())
"""


@pytest.mark.slow
async def test_killed_in_the_middle_of_puts(tmp_path: Path) -> None:
    """The object is whole, and what the dead left behind goes."""
    rng = Random()
    for _ in range(6):
        with subprocess.Popen(
            [sys.executable, "-c", PUTTING, str(tmp_path)], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            sleep(rng.uniform(0, 0.1))
            process.send_signal(signal.SIGKILL)
    store = FolderStore(tmp_path)
    remains = len(files(tmp_path)) - 1
    whole = await store.get("same")
    assert whole in [bytes([n]) * 8_000_000 for n in range(4)]
    assert await store.tidy(system_clock() - timedelta(hours=1)) == 0
    assert await store.tidy(system_clock() + timedelta(hours=1)) == remains
    assert await store.get("same") == whole
    assert await store.keys() == ["same"]
