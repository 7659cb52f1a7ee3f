"""The villages of an area with who answers for them and what they owe."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from backend.domain.calendar import local_day
from backend.store.database import fetch
from backend.store.filters import Filters
from backend.store.people import COLUMNS, HELD, HOLDING, ON_LEAVE_UNTIL

# The villages that somebody reports for at $1. OFFSET keeps them one set: looked up village by
# village, a county without a vacancy would take three times as long.
_HELD: Final = f"SELECT p.region FROM {HOLDING} AND {{}} OFFSET 0"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Villages in force of an area: those whose name holds `words`, `vacant` ones only."""

    scopes: Sequence[str]
    under: str | None = None
    words: str | None = None
    vacant: bool = False

    def filters(self, now: datetime) -> Filters:
        """Over `region r`; `$1` is now."""
        where = Filters(now).add("r.level = 'village' AND r.valid_to IS NULL")
        where.within("r.key", self.scopes)
        if self.under is not None:
            where.within("r.key", [self.under])
        where.add_if(self.words, "position(? in r.name) > 0")
        if self.vacant:
            held = _HELD.format(where.under("p.region", self.scopes))
            where.add(f"NOT EXISTS (SELECT 1 FROM ({held}) h WHERE h.region = r.key)")
        return where


# Duties open and not filed or returned, and those of them past due.
_OWES: Final = """count(*)::int AS owed,
    (count(*) FILTER (WHERE o.stage = 'none' AND o.due_at <= $1))::int AS late"""
_OWED: Final = """o.stage IN ('none', 'returned') AND o.exempt_at IS NULL AND o.opens_at <= $1
    AND (o.closes_at > $1 OR o.stage = 'returned')"""


async def page(
    wanted: Wanted, now: datetime, after: str | None, limit: int
) -> list[asyncpg.Record]:
    """In order of code, with what each owes."""
    where = wanted.filters(now).add_if(after, "r.key > ?")
    return await fetch(
        f"""SELECT r.key AS region, r.name, t.name AS township, owes.owed, owes.late
        FROM (SELECT * FROM region r WHERE {where.sql}
              ORDER BY r.key LIMIT {where.param(limit)}) r
        LEFT JOIN region t ON t.key = left(r.key, 9)
        CROSS JOIN LATERAL (
            SELECT {_OWES} FROM obligation o WHERE o.holder = r.key AND {_OWED}) owes
        ORDER BY r.key""",
        *where.args,
    )


async def most_late(
    wanted: Wanted, now: datetime, after: tuple[int, str] | None, limit: int
) -> list[asyncpg.Record]:
    """The same, who is late with most first."""
    where = wanted.filters(now)
    owing = where.under("o.holder", wanted.scopes)
    if after is not None:
        where.add("(-coalesce(owes.late, 0), r.key) > (?, ?)", -after[0], after[1])
    return await fetch(
        f"""SELECT r.key AS region, r.name, t.name AS township, coalesce(owes.owed, 0) AS owed,
            coalesce(owes.late, 0) AS late
        FROM region r LEFT JOIN region t ON t.key = left(r.key, 9)
        LEFT JOIN (SELECT o.holder, {_OWES} FROM obligation o
            WHERE {_OWED} AND {owing} GROUP BY o.holder) owes ON owes.holder = r.key
        WHERE {where.sql}
        ORDER BY coalesce(owes.late, 0) DESC, r.key LIMIT {where.param(limit)}""",
        *where.args,
    )


async def holders(villages: Sequence[str], now: datetime) -> list[asyncpg.Record]:
    """Posts of these villages that run or are to begin, the holder before B角."""
    return await fetch(
        f"""SELECT {COLUMNS}, {ON_LEAVE_UNTIL} AS on_leave_until {HELD}
        WHERE p.region = ANY($3) AND p.role IN ('liaison', 'station')
          AND (p.ends_at IS NULL OR p.ends_at > $1) AND a.disabled_at IS NULL
        ORDER BY p.region, p.is_backup, p.starts_at, p.id""",
        now,
        local_day(now),
        list(villages),
    )


async def owed(village: str, now: datetime) -> list[asyncpg.Record]:
    """What a village owes, by schedule and period, the nearest deadline first."""
    return await fetch(
        """SELECT min(o.id) AS obligation, o.schedule, sc.title::text AS title, p.key AS period,
            min(o.due_at) AS due_at, count(*)::int AS count,
            bool_or(o.stage = 'returned') AS returned
        FROM obligation o JOIN period p ON p.id = o.period JOIN schedule sc ON sc.id = o.schedule
        WHERE o.holder = $1 AND o.stage IN ('none', 'returned') AND o.exempt_at IS NULL
          AND o.opens_at <= $2 AND (o.closes_at > $2 OR o.stage = 'returned')
        GROUP BY o.schedule, sc.id, p.id ORDER BY 5, 2""",
        village,
        now,
    )
