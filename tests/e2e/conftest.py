"""A village with duties, the real server in front of it, and a browser."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.async_api import Browser, async_playwright

from backend.clock import system_clock
from backend.domain.calendar import local_day
from backend.store.database import fetch
from tests.faults.serving import Server, killed_at_last
from tests.world import World


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for the run."""
    from tests.e2e.browser import launch

    async with async_playwright() as playwright:
        running = await launch(playwright)
        yield running
        await running.close()


@dataclass
class Village:
    """王芳's village, seen from the server's side."""

    world: World
    server: Server
    phone: str

    async def submissions(self) -> list[dict[str, object]]:
        """Every revision the server holds, oldest first."""
        rows = await fetch(
            "SELECT id::text, obligation, kind, answers::text, received_at, captured_at"
            " FROM submission ORDER BY received_at, id"
        )
        return [dict(row) for row in rows]


@pytest.fixture
async def village(real_world: World) -> AsyncIterator[Village]:
    """Two weekly reports are due, one of them perhaps overdue, whatever day it is."""
    world = real_world
    world.clock.now = system_clock()
    monday = local_day(world.clock.now) - timedelta(days=local_day(world.clock.now).weekday())
    await world.schedule(starts_on=monday - timedelta(days=7))
    await world.open()
    await fetch("UPDATE session SET expires_at = '2200-01-01'")
    server = Server({"CUNBAO_DATABASE_URL": world.url, "CUNBAO_SCHEDULER": "off"})
    with killed_at_last(server):
        await server.start()
        yield Village(world, server, world.people["liaison"].phone)
