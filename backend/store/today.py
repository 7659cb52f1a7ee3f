"""What an office has to do now: what is late, returned, vacant, and what was said on the phone."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from backend.store.database import fetch
from backend.store.filters import Filters
from backend.store.people import HELD_NOW


async def waiting_since(town: Sequence[str], most: int) -> list[datetime]:
    """Since when each submission waits for the townships' look, oldest first."""
    where = Filters().add("stage = 'town'").within("holder", town)
    rows = await fetch(
        f"""SELECT stage_since FROM obligation WHERE {where.sql}
        ORDER BY stage_since LIMIT {where.param(most)}""",
        *where.args,
    )
    return [row["stage_since"] for row in rows]


async def late(scopes: Sequence[str], now: datetime) -> list[asyncpg.Record]:
    """What is due and not filed and can still be filed: a row a village, schedule and period."""
    where = Filters(now).within("o.holder", scopes)
    where.add("o.stage = 'none' AND o.exempt_at IS NULL AND o.due_at <= $1 AND o.closes_at > $1")
    return await fetch(
        f"""SELECT o.holder AS region, r.name AS region_name, o.schedule, sc.title::text AS title,
            p.key AS period, min(o.due_at) AS due_at, max(o.closes_at) AS closes_at,
            count(*)::int AS count, min(o.id) AS obligation
        FROM obligation o JOIN region r ON r.key = o.holder JOIN period p ON p.id = o.period
        JOIN schedule sc ON sc.id = o.schedule
        WHERE {where.sql} GROUP BY o.holder, r.name, o.schedule, sc.id, p.id
        ORDER BY o.holder, 6, o.schedule""",
        *where.args,
    )


async def returned(scopes: Sequence[str], most: int) -> list[asyncpg.Record]:
    """What was returned and is not corrected yet, by the day of its correction."""
    where = Filters().add("o.stage = 'returned'").within("o.holder", scopes)
    return await fetch(
        f"""SELECT o.id AS obligation, o.holder AS region, r.name AS region_name, o.schedule,
            sc.title::text AS title, p.key AS period, o.fix_by, o.stage_since AS returned_at
        FROM obligation o JOIN region r ON r.key = o.holder JOIN period p ON p.id = o.period
        JOIN schedule sc ON sc.id = o.schedule
        WHERE {where.sql} ORDER BY o.fix_by NULLS LAST, o.id LIMIT {where.param(most)}""",
        *where.args,
    )


async def vacant(scopes: Sequence[str], now: datetime) -> list[asyncpg.Record]:
    """Villages whose post nobody holds, and what they owe; `since` is null if nobody ever did."""
    where = Filters(now).add("r.level = 'village' AND r.valid_to IS NULL").within("r.key", scopes)
    return await fetch(
        f"""SELECT r.key AS region, r.name AS region_name, (
                SELECT max(p.ends_at) FROM post p WHERE p.region = r.key AND p.ends_at <= $1
                  AND p.role IN ('liaison', 'station')) AS since,
            (SELECT count(*)::int FROM obligation o WHERE o.holder = r.key
               AND o.stage IN ('none', 'returned') AND o.exempt_at IS NULL
               AND o.opens_at <= $1 AND o.closes_at > $1) AS owed
        FROM region r WHERE {where.sql} AND NOT EXISTS ({HELD_NOW})
        ORDER BY r.key""",
        *where.args,
    )


async def watched_periods(
    scopes: Sequence[str], now: datetime, until: datetime
) -> list[asyncpg.Record]:
    """Periods that are open and due until an instant, of schedules that ask the area."""
    return await fetch(
        """SELECT p.id, p.key AS period, p.schedule, sc.title::text AS title, sc.scope
        FROM period p JOIN schedule sc ON sc.id = p.schedule
        WHERE p.opens_at <= $2 AND p.due_at > $2 AND p.due_at <= $3 AND EXISTS (
            SELECT 1 FROM unnest($1::text[]) AS own(key)
            WHERE starts_with(own.key, sc.scope) OR starts_with(sc.scope, own.key))
        ORDER BY p.due_at, p.id""",
        list(scopes),
        now,
        until,
    )


async def calls_waiting(scopes: Sequence[str]) -> int:
    """How many people stand on the call list."""
    where = Filters().add("done_at IS NULL").within("region", scopes)
    [row] = await fetch(f"SELECT count(*)::int AS n FROM call_entry WHERE {where.sql}", *where.args)
    count: int = row["n"]
    return count


async def add_note(
    number: UUID, region: str, account: UUID, now: datetime, by: datetime | None, note: str
) -> asyncpg.Record:
    """Keeps what was said under the id, unless something is kept there; gives what is kept."""
    [row] = await fetch(
        """WITH made AS (
            INSERT INTO call_note (id, region, account, at, will_send_by, note)
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING RETURNING *, true AS made)
        SELECT * FROM made UNION ALL
        SELECT n.*, false FROM call_note n WHERE n.id = $1 AND NOT EXISTS (SELECT 1 FROM made)""",
        number,
        region,
        account,
        now,
        by,
        note,
    )
    return row


async def notes(villages: Sequence[str], since: datetime) -> list[asyncpg.Record]:
    """The newest note of each village, of those since an instant."""
    return await fetch(
        """SELECT DISTINCT ON (n.region) n.region, n.at, n.will_send_by, n.note, a.name AS noted_by
        FROM call_note n JOIN account a ON a.id = n.account
        WHERE n.region = ANY($1) AND n.at >= $2 ORDER BY n.region, n.at DESC, n.id""",
        list(villages),
        since,
    )
