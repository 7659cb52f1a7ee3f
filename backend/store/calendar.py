"""The working calendar: the seed, and what a county says differently."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

import asyncpg

from backend.domain.calendar import WorkCalendar
from backend.domain.holiday_notice import NamedDay
from backend.domain.regions import Level, level_of
from backend.store.database import fetch, fetch_value

SEED_OWNER = ""
# Where a county's day comes from: its own word, or the State Council's notice that it adopted.
COUNTY = "county"
NOTICE = "notice"
_YEAR = 365


def owner_of(scope: str) -> str:
    """The county whose calendar counts for a scope; above county level, and for no scope in
    particular, the seed alone.
    """
    county = Level.COUNTY.digits
    if scope == SEED_OWNER:
        return SEED_OWNER
    return scope[:county] if level_of(scope).digits >= county else SEED_OWNER


async def load(scope: str) -> WorkCalendar:
    """The calendar in force for a scope: the seed, overridden by the notice that the county
    adopted, and that by its own word on single days.
    """
    rows = await fetch(
        """SELECT date, is_workday, source FROM work_calendar
        WHERE owner IN ('', $1) ORDER BY owner, source DESC""",
        owner_of(scope),
    )
    return WorkCalendar({row["date"]: row["is_workday"] for row in rows}, _whole(rows))


def _whole(rows: Sequence[asyncpg.Record]) -> frozenset[int]:
    """The years of which every day was arranged: single days that a county says are none."""
    arranged = Counter(day.year for day in {r["date"] for r in rows if r["source"] != COUNTY})
    return frozenset(year for year, days in arranged.items() if days >= _YEAR)


async def days(owner: str, year: int) -> list[asyncpg.Record]:
    """The days of a year as the county sees them, in order."""
    return await fetch(
        """SELECT DISTINCT ON (date) date, is_workday, note, source, owner FROM work_calendar
        WHERE owner IN ('', $1) AND date BETWEEN $2 AND $3 ORDER BY date, owner DESC, source""",
        owner,
        date(year, 1, 1),
        date(year, 12, 31),
    )


async def put_day(owner: str, day: date, is_workday: bool, note: str) -> None:
    """The county's word on one day."""
    await fetch(
        """INSERT INTO work_calendar (owner, date, is_workday, note, source)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (owner, date, source) DO UPDATE SET is_workday = $3, note = $4""",
        owner,
        day,
        is_workday,
        note,
        COUNTY,
    )


async def drop_day(owner: str, day: date) -> bool:
    """Takes the county's word on a day back; False when there was none."""
    return bool(
        await fetch_value(
            """DELETE FROM work_calendar WHERE owner = $1 AND date = $2 AND source = $3
            RETURNING true""",
            owner,
            day,
            COUNTY,
        )
    )


async def seed(rows: Sequence[tuple[date, bool, str]], source: str) -> None:
    """Writes down the published days; rows are (date, is_workday, note). Changed ones follow.

    Counties need what they read from a notice of those years themselves no more.
    """
    await fetch(
        """INSERT INTO work_calendar (owner, date, is_workday, note, source)
        SELECT '', d.date, d.is_workday, d.note, $4
        FROM unnest($1::date[], $2::bool[], $3::text[]) AS d(date, is_workday, note)
        ON CONFLICT (owner, date, source) DO UPDATE
        SET is_workday = excluded.is_workday, note = excluded.note
        WHERE work_calendar.is_workday <> excluded.is_workday
           OR work_calendar.note <> excluded.note""",
        [row[0] for row in rows],
        [row[1] for row in rows],
        [row[2] for row in rows],
        source,
    )
    await fetch(
        "DELETE FROM work_calendar WHERE source = $1 AND date = ANY($2)",
        NOTICE,
        [row[0] for row in rows],
    )


async def arranged_years(owner: str) -> list[int]:
    """The years that are known whole, from the seed or from a notice the county adopted."""
    rows = await fetch("SELECT date, source FROM work_calendar WHERE owner IN ('', $1)", owner)
    return sorted(_whole(rows))


async def adopt(owner: str, days: Sequence[NamedDay]) -> None:
    """Writes down a notice's days as the county's; what it said of single days itself stays."""
    await fetch(
        """INSERT INTO work_calendar (owner, date, is_workday, note, source)
        SELECT $1, d.date, d.is_workday, d.note, $5
        FROM unnest($2::date[], $3::bool[], $4::text[]) AS d(date, is_workday, note)
        ON CONFLICT (owner, date, source) DO UPDATE
        SET is_workday = excluded.is_workday, note = excluded.note""",
        owner,
        [day.date for day in days],
        [day.is_workday for day in days],
        [day.note for day in days],
        NOTICE,
    )
