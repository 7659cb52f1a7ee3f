"""Report periods, and when their reports open, fall due and close."""

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import total_ordering

from backend.domain.calendar import WorkCalendar, local_instant, parse_clock
from backend.domain.refusal import Refusal

_DAY = timedelta(days=1)


class Cadence(StrEnum):
    """How often a report is owed."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"


_MONTHS = {Cadence.MONTHLY: 1, Cadence.QUARTERLY: 3, Cadence.YEARLY: 12}
# The years 2000 to 2199: a key from outside can't lead to the ends of the calendar.
_KEYS = {
    Cadence.WEEKLY: re.compile(r"(2[01]\d\d)-W(\d\d)", re.ASCII),
    Cadence.MONTHLY: re.compile(r"(2[01]\d\d)-(\d\d)", re.ASCII),
    Cadence.QUARTERLY: re.compile(r"(2[01]\d\d)-Q([1-4])", re.ASCII),
    Cadence.YEARLY: re.compile(r"(2[01]\d\d)()", re.ASCII),
}


@total_ordering
@dataclass(frozen=True, slots=True)
class Period:
    """A report period from `start` to `end`, both days included; ordered by time.

    Keys: "2026-W47" (ISO 8601 week), "2026-11", "2026-Q4", "2026".
    """

    cadence: Cadence
    key: str
    start: date
    end: date

    def __lt__(self, other: "Period") -> bool:
        return (self.start, self.end) < (other.start, other.end)

    def next(self) -> "Period":
        """The period after this one."""
        return period_containing(self.cadence, self.end + _DAY)

    def previous(self) -> "Period":
        """The period before this one."""
        return period_containing(self.cadence, self.start - _DAY)


def period_containing(cadence: Cadence, d: date) -> Period:
    """The period in which a day lies."""
    if cadence is Cadence.WEEKLY:
        year, week, weekday = d.isocalendar()
        monday = d - (weekday - 1) * _DAY
        return Period(cadence, f"{year}-W{week:02}", monday, monday + 6 * _DAY)
    months = _MONTHS[cadence]
    number = (d.month - 1) // months  # of the period within its year, from 0
    last = (number + 1) * months
    key = {
        Cadence.MONTHLY: f"{d.year}-{d.month:02}",
        Cadence.QUARTERLY: f"{d.year}-Q{number + 1}",
        Cadence.YEARLY: f"{d.year}",
    }[cadence]
    start, end = date(d.year, last - months + 1, 1), _day_of_month(d.year, last, 31)
    return Period(cadence, key, start, end)


def period_from_key(cadence: Cadence, key: str) -> Period:
    """The period with a key. Raises Refusal("bad_period") when the cadence has none such."""
    match = _KEYS[cadence].fullmatch(key)
    if match is None:
        raise Refusal("bad_period", cadence=cadence.value)
    year, number = int(match[1]), int(match[2] or 1)
    try:
        if cadence is Cadence.WEEKLY:
            start = date.fromisocalendar(year, number, 1)
        else:
            start = date(year, (number - 1) * _MONTHS[cadence] + 1, 1)
    except ValueError:  # a month 13 or a week 54
        raise Refusal("bad_period", cadence=cadence.value) from None
    return period_containing(cadence, start)


class DueKind(StrEnum):
    """What the number of a due rule counts."""

    WORKDAY = "workday"
    DAY = "day"
    WEEKDAY = "weekday"


@dataclass(frozen=True, slots=True)
class DueRule:
    """The day and local time at which a period's report is due, rolled forward over days off.

    workday: the `number`-th working day of the month `months_after` the period's last one.
    day: the day `number` of that month, its last day where the month is shorter.
    weekday: the ISO weekday `number` of the period's week; weekly reports only.
    """

    kind: DueKind
    number: int
    at: time
    months_after: int = 0

    def day(self, period: Period, calendar: WorkCalendar) -> date:
        """The due day of a period, a working day."""
        named = self.named_day(period)
        if named is not None:
            return calendar.roll_forward(named)
        year, month = self._month(period)
        return calendar.nth_workday(year, month, self.number)

    def named_day(self, period: Period) -> date | None:
        """The day that the rule names, whether it is worked or not; None where it counts them."""
        if self.kind is DueKind.WEEKDAY:
            return period.start + (self.number - 1) * _DAY
        if self.kind is DueKind.WORKDAY:
            return None
        year, month = self._month(period)
        return _day_of_month(year, month, self.number)

    def _month(self, period: Period) -> tuple[int, int]:
        years, month = divmod(period.end.month - 1 + self.months_after, 12)
        return period.end.year + years, month + 1

    def to_dict(self) -> dict[str, object]:
        """The JSON value that `parse_timetable` reads as `due`."""
        months = {} if self.kind is DueKind.WEEKDAY else {"months_after": self.months_after}
        at = self.at.isoformat("minutes")
        return {"kind": self.kind.value, "number": self.number, "at": at, **months}


@dataclass(frozen=True, slots=True)
class Timetable:
    """When the reports of a schedule open, fall due and close.

    They open at the start of the period (None) or so many working days before the due day.
    """

    due: DueRule
    opens_workdays_before: int | None = None
    closes_workdays_after: int = 5

    def to_dict(self) -> dict[str, object]:
        """The JSON value that `parse_timetable` reads."""
        return {
            "due": self.due.to_dict(),
            "opens_workdays_before": self.opens_workdays_before,
            "closes_workdays_after": self.closes_workdays_after,
        }


@dataclass(frozen=True, slots=True)
class Timing:
    """The instants of one period's report: opens_at <= due_at <= closes_at."""

    opens_at: datetime
    due_at: datetime
    closes_at: datetime


