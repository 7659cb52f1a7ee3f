"""Connections and transactions. Inside `transaction()` every query shares its connection."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, cast

import asyncpg
import msgspec

from backend.piccolo_conf import DB

# Longer than any request should take: who waits for that long is told to come back.
ACQUIRE_SECONDS: Final = 10


class _Connection(asyncpg.Connection):  # type: ignore[misc]
    def get_reset_query(self) -> str:
        """Nothing here changes a connection's state, so giving one back costs no round trip."""
        return ""


async def connect(url: str, pool_size: int) -> None:
    """Opens the process's pool. The server's clock zone never matters: instants are aware."""
    DB.config = {"dsn": url}
    await DB.start_connection_pool(
        min_size=min(2, pool_size),
        max_size=pool_size,
        connection_class=_Connection,
        command_timeout=60,
        max_inactive_connection_lifetime=0,
        statement_cache_size=500,
    )


async def disconnect() -> None:
    """Closes the pool."""
    await DB.close_connection_pool()


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """One transaction; committed when the block ends, rolled back when it raises.

    Within another it is a savepoint, so a failure that the outer block catches leaves nothing
    behind. Piccolo's own loses the connection when the commit itself fails; here it goes back.
    """
    outer = DB.current_transaction.get()
    if outer is not None:
        async with outer.connection.transaction():
            yield
        return
    pool = cast("asyncpg.Pool", DB.pool)
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as connection, connection.transaction():
        token = DB.current_transaction.set(cast("Any", _Current(connection)))
        try:
            yield
        finally:
            DB.current_transaction.reset(token)


def in_transaction() -> bool:
    """Whether queries made here belong to a transaction under way."""
    return DB.current_transaction.get() is not None


async def plan_anew() -> None:
    """Plans each statement for its own figures until the transaction ends.

    For those that read a whole province: one plan kept for it and for a county is slow for each.
    """
    await fetch("SET LOCAL plan_cache_mode = force_custom_plan")


class _Current:
    """What Piccolo's queries look for: the transaction under way and its connection."""

    __slots__ = ("connection",)

    def __init__(self, connection: Any) -> None:
        self.connection = connection


async def fetch(sql: str, *args: Any) -> list[asyncpg.Record]:
    """All rows of a query with $1, $2, … parameters."""
    current = DB.current_transaction.get()
    source = current.connection if current is not None else DB.pool
    return cast("list[asyncpg.Record]", await cast("Any", source).fetch(sql, *args))


async def fetch_row(sql: str, *args: Any) -> asyncpg.Record | None:
    """The first row, or None."""
    rows = await fetch(sql, *args)
    return rows[0] if rows else None


async def fetch_value(sql: str, *args: Any) -> Any:
    """The first column of the first row, or None."""
    row = await fetch_row(sql, *args)
    return row[0] if row is not None else None


async def copy_rows(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Bulk insert in the binary COPY format, inside the transaction under way."""
    current = DB.current_transaction.get()
    assert current is not None, "copy_rows needs a transaction"
    await current.connection.copy_records_to_table(table, columns=columns, records=rows)


def to_json(value: Any) -> str:
    """A value for a jsonb parameter."""
    return msgspec.json.encode(value).decode()


def from_json(text: str | None) -> Any:
    """A jsonb column's value."""
    return None if text is None else msgspec.json.decode(text)
