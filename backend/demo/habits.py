"""When and how a village files one report, and how long its offices take. Nothing is done here.

Everything is drawn from one source per duty, so that a duty's story never depends on others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final

from backend.domain.calendar import WorkCalendar, local_day, local_instant
from backend.domain.form_definition import Kind
from backend.domain.periods import Timing
from backend.domain.reviews import ReviewStep

# The offices look at what has come in on three afternoons a week.
SITTING_FROM: Final = time(14, 30)
_SITTING: Final = timedelta(hours=3)
_SITTING_WEEKDAYS: Final = (0, 2, 4)
_KINDS: Final[Mapping[str, tuple[tuple[Kind, int], ...]]] = {
    "LABOR_MONTHLY": ((Kind.REPORT, 65), (Kind.UNCHANGED, 35)),
    "RETURN_WEEKLY": ((Kind.REPORT, 55), (Kind.ZERO, 40), (Kind.UNCHANGED, 5)),
    "POVERTY_MONTHLY": ((Kind.REPORT, 60), (Kind.UNCHANGED, 40)),
    "AID_QUARTERLY": ((Kind.REPORT, 80), (Kind.UNCHANGED, 20)),
    "PENSION_CHANGE": ((Kind.REPORT, 55), (Kind.ZERO, 45)),
    "JOB_DEMAND": ((Kind.REPORT, 35), (Kind.ZERO, 60), (Kind.UNCHANGED, 5)),
    "PLATFORM_ANNUAL": ((Kind.REPORT, 1),),
}
_OFFLINE, _BY_BACKUP, _BY_OFFICE, _RETURNED = 0.04, 0.1, 0.35, 0.05
_COUNTY_PACE: Final = (85, 15)
# Working days until a returned report comes back corrected: most in time, some never.
_FIX_PACE: Final = (0, 55, 30, 6, 4)
_NEVER_FIXED: Final = 0.05
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Filing:
    """How one report is going to be filed.

    `captured_at` is earlier than `files_at` when the phone had no network. `by_office` is 代报.
    """

    files_at: datetime
    captured_at: datetime | None
    kind: Kind
    by_office: bool
    by_backup: bool
    returned: bool


@dataclass(frozen=True, slots=True)
class Habits:
    """How reliable whoever files is: shares filed on time and late; the rest is never filed."""

    on_time: float
    late: float


def kind_of(code: str, rng: Random, *, nobody: bool) -> Kind:
    """The way of filing; a village without anybody to count says so with a zero report."""
    if nobody:
        return Kind.ZERO
    kinds, odds = zip(*_KINDS[code], strict=True)
    chosen: Kind = rng.choices(kinds, odds)[0]
    return chosen


def filing(
    habits: Habits, times: Timing, kind: Kind, days: WorkCalendar, rng: Random
) -> Filing | None:
    """How a duty is fulfilled, or None when it never is."""
    luck = rng.random()
    if luck > habits.on_time + habits.late:
        return None
    late = luck > habits.on_time
    captured = None
    if late:
        at = _late(times, days, rng)
    else:
        at = _in_time(times, rng)
        if rng.random() < _OFFLINE and local_day(at) == local_day(times.due_at):
            captured, at = at, times.due_at + timedelta(hours=rng.uniform(1, 20))
    return Filing(
        files_at=at.replace(microsecond=0),
        captured_at=captured,
        kind=kind,
        by_office=late and rng.random() < _BY_OFFICE,
        by_backup=rng.random() < _BY_BACKUP,
        returned=kind is Kind.REPORT and rng.random() < _RETURNED,
    )


def _in_time(times: Timing, rng: Random) -> datetime:
    """Most file on the due day, many of these in the last hours."""
    luck = rng.random()
    if luck < 0.5:
        at = times.due_at - timedelta(hours=rng.expovariate(0.4))
    elif luck < 0.75:
        at = times.due_at - timedelta(hours=rng.uniform(0, 72))
    else:
        at = times.opens_at + (times.due_at - times.opens_at) * rng.random()
    return max(_awake(at, times.due_at, rng), times.opens_at + _SECOND)


def _late(times: Timing, days: WorkCalendar, rng: Random) -> datetime:
    """A working day or two after the due day, before it closes."""
    day = days.add_workdays(local_day(times.due_at), rng.choice((1, 1, 1, 2, 2, 3, 4)))
    at = local_instant(day, time(8)) + timedelta(hours=rng.uniform(0, 9))
    return min(max(at, times.due_at + _SECOND), times.closes_at - _SECOND)


def _awake(at: datetime, due_at: datetime, rng: Random) -> datetime:
    """The same day between 07:30 and 20:30, and not after `due_at`."""
    early = local_instant(local_day(at), time(7, 30))
    last = min(early + timedelta(hours=13), due_at - _SECOND)
    return at if early <= at <= last else early + (last - early) * rng.random()


def reviewed_at(
    received_at: datetime,
    step: ReviewStep,
    pace: tuple[int, ...],
    days: WorkCalendar,
    rng: Random,
) -> datetime:
    """When the office gets round to it: at one of its sittings after it has come in."""
    odds = pace if step is ReviewStep.TOWN else _COUNTY_PACE
    day = local_day(received_at)
    begun = received_at >= local_instant(day, SITTING_FROM)
    for _ in range(1 + rng.choices(range(len(odds)), odds)[0]):
        day = _next_sitting(day + timedelta(days=begun), days)
        begun = True
    at = local_instant(day, SITTING_FROM) + _SITTING * rng.random()
    return at.replace(microsecond=0)


def is_sitting(day: date, days: WorkCalendar) -> bool:
    """Whether the offices review on that day."""
    return day.weekday() in _SITTING_WEEKDAYS and days.is_workday(day)


def _next_sitting(day: date, days: WorkCalendar) -> date:
    while not is_sitting(day, days):
        day += timedelta(days=1)
    return day


def corrected_at(returned_at: datetime, days: WorkCalendar, rng: Random) -> datetime | None:
    """When the village answers a return, on a later day; None when it never does."""
    if rng.random() < _NEVER_FIXED:
        return None
    later = rng.choices(range(len(_FIX_PACE)), _FIX_PACE)[0]
    day = days.add_workdays(local_day(returned_at), later)
    hours = timedelta(hours=rng.uniform(0, 6))
    return (local_instant(day, time(8)) + hours).replace(microsecond=0)
