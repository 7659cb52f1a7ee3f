"""Extending 顺延, waiving 免报 and restoring duties, by the county or granting a request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from backend.domain.roles import Actor
from backend.domain.timeliness import AdjustmentKind
from backend.problems import Problem
from backend.store import adjustments, audit, rates


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
    """Adjusts what `adjustments.lock_for_adjusting` gave; what was to remind of it moves along.

    Problems: nothing_to_adjust, not_exempt, extension_not_later.
    """
    _check(change, rows)
    await _apply(actor, change, rows)
    ids = [row["id"] for row in rows]
    if change.kind is AdjustmentKind.EXTEND:
        await adjustments.take_back_steps(ids)
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
    if change.kind is AdjustmentKind.RESTORE and any(
        row["exempt_at"] is None and row["matched_at"] is None for row in rows
    ):
        raise Problem("not_exempt")
    if change.kind is AdjustmentKind.EXTEND:
        latest = max(row["due_at"] for row in rows)
        if change.due_at is None or change.due_at <= latest:
            raise Problem("extension_not_later", due_at=latest)
        closing = max(row["closes_at"] for row in rows)
        if change.closes_at is not None and change.closes_at < closing:
            raise Problem("extension_not_later", due_at=closing)


def _moved(
    change: Change, due_at: datetime, closes_at: datetime
) -> tuple[datetime | None, datetime | None]:
    """Where an extension moves a duty's deadline and closing time; none for another change."""
    due = change.due_at if change.kind is AdjustmentKind.EXTEND else None
    if due is None:
        return None, None
    return due, max(change.closes_at or due, due + (closes_at - due_at))


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change would do to a duty: its instants and whether it is waived, then and now."""

    obligation: int
    region: str
    due_at: datetime
    closes_at: datetime
    exempt: bool
    new_due_at: datetime
    new_closes_at: datetime
    new_exempt: bool


def foreseen(change: Change, rows: Sequence[asyncpg.Record]) -> list[Effect]:
    """What `adjust` would do to the same rows, with the same problems."""
    _check(change, rows)
    found = []
    for row in rows:
        due, closes = _moved(change, row["due_at"], row["closes_at"])
        was = row["exempt_at"] is not None
        waived = {AdjustmentKind.EXEMPT: True, AdjustmentKind.RESTORE: False}.get(change.kind, was)
        before = (row["due_at"], row["closes_at"], was)
        after = (due or row["due_at"], closes or row["closes_at"], waived)
        found.append(Effect(row["id"], row["holder"], *before, *after))
    return found


async def _apply(actor: Actor, change: Change, rows: Sequence[asyncpg.Record]) -> None:
    """Adjusts obligations that share deadlines together.

    The decision carried out last is the last one, also when its clock was read before another's.
    """
    now = max([actor.now, *(row["decided"] for row in rows if row["decided"] is not None)])
    groups: dict[tuple[datetime, datetime], list[asyncpg.Record]] = {}
    for row in rows:
        groups.setdefault((row["due_at"], row["closes_at"]), []).append(row)
    for (due_at, closes_at), group in groups.items():
        due, closes = _moved(change, due_at, closes_at)
        await adjustments.adjust(
            [row["id"] for row in group],
            change.kind.value,
            due_at=due,
            closes_at=closes,
            reason=change.reason,
            account=actor.account,
            now=now,
        )
