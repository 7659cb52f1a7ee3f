"""Nudging 催报: an office tells whoever answers for outstanding duties, now and by hand."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from backend.domain.addressees import Holder, addressees
from backend.domain.calendar import WorkCalendar, local_day
from backend.domain.ladder import Audience
from backend.domain.nudges import Chase, chase
from backend.domain.regions import Level
from backend.domain.reminders import next_allowed
from backend.domain.reviews import Stage
from backend.domain.roles import Actor, Role
from backend.store import audit, calendar, messages, nudges

_ABOVE = (Level.VILLAGE, Level.TOWNSHIP, Level.COUNTY)


@dataclass(frozen=True, slots=True)
class Nudged:
    """How many duties ended how, and when the first of the digests goes."""

    counts: Mapping[Chase, int]
    sends_at: datetime | None


async def nudge(actor: Actor, rows: Sequence[asyncpg.Record]) -> Nudged:
    """Chases each outstanding duty once a day; one digest a person, never in quiet hours."""
    day = local_day(actor.now)
    people = await _people(rows, actor)
    found = {row["id"]: _chase(row, people[row["id"]], actor.now) for row in rows}
    wanted = [number for number, what in found.items() if what is Chase.NUDGED]
    claimed = await nudges.claim(wanted, day, actor.account, actor.now) if wanted else set()
    found.update({n: Chase.DONE_TODAY for n in wanted if n not in claimed})
    chased = [row for row in rows if row["id"] in claimed]
    duties, slots = await _digests(chased, people, actor.now)
    await nudges.tell(duties, slots, day, actor.now)
    await audit.write(
        *(
            audit.by(actor, "obligation.nudge", f"obligation:{row['id']}", row["holder"])
            for row in chased
        )
    )
    return Nudged(Counter(found.values()), min(slots.values(), default=None))


def _chase(row: asyncpg.Record, people: Sequence[UUID], now: datetime) -> Chase:
    return chase(
        Stage(row["stage"]),
        row["opens_at"],
        row["closes_at"],
        exempt=row["exempt_at"] is not None,
        done_today=row["done_today"],
        answered_for=bool(people),
        now=now,
    )


async def _people(rows: Sequence[asyncpg.Record], actor: Actor) -> dict[int, list[UUID]]:
    """Who answers for each duty at this moment; nobody nudges themselves."""
    places = {row["holder"][: level.digits] for row in rows for level in _ABOVE}
    holders: dict[str, list[Holder]] = defaultdict(list)
    for row in await messages.holders(sorted(places), actor.now):
        held = Holder(row["account"], Role(row["role"]), row["is_backup"], row["away"])
        holders[row["region"]].append(held)
    return {
        row["id"]: [
            account
            for account in addressees(
                (Audience.LIAISON,),
                *(holders.get(row["holder"][: level.digits], ()) for level in _ABOVE),
            )
            if account != actor.account
        ]
        for row in rows
    }


async def _digests(
    rows: Sequence[asyncpg.Record], people: Mapping[int, Sequence[UUID]], now: datetime
) -> tuple[dict[UUID, list[int]], dict[UUID, datetime]]:
    """The duties of each person's digest, and the first moment at which it may go."""
    days: dict[str, WorkCalendar] = {
        scope: await calendar.load(scope) for scope in {row["scope"] for row in rows}
    }
    duties: dict[UUID, list[int]] = defaultdict(list)
    slots: dict[UUID, datetime] = {}
    for row in rows:
        slot = next_allowed(now, row["due_at"], days[row["scope"]]).astimezone(UTC)
        for account in people[row["id"]]:
            duties[account].append(row["id"])
            slots[account] = min(slot, slots.get(account, slot))
    return duties, slots
