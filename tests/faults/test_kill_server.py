"""kill -9 in the middle of a stream of reports: no receipt given is lost, nothing is twice."""

import asyncio
import os
import signal
from functools import partial
from pathlib import Path
from random import Random

import asyncpg
import pytest

from backend import migrating, postgres, seeding
from backend.clock import system_clock
from backend.domain.receipts import receipt_number
from backend.store.database import from_json
from tests import databases
from tests.faults import books
from tests.faults.embedded import postmaster
from tests.faults.serving import Server, Stream, killed_at_last, prepare
from tests.world import World, make_world

pytestmark = pytest.mark.slow
VILLAGES, REPORTS, CONNECTIONS, BATCH = 100, 4, 6, 5


async def new_stream(world: World, rng: Random) -> Stream:
    duties = await prepare(world, VILLAGES, REPORTS)
    return Stream.over(world.people["reviewer"].session, duties, rng, BATCH)


async def check_stored(url: str, stream: Stream) -> None:
    """Every receipt given stands for the very report it was given for."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT id, obligation, receipt, answers::text, remark FROM submission"
        )
        stored = {str(row["id"]): row for row in rows}
        assert len({row["obligation"] for row in rows}) == len(rows)
        for item in (item for batch in stream.sent for item in batch):
            if item["id"] in stream.receipts:
                row = stored[item["id"]]
                assert receipt_number(row["receipt"]) == stream.receipts[item["id"]]
                said = (row["obligation"], from_json(row["answers"]), row["remark"])
                assert said == (item["obligation"], item["answers"], item["remark"])
        assert await books.wrong(connection) == {}
    finally:
        await connection.close()


async def check_all_again(url: str, server: Server, stream: Stream) -> None:
    """Sent once more, every report has the receipt it had; there is one for each duty."""
    await stream.send_all_again(server)
    assert len(stream.receipts) == VILLAGES * REPORTS
    assert len(set(stream.receipts.values())) == VILLAGES * REPORTS
    await check_stored(url, stream)


async def given(stream: Stream, more: int) -> None:
    """Waits until so many more receipts have been given."""
    wanted = len(stream.receipts) + more
    async with asyncio.timeout(30):
        while len(stream.receipts) < wanted:
            await asyncio.sleep(0.005)


async def kill_soon(server: Server, stream: Stream) -> None:
    await given(stream, 20)
    await asyncio.sleep(stream.rng.uniform(0, 0.2))
    server.kill()


async def test_server_killed_again_and_again(real_world: World, tmp_path: Path) -> None:
    stream = await new_stream(real_world, Random())
    environment = {"CUNBAO_DATABASE_URL": real_world.url, "CUNBAO_HOME": str(tmp_path)}

    with killed_at_last(Server(environment)) as server:
        for _ in range(3):
            await server.start()
            await stream.flow(server, CONNECTIONS, partial(kill_soon, server, stream))
            await check_stored(real_world.url, stream)
        assert stream.waiting, "the stream ran dry before the last kill"
        await server.start()
        await check_all_again(real_world.url, server, stream)
    assert stream.refusals == set()


@pytest.fixture
async def embedded(home: Path) -> tuple[Path, Stream]:
    """A home whose own database holds a county with reports to send."""
    with postgres.running(home) as running:
        async with databases.connected(running.dsn):
            await migrating.migrate()
            await seeding.seed(system_clock())
            stream = await new_stream(await make_world(running.dsn), Random())
    return home, stream


async def client_backends(url: str) -> list[int]:
    """The database's processes that serve others than us."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' "
            "AND pid <> pg_backend_pid()"
        )
        return [row["pid"] for row in rows]
    finally:
        await connection.close()


async def test_database_killed_under_the_server(embedded: tuple[Path, Stream]) -> None:
    home, stream = embedded
    with killed_at_last(Server({"CUNBAO_HOME": str(home)})) as server:
        await server.start()
        url = postgres.start(home).dsn

        async def wound() -> None:
            """One of the database's processes dies; it recovers, and the server with it."""
            await given(stream, 50)
            os.kill(stream.rng.choice(await client_backends(url)), signal.SIGKILL)
            await given(stream, 80)

        await stream.flow(server, CONNECTIONS, wound)
        await check_stored(url, stream)

        async def kill() -> None:
            """All of the database dies at once; from then on there is no receipt."""
            await given(stream, 50)
            os.kill(postmaster(home), signal.SIGKILL)
            await asyncio.sleep(0.5)

        await stream.flow(server, CONNECTIONS, kill)
        server.kill()
        assert stream.refusals <= {503}

        await server.start()
        url = postgres.start(home).dsn
        await check_stored(url, stream)
        await check_all_again(url, server, stream)
