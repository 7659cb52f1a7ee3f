"""Addresses: of people, and of the robots of townships."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from backend.store.database import fetch, fetch_row, fetch_value
from backend.store.filters import Filters

_COLUMNS = "id, account, region, channel, sealed, key, added_at, failed_at, failure"


async def from_phones(accounts: Sequence[UUID], channels: Sequence[str], now: datetime) -> None:
    """Gives people without one the number they sign in with as address; once removed, never again.

    The number stays sealed: it is copied as it is.
    """
    await fetch(
        """INSERT INTO address (account, channel, sealed, key, added_at)
        SELECT u.id, c, u.phone_sealed, u.phone_index, $3
        FROM account u, unnest($2::text[]) AS c
        WHERE u.id = ANY($1) AND NOT EXISTS (
            SELECT 1 FROM address a WHERE a.account = u.id AND a.channel = c)
        ON CONFLICT DO NOTHING""",
        list(accounts),
        list(channels),
        now,
    )


async def live(
    accounts: Sequence[UUID], channels: Sequence[str], now: datetime
) -> list[asyncpg.Record]:
    """Where these people can be reached: their own addresses and the robots of their townships.

    Rows: account, channel, id. A person of the county or above has no township's robot.
    """
    return await fetch(
        """SELECT a.account, a.channel, a.id FROM address a
        WHERE a.account = ANY($1) AND a.channel = ANY($2)
          AND a.failed_at IS NULL AND a.removed_at IS NULL
        UNION
        SELECT p.account, a.channel, a.id FROM post p JOIN address a ON a.region = left(p.region, 9)
        WHERE p.account = ANY($1) AND a.channel = ANY($2) AND p.starts_at <= $3
          AND (p.ends_at IS NULL OR p.ends_at > $3)
          AND a.failed_at IS NULL AND a.removed_at IS NULL
        ORDER BY 3""",
        list(accounts),
        list(channels),
        now,
    )


async def stop(address: int, failure: str, now: datetime) -> UUID | None:
    """Uses an address no longer; gives the person whose it is, None for a robot."""
    account: UUID | None = await fetch_value(
        """UPDATE address SET failed_at = coalesce(failed_at, $3), failure = $2
        WHERE id = $1 RETURNING account""",
        address,
        failure,
        now,
    )
    return account


@dataclass(frozen=True, slots=True)
class NewAddress:
    """An address as it is stored; of a person or of a region."""

    channel: str
    sealed: bytes
    key: bytes
    account: UUID | None = None
    region: str | None = None


async def add(new: NewAddress, now: datetime) -> int:
    """Stores it, or takes the same one into use again; gives its number.

    A browser's subscription belongs to whoever signed in there last.
    """
    if new.channel == "web_push":
        await fetch(
            """UPDATE address SET removed_at = $4 WHERE channel = $1 AND key = $2
            AND account <> $3 AND removed_at IS NULL""",
            new.channel,
            new.key,
            new.account,
            now,
        )
    if new.region is not None:
        await fetch(
            """UPDATE address SET removed_at = $3
            WHERE region = $1 AND channel = $2 AND removed_at IS NULL""",
            new.region,
            new.channel,
            now,
        )
    number: int = await fetch_value(
        """INSERT INTO address (account, region, channel, sealed, key, added_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (account, channel, key) WHERE removed_at IS NULL AND account IS NOT NULL
        DO UPDATE SET sealed = $4, added_at = $6, failed_at = NULL, failure = NULL RETURNING id""",
        new.account,
        new.region,
        new.channel,
        new.sealed,
        new.key,
        now,
    )
    return number


async def of_account(account: UUID) -> list[asyncpg.Record]:
    """A person's addresses, also those that failed, held until the commit."""
    return await fetch(
        f"""SELECT {_COLUMNS} FROM address WHERE account = $1 AND removed_at IS NULL
        ORDER BY channel, id FOR UPDATE""",
        account,
    )


async def robots(scopes: Sequence[str], under: str | None) -> list[asyncpg.Record]:
    """The robots of the townships in reach, in order of region."""
    where = Filters().add("removed_at IS NULL").within("region", scopes)
    if under is not None:
        where.within("region", [under])
    return await fetch(
        f"SELECT {_COLUMNS} FROM address WHERE {where.sql} ORDER BY region, channel", *where.args
    )


async def remove_own(number: int, account: UUID, now: datetime) -> bool:
    """Removes a person's address; False when they have no such."""
    return bool(
        await fetch_value(
            """UPDATE address SET removed_at = $3
            WHERE id = $1 AND account = $2 AND removed_at IS NULL RETURNING true""",
            number,
            account,
            now,
        )
    )


async def remove_robot(number: int, scopes: Sequence[str], now: datetime) -> asyncpg.Record | None:
    """Removes a robot within the scopes; gives what it was, or None."""
    where = Filters(number, now).add("id = $1 AND removed_at IS NULL").within("region", scopes)
    return await fetch_row(
        f"UPDATE address SET removed_at = $2 WHERE {where.sql} RETURNING region, channel",
        *where.args,
    )
