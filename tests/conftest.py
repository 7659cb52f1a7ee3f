"""Databases, a clock to set, and the application driven over HTTP without a socket."""

from collections.abc import AsyncIterator, Iterator

import pytest

from backend.domain.certification import second_reviews
from backend.store import database
from tests import databases
from tests.world import World, make_world


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a real PostgreSQL, for the whole run."""
    with databases.server() as url:
        yield url


@pytest.fixture(scope="session")
async def template(server: str) -> AsyncIterator[str]:
    """The same address, with a migrated and seeded template to copy."""
    async with databases.template(server):
        yield server


@pytest.fixture(scope="session")
async def shared_url(template: str) -> AsyncIterator[str]:
    """One database for the tests that roll back what they did."""
    async with databases.copy(template) as url:
        yield url


@pytest.fixture
async def fresh(template: str) -> AsyncIterator[str]:
    """A database of the test's own, connected: what it commits is really committed."""
    async with databases.copy(template) as url, databases.connected(url):
        yield url


@pytest.fixture
def nobody_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """No lot falls on anybody: a second look is for the old alone, unless a test says so."""
    monkeypatch.setattr(second_reviews, "PERCENT", 0)


@pytest.fixture
async def world(shared_url: str, nobody_drawn: None) -> AsyncIterator[World]:
    """Two counties with named people, inside a transaction that is rolled back."""
    async with databases.connected(shared_url, 2):
        rolled_back = database.transaction()
        await rolled_back.__aenter__()
        try:
            yield await make_world(shared_url)
        finally:
            await rolled_back.__aexit__(_Undo, _Undo(), None)


@pytest.fixture
async def real_world(fresh: str, nobody_drawn: None) -> World:
    """The same people in a database of the test's own, where every commit is real."""
    return await make_world(fresh)


class _Undo(Exception):
    """Ends the outer transaction without keeping anything."""