def timing(
    period: Period,
    timetable: Timetable,
    calendar: WorkCalendar,
    allowance: timedelta = timedelta(),
) -> Timing:
    """When the report of a period opens (00:00 local), falls due and closes (at the due time).

    It stays open for the offline `allowance` at least: what was captured by the due time and
    arrives within it counts, so it must be taken.
    """
    due_day = timetable.due.day(period, calendar)
    before = timetable.opens_workdays_before
    open_day = period.start if before is None else calendar.add_workdays(due_day, -before)
    close_day = calendar.add_workdays(due_day, timetable.closes_workdays_after)
    due_at = local_instant(due_day, timetable.due.at)
    return Timing(
        opens_at=local_instant(open_day, time()),
        due_at=due_at,
        closes_at=max(local_instant(close_day, timetable.due.at), due_at + allowance),
    )


def first_period(cadence: Cadence, since: date) -> Period:
    """The first period that starts on or after a day."""
    period = period_containing(cadence, since)
    return period if period.start >= since else period.next()


def coming_periods(
    cadence: Cadence, starts_on: date, ends_on: date | None, on: date
) -> list[Period]:
    """The twelve periods from the one of a day on, of a schedule from `starts_on` to `ends_on`."""
    period = max(first_period(cadence, starts_on), period_containing(cadence, on))
    found: list[Period] = []
    while len(found) < _COMING and (ends_on is None or period.start <= ends_on):
        found.append(period)
        period = period.next()
    return found


def periods_to_open(
    cadence: Cadence, timetable: Timetable, calendar: WorkCalendar, since: date, now: datetime
) -> list[Period]:
    """Every period that started on or after `since` and has opened by `now`, oldest first."""
    period = first_period(cadence, since)
    opened = []
    while timing(period, timetable, calendar).opens_at <= now:
        opened.append(period)
        period = period.next()
    return opened


_COMING = 12
_DEFAULT_AT = {DueKind.WORKDAY: time(18), DueKind.DAY: time(18), DueKind.WEEKDAY: time(12)}
# A month has at most 23 working days.
_NUMBERS = {DueKind.WORKDAY: 23, DueKind.DAY: 31, DueKind.WEEKDAY: 7}
_MOST_MONTHS_AFTER = 12
_MOST_WORKDAYS = 250


def parse_timetable(raw: object, cadence: Cadence) -> Timetable:
    """The timetable of a JSON value, for reports of a cadence.

    {"due": {"kind": "workday", "number": 3, "months_after": 1, "at": "18:00"},
     "opens_workdays_before": null, "closes_workdays_after": 5}; only kind and number are needed,
    `at` is 18:00, for a weekday 12:00. Raises Refusal("timetable_invalid") with `field` and
    `reason`: not_an_object, unknown_field, wrong_type, out_of_range, not_a_time or
    does_not_fit_cadence.
    """
    known = {"due", "opens_workdays_before", "closes_workdays_after"}
    fields = _object(raw, "timetable", known)
    due = _parse_due(fields.get("due"))
    if (due.kind is DueKind.WEEKDAY) != (cadence is Cadence.WEEKLY):
        raise _invalid("due.kind", "does_not_fit_cadence")
    opens = fields.get("opens_workdays_before")
    if opens is not None:
        opens = _whole(opens, "opens_workdays_before", 0, _MOST_WORKDAYS)
    closes = fields.get("closes_workdays_after", Timetable(due).closes_workdays_after)
    return Timetable(due, opens, _whole(closes, "closes_workdays_after", 0, _MOST_WORKDAYS))


def _parse_due(raw: object) -> DueRule:
    fields = _object(raw, "due", {"kind", "number", "at", "months_after"})
    kind = next((kind for kind in DueKind if kind.value == fields.get("kind")), None)
    if kind is None:
        raise _invalid("due.kind", "out_of_range")
    at = parse_clock(fields["at"]) if "at" in fields else _DEFAULT_AT[kind]
    if at is None:
        raise _invalid("due.at", "not_a_time")
    number = _whole(fields.get("number"), "due.number", 1, _NUMBERS[kind])
    most = 0 if kind is DueKind.WEEKDAY else _MOST_MONTHS_AFTER
    months_after = _whole(fields.get("months_after", 0), "due.months_after", 0, most)
    return DueRule(kind, number, at, months_after)


def _object(raw: object, field: str, known: set[str]) -> Mapping[str, object]:
    if not isinstance(raw, dict):
        raise _invalid(field, "not_an_object")
    if not known.issuperset(raw):
        raise _invalid(field, "unknown_field")
    return raw


def _whole(raw: object, field: str, low: int, high: int) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool):
        raise _invalid(field, "wrong_type")
    if not low <= raw <= high:
        raise _invalid(field, "out_of_range")
    return raw


def _invalid(field: str, reason: str) -> Refusal:
    return Refusal("timetable_invalid", field=field, reason=reason)


def _day_of_month(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))
