"""Extending 顺延, waiving 免报 and restoring duties, by the county or granting a request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from backend.domain.reminders import next_instant, parse_ladder
from backend.domain.roles import Actor
from backend.domain.timeliness import AdjustmentKind
from backend.problems import Problem
from backend.store import audit, calendar, duties, rates
from backend.store.database import from_json


@dataclass(frozen=True, slots=True)
class Change:
    """What to do to the duties, and why.

    An extension moves the deadline to `due_at`; the closing time moves by as much, or to
    `closes_at`.
    """

    kind: AdjustmentKind
    reason: str
    due_at: datetime | None = None
    closes_at: datetime | None = None


async def adjust(actor: Actor, change: Change, rows: Sequence[asyncpg.Record]) -> None:
    """Adjusts the duties of `duties.lock_for_adjusting`; what was to remind of them moves along.

    Problems: nothing_to_adjust, not_exempt, extension_not_later.
    """
    _check(change, rows)
    await _apply(actor, change, rows)
    ids = [row["id"] for row in rows]
    if change.kind is AdjustmentKind.EXTEND:
        await duties.take_back_steps(ids)
    await rates.reopen_cells(ids)
    await audit.write(
        *(
            audit.by(
                actor,
                f"obligation.{change.kind}",
                f"obligation:{row['id']}",
                row["region"],
                due_at=str(change.due_at) if change.due_at else None,
            )
            for row in rows
        )
    )


def _check(change: Change, rows: Sequence[asyncpg.Record]) -> None:
    if not rows:
        raise Problem("nothing_to_adjust")
    if change.kind is AdjustmentKind.RESTORE and any(row["exempt_at"] is None for row in rows):
        raise Problem("not_exempt")
    if change.kind is AdjustmentKind.EXTEND:
        latest = max(row["due_at"] for row in rows)
        if change.due_at is None or change.due_at <= latest:
            raise Problem("extension_not_later", due_at=latest)
        if change.closes_at is not None and change.closes_at < change.due_at:
            raise Problem("extension_not_later", due_at=change.due_at)


async def _apply(actor: Actor, change: Change, rows: Sequence[asyncpg.Record]) -> None:
    """Adjusts obligations that share deadlines and ladder together."""
    groups: dict[tuple[datetime, datetime, int], list[asyncpg.Record]] = {}
    for row in rows:
        groups.setdefault((row["due_at"], row["closes_at"], row["schedule"]), []).append(row)
    for (due_at, closes_at, _), group in groups.items():
        due = change.due_at if change.kind is AdjustmentKind.EXTEND else None
        closes = (change.closes_at or due + (closes_at - due_at)) if due else None
        days = await calendar.load(group[0]["scope"])
        ladder = parse_ladder(from_json(group[0]["ladder"]))
        await duties.adjust(
            [row["id"] for row in group],
            change.kind.value,
            due_at=due,
            closes_at=closes,
            remind_at=next_instant(ladder, due or due_at, days, actor.now),
            reason=change.reason,
            account=actor.account,
            now=actor.now,
        )
