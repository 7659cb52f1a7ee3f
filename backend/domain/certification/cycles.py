"""When a pensioner's certification opens, is due and closes, by the cycle of the insurance.

Two families. A rolling cycle counts months from the last proof of life, so each proof moves the
due day. The others divide time into windows that open one after the other: a proof on or after a
window's opening and before the next one's answers it. Any successful method is such a proof, and
so is the start of the pension, when entitlement was just examined. (Modes: DOMAIN §3, practice of
三亚, 海口, 界首, 秭归, 河间.)
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum
from itertools import count

from backend.domain.calendar import local_instant
from backend.domain.certification.months import Month
from backend.domain.periods import Timing

_DAY = timedelta(days=1)
_END_OF_DAY = time(23, 59, 59)


class CycleMode(StrEnum):
    """How the windows of an insurance follow each other."""

    ROLLING_N = "rolling_n"
    BIRTHDAY = "birthday"
    CALENDAR_YEAR = "calendar_year"
    FIXED_WINDOWS = "fixed_windows"


@dataclass(frozen=True, slots=True, order=True)
class YearDay:
    """A day of any year; where its month is shorter, that month's last day."""

    month: int
    day: int

    def on(self, year: int) -> date:
        """The day in a year."""
        return date(year, self.month, min(self.day, monthrange(year, self.month)[1]))

    def __str__(self) -> str:
        return f"{self.month:02}-{self.day:02}"


@dataclass(frozen=True, slots=True)
class Season:
    """A fixed window of each year, both days included; with `last` before `first` it ends in the
    year after.
    """

    first: YearDay
    last: YearDay


@dataclass(frozen=True, slots=True)
class Cycle:
    """How often pensioners of one insurance are certified in a county.

    `months` and `opens_months_before` are of ROLLING_N alone, `seasons` of FIXED_WINDOWS, in the
    order of the year. `suspend_after`: whole months of grace after the month of the due day.
    Nothing due before `starts_on`, when the county took the cycle up, is asked for.
    """

    mode: CycleMode
    starts_on: date
    months: int = 12
    opens_months_before: int = 1
    seasons: tuple[Season, ...] = ()
    suspend_after: int = 0


@dataclass(frozen=True, slots=True)
class Pensioner:
    """What a window is computed from.

    `certified_on`: the newest proof of life by any method. `due_told`: the due day that the
    insurance system named for what follows it; whoever records a newer proof drops it.
    """

    born_on: date
    benefit_start: date
    certified_on: date | None = None
    due_told: date | None = None

    @property
    def proved_on(self) -> date:
        """The day of the newest proof; the start of the pension is the first one."""
        return max(self.benefit_start, self.certified_on or self.benefit_start)


@dataclass(frozen=True, slots=True)
class Window:
    """One certification owed: opens_on <= due_on <= closes_on, the last day to avoid suspension."""

    opens_on: date
    due_on: date
    closes_on: date

    @property
    def month(self) -> Month:
        """The month it is due in, which no other window of the same pensioner shares."""
        return Month.of(self.due_on)

    @property
    def suspend_from(self) -> Month:
        """The first month whose payment may be recommended to wait."""
        return Month.of(self.closes_on).plus(1)

    @property
    def timing(self) -> Timing:
        """The same as instants: from 00:00 of the first day to the end of the last ones."""
        return Timing(
            local_instant(self.opens_on, time()),
            local_instant(self.due_on, _END_OF_DAY),
            local_instant(self.closes_on, _END_OF_DAY),
        )


def window(cycle: Cycle, pensioner: Pensioner, on: date) -> Window:
    """The window that counts on a day: the first one unanswered, or the newest opened since.

    It may open after `on`. A rolling one stays the same, however late, until it is answered.
    """
    if cycle.mode is CycleMode.ROLLING_N:
        return _rolling(cycle, pensioner)
    found = None
    for each in _windows(cycle, pensioner):
        if found is not None and each.opens_on > on:
            break
        if each.opens_on > pensioner.proved_on and each.due_on >= cycle.starts_on:
            found = each
    assert found is not None, "windows never end"
    return found


def answers(cycle: Cycle, pensioner: Pensioner, asked: Window) -> bool:
    """Whether the pensioner's newest proof answers a window opened earlier.

    In a rolling cycle any proof since the one it was computed from does, also one that came
    before it opened: then another window is counted from there.
    """
    if cycle.mode is CycleMode.ROLLING_N:
        return _rolling(cycle, pensioner).due_on > asked.due_on
    return pensioner.proved_on >= asked.opens_on


def _window(cycle: Cycle, opens_on: date, due_on: date) -> Window:
    return Window(opens_on, due_on, Month.of(due_on).plus(cycle.suspend_after).last)


def _rolling(cycle: Cycle, pensioner: Pensioner) -> Window:
    """Due on the last day of the month so many months after the proof, or on the day told.

    What fell due before the cycle's start is due in its first month. Who was never certified
    comes at the next anniversary of the pension instead, or all of them would come at once.
    """
    told, start = pensioner.due_told, Month.of(cycle.starts_on)
    if told is not None and told > pensioner.proved_on:
        due_on = told if told >= cycle.starts_on else start.last
    else:
        proved = Month.of(pensioner.proved_on)
        due = proved.plus(cycle.months)
        if due < start and pensioner.certified_on is None:
            rounds = -(-proved.until(start) // cycle.months)
            due = proved.plus(rounds * cycle.months)
        due_on = max(due, start).last
    opens_on = Month.of(due_on).plus(-cycle.opens_months_before).first
    return _window(cycle, max(opens_on, pensioner.proved_on + _DAY), due_on)


def _windows(cycle: Cycle, pensioner: Pensioner) -> Iterator[Window]:
    """All windows, in order, from before the first that could matter."""
    for year in count(max(pensioner.proved_on, cycle.starts_on).year - 1):
        for opens_on, due_on in _of_year(cycle, pensioner, year):
            yield _window(cycle, opens_on, due_on)


def _of_year(cycle: Cycle, pensioner: Pensioner, year: int) -> Iterator[tuple[date, date]]:
    """First and last day of the windows that open in a year."""
    if cycle.mode is CycleMode.CALENDAR_YEAR:
        yield date(year, 1, 1), date(year, 12, 31)
    elif cycle.mode is CycleMode.BIRTHDAY:
        month = Month(year, pensioner.born_on.month)
        yield month.first, month.plus(11).last
    else:
        for season in cycle.seasons:
            ends = year if season.last >= season.first else year + 1
            yield season.first.on(year), season.last.on(ends)
