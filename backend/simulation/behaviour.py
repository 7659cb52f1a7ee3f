"""How the people of a simulated county behave. This is a model: no figure of it was measured.

- A liaison has a diligence between 0 and 1, drawn once (beta distribution, mean 0.71).
- Without any message a duty is filed in time with probability 0.15 + 0.6 × diligence, late with
  probability 0.1, and else forgotten. When in time: mostly on the due day, as in the demo county.
- A message that reaches a liaison is acted upon with probability 0.1 + 0.25 × diligence when it
  stands in the app alone, and with 0.15 more when it came through a channel; then the report is
  filed after some hours (exponential, mean 3) of the waking day. Each step is a new chance.
- A B角 acts upon a message with probability 0.2, an office with 0.5 and the county with 0.4: the
  office calls the village, which files within a working day or so; 3 times in 10, and always where
  the village has nobody, the office files on its behalf.
- Liaisons are offline for some days now and then (two spells a year of 1 to 5 days): messages are
  read, and reports received, when the spell is over; their capture keeps its time.
- In a year 3 liaisons in 10 leave; 4 in 10 of these leave a vacancy of up to a month.
- A report with figures is wrong, and returned, with probability 0.02 + 0.15 × (1 - diligence), one
  filed upon a message with 0.05; most are corrected in time, some late, one in twenty never.
- Offices review at their sittings, some at once and some two or three sittings late; reminding
  them of it changes nothing here.

"Without reminders" is the same county with the same draws in which no message was heeded: what
is drawn for a duty depends on the seed, the village and the period alone, never on what came
before. Nobody is called then, and no office files on behalf.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from random import Random
from typing import Final

from backend.demo.habits import Filing, Habits, filing
from backend.domain.calendar import SHANGHAI, WorkCalendar, local_day, local_instant
from backend.domain.form_definition import Kind
from backend.domain.periods import Timing

_DILIGENCE: Final = (5, 2)  # the beta distribution's
_SPELLS: Final = 2
_LEAVING, _VACANCY = 0.3, 0.4
_YEAR: Final = timedelta(days=365)
_BY_CHANNEL: Final = 0.15
_WAKES, _SLEEPS = time(7), time(22)
_OPENS, _CLOSES = time(8, 30), time(17, 30)
_LEAVES_AT: Final = time(10)
_ON_BEHALF: Final = 0.3


class Ear(StrEnum):
    """As what somebody hears of a duty."""

    LIAISON = "liaison"
    BACKUP = "backup"
    OFFICE = "office"
    COUNTY = "county"


_OTHERS: Final = {Ear.BACKUP: 0.2, Ear.OFFICE: 0.5, Ear.COUNTY: 0.4}


@dataclass(frozen=True, slots=True)
class Character:
    """What a liaison is like, and when they are offline."""

    diligence: float
    spells: Sequence[tuple[datetime, datetime]] = ()

    def online_from(self, t: datetime) -> datetime:
        """`t`, or the end of the spell it falls into."""
        return next((end for start, end in self.spells if start <= t < end), t)


@dataclass(frozen=True, slots=True)
class Tenure:
    """How long somebody serves a village; `until` is None for who stays."""

    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Intent:
    """That a report is going to be filed, and by whom."""

    at: datetime
    captured_at: datetime | None = None
    on_behalf: bool = False


def character(rng: Random, begins: datetime, ends: datetime) -> Character:
    """Somebody drawn at random."""
    length = ends - begins
    spells = []
    for _ in range(round(_SPELLS * (length / _YEAR))):
        start = begins + length * rng.random()
        spells.append((start, start + timedelta(days=rng.uniform(1, 5))))
    return Character(rng.betavariate(*_DILIGENCE), sorted(spells))


def tenures(rng: Random, begins: datetime, ends: datetime) -> list[Tenure]:
    """Who serves a village one after the other, each in the office hours of some day."""
    found, since = [], begins - timedelta(days=400)
    while rng.random() < _LEAVING * ((ends - max(since, begins)) / _YEAR):
        drawn = max(since, begins) + (ends - max(since, begins)) * rng.random()
        left = local_instant(local_day(drawn), _LEAVES_AT)
        if left <= max(since, begins):
            break
        found.append(Tenure(since, left))
        gap = timedelta(days=rng.randint(1, 30)) if rng.random() < _VACANCY else timedelta()
        since = left + gap
        if since >= ends:
            return found
    return [*found, Tenure(since, None)]


def unprompted(
    who: Character, times: Timing, kind: Kind, days: WorkCalendar, rng: Random
) -> Filing | None:
    """What the liaison does with a duty without any message; None is nothing."""
    habits = Habits(0.15 + 0.6 * who.diligence, 0.1)
    meant = filing(habits, times, kind, days, rng)
    if meant is None:
        return None
    faulty = kind is Kind.REPORT and rng.random() < 0.02 + 0.15 * (1 - who.diligence)
    meant = replace(meant, by_office=False, by_backup=False, returned=faulty)
    online = who.online_from(meant.files_at)
    if online == meant.files_at:
        return meant
    captured = meant.captured_at or meant.files_at
    return replace(meant, files_at=online, captured_at=captured)


def prompted(
    ear: Ear, who: Character | None, heard_at: datetime, days: WorkCalendar, luck: "Luck"
) -> Intent | None:
    """What comes of a message heard; `who` is the village's liaison, None where it has none."""
    if ear in (Ear.OFFICE, Ear.COUNTY):
        return _called(ear, who, heard_at, days, luck)
    if ear is Ear.BACKUP:
        return Intent(_awake(heard_at + luck.wait)) if luck.heeds < _OTHERS[ear] else None
    if who is None or luck.heeds >= 0.1 + 0.25 * who.diligence + _BY_CHANNEL * luck.by_channel:
        return None
    at = _awake(who.online_from(heard_at) + luck.wait)
    online = who.online_from(at)
    return Intent(online, at if online > at else None)


