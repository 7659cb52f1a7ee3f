"""A version of a ladder before the county publishes it: who would get what in one period, when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from backend.domain.addressees import Holder
from backend.domain.calendar import WorkCalendar
from backend.domain.ladder import parse_ladder
from backend.domain.ladder_preview import Outstanding, Sending, Span, preview
from backend.domain.periods import (
    Cadence,
    Period,
    first_period,
    parse_timetable,
    period_containing,
    period_from_key,
    timing,
)
from backend.domain.regions import Level
from backend.domain.roles import Role
from backend.problems import Problem
from backend.store import calendar, duties, ladders, messages
from backend.store.database import from_json

_LEVELS = (Level.VILLAGE, Level.TOWNSHIP, Level.COUNTY)


@dataclass(frozen=True, slots=True)
class Area:
    """The villages meant: within the asker's scopes and, if given, under one region."""

    scopes: Sequence[str]
    under: str | None


@dataclass(frozen=True, slots=True)
class Previewed:
    """A period, whether it is open already, and what the ladder would do in it."""

    period: str
    is_open: bool
    span: Span
    duties: int
    villages: int
    sendings: list[Sending]


async def previewed(
    schedule: asyncpg.Record, ladder: asyncpg.Record, area: Area, key: str | None, now: datetime
) -> Previewed:
    """What a version would do in a period, by default the one whose deadline comes next.

    Of an open period only what is outstanding counts, before that every village of the scope.
    Problems: bad_period, no_such_period (also of certifications that have not opened: who will
    be asked is known on the day).
    """
    days = await calendar.load(schedule["scope"])
    key = key or await ladders.next_due(schedule["id"], now) or await _coming(schedule, days, now)
    frozen = await ladders.period(schedule["id"], key)
    span = _span(frozen) if frozen is not None else _planned(schedule, key, days)
    is_open = frozen is not None and frozen["opened_at"] is not None
    if frozen is not None and is_open:
        rows = await ladders.outstanding(frozen["id"], area.scopes, area.under, now)
        owed = [Outstanding(r["holder"], _span(r), frozenset(r["told"])) for r in rows]
    else:
        found = await ladders.villages(schedule["scope"], area.scopes, area.under)
        owed = [Outstanding(village, span) for village in found]
    sendings = preview(
        parse_ladder(from_json(ladder["steps"])),
        owed,
        await _holders(owed, now),
        days,
        since=schedule["ladder_since"] if ladder["in_force"] else now,
        now=now,
    )
    return Previewed(key, is_open, span, len(owed), len({o.village for o in owed}), sendings)


def _span(row: asyncpg.Record) -> Span:
    return Span(row["opens_at"], row["due_at"], row["closes_at"])


async def _holders(owed: Sequence[Outstanding], now: datetime) -> dict[str, list[Holder]]:
    places = {duty.village[: level.digits] for duty in owed for level in _LEVELS}
    found: dict[str, list[Holder]] = {}
    for row in await messages.holders(sorted(places), now):
        held = Holder(row["account"], Role(row["role"]), row["is_backup"], row["away"])
        found.setdefault(row["region"], []).append(held)
    return found


def _timed(schedule: asyncpg.Record, period: Period, days: WorkCalendar) -> Span:
    timetable = parse_timetable(from_json(schedule["timetable"]), period.cadence)
    times = timing(period, timetable, days, timedelta(hours=schedule["allowance_hours"]))
    return Span(times.opens_at, times.due_at, times.closes_at)


async def _coming(schedule: asyncpg.Record, days: WorkCalendar, now: datetime) -> str:
    """The period after those frozen whose deadline lies ahead."""
    if schedule["insurance_type"] is not None:
        raise Problem("no_such_period")
    newest = await duties.newest_period_start(schedule["id"])
    period = first_period(Cadence(schedule["cadence"]), schedule["starts_on"])
    if newest is not None:
        period = period_containing(period.cadence, newest).next()
    while _timed(schedule, period, days).due_at < now:
        period = period.next()
    return period.key


def _planned(schedule: asyncpg.Record, key: str, days: WorkCalendar) -> Span:
    """The instants of a period that is not frozen yet."""
    if schedule["insurance_type"] is not None:
        raise Problem("no_such_period")
    period, ends_on = period_from_key(Cadence(schedule["cadence"]), key), schedule["ends_on"]
    span = _timed(schedule, period, days)
    over = ends_on is not None and period.start > ends_on
    if (
        over
        or period < first_period(period.cadence, schedule["starts_on"])
        or span.closes_at <= schedule["created_at"]
    ):
        raise Problem("no_such_period")
    return span
