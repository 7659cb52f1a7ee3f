"""Goes through the pensioners: what they are asked for is opened, and what is answered closed.

Each township has its round once a day, and another whenever a list or an office changed some of
its pensioners; phones hear of them by the same commit.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

import asyncpg

from backend.domain.calendar import WorkCalendar, local_day
from backend.domain.certification.asking import Asked, asked_on, doubt_window
from backend.domain.certification.cycles import Cycle, CycleMode, Pensioner, Window, answers
from backend.domain.certification.visits import visiting_weeks
from backend.domain.certification.words import InsuranceType
from backend.domain.ladder import DEFAULT_LADDER, Concern, parse_ladder, steps_of
from backend.domain.reminders import next_instant
from backend.domain.reviews import ReviewStep
from backend.store import (
    asking,
    audit,
    calendar,
    certification,
    following,
    forms,
    rosters,
    rounds,
)
from backend.store.asking import Group
from backend.store.audit import Entry
from backend.store.database import from_json, plan_anew, transaction

log = logging.getLogger("cunbao.tasks")
CADENCE: Final = "cycle"
_TITLES: Final = {
    InsuranceType.RESIDENT: ("城乡居民养老待遇资格认证", "Certification, residents' pensions"),
    InsuranceType.EMPLOYEE: ("企业职工养老待遇资格认证", "Certification, employees' pensions"),
    InsuranceType.GOV: ("机关事业单位养老待遇资格认证", "Certification, public sector pensions"),
    InsuranceType.SURVIVOR: ("遗属待遇资格认证", "Certification, survivors' benefits"),
}


async def make_schedules(now: datetime) -> int:
    """A schedule for each insurance that a county has begun to certify; gives how many are new."""
    async with transaction():
        form = await forms.shipped(certification.FORM)
        assert form is not None, "seeded before anything runs"
        await rounds.use_form(form["id"])
        missing = await rounds.missing_schedules(local_day(now))
        for row in missing:
            await forms.add_schedule(_schedule(row, form["id"], now))
    return len(missing)


def _schedule(row: asyncpg.Record, form: int, now: datetime) -> dict[str, object]:
    zh, en = _TITLES[InsuranceType(row["insurance_type"])]
    return {
        "scope": row["county"],
        "insurance_type": row["insurance_type"],
        "form": form,
        "title": {"zh": zh, "en": en},
        "cadence": CADENCE,
        "timetable": {},
        "steps": [ReviewStep.TOWN.value],
        "ladder": [step.to_dict() for step in DEFAULT_LADDER],
        "ladder_since": now,
        "allowance_hours": 24,
        "starts_on": row["starts_on"],
        "ends_on": None,
        "created_at": now,
    }


async def attend_one(now: datetime) -> bool:
    """One round in one township; False when none is waiting that nobody else is at."""
    today = local_day(now)
    async with transaction():
        counties = await rounds.counties()
    for county in counties:
        try:
            async with transaction():
                if await _attend(county, now, today):
                    return True
        except Exception:  # one county's trouble keeps no other from its rounds
            log.exception("round not finished", extra={"county": county})
    return False


async def _attend(county: str, now: datetime, today: date) -> bool:
    if await rounds.next_township(county, today) is None or not await rosters.try_hold(county):
        return False
    # Again, now that nobody else is at it: it may have been done meanwhile.
    found = await rounds.next_township(county, today)
    if found is None:
        return False
    township = found["key"]
    await plan_anew()
    await rounds.hold_villages(township)
    cycles = await certification.cycles_in_force(county, today)
    changed = await rounds.any_changed(township)
    touched = await _follow(township, cycles, now) if changed else set()
    days = await calendar.load(county)
    for schedule in await rounds.schedules(county):
        cycle = cycles.get(InsuranceType(schedule["insurance_type"]))
        if cycle is not None:
            opening = _Opening(township, schedule, cycle, days, found["whole"], now)
            touched |= await opening.run()
    touched |= await rounds.stamp(township)
    await rounds.finish(township, touched, today)
    return True


async def _follow(township: str, cycles: Mapping[InsuranceType, Cycle], now: datetime) -> set[str]:
    """What is open follows its pensioners; gives the villages that hear of it."""
    counts: dict[str, int] = {}
    touched: set[str] = set()
    for name, act in (
        ("moved", following.move),
        ("waived", following.waive),
        ("restored", following.restore),
    ):
        done = await act(township, now)
        counts[name] = len(done)
        touched |= done
    ids = [
        number
        for row in await following.unanswered(township, now)
        if _is_answered(row, cycles)
        for number in row["ids"]
    ]
    touched |= await following.match(ids, now)
    counts["matched"] = len(ids)
    if any(counts.values()):
        subject = f"region:{township}"
        await audit.write(
            Entry(now, None, "certification.follow", subject, township, detail=counts)
        )
    return touched


def _is_answered(row: asyncpg.Record, cycles: Mapping[InsuranceType, Cycle]) -> bool:
    cycle = cycles.get(InsuranceType(row["insurance_type"]))
    if cycle is None:
        return False
    asked = Window(
        local_day(row["opens_at"]),
        local_day(row["original_due_at"]),
        local_day(row["original_closes_at"]),
    )
    born_on = date(1948, row["month"], 1)  # the day and year make no difference
    pensioner = Pensioner(born_on, row["benefit_start"], row["certified_on"], row["due_told"])
    return answers(cycle, pensioner, asked)


class _Opening:
    """One insurance in one township: who is asked for what."""

    def __init__(
        self,
        township: str,
        schedule: asyncpg.Record,
        cycle: Cycle,
        days: WorkCalendar,
        whole: bool,
        now: datetime,
    ) -> None:
        self._township, self._schedule, self._cycle = township, schedule, cycle
        self._days, self._whole, self._now = days, whole, now
        self._today = local_day(now)
        self._ladder = steps_of(parse_ladder(from_json(schedule["ladder"])), Concern.REPORT)
        self._reminders: dict[tuple[date, date], datetime | None] = {}

    async def run(self) -> set[str]:
        """Opens what has come to its opening; gives the villages that hear of it."""
        insurance, number = self._schedule["insurance_type"], self._schedule["id"]
        likes = await asking.groups(self._township, insurance, self._whole)
        # Some thousand windows to compute: meanwhile others are answered.
        found = await asyncio.to_thread(self._groups, likes)
        await asking.add_periods(number, {each.asked.window for each in found}, self._now)
        opened = await asking.open_duties(
            self._township, insurance, number, found, self._whole, self._now
        )
        if opened and self._cycle.mode is CycleMode.FIXED_WINDOWS:
            await self._plan(opened)
        return {row["holder"] for row in opened} | await self._look_into()

    async def _look_into(self) -> set[str]:
        """Asks for a visit to those doubted whom nothing asks for; gives the villages."""
        found = await asking.doubted(
            self._township, self._schedule["insurance_type"], self._whole, self._now - rounds.REACH
        )
        if not found:
            return set()
        window = doubt_window(self._today)
        await asking.add_periods(self._schedule["id"], [window], self._now)
        return await asking.open_doubts(self._schedule["id"], window.due_on, found, self._now)

    def _groups(self, likes: Sequence[asyncpg.Record]) -> list[Group]:
        return [group for group in map(self._group, likes) if group is not None]

    def _group(self, like: asyncpg.Record) -> Group | None:
        asked = asked_on(self._cycle, asking.pensioner_of(like), self._today)
        return None if asked is None else Group(like, asked, self._remind_at(asked))

    def _remind_at(self, asked: Asked) -> datetime | None:
        """Opened late, it is looked at once: the step that should be out by now still goes."""
        found = asked.window
        key = (found.opens_on, found.due_on)
        if key not in self._reminders:
            since = max(found.timing.opens_at, self._schedule["ladder_since"])
            self._reminders[key] = next_instant(
                self._ladder, found.timing.due_at, self._days, since
            )
        return self._reminders[key]

    async def _plan(self, opened: Sequence[asyncpg.Record]) -> None:
        """Suggests each household a week of what is left of the window."""
        rows = await asking.households(
            [row["period"] for row in opened], [row["holder"] for row in opened]
        )
        villages: dict[tuple[str, int, date, date], list[tuple[str, str]]] = {}
        for row in rows:
            first = max(row["starts_on"], min(self._today, row["ends_on"]))
            key = (row["holder"], row["period"], first, row["ends_on"])
            villages.setdefault(key, []).append((row["group_no"], row["household"]))
        await asking.plan_visits(
            [
                (holder, period, group, household, week.first, week.last)
                for (holder, period, first, last), households in villages.items()
                for (group, household), week in visiting_weeks(first, last, households).items()
            ]
        )
