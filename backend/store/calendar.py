"""The working calendar: the seed, and what a county says differently."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

import asyncpg

from backend.domain.calendar import WorkCalendar
from backend.domain.regions import Level, level_of
from backend.store.database import fetch, fetch_value

SEED_OWNER = ""
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
    """The calendar in force for a scope: the seed, overridden by the county's own days."""
    rows = await fetch(
        "SELECT owner, date, is_workday FROM work_calendar WHERE owner IN ('', $1) ORDER BY owner",
        owner_of(scope),
    )
    published = Counter(row["date"].year for row in rows if row["owner"] == SEED_OWNER)
    return WorkCalendar({row["date"]: row["is_workday"] for row in rows}, _whole(published))


def _whole(days_of: Mapping[int, int]) -> frozenset[int]:
    return frozenset(year for year, days in days_of.items() if days >= _YEAR)


async def days(owner: str, year: int) -> list[asyncpg.Record]:
    """The days of a year as the county sees them, in order."""
    return await fetch(
        """SELECT DISTINCT ON (date) date, is_workday, note, source, owner FROM work_calendar
        WHERE owner IN ('', $1) AND date BETWEEN $2 AND $3 ORDER BY date, owner DESC""",
        owner,
        date(year, 1, 1),
        date(year, 12, 31),
    )


async def put_day(owner: str, day: date, is_workday: bool, note: str) -> None:
    """The county's word on one day."""
    await fetch(
        """INSERT INTO work_calendar (owner, date, is_workday, note, source)
        VALUES ($1, $2, $3, $4, 'county')
        ON CONFLICT (owner, date) DO UPDATE SET is_workday = $3, note = $4""",
        owner,
        day,
        is_workday,
        note,
    )


async def drop_day(owner: str, day: date) -> bool:
    """Takes the county's word back; False when there was none."""
    return bool(
        await fetch_value(
            "DELETE FROM work_calendar WHERE owner = $1 AND date = $2 RETURNING true", owner, day
        )
    )


async def seed(rows: Sequence[tuple[date, bool, str]], source: str) -> None:
    """Writes down the published days; rows are (date, is_workday, note). Changed ones follow."""
    await fetch(
        """INSERT INTO work_calendar (owner, date, is_workday, note, source)
        SELECT '', d.date, d.is_workday, d.note, $4
        FROM unnest($1::date[], $2::bool[], $3::text[]) AS d(date, is_workday, note)
        ON CONFLICT (owner, date) DO UPDATE
        SET is_workday = excluded.is_workday, note = excluded.note, source = excluded.source
        WHERE work_calendar.is_workday <> excluded.is_workday
           OR work_calendar.note <> excluded.note""",
        [row[0] for row in rows],
        [row[1] for row in rows],
        [row[2] for row in rows],
        source,
    )


async def seeded_years() -> list[int]:
    """The years the seed covers whole."""
    rows = await fetch(
        """SELECT extract(year FROM date)::int AS year, count(*) AS days FROM work_calendar
        WHERE owner = '' GROUP BY 1"""
    )
    return sorted(_whole({row["year"]: row["days"] for row in rows}))
