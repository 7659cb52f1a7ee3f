"""Versions of a schedule's ladder, and what a preview of one is made from."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from backend.store.database import fetch, fetch_row, fetch_value, to_json
from backend.store.filters import Filters

# The version in force is the one published last.
_LADDER = """SELECT l.schedule, l.version, l.steps::text AS steps, l.created_at, l.created_by,
    l.published_at, l.published_by, l.published_at IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM ladder o WHERE o.schedule = l.schedule
        AND (o.published_at, o.version) > (l.published_at, l.version)) AS in_force
    FROM ladder l"""


async def lock(schedule: int) -> None:
    """Makes whoever adds or publishes versions of one schedule wait for each other."""
    await fetch("SELECT id FROM schedule WHERE id = $1 FOR NO KEY UPDATE", schedule)


async def page(schedule: int, before: int | None, limit: int) -> list[asyncpg.Record]:
    """The versions of a schedule's ladder, newest first, older than `before`."""
    where = Filters().add("l.schedule = ?", schedule).add_if(before, "l.version < ?")
    return await fetch(
        f"{_LADDER} WHERE {where.sql} ORDER BY l.version DESC LIMIT {where.param(limit)}",
        *where.args,
    )


async def version(schedule: int, number: int) -> asyncpg.Record | None:
    """One version."""
    return await fetch_row(f"{_LADDER} WHERE l.schedule = $1 AND l.version = $2", schedule, number)


async def add(schedule: int, steps: Sequence[dict[str, Any]], now: datetime, by: UUID) -> int:
    """The next version as a draft; gives its number. The schedule is to be held by `lock`."""
    number: int = await fetch_value(
        """INSERT INTO ladder (schedule, version, steps, created_at, created_by)
        SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4 FROM ladder WHERE schedule = $1
        RETURNING version""",
        schedule,
        to_json(steps),
        now,
        by,
    )
    return number


async def publish(schedule: int, number: int, now: datetime, by: UUID) -> bool:
    """Puts a draft into force from `now`; False when it was published before."""
    return bool(
        await fetch_value(
            """WITH published AS (
                UPDATE ladder SET published_at = $3, published_by = $4
                WHERE schedule = $1 AND version = $2 AND published_at IS NULL
                RETURNING steps)
            UPDATE schedule s SET ladder = p.steps, ladder_since = $3 FROM published p
            WHERE s.id = $1 RETURNING true""",
            schedule,
            number,
            now,
            by,
        )
    )


async def next_due(schedule: int, now: datetime) -> str | None:
    """The key of the frozen period whose deadline comes next."""
    key: str | None = await fetch_value(
        "SELECT key FROM period WHERE schedule = $1 AND due_at >= $2 ORDER BY due_at LIMIT 1",
        schedule,
        now,
    )
    return key


async def period(schedule: int, key: str) -> asyncpg.Record | None:
    """A period as it was frozen, or None while it has not come to its opening."""
    return await fetch_row(
        """SELECT id, key, opens_at, due_at, closes_at, opened_at FROM period
        WHERE schedule = $1 AND key = $2""",
        schedule,
        key,
    )


async def outstanding(
    period: int, scopes: Sequence[str], under: str | None, now: datetime
) -> list[asyncpg.Record]:
    """What is still owed of an open period, with the steps decided so far, by village."""
    where = Filters(period, now).within("o.holder", scopes)
    if under is not None:
        where.within("o.holder", [under])
    return await fetch(
        f"""SELECT o.holder, o.opens_at, o.due_at, o.closes_at,
            ARRAY(SELECT r.step || ' ' || r.account FROM reminder r
                  WHERE r.obligation = o.id AND r.round = 0) AS told
        FROM obligation o
        WHERE o.period = $1 AND o.stage = 'none' AND o.exempt_at IS NULL AND o.closes_at >= $2
          AND {where.sql} ORDER BY o.holder, o.id""",
        *where.args,
    )


async def villages(scope: str, scopes: Sequence[str], under: str | None) -> list[str]:
    """The villages in force that a period of this scope would be opened for."""
    where = Filters().add("level = 'village' AND valid_to IS NULL")
    where.within("key", [scope]).within("key", scopes)
    if under is not None:
        where.within("key", [under])
    rows = await fetch(f"SELECT key FROM region WHERE {where.sql} ORDER BY key", *where.args)
    return [row["key"] for row in rows]
