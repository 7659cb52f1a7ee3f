"""What an outlook looks at: who still owes a report, how past periods ended, who is there."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from backend.store.database import fetch, fetch_row
from backend.store.facts import standing_sql
from backend.store.filters import Filters

# How far back a filing still tells when a village was last heard of.
_HEARD_WITHIN: Final = timedelta(days=90)


async def period(schedule: int, key: str) -> asyncpg.Record | None:
    """A frozen period of a schedule."""
    return await fetch_row(
        "SELECT id, due_at FROM period WHERE schedule = $1 AND key = $2", schedule, key
    )


async def owing(
    scopes: Sequence[str], under: str | None, number: int, t: datetime
) -> list[asyncpg.Record]:
    """Villages that owe the period's report at `t` and have not filed it, in order of code."""
    where = Filters(t).within("o.holder", scopes).add("o.period = ?", number)
    if under is not None:
        where.within("o.holder", [under])
    return await fetch(
        f"""SELECT x.id, x.holder AS region, r.name, x.due_at FROM ({standing_sql(where, "$1")}) x
        JOIN region r ON r.key = x.holder
        WHERE x.standing = 'pending' OR x.standing = 'not_due' ORDER BY x.holder, x.id""",
        *where.args,
    )


async def records(
    townships: Sequence[str], number: int, count: int, t: datetime
) -> list[asyncpg.Record]:
    """How the last `count` periods before this one ended as of `t`, by village.

    What is overdue and not filed counts as missing; waived and not yet due ones don't count.
    """
    where = Filters(t).within("o.holder", townships)
    where.add(
        """o.period IN (SELECT e.id FROM period e JOIN period p ON p.id = ?
            WHERE e.schedule = p.schedule AND e.due_at < p.due_at
            ORDER BY e.due_at DESC LIMIT ?)""",
        number,
        count,
    )
    return await fetch(
        f"""SELECT x.holder AS region,
            count(*) FILTER (WHERE x.standing = 'on_time')::int AS on_time,
            count(*) FILTER (WHERE x.standing = 'late')::int AS late,
            count(*) FILTER (WHERE x.standing IN ('missing', 'pending'))::int AS missing
        FROM ({standing_sql(where, "$1")}) x GROUP BY 1""",
        *where.args,
    )


async def presence(villages: Sequence[str], t: datetime) -> list[asyncpg.Record]:
    """Whether somebody holds the village's post at `t`, and when it was last heard of.

    A phone renews its access every few minutes of use, so the last renewal of a holder's session
    says when it last asked for anything, without a write of its own; a filing says it as well.
    """
    return await fetch(
        """SELECT v.key AS region, held.account IS NULL AS vacant,
            greatest(held.heard_at, filed.heard_at) AS last_contact
        FROM unnest($1::text[]) AS v(key)
        LEFT JOIN LATERAL (
            SELECT max(p.account::text) AS account, max(s.refreshed_at) AS heard_at
            FROM post p JOIN account a ON a.id = p.account AND a.disabled_at IS NULL
            LEFT JOIN session s ON s.account = a.id AND s.refreshed_at <= $2
            WHERE p.region = v.key AND p.role IN ('liaison', 'station')
              AND p.starts_at <= $2 AND (p.ends_at IS NULL OR p.ends_at > $2)) held ON true
        LEFT JOIN LATERAL (
            SELECT max(o.first_received_at) AS heard_at FROM obligation o
            WHERE o.holder = v.key AND o.first_received_at BETWEEN $3 AND $2) filed ON true""",
        list(villages),
        t,
        t - _HEARD_WITHIN,
    )
