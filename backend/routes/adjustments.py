"""Extensions 顺延 and exemptions 免报: /adjustments."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import Controller, post
from litestar.params import JSONBody
from msgspec import Meta

from backend import access
from backend.access import allows
from backend.adjusting import Change, adjust
from backend.domain.roles import Action
from backend.domain.timeliness import AdjustmentKind
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.schemas import Number, PeriodKey, Reason, RegionKey, Small, check_years
from backend.store import adjustments


class AdjustmentIn(msgspec.Struct, forbid_unknown_fields=True):
    """Which obligations (by number, or by schedule and period within a region) and what.

    extend moves the deadline to `due_at`; the closing time moves by as much, or to a later
    `closes_at`.
    exempt waives, restore takes a waiver back, or the match that answered a certification.
    """

    kind: Literal["extend", "exempt", "restore"]
    reason: Reason
    obligations: Annotated[list[Number], Meta(min_length=1, max_length=1000)] | None = None
    schedule: Small | None = None
    period: PeriodKey | None = None
    region: RegionKey | None = None
    due_at: Annotated[datetime, Meta(tz=True)] | None = None
    closes_at: Annotated[datetime, Meta(tz=True)] | None = None


class AdjustmentResult(msgspec.Struct):
    """How many obligations were adjusted."""

    adjusted: int


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
            rows = await adjustments.lock_for_adjusting(
                access.reach(actor, Action.ADJUST, data.region),
                ids=data.obligations,
                under=data.region,
                schedule=data.schedule,
                period=data.period,
            )
            if data.obligations is not None and len(rows) < len(set(data.obligations)):
                raise Problem("not_found")
            change = Change(AdjustmentKind(data.kind), data.reason, data.due_at, data.closes_at)
            await adjust(actor, change, rows)
        return AdjustmentResult(len(rows))
