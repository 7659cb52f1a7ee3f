"""Decides which step of the ladder is due for whom, and adds it to that person's digest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final
from uuid import UUID

import asyncpg

from backend.domain.addressees import Holder, addressees, reviewing
from backend.domain.calendar import WorkCalendar
from backend.domain.holding import earlier_draw, holds_back
from backend.domain.ladder import Concern, Ladder, Step, parse_ladder, steps_of
from backend.domain.regions import Level
from backend.domain.reminders import due_step, next_instant
from backend.domain.reviews import ReviewStep, Stage, review_by
from backend.domain.roles import Role
from backend.store import calendar, effects, ladder, messages
from backend.store.database import from_json, transaction
from backend.store.ladder import Decision

BATCH: Final = 500
# A digest waits this long for what else falls into the same slot.
GATHER: Final = timedelta(seconds=20)
Told = tuple[asyncpg.Record, Decision]


async def remind_some(now: datetime) -> bool:
    """Looks at the obligations whose moment has come; False when there is none."""
    async with transaction():
        rows = await ladder.claim_remindable(now, BATCH)
        if not rows:
            return False
        days = {scope: await calendar.load(scope) for scope in {row["scope"] for row in rows}}
        looks = [_look(row, days[row["scope"]]) for row in rows]
        due = [(look, step) for look in looks if (step := look.due(now)) is not None]
        told = await _not_held_back(await _addressed(due, now), now)
        digests = await messages.digests([each.account for each in told], now + GATHER, now)
        await ladder.add_reminders([(each, digests[each.account]) for each in told], now)
        await ladder.set_remind_at([(look.row["id"], look.next(now)) for look in looks])
    return True


@dataclass(frozen=True, slots=True)
class _Look:
    """An obligation, what is to be reminded of it at its stage, and by which deadline."""

    row: asyncpg.Record
    concern: Concern
    steps: Ladder
    deadline: datetime
    days: WorkCalendar

    def due(self, now: datetime) -> Step | None:
        if self.is_over(now):
            return None
        since = self.row["ladder_since"]
        return due_step(self.steps, self.deadline, self.days, ladder_since=since, now=now)

    def next(self, now: datetime) -> datetime | None:
        if self.is_over(now):
            return None
        return next_instant(self.steps, self.deadline, self.days, now)

    def is_over(self, now: datetime) -> bool:
        closed = self.concern is Concern.REPORT and self.row["closes_at"] < now
        return closed or not self.steps


_CONCERNS = {
    Stage.NONE: Concern.REPORT,
    Stage.RETURNED: Concern.CORRECTION,
    Stage.TOWN: Concern.REVIEW,
    Stage.COUNTY: Concern.REVIEW,
}


def _look(row: asyncpg.Record, days: WorkCalendar) -> _Look:
    """What is accepted or waived has nothing on its ladder."""
    concern = _CONCERNS.get(Stage(row["stage"]), Concern.REPORT)
    idle = row["exempt_at"] is not None or row["stage"] == Stage.ACCEPTED
    steps = () if idle else steps_of(_ladder(row["ladder"]), concern)
    deadline = {
        Concern.REPORT: row["due_at"],
        Concern.CORRECTION: row["fix_by"],
        Concern.REVIEW: row["stage_since"] and review_by(row["stage_since"], days),
    }[concern]
    return _Look(row, concern, steps, deadline, days)


async def _not_held_back(told: Sequence[Told], now: datetime) -> list[Decision]:
    """What is to be told indeed; the rest is noted as held back."""
    drawn = [
        (each.obligation, each.step, each.account)
        for row, each in told
        if holds_back(
            each.step,
            earlier_draw(each.step.key, row["reached"], row["held"]),
            drawn=row["drawn"],
        )
    ]
    held = await effects.hold_back(drawn, now) if drawn else set()
    return [each for _, each in told if (each.obligation, each.step.key, each.account) not in held]


@lru_cache(maxsize=64)
def _ladder(text: str) -> Ladder:
    """A schedule's ladder; thousands of duties bring the same one."""
    return parse_ladder(from_json(text))


async def _addressed(due: Sequence[tuple[_Look, Step]], now: datetime) -> list[Told]:
    """Everybody whom a step is to reach and has not reached yet."""
    villages = {look.row["holder"] for look, _ in due}
    places = {v[: level.digits] for v in villages for level in _ABOVE}
    holders: dict[str, list[Holder]] = {}
    for row in await messages.holders(sorted(places), now):
        held = Holder(row["account"], Role(row["role"]), row["is_backup"], row["away"])
        holders.setdefault(row["region"], []).append(held)
    return [
        (look.row, _decision(look, step, account))
        for look, step in due
        for account in _meant(look, step, holders, now)
        if f"{step.key} {account}" not in look.row["reached"]
    ]


def _meant(
    look: _Look, step: Step, holders: Mapping[str, Sequence[Holder]], now: datetime
) -> list[UUID]:
    village, township, county = (
        holders.get(look.row["holder"][: level.digits], ()) for level in _ABOVE
    )
    if look.concern is Concern.REVIEW:
        waits_for = ReviewStep(look.row["stage"])
        return reviewing(step.audience, waits_for, township, county, look.row["filers"])
    overdue = look.deadline < now
    return addressees(step.audience, village, township, county, overdue=overdue)


def _decision(look: _Look, step: Step, account: UUID) -> Decision:
    rank = look.steps.index(step)
    deadline = look.deadline if look.concern is Concern.REVIEW else None
    return Decision(look.row["id"], step, account, look.row["round"], rank, deadline)


_ABOVE = (Level.VILLAGE, Level.TOWNSHIP, Level.COUNTY)
