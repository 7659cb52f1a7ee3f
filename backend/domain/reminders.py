"""When the steps of a ladder go: by the deadline in force, out of the quiet hours, off days off.

Quiet is from 20:30 to 08:00. A day off is kept free unless the deadline falls on it.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from backend.domain.calendar import SHANGHAI, WorkCalendar, local_day, local_instant
from backend.domain.ladder import Step

QUIET_FROM = time(20, 30)
QUIET_UNTIL = time(8)
# A step moved back goes here rather than to 20:29, so that a sender running late is still allowed.
_EVENING = time(20)
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


def next_allowed(instant: datetime, due_at: datetime, calendar: WorkCalendar) -> datetime:
    """The first moment from `instant` on at which a message may go: `instant` itself, or an 08:00.

    Allowed is 08:00 <= local time < 20:30 on a working day or on the due day.
    """
    local = instant.astimezone(SHANGHAI)
    day = local.date()
    if _is_allowed_day(day, due_at, calendar) and QUIET_UNTIL <= local.time() < QUIET_FROM:
        return instant
    if local.time() >= QUIET_UNTIL:
        day += _DAY
    while not _is_allowed_day(day, due_at, calendar):
        day += _DAY
    return local_instant(day, QUIET_UNTIL)


def _last_evening(due_at: datetime, calendar: WorkCalendar) -> datetime:
    """The last 20:00 before due on an allowed day."""
    day = local_day(due_at)
    while local_instant(day, _EVENING) >= due_at or not _is_allowed_day(day, due_at, calendar):
        day -= _DAY
    return local_instant(day, _EVENING)


def _is_allowed_day(day: date, due_at: datetime, calendar: WorkCalendar) -> bool:
    return calendar.is_workday(day) or day == local_day(due_at)


def step_instants(
    ladder: Sequence[Step], due_at: datetime, calendar: WorkCalendar
) -> list[tuple[Step, datetime]]:
    """Each step with the moment it is to be sent, in order of time.

    A step in quiet hours or on a day off waits for the next 08:00; a step before due that would
    come too late by then goes at 20:00 on the last allowed evening before.
    """
    found = [(step, _instant(step, due_at, calendar)) for step in ladder]
    return sorted(found, key=lambda pair: pair[1])


def _instant(step: Step, due_at: datetime, calendar: WorkCalendar) -> datetime:
    moved = next_allowed(_wanted(step, due_at, calendar), due_at, calendar)
    if step.is_before_due and moved >= due_at:
        return _last_evening(due_at, calendar)
    return moved


def _wanted(step: Step, due_at: datetime, calendar: WorkCalendar) -> datetime:
    if step.at is None:
        return due_at + (step.offset_hours or 0) * _HOUR
    day = local_day(due_at)
    if step.offset_workdays:
        day = calendar.add_workdays(day, step.offset_workdays)
    at = local_instant(day, step.at)
    # Due at 08:30, a reminder at 09:00 on the due day would help nobody: an hour before, then.
    return min(at, due_at - _HOUR) if step.is_before_due else at


def due_step(
    ladder: Sequence[Step],
    due_at: datetime,
    calendar: WorkCalendar,
    *,
    ladder_since: datetime,
    now: datetime,
) -> Step | None:
    """The step to send at `now`, or None.

    It is the newest whose moment has come; the missed ones before it are skipped, never sent in
    a burst. None outside the allowed hours, for a step before due once due_at has passed, and for
    moments before `ladder_since`. Whom it has reached already is for the caller to know.
    """
    if next_allowed(now, due_at, calendar) != now:
        return None
    instants = step_instants(ladder, due_at, calendar)
    reached = [step for step, instant in instants if ladder_since <= instant <= now]
    if not reached:
        return None
    step = reached[-1]
    return None if step.is_before_due and now > due_at else step


def next_instant(
    ladder: Sequence[Step], due_at: datetime, calendar: WorkCalendar, after: datetime
) -> datetime | None:
    """When to look again after a look at `after`, or None when no step is left.

    It is the moment of the next step. A look outside the allowed hours could send nothing, so
    once a step's moment has come it is repeated when they begin: a late look loses no step.
    """
    instants = [instant for _, instant in step_instants(ladder, due_at, calendar)]
    later = [instant for instant in instants if instant > after]
    allowed = next_allowed(after, due_at, calendar)
    if len(later) < len(instants) and allowed > after:
        later.append(allowed)
    return min(later, default=None)
