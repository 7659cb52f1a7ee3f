"""Opens the obligations of every period whose time has come, also after a stand-still."""

import logging
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from backend.domain.calendar import local_day
from backend.domain.ladder import Concern, parse_ladder, steps_of
from backend.domain.periods import Cadence, parse_timetable, periods_to_open, timing
from backend.domain.reminders import next_instant
from backend.store import calendar, duties, forms
from backend.store.database import from_json, transaction

log = logging.getLogger("cunbao.tasks")
# A season that ended may still have a period to open after a long stand-still.
LOOK_BACK: Final = timedelta(days=366)


async def freeze_periods(now: datetime) -> int:
    """Writes down the periods that have come to their opening; gives how many schedules it saw.

    A period's instants, form, review steps and allowance are fixed here once: a later change of
    the calendar or the schedule moves only the periods after it. One schedule that can't be read
    keeps no other from opening.
    """
    async with transaction():
        schedules = await forms.running(local_day(now) - LOOK_BACK)
    for schedule in schedules:
        try:
            async with transaction():
                await _freeze(schedule, now)
        except Exception:
            log.exception("schedule not opened", extra={"schedule": schedule["id"]})
    return len(schedules)


async def _freeze(schedule: asyncpg.Record, now: datetime) -> None:
    days = await calendar.load(schedule["scope"])
    cadence = Cadence(schedule["cadence"])
    timetable = parse_timetable(from_json(schedule["timetable"]), cadence)
    allowance = timedelta(hours=schedule["allowance_hours"])
    since = await duties.newest_period_start(schedule["id"]) or schedule["starts_on"]
    found = [
        (period, timing(period, timetable, days, allowance))
        for period in periods_to_open(cadence, timetable, days, since, now)
        if schedule["ends_on"] is None or period.start <= schedule["ends_on"]
    ]
    # What had closed before the schedule was made was never asked of anybody.
    asked = [each for each in found if each[1].closes_at > schedule["created_at"]]
    if asked:
        await duties.add_periods(schedule["id"], schedule["form"], asked)


async def open_one(now: datetime) -> bool:
    """Opens one county's share of the oldest unopened period; False when all are open."""
    async with transaction():
        period = await duties.claim_unopened()
        if period is None:
            return False
        chunk = await duties.next_chunk(period["scope"], period["opened_up_to"])
        if chunk is None:
            await duties.finish_opening(period["id"], now)
            return True
        days = await calendar.load(period["scope"])
        ladder = steps_of(parse_ladder(from_json(period["ladder"])), Concern.REPORT)
        # Opened late, it is looked at once: the step that should be out by now still goes.
        since = max(period["opens_at"], period["ladder_since"])
        first = next_instant(ladder, period["due_at"], days, since)
        await duties.open_chunk(period, chunk, first)
        return True
