"""What a change of the working calendar would move: the deadlines of periods not opened yet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from backend.domain.calendar import WorkCalendar, local_day
from backend.domain.periods import Cadence, Period, coming_periods, parse_timetable, timing
from backend.store import calendar, duties, forms
from backend.store.database import from_json


@dataclass(frozen=True, slots=True)
class Moved:
    """A period that would be due at another instant."""

    schedule: int
    title: dict[str, str]
    period: str
    due_at: datetime
    would_be_due_at: datetime


async def moved_by(
    county: str, before: WorkCalendar, after: WorkCalendar, now: datetime
) -> list[Moved]:
    """Of the next twelve periods of each schedule of a county, those that become due otherwise."""
    found: list[Moved] = []
    for row in await forms.running(local_day(now)):
        if calendar.owner_of(row["scope"]) == county:
            opened = await duties.newest_period_start(row["id"])
            found += _moved(
                row,
                [p for p in _coming(row, now) if opened is None or p.start > opened],
                before,
                after,
            )
    return found


def _coming(schedule: asyncpg.Record, now: datetime) -> list[Period]:
    cadence = Cadence(schedule["cadence"])
    return coming_periods(cadence, schedule["starts_on"], schedule["ends_on"], local_day(now))


def _moved(
    schedule: asyncpg.Record, periods: Sequence[Period], before: WorkCalendar, after: WorkCalendar
) -> Iterator[Moved]:
    title = from_json(schedule["title"])
    timetable = parse_timetable(from_json(schedule["timetable"]), Cadence(schedule["cadence"]))
    for period in periods:
        was, becomes = (timing(period, timetable, days).due_at for days in (before, after))
        if was != becomes:
            yield Moved(schedule["id"], title, period.key, was, becomes)
