"""Real PostgreSQL for tests: one server a run, a migrated template, copies of it by the dozen."""

import asyncio
import itertools
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from backend import migrating, postgres, seeding
from backend.store import database

TEMPLATE = f"cunbao_template_{os.getpid()}"  # two runs on one server keep out of each other's way
SEEDED_AT = datetime(2026, 1, 1, tzinfo=UTC)
_numbers = itertools.count(1)


@contextmanager
def server() -> Iterator[str]:
    """A running server's address: that of CUNBAO_TEST_DATABASE_URL, or an embedded one."""
    given = os.environ.get("CUNBAO_TEST_DATABASE_URL")
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="cunbao-test-") as home:
        Path(home).chmod(0o755)
        with postgres.running(Path(home)) as running:
            yield running.dsn


def address(url: str, name: str) -> str:
    """The address of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


async def _command(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def make_template(url: str) -> None:
    """A database with all tables and the reference data, to copy from."""
    await _command(url, f"DROP DATABASE IF EXISTS {TEMPLATE}", f"CREATE DATABASE {TEMPLATE}")
    async with connected(address(url, TEMPLATE), 2):
        await migrating.migrate()
        await seeding.seed(SEEDED_AT)


@asynccontextmanager
async def template(url: str) -> AsyncIterator[None]:
    """The same for a while."""
    try:
        await make_template(url)
        yield
    finally:
        await _command(url, f"DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)")


@asynccontextmanager
async def copy(url: str) -> AsyncIterator[str]:
    """A database of its own, dropped afterwards; gives its address."""
    name = f"cunbao_{os.getpid()}_{next(_numbers)}"
    await _command(url, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    try:
        yield address(url, name)
    finally:
        await _drop(url, name)


async def _drop(url: str, name: str) -> None:
    for _ in range(100):
        try:
            return await _command(url, f"DROP DATABASE {name} WITH (FORCE)")
        except asyncpg.InsufficientPrivilegeError:  # an autovacuum at work there; it gives way
            await asyncio.sleep(0.1)
    raise TimeoutError(name)


@asynccontextmanager
async def connected(url: str, pool_size: int = 10) -> AsyncIterator[None]:
    """The process's pool, opened on this database."""
    await database.connect(url, pool_size)
    try:
        yield
    finally:
        await asyncio.wait_for(database.disconnect(), 30)