def _called(
    ear: Ear, who: Character | None, heard_at: datetime, days: WorkCalendar, luck: "Luck"
) -> Intent | None:
    """An office that hears of a duty calls the village, or files on its behalf."""
    if luck.heeds >= _OTHERS[ear]:
        return None
    at = _in_office(heard_at + 2 * luck.wait, days)
    if who is None or luck.on_behalf < _ON_BEHALF:
        return Intent(at, on_behalf=True)
    return Intent(_awake(who.online_from(at)))


@dataclass(frozen=True, slots=True)
class Luck:
    """The draws for one step that reaches one person; the same in every telling."""

    heeds: float
    on_behalf: float
    wait: timedelta
    by_channel: bool = False


def luck(rng: Random, *, by_channel: bool) -> Luck:
    """Draws them, in this order."""
    heeds, on_behalf, hours = rng.random(), rng.random(), min(rng.expovariate(1 / 3), 36)
    return Luck(heeds, on_behalf, timedelta(minutes=1, hours=hours), by_channel)


def _awake(at: datetime) -> datetime:
    """`at`, or 07:00 of the morning after when people sleep, from 22:00 on."""
    at = at.replace(microsecond=0)
    local = at.astimezone(SHANGHAI)
    if _WAKES <= local.time() < _SLEEPS:
        return at
    day = local.date() + timedelta(days=local.time() >= _SLEEPS)
    return local_instant(day, _WAKES) + timedelta(minutes=local.minute)


def _in_office(at: datetime, days: WorkCalendar) -> datetime:
    """`at`, or the next working morning when the office is closed."""
    at = at.replace(microsecond=0)
    local = at.astimezone(SHANGHAI)
    if days.is_workday(local.date()) and _OPENS <= local.time() < _CLOSES:
        return at
    day = days.roll_forward(local_day(at) + timedelta(days=local.time() >= _OPENS))
    return local_instant(day, _OPENS) + timedelta(minutes=local.minute)
