"""Working days in China, and how deadlines step over the days off.

An instant is an aware datetime in any zone; a day is a calendar day in Asia/Shanghai.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

_DAY = timedelta(days=1)
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
# The public holidays with a fixed date (State Council regulation on holidays, as revised for
# 2025, art. 2); the others follow the moon and the sun.
_FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})


def local_instant(d: date, t: time) -> datetime:
    """The instant at which the clocks of China show `t` on the day `d`."""
    return datetime.combine(d, t, SHANGHAI)


def local_day(instant: datetime) -> date:
    """The calendar day in China at an instant."""
    return instant.astimezone(SHANGHAI).date()


def parse_clock(raw: object) -> time | None:
    """A time of day written "HH:MM", or None for anything else."""
    match = _CLOCK.fullmatch(raw) if isinstance(raw, str) else None
    return time(int(match[1]), int(match[2])) if match else None


@dataclass(frozen=True, slots=True, eq=False)
class WorkCalendar:
    """Which days are worked: the days known one by one, and a rule for the others.

    `days` holds True for a working day (also a Saturday worked in exchange) and False for a day
    off. A day that is not in it is worked from Monday to Friday except on the holidays with a
    fixed date. `seeded_years` are the years whose official arrangement is in `days`.
    """

    days: Mapping[date, bool]
    seeded_years: frozenset[int]

    def covers(self, year: int) -> bool:
        """Whether the official arrangement of the year is known."""
        return year in self.seeded_years

    def is_workday(self, d: date) -> bool:
        """Whether the day is a working day."""
        known = self.days.get(d)
        if known is not None:
            return known
        return d.weekday() < 5 and (d.month, d.day) not in _FIXED_HOLIDAYS

    def roll_forward(self, d: date) -> date:
        """The day itself if it is worked, else the next working day."""
        while not self.is_workday(d):
            d += _DAY
        return d

    def add_workdays(self, d: date, n: int) -> date:
        """The n-th working day after `d`; before it if n < 0; `d` rolled forward if n is 0."""
        if n == 0:
            return self.roll_forward(d)
        step = _DAY if n > 0 else -_DAY
        for _ in range(abs(n)):
            d += step
            while not self.is_workday(d):
                d += step
        return d

    def nth_workday(self, year: int, month: int, n: int) -> date:
        """The n-th working day (from 1) counted from the first of the month.

        In a month with fewer working days the count goes on into the next one.
        """
        return self.add_workdays(date(year, month, 1) - _DAY, n)

    def workdays_between(self, start: datetime, end: datetime) -> float:
        """The working days that passed between two instants.

        A working day passes evenly over its 24 hours from midnight to midnight in China, a day
        off passes in no time: Friday 18:00 to Monday 18:00 is 1.0, Friday 18:00 to Monday 06:00
        is 0.5. It is 0.0 when `end` is not after `start`.
        """
        if end <= start:
            return 0.0
        first, last = local_day(start), local_day(end)
        span = ((first + timedelta(days=i)) for i in range((last - first).days))
        whole = sum(self.is_workday(d) for d in span)
        return whole + self._passed(end) - self._passed(start)

    def _passed(self, instant: datetime) -> float:
        """The share of its day that is over at an instant; 0.0 on a day off."""
        d = local_day(instant)
        return (instant - local_instant(d, time())) / _DAY if self.is_workday(d) else 0.0
