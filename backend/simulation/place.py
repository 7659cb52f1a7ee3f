"""A database for one simulation: made on the server given, and dropped when it is over."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from backend.store import database

_numbers = count(1)
# Everything that would let two runs of a seed differ is off; so is what only a crash of the
# database itself would need, since nothing here is to be kept.
_SETTINGS: Final = (
    "search_path = public, pg_catalog",
    "synchronous_commit = off",
    "max_parallel_workers_per_gather = 0",
    "synchronize_seqscans = off",
    "jit = off",
)
# Found before PostgreSQL's own: the ids and the chance that statements draw come from a count, and
# so from the order of events.
_CHANCE: Final = """
CREATE SEQUENCE drawn;
CREATE FUNCTION public.gen_random_uuid() RETURNS uuid LANGUAGE sql VOLATILE
    AS $$ SELECT md5(nextval('drawn')::text)::uuid $$;
CREATE FUNCTION public.random() RETURNS float8 LANGUAGE sql VOLATILE
    AS $$ SELECT ('x' || left(md5('r' || nextval('drawn')), 8))::bit(32)::bigint / 2.0 ^ 32 $$
"""


@asynccontextmanager
async def own_database(server: str, template: str = "template1") -> AsyncIterator[None]:
    """The process's pool, opened on a database that exists as long as the block runs."""
    name = f"cunbao_simulation_{os.getpid()}_{next(_numbers)}"
    await _run(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        await _run(server, *(f"ALTER DATABASE {name} SET {each}" for each in _SETTINGS))
        url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        await _run(url, _CHANCE)
        await database.connect(url, 4)
        try:
            yield
        finally:
            await database.disconnect()
    finally:
        # Not by force, which only a superuser may use while autovacuum is at work in it.
        await _run(server, f"DROP DATABASE IF EXISTS {name}")


async def _run(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
