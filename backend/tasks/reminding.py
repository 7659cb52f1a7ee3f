"""Decides which step of the ladder is due for whom, and adds it to that person's digest."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final
from uuid import UUID

import asyncpg

from backend.domain.addressees import Holder, addressees
from backend.domain.calendar import WorkCalendar
from backend.domain.holding import earlier_draw, holds_back
from backend.domain.regions import Level
from backend.domain.reminders import Ladder, Step, due_step, next_instant, parse_ladder
from backend.domain.roles import Role
from backend.store import calendar, effects, messages
from backend.store.database import from_json, transaction

BATCH: Final = 500
# A digest waits this long for what else falls into the same slot.
GATHER: Final = timedelta(seconds=20)
Told = tuple[int, Step, UUID]


async def remind_some(now: datetime) -> bool:
    """Looks at the obligations whose moment has come; False when there is none."""
    async with transaction():
        rows = await messages.claim_remindable(now, BATCH)
        if not rows:
            return False
        days = {row["scope"]: await calendar.load(row["scope"]) for row in _per_scope(rows)}
        due = [(row, _due(row, days[row["scope"]], now)) for row in rows]
        told = await _addressed([(row, step) for row, step in due if step is not None], now)
        told = await _not_held_back(told, {row["id"]: row for row in rows}, now)
        digests = await messages.digests([who for _, _, who in told], now + GATHER, now)
        await messages.add_reminders([(n, step, who, digests[who]) for n, step, who in told], now)
        await messages.set_remind_at(
            [(row["id"], _next(row, days[row["scope"]], now)) for row in rows]
        )
    return True


async def _not_held_back(
    told: Sequence[Told], rows: Mapping[int, asyncpg.Record], now: datetime
) -> list[Told]:
    """What is to be told indeed; the rest is noted as held back."""
    drawn = [
        (number, step, account)
        for number, step, account in told
        for row in [rows[number]]
        if holds_back(step, earlier_draw(step.key, row["reached"], row["held"]), drawn=row["drawn"])
    ]
    held = await effects.hold_back(drawn, now) if drawn else set()
    return [each for each in told if (each[0], each[1].key, each[2]) not in held]


def _per_scope(rows: Sequence[asyncpg.Record]) -> list[asyncpg.Record]:
    return list({row["scope"]: row for row in rows}.values())


@lru_cache(maxsize=64)
def _ladder(text: str) -> Ladder:
    """A schedule's ladder; thousands of duties bring the same one."""
    return parse_ladder(from_json(text))


def _due(row: asyncpg.Record, days: WorkCalendar, now: datetime) -> Step | None:
    if row["exempt_at"] is not None or row["closes_at"] < now:
        return None
    return due_step(
        _ladder(row["ladder"]),
        row["due_at"],
        days,
        ladder_since=row["ladder_since"],
        now=now,
    )


def _next(row: asyncpg.Record, days: WorkCalendar, now: datetime) -> datetime | None:
    if row["closes_at"] < now:
        return None
    return next_instant(_ladder(row["ladder"]), row["due_at"], days, now)


async def _addressed(due: Sequence[tuple[asyncpg.Record, Step]], now: datetime) -> list[Told]:
    """(obligation, step, account) for everybody a step is to reach and has not reached yet."""
    villages = {row["holder"] for row, _ in due}
    places = {v[: level.digits] for v in villages for level in _ABOVE}
    holders: dict[str, list[Holder]] = {}
    for row in await messages.holders(sorted(places), now):
        held = Holder(row["account"], Role(row["role"]), row["is_backup"])
        holders.setdefault(row["region"], []).append(held)
    return [
        (row["id"], step, account)
        for row, step in due
        for account in addressees(
            step.audience,
            *(holders.get(row["holder"][: level.digits], ()) for level in _ABOVE),
        )
        if f"{step.key} {account}" not in row["reached"]
    ]


_ABOVE = (Level.VILLAGE, Level.TOWNSHIP, Level.COUNTY)
