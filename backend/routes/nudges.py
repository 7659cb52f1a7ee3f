"""One tap 催报: /nudges."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Controller, post
from litestar.params import JSONBody
from msgspec import Meta

from backend import access
from backend.access import allows
from backend.domain.calendar import local_day
from backend.domain.nudges import Chase
from backend.domain.rates import Standing
from backend.domain.reviews import Stage
from backend.domain.roles import Action
from backend.nudging import nudge
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.schemas import Number, PeriodKey, RegionKey, Small
from backend.store import nudges


class NudgeIn(msgspec.Struct, forbid_unknown_fields=True):
    """Which obligations: by number, or by the filters of /obligations among the open ones."""

    obligations: Annotated[list[Number], Meta(min_length=1, max_length=1000)] | None = None
    region: RegionKey | None = None
    schedule: Small | None = None
    period: PeriodKey | None = None
    standing: list[Standing] | None = None
    stage: Stage | None = None

    def chosen(self) -> nudges.Chosen:
        """The same for the store."""
        return nudges.Chosen(
            self.obligations,
            self.region,
            self.schedule,
            self.period,
            [each.value for each in self.standing] if self.standing else None,
            self.stage.value if self.stage else None,
        )


class NudgeResult(msgspec.Struct):
    """What became of each: chased now, chased before on this day, filed already, not owed
    (waived, closed, not open yet), or answered for by nobody but the asker.

    `sends_at` is when the first digest goes: at once, or when the quiet hours end.
    """

    nudged: int
    done_today: int
    filed: int
    not_owed: int
    nobody: int
    sends_at: datetime | None


class NudgeController(Controller):
    path = "/nudges"
    tags = ("reminders",)

    @post("/", opt=allows(Action.NUDGE), responses=documented("not_found"))
    async def nudge(self, request: ApiRequest, data: JSONBody[NudgeIn]) -> NudgeResult:
        """Tells whoever answers for them now; at most once per obligation and day."""
        async with authorised(request) as actor:
            scopes = access.reach(actor, Action.NUDGE, data.region)
            rows = await nudges.chosen(scopes, data.chosen(), local_day(actor.now), actor.now)
            if data.obligations is not None and len(rows) < len(set(data.obligations)):
                raise Problem("not_found")
            done = await nudge(actor, rows)
        return NudgeResult(
            **{each.value: done.counts.get(each, 0) for each in Chase}, sends_at=done.sends_at
        )
