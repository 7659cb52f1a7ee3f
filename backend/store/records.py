"""What somebody did themselves: counts by month and schedule."""

from datetime import datetime
from uuid import UUID

import asyncpg

from backend.store.database import fetch
from backend.store.facts import standing_sql
from backend.store.filters import Filters


async def of_account(account: UUID, since: datetime, now: datetime) -> list[asyncpg.Record]:
    """Standings due since an instant, by month in China and schedule, newest month first.

    Of an A角 the duties of their village since their post began; of a B角 only what they filed.
    """
    own = """EXISTS (SELECT 1 FROM post p WHERE p.account = ? AND p.region = o.holder
        AND p.role IN ('liaison', 'station') AND p.starts_at <= o.due_at
        AND (p.ends_at IS NULL OR p.ends_at > o.due_at)
        AND (NOT p.is_backup OR EXISTS (SELECT 1 FROM submission s WHERE s.obligation = o.id
             AND s.filed_by = p.account AND s.withdrawn_at IS NULL)))"""
    where = Filters(now).add(own, account).add("o.due_at >= ?", since).add("o.due_at <= $1")
    held = "o.holder IN (SELECT p.region FROM post p WHERE p.account = ?)"
    where.add(held, account)
    return await fetch(
        f"""SELECT to_char(x.due_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM') AS month,
            sc.id AS schedule, sc.title::text AS title,
            count(*) FILTER (WHERE x.standing = 'on_time')::int AS on_time,
            count(*) FILTER (WHERE x.standing = 'late')::int AS late,
            count(*) FILTER (WHERE x.standing = 'missing')::int AS missing,
            count(*) FILTER (WHERE EXISTS (SELECT 1 FROM review r
                JOIN submission s ON s.id = r.submission
                WHERE s.obligation = x.id AND r.decision = 'return'))::int AS returned
        FROM ({standing_sql(where, "$1")}) x
        JOIN period d ON d.id = x.period JOIN schedule sc ON sc.id = d.schedule
        WHERE x.standing IN ('on_time', 'late', 'missing')
        GROUP BY 1, 2, 3 ORDER BY 1 DESC, 2""",
        *where.args,
    )
