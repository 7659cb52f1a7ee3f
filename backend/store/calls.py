"""The call list: whom no channel reaches, for the office to call."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from backend.store.database import fetch, fetch_row
from backend.store.filters import Filters


async def add(accounts: Sequence[UUID], channel: str, reason: str, now: datetime) -> None:
    """Puts people on the list of every township where they hold a post, once while it is open.

    Somebody posted above the townships stands on the list of that county.
    """
    await fetch(
        """INSERT INTO call_entry (region, account, channel, reason, since)
        SELECT DISTINCT left(p.region, 9), p.account, $2, $3, $4::timestamptz FROM post p
        WHERE p.account = ANY($1) AND p.starts_at <= $4 AND (p.ends_at IS NULL OR p.ends_at > $4)
        ON CONFLICT (region, account) WHERE done_at IS NULL DO NOTHING""",
        list(accounts),
        channel,
        reason,
        now,
    )


async def page(
    scopes: Sequence[str],
    under: str | None,
    *,
    done: bool,
    after: tuple[datetime, int] | None,
    limit: int,
) -> list[asyncpg.Record]:
    """Entries in reach, longest waiting first; `after` is the last one seen."""
    where = Filters().within("c.region", scopes)
    where.add("c.done_at IS NOT NULL" if done else "c.done_at IS NULL")
    if under is not None:
        where.within("c.region", [under])
    if after is not None:
        where.add("(c.since, c.id) > (?, ?)", *after)
    return await fetch(
        f"""SELECT c.id, c.region, g.name AS region_name, c.account, a.name, a.phone_sealed,
            c.channel, c.reason, c.since, c.done_at, c.note
        FROM (SELECT * FROM call_entry c WHERE {where.sql}
              ORDER BY c.since, c.id LIMIT {where.param(limit)}) c
        JOIN account a ON a.id = c.account JOIN region g ON g.key = c.region
        ORDER BY c.since, c.id""",
        *where.args,
    )


async def within(number: int, scopes: Sequence[str]) -> asyncpg.Record | None:
    """An entry in reach, held until the commit."""
    where = Filters(number).add("id = $1").within("region", scopes)
    return await fetch_row(
        f"SELECT id, region, account, done_at FROM call_entry WHERE {where.sql} FOR UPDATE",
        *where.args,
    )


async def finish(number: int, account: UUID, note: str, now: datetime) -> None:
    """Notes that somebody was called, or need not be."""
    await fetch(
        "UPDATE call_entry SET done_at = $3, done_by = $2, note = $4 WHERE id = $1",
        number,
        account,
        now,
        note,
    )
