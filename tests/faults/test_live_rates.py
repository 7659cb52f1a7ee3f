"""Rates move while a liaison files; who may not see them any more hears no more."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from uuid import uuid4

import httpx
import pytest

from backend.clock import system_clock
from backend.store.database import fetch
from tests.faults.serving import Server, killed_at_last
from tests.world import COUNTY, World


@pytest.fixture
async def serving(real_world: World) -> AsyncIterator[Server]:
    """The weekly reports are open."""
    real_world.clock.now = system_clock()
    await real_world.schedule()
    await real_world.open()
    await fetch("UPDATE session SET expires_at = '2200-01-01'")
    server = Server({"CUNBAO_DATABASE_URL": real_world.url, "CUNBAO_SCHEDULER": "off"})
    with killed_at_last(server):
        await server.start()
        yield server


def headers(world: World, who: str) -> dict[str, str]:
    world.clock.now = system_clock()
    return world.as_(who).headers()


@asynccontextmanager
async def live(
    world: World, serving: Server, who: str = "county"
) -> AsyncIterator[AsyncIterator[str]]:
    """The names of the events, as they come."""
    async with (
        httpx.AsyncClient(base_url=serving.address, timeout=20) as client,
        client.stream(
            "GET", "/api/v1/rates/live", headers=headers(world, who), params={"region": COUNTY}
        ) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.aiter_lines()
        yield (line async for line in lines if line.startswith("event:"))


async def test_a_filing_is_heard_of_within_seconds(real_world: World, serving: Server) -> None:
    world = real_world
    async with live(world, serving) as events:
        assert await anext(events) == "event: moved"
        began = monotonic()
        async with httpx.AsyncClient(base_url=serving.address) as client:
            [duty, *_] = (
                await client.get("/api/v1/sync", headers=headers(world, "liaison"))
            ).json()["obligations"]
            item = {
                "id": str(uuid4()),
                "obligation": duty["id"],
                "kind": "zero",
                "zero_confirmed": True,
            }
            filed = await client.post(
                "/api/v1/submissions", headers=headers(world, "liaison"), json={"items": [item]}
            )
            assert filed.json()["items"][0]["outcome"] == "created", filed.text
        assert await anext(events) == "event: moved"
        assert monotonic() - began < 10
        await fetch("UPDATE session SET ended_at = now(), end_reason = 'revoked'")
        with pytest.raises(StopAsyncIteration):
            await asyncio.wait_for(anext(events), 10)


async def test_the_server_stops_with_somebody_listening(real_world: World, serving: Server) -> None:
    async with live(real_world, serving) as events:
        assert await anext(events) == "event: moved"
        assert serving.process is not None
        serving.process.send_signal(signal.SIGTERM)
        status = await asyncio.wait_for(asyncio.to_thread(serving.process.wait), 20)
        assert status == 0
