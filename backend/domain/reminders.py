"""The reminder ladder: who is reminded of an outstanding duty, and when.

A ladder is data. Its instants follow the due time in force, keep out of the quiet hours from
20:30 to 08:00 and off days off, except for the due day itself.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from backend.domain.calendar import (
    SHANGHAI,
    WorkCalendar,
    local_day,
    local_instant,
    parse_clock,
)
from backend.domain.channels import OUTSIDE, Kind
from backend.domain.refusal import Refusal

QUIET_FROM = time(20, 30)
QUIET_UNTIL = time(8)
# A step moved back goes here rather than to 20:29, so that a sender running late is still allowed.
_EVENING = time(20)
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


class Audience(StrEnum):
    """Who is meant; the posts behind it are looked up when a message is written."""

    LIAISON = "liaison"
    BACKUP = "backup"
    TOWNSHIP = "township"
    COUNTY = "county"


@dataclass(frozen=True, slots=True)
class Step:
    """One rung: so many working days from the due day at a local time, or hours from due_at.

    Either `offset_workdays` and `at` are given, or `offset_hours`. An offset up to 0 makes it a
    step before due, which is never sent after due. The list in the app comes first by itself;
    `channels` are tried after it, each when the one before has failed.
    """

    key: str
    audience: tuple[Audience, ...]
    offset_workdays: int | None = None
    at: time | None = None
    offset_hours: int | None = None
    channels: tuple[Kind, ...] = ()

    @property
    def is_before_due(self) -> bool:
        """Whether the step is of use only until the report is due."""
        return (self.offset_workdays or 0) <= 0 and (self.offset_hours or 0) <= 0

    def to_dict(self) -> dict[str, object]:
        """The JSON value that `parse_ladder` reads."""
        found: dict[str, object] = {"key": self.key}
        if self.at is None:
            found["offset_hours"] = self.offset_hours
        else:
            found["offset_workdays"] = self.offset_workdays
            found["at"] = self.at.isoformat("minutes")
        found["audience"] = [who.value for who in self.audience]
        if self.channels:
            found["channels"] = [kind.value for kind in self.channels]
        return found


Ladder = tuple[Step, ...]

_MORNING = time(9)
DEFAULT_LADDER: Ladder = (
    Step("before_3", (Audience.LIAISON,), offset_workdays=-3, at=_MORNING),
    Step("before_1", (Audience.LIAISON,), offset_workdays=-1, at=_MORNING),
    Step("due_day", (Audience.LIAISON,), offset_workdays=0, at=_MORNING),
    Step("last_hour", (Audience.LIAISON,), offset_hours=-1),
    Step(
        "after_1",
        (Audience.LIAISON, Audience.BACKUP, Audience.TOWNSHIP),
        offset_workdays=1,
        at=_MORNING,
    ),
    Step("after_2", (Audience.COUNTY,), offset_workdays=2, at=_MORNING),
)


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


_KEY = re.compile(r"[a-z][a-z0-9_]{0,31}")
_MOST_STEPS = 20
_MOST_WORKDAYS = 60
_MOST_HOURS = 240
_BY_DAY = {"key", "audience", "offset_workdays", "at"}
_BY_HOUR = {"key", "audience", "offset_hours"}


def parse_ladder(raw: object) -> Ladder:
    """The ladder of a JSON value; an empty list reminds nobody.

    [{"key": "before_3", "offset_workdays": -3, "at": "09:00", "audience": ["liaison"]},
     {"key": "last_hour", "offset_hours": -1, "audience": ["liaison"]}]. Raises
    Refusal("ladder_invalid") with `reason` (not_a_list, too_many, not_an_object, fields, key,
    audience, channels, offset, at, key_twice) and the `index` of the step, from 0.
    """
    if not isinstance(raw, list):
        raise Refusal("ladder_invalid", reason="not_a_list", index=0)
    if len(raw) > _MOST_STEPS:
        raise Refusal("ladder_invalid", reason="too_many", index=_MOST_STEPS)
    steps: list[Step] = []
    for index, item in enumerate(raw):
        step = _parse_step(item)
        if isinstance(step, Step) and step.key in {earlier.key for earlier in steps}:
            step = "key_twice"
        if isinstance(step, str):
            raise Refusal("ladder_invalid", reason=step, index=index)
        steps.append(step)
    return tuple(steps)


def _parse_step(raw: object) -> Step | str:
    """The step of a JSON value, or the reason why it is none."""
    if not isinstance(raw, dict):
        return "not_an_object"
    by_hour = set(raw) - {"channels"} == _BY_HOUR
    if not by_hour and set(raw) - {"channels"} != _BY_DAY:
        return "fields"
    key, audience = raw["key"], _audience(raw["audience"])
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        return "key"
    if not audience:
        return "audience"
    channels = _channels(raw.get("channels", []))
    if channels is None:
        return "channels"
    if by_hour:
        hours = _whole(raw["offset_hours"], _MOST_HOURS)
        # Not 0 either: at due_at it is too late to be reminded.
        return Step(key, audience, None, None, hours, channels) if hours else "offset"
    days, at = _whole(raw["offset_workdays"], _MOST_WORKDAYS), parse_clock(raw["at"])
    if days is None:
        return "offset"
    return Step(key, audience, days, at, None, channels) if at else "at"


def _channels(raw: object) -> tuple[Kind, ...] | None:
    """The channels named, in their order; None when one is unknown or comes twice."""
    names = raw if isinstance(raw, list) else [None]
    found = tuple(kind for name in names for kind in OUTSIDE if kind.value == name)
    return found if len(set(found)) == len(names) else None


def _whole(raw: object, most: int) -> int | None:
    if isinstance(raw, bool) or not isinstance(raw, int):
        return None
    return raw if -most <= raw <= most else None


def _audience(raw: object) -> tuple[Audience, ...]:
    """The audience named, empty when a name is unknown or comes twice."""
    names = raw if isinstance(raw, list) else []
    found = tuple(who for who in Audience if who.value in names)
    return found if len(found) == len(names) else ()
