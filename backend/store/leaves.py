"""Dated leave from posts."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg

from backend.store.database import fetch, fetch_row, fetch_value
from backend.store.filters import Filters


async def hold_post(post: UUID, now: datetime) -> bool:
    """Holds a post until the commit, so that its leaves are entered one by one; False if over."""
    return bool(
        await fetch_value(
            """SELECT true FROM post WHERE id = $1 AND (ends_at IS NULL OR ends_at > $2)
            FOR NO KEY UPDATE""",
            post,
            now,
        )
    )


async def add(
    post: UUID, starts_on: date, ends_on: date, account: UUID, now: datetime
) -> int | None:
    """Enters a leave of a post held; None where it would overlap another one."""
    number: int | None = await fetch_value(
        """INSERT INTO leave (post, starts_on, ends_on, entered_at, entered_by)
        SELECT $1::uuid, $2::date, $3::date, $4::timestamptz, $5::uuid WHERE NOT EXISTS (
            SELECT 1 FROM leave WHERE post = $1 AND starts_on <= $3 AND ends_on >= $2)
        RETURNING id""",
        post,
        starts_on,
        ends_on,
        now,
        account,
    )
    return number


async def page(post: UUID, before: date | None, limit: int) -> Sequence[asyncpg.Record]:
    """The leaves of a post, newest first; `before` is the first day of the last one seen."""
    where = Filters().add("post = ?", post).add_if(before, "starts_on < ?")
    return await fetch(
        f"""SELECT id, starts_on, ends_on, entered_at, entered_by FROM leave
        WHERE {where.sql} ORDER BY starts_on DESC LIMIT {where.param(limit)}""",
        *where.args,
    )


async def of_post(post: UUID, leave: int) -> asyncpg.Record | None:
    """One leave of a post."""
    return await fetch_row(
        "SELECT id, starts_on, ends_on FROM leave WHERE id = $1 AND post = $2", leave, post
    )


async def end(leave: int, ends_on: date | None) -> None:
    """Lets it end on that day, or takes it away if there is none."""
    if ends_on is None:
        await fetch("DELETE FROM leave WHERE id = $1", leave)
    else:
        await fetch("UPDATE leave SET ends_on = $2 WHERE id = $1", leave, ends_on)
