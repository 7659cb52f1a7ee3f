"""Opens the obligations of every period whose time has come, also after a stand-still."""

from datetime import datetime

from backend.domain.periods import Cadence, parse_timetable, periods_to_open, timing
from backend.domain.reminders import next_instant, parse_ladder
from backend.store import calendar, duties, forms
from backend.store.database import from_json, transaction


async def freeze_periods(now: datetime) -> int:
    """Writes down the periods that have come to their opening; gives how many schedules it saw.

    A period's instants, form and deadline are fixed here once: a later change of the calendar or
    the schedule moves only the periods after it.
    """
    async with transaction():
        schedules = await forms.schedules([""])
    for schedule in schedules:
        async with transaction():
            days = await calendar.load(schedule["scope"])
            cadence = Cadence(schedule["cadence"])
            timetable = parse_timetable(from_json(schedule["timetable"]), cadence)
            since = await duties.newest_period_start(schedule["id"]) or schedule["starts_on"]
            ends_on = schedule["ends_on"]
            found = [
                (period, timing(period, timetable, days))
                for period in periods_to_open(cadence, timetable, days, since, now)
                if ends_on is None or period.start <= ends_on
            ]
            if found:
                await duties.add_periods(schedule["id"], schedule["form"], found)
    return len(schedules)


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
        ladder = parse_ladder(from_json(period["ladder"]))
        # Opened late, it is looked at once: the step that should be out by now still goes.
        since = max(period["opens_at"], period["ladder_since"])
        first = next_instant(ladder, period["due_at"], days, since)
        await duties.open_chunk(period, chunk, first)
        return True
