"""The real tus client against the upload server in processes of its own, over a bad line."""

import asyncio
import fcntl
import hashlib
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from media.uploads import content_key
from tests.contracts.cutting import CuttingProxy
from tests.contracts.tus_server import rows_of, store_of
from tests.faults.serving import Server, killed_at_last
from tests.uploads import BASE, LIAISON, OUTSIDER, sha256

pytestmark = pytest.mark.slow
CLIENT = Path(__file__).parent / "tus_client"
PROGRAM = ("-m", "tests.contracts.tus_server")
MIB = 1024 * 1024
PHOTO = 300_000


async def run(program: str, *args: str) -> str:
    """Runs a program of the Node that the development packages bring; gives what it says."""
    folder = Path(sys.executable).parent
    process = await asyncio.create_subprocess_exec(
        folder / program,
        *args,
        cwd=CLIENT,
        env=os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), 120)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, said
    return said.decode()


@pytest.fixture(scope="module")
async def client() -> None:
    """Installs the client as its lock file says, once for each lock file."""
    lock = CLIENT / "package-lock.json"
    stamp, wanted = CLIENT / "node_modules/.installed", hashlib.sha256(lock.read_bytes())
    with lock.open("rb") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != wanted.hexdigest():
            await run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
            stamp.write_text(wanted.hexdigest())


@pytest.fixture
async def server(client: None, tmp_path: Path) -> AsyncIterator[Server]:
    with killed_at_last(Server({"TUS_HOME": str(tmp_path)}, PROGRAM)) as server:
        await server.start()
        yield server


def photo(home: Path, size: int) -> bytes:
    data = os.urandom(size)
    (home / "photo.jpg").write_bytes(data)
    return data


async def upload(
    address: str, home: Path, data: bytes, how: str, owner: str = LIAISON
) -> dict[str, Any]:
    task = {"endpoint": f"{address}{BASE}", "file": str(home / "photo.jpg"), "owner": owner}
    said = await run("node", "upload.mjs", json.dumps(task | {"sha256": sha256(data), "how": how}))
    answer: dict[str, Any] = json.loads(said)
    return answer


async def check_stored(home: Path, data: bytes, *owners: str) -> None:
    """The bytes are there, and each owner has one row of them."""
    assert await store_of(home).get(content_key(sha256(data))) == data
    assert tuple(row["owner"] for row in rows_of(home).rows()) == owners


@pytest.mark.parametrize("how", ["plain", "with-creation", "parts", "post", "announced"])
async def test_an_upload(server: Server, tmp_path: Path, how: str) -> None:
    data = photo(tmp_path, PHOTO)
    said = await upload(server.address, tmp_path, data, how)
    assert said["end"] == "done"
    requests = {
        "plain": ["POST 201", "PATCH 204"],
        "with-creation": ["POST 201"],
        "parts": ["POST 201", "PATCH 204", "PATCH 204", "PATCH 204"],
        "post": ["POST 201", "POST 204"],
        "announced": ["POST 201", "HEAD 200", "PATCH 204"],
    }
    assert said["requests"] == requests[how]
    await check_stored(tmp_path, data, LIAISON)


async def test_content_known_already_costs_one_small_request(
    server: Server, tmp_path: Path
) -> None:
    data = photo(tmp_path, 20 * MIB)
    await upload(server.address, tmp_path, data, "announced")
    proxy = CuttingProxy(server.port, [])
    async with proxy.running() as address:
        said = await upload(address, tmp_path, data, "announced")
    assert (said["end"], said["requests"]) == ("done", ["POST 201"])
    assert proxy.sent < 1000
    await check_stored(tmp_path, data, LIAISON)


async def test_somebody_else_has_to_send_it(server: Server, tmp_path: Path) -> None:
    data = photo(tmp_path, PHOTO)
    await upload(server.address, tmp_path, data, "announced")
    said = await upload(server.address, tmp_path, data, "announced", OUTSIDER)
    assert said["requests"] == ["POST 201", "HEAD 200", "PATCH 204"]
    await check_stored(tmp_path, data, LIAISON, OUTSIDER)


async def test_terminated_half_way(server: Server, tmp_path: Path) -> None:
    data = photo(tmp_path, PHOTO)
    said = await upload(server.address, tmp_path, data, "abort")
    async with httpx.AsyncClient(headers={"Tus-Resumable": "1.0.0", "X-Owner": LIAISON}) as http:
        assert (await http.head(said["end"])).status_code == 404
    assert list((tmp_path / "uploads").iterdir()) == []


@pytest.mark.parametrize("how", ["plain", "with-creation", "parts", "announced"])
async def test_cut_at_random_bytes_and_the_server_killed(
    server: Server, tmp_path: Path, how: str
) -> None:
    rng = Random()
    data = photo(tmp_path, rng.randint(4 * MIB, 8 * MIB))
    starts: list[asyncio.Task[None]] = []

    def killed_now_and_then() -> None:
        if len(proxy.limits) % 4 == 0 and (not starts or starts[-1].done()):
            server.kill()
            starts.append(asyncio.create_task(server.start()))

    limits = [int(2 ** rng.uniform(0, 21)) for _ in range(16)]
    proxy = CuttingProxy(server.port, limits, killed_now_and_then)
    async with proxy.running() as address:
        said = await upload(address, tmp_path, data, how)
        await asyncio.gather(*starts)
    assert said["end"] == "done", said
    assert starts, "never killed"
    assert proxy.limits == [], "cut less often than wanted"
    await check_stored(tmp_path, data, LIAISON)
