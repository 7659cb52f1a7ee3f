"""Extensions 顺延 and exemptions 免报: /adjustments."""

from datetime import datetime
from typing import Annotated

import asyncpg
import msgspec
from litestar import Controller, post
from litestar.params import JSONBody
from msgspec import Meta

from backend import access
from backend.access import allows
from backend.domain.roles import Action, Actor
from backend.domain.timeliness import AdjustmentKind
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.schemas import Number, Reason, RegionKey, Small, check_years
from backend.store import audit, duties, rates


class AdjustmentIn(msgspec.Struct, forbid_unknown_fields=True):
    """Which obligations (by number, or by schedule and period within a region) and what.

    extend moves the deadline to `due_at`; the closing time moves by as much, or to a later
    `closes_at`.
    exempt waives, restore takes a waiver back.
    """

    kind: AdjustmentKind
    reason: Reason
    obligations: Annotated[list[Number], Meta(min_length=1, max_length=1000)] | None = None
    schedule: Small | None = None
    period: Annotated[str, Meta(pattern=r"^2[0-9]{3}(-[WQ0-9]{2,3})?$")] | None = None
    region: RegionKey | None = None
    due_at: Annotated[datetime, Meta(tz=True)] | None = None
    closes_at: Annotated[datetime, Meta(tz=True)] | None = None


class AdjustmentResult(msgspec.Struct):
    """How many obligations were adjusted."""

    adjusted: int


def _check(data: AdjustmentIn, rows: list[asyncpg.Record]) -> None:
    """Problems: not_found, nothing_to_adjust, not_exempt, extension_not_later."""
    if data.obligations is not None and len(rows) < len(set(data.obligations)):
        raise Problem("not_found")
    if not rows:
        raise Problem("nothing_to_adjust")
    if data.kind is AdjustmentKind.RESTORE and any(row["exempt_at"] is None for row in rows):
        raise Problem("not_exempt")
    if data.kind is AdjustmentKind.EXTEND:
        latest = max(row["due_at"] for row in rows)
        if data.due_at is None or data.due_at <= latest:
            raise Problem("extension_not_later", due_at=latest)
        closing = max(row["closes_at"] for row in rows)
        if data.closes_at is not None and data.closes_at < closing:
            raise Problem("extension_not_later", due_at=closing)


async def _apply(actor: Actor, data: JSONBody[AdjustmentIn], rows: list[asyncpg.Record]) -> None:
    """Adjusts obligations that share deadlines together.

    The decision carried out last is the last one, also when its clock was read before another's.
    """
    now = max([actor.now, *(row["decided"] for row in rows if row["decided"] is not None)])
    groups: dict[tuple[datetime, datetime], list[asyncpg.Record]] = {}
    for row in rows:
        groups.setdefault((row["due_at"], row["closes_at"]), []).append(row)
    for (due_at, closes_at), group in groups.items():
        due = data.due_at if data.kind is AdjustmentKind.EXTEND else None
        closes = max(data.closes_at or due, due + (closes_at - due_at)) if due else None
        await duties.adjust(
            [row["id"] for row in group],
            data.kind.value,
            due_at=due,
            closes_at=closes,
            reason=data.reason,
            account=actor.account,
            now=now,
        )


class AdjustmentController(Controller):
    path = "/adjustments"
    tags = ("duties",)

    @post(
        "/",
        opt=allows(Action.ADJUST),
        responses=documented("nothing_to_adjust", "extension_not_later", "not_exempt"),
    )
    async def adjust(self, request: ApiRequest, data: JSONBody[AdjustmentIn]) -> AdjustmentResult:
        """Extends, waives or restores; the original deadline stays readable."""
        if data.obligations is None and (data.schedule is None or data.period is None):
            raise Problem(
                "invalid", faults=[{"field": "obligations", "reason": "or schedule and period"}]
            )
        check_years(due_at=data.due_at, closes_at=data.closes_at)
        async with authorised(request) as actor:
            rows = await duties.lock_for_adjusting(
                access.reach(actor, Action.ADJUST, data.region),
                ids=data.obligations,
                under=data.region,
                schedule=data.schedule,
                period=data.period,
            )
            _check(data, rows)
            await _apply(actor, data, rows)
            await rates.reopen_cells([row["id"] for row in rows])
            await audit.write(
                *(
                    audit.by(
                        actor,
                        f"obligation.{data.kind}",
                        f"obligation:{row['id']}",
                        row["region"],
                        due_at=str(data.due_at) if data.due_at else None,
                    )
                    for row in rows
                )
            )
        return AdjustmentResult(len(rows))
