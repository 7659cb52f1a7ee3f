"""Who files what and when: every village's story, the demo people's parts among them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final

from backend.demo import regions
from backend.demo.figures import Profile, profile
from backend.demo.habits import Filing, Habits, filing, kind_of
from backend.demo.regions import TOWN, TOWNSHIPS, VILLAGE
from backend.demo.schedules import ALLOWANCE, PLANS, starts_on
from backend.domain.calendar import WorkCalendar, local_day, local_instant
from backend.domain.form_definition import Kind
from backend.domain.periods import Timing, periods_to_open, timing
from backend.domain.regions import Level

_SEED: Final = "990101"
_RELIABLE: Final = Habits(0.97, 0.03)
_USUAL: Final = {t.key: Habits(t.on_time, t.late) for t in TOWNSHIPS}
_CARELESS_SHARE: Final = 0.08
_RETURN_AT: Final = time(16)
# Of what the demo liaison owes, one report was returned: preferably one of these, in this order.
_TO_RETURN: Final = ("LABOR_MONTHLY", "POVERTY_MONTHLY", "PENSION_CHANGE")


@dataclass(frozen=True, slots=True)
class Round:
    """One period of one report."""

    code: str
    key: str
    ends_on: date
    times: Timing


@dataclass(frozen=True, slots=True)
class Part:
    """What one village does in one round, if it does anything."""

    region: str
    round: Round
    filing: Filing | None

    def rng(self, purpose: str) -> Random:
        """A source of its own for every purpose, the same each time it is asked for."""
        return source(self.region, self.round.code, self.round.key, purpose)


def source(*names: str) -> Random:
    """Chance that depends on nothing but the names."""
    return Random("/".join((_SEED, *names)))


class Story:
    """All that will have happened by `now`."""

    def __init__(self, days: WorkCalendar, now: datetime) -> None:
        self.days, self.now = days, now
        self.rounds = list(_rounds(days, now))
        self.begins = min(each.times.opens_at for each in self.rounds)
        self.returned_at = _last_sitting(days, now)
        self.returned = self._to_return()
        self._habits: dict[str, Habits] = {VILLAGE: _RELIABLE}
        self._profiles: dict[str, Profile] = {}
        self._by_key = {(each.code, each.key): each for each in self.rounds}

    def part(self, region: str, code: str, key: str) -> Part:
        """The part of a village in a round."""
        part = Part(region, self._by_key[code, key], None)
        times = part.round.times
        if region == VILLAGE and times.closes_at > self.now:
            return replace(part, filing=self._the_returned(part.round))
        if region in regions.BUSY and part.round == self._longest_open():
            at = max(times.opens_at, self.now - timedelta(hours=1 + regions.BUSY.index(region)))
            return replace(part, filing=_plain(at + timedelta(seconds=1), Kind.REPORT))
        rng = part.rng("filing")
        nobody = code == "POVERTY_MONTHLY" and not self.profile(region).poor
        kind = kind_of(code, rng, nobody=nobody)
        return replace(part, filing=filing(self._habits_of(region), times, kind, self.days, rng))

    def profile(self, region: str) -> Profile:
        """A village's people; a new code makes no new village."""
        if region not in self._profiles:
            origin = regions.RECODED if region == regions.RECODED_AS else region
            self._profiles[region] = profile(source(origin, "profile"))
        return self._profiles[region]

    def is_the_returned(self, part: Part) -> bool:
        """Whether it is the report that came back to the demo liaison, to be corrected now."""
        return part.region == VILLAGE and part.round == self.returned

    def waits(self, region: str, reviewed_at: datetime) -> bool:
        """Whether the demo township still has to look at it: it has not got round to the last."""
        recent = local_instant(local_day(self.returned_at), time())
        return region.startswith(TOWN) and region != VILLAGE and reviewed_at >= recent

    def _habits_of(self, region: str) -> Habits:
        """The township's, but for some careless villages."""
        if region not in self._habits:
            usual = _USUAL[region[: Level.TOWNSHIP.digits]]
            careless = source(region, "habits").random() < _CARELESS_SHARE
            self._habits[region] = _careless(usual) if careless else usual
        return self._habits[region]

    def _to_return(self) -> Round | None:
        """The report of the demo liaison that comes back: one that is still open."""
        filed_from = self.returned_at - timedelta(hours=30)
        found = [
            each
            for each in self.rounds
            if each.code in _TO_RETURN
            and each.times.closes_at > self.now
            and each.times.opens_at < filed_from
            and each.times.due_at > self.returned_at - timedelta(days=10)
        ]
        found.sort(key=lambda each: _TO_RETURN.index(each.code))
        return found[0] if found else None

    def _the_returned(self, current: Round) -> Filing | None:
        if current != self.returned:
            return None
        latest = min(self.returned_at - timedelta(hours=22), current.times.due_at)
        return replace(_plain(latest - timedelta(hours=1), Kind.REPORT), returned=True)

    def _longest_open(self) -> Round:
        """A report not due yet: the one open for longest."""
        return min(
            (each for each in self.rounds if each.times.due_at > self.now),
            key=lambda each: each.times.opens_at,
        )


def _careless(usual: Habits) -> Habits:
    return Habits(usual.on_time * 0.6, min(usual.late * 2, 0.25))


def _plain(at: datetime, kind: Kind) -> Filing:
    return Filing(at, None, kind, by_office=False, by_backup=False, returned=False)


def _rounds(days: WorkCalendar, now: datetime) -> Sequence[Round]:
    return [
        Round(plan.code, period.key, period.end, timing(period, plan.timetable, days, ALLOWANCE))
        for plan in PLANS
        for period in periods_to_open(
            plan.cadence, plan.timetable, days, starts_on(plan.cadence, now), now
        )
    ]


def _last_sitting(days: WorkCalendar, now: datetime) -> datetime:
    """16:00 on the last working day on which it is past."""
    day = local_day(now)
    while not days.is_workday(day) or local_instant(day, _RETURN_AT) > now:
        day -= timedelta(days=1)
    return local_instant(day, _RETURN_AT)
