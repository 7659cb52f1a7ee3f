"""What is due: /obligations, with the clocks and the rule behind every verdict."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import asyncpg
import msgspec
from litestar import Controller, get
from litestar.params import FromQuery, QueryParameter

from backend import access
from backend.access import allows
from backend.domain.reviews import Stage
from backend.domain.roles import Action
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.obligation_detail import ObligationDetail, obligation_detail
from backend.routes.schemas import (
    KeyQuery,
    LimitQuery,
    NumberPath,
    Page,
    PageQuery,
    PeriodQuery,
    SmallQuery,
    Words,
    paged,
    read_mark,
)
from backend.store import duties
from backend.store.database import from_json


class Standing(StrEnum):
    """Where an obligation is counted in the rates."""

    ON_TIME = "on_time"
    LATE = "late"
    MISSING = "missing"
    PENDING = "pending"
    EXEMPT = "exempt"
    NOT_DUE = "not_due"
    FILED_EARLY = "filed_early"


class ObligationView(msgspec.Struct):
    """An obligation as of an instant. `region` is the village then, `holder` who answers now."""

    id: int
    schedule: int
    form: int
    code: str
    title: Words
    period: str
    region: str
    region_name: str
    holder: str
    opens_at: datetime
    due_at: datetime
    closes_at: datetime
    original_due_at: datetime
    standing: Standing
    stage: Stage
    stage_since: datetime | None


def _view(row: asyncpg.Record) -> ObligationView:
    return ObligationView(
        row["id"],
        row["schedule"],
        row["form"],
        row["code"],
        msgspec.convert(from_json(row["title"]), Words),
        row["period"],
        row["region"],
        row["region_name"],
        row["holder"],
        row["opens_at"],
        row["due_then"],
        row["closes_then"],
        row["original_due_at"],
        Standing(row["standing"]),
        Stage(row["stage"]),
        row["stage_since"],
    )


AsOf = Annotated[
    datetime | None, QueryParameter(description="An instant not after now, with its zone")
]


def instant(as_of: datetime | None, now: datetime) -> datetime:
    """The instant asked for, or now. Problem("as_of_future")."""
    if as_of is None:
        return now
    if as_of.tzinfo is None:
        raise Problem("invalid", faults=[{"field": "as_of", "reason": "needs a zone"}])
    if as_of > now:
        raise Problem("as_of_future")
    return as_of


class ObligationController(Controller):
    path = "/obligations"
    tags = ("duties",)

    @get("/", opt=allows(Action.SEE_DUTIES), responses=documented("bad_cursor", "as_of_future"))
    async def page(
        self,
        request: ApiRequest,
        region: KeyQuery = None,
        schedule: SmallQuery = None,
        period: PeriodQuery = None,
        standing: FromQuery[list[Standing] | None] = None,
        stage: FromQuery[Stage | None] = None,
        as_of: AsOf = None,
        page: PageQuery = None,
        limit: LimitQuery = 100,
    ) -> Page[ObligationView]:
        """The villages behind a number: the filters of /rates, in order of id."""
        after = read_mark(page, tuple[int])
        async with authorised(request) as actor:
            rows = await duties.page(
                access.reach(actor, Action.SEE_DUTIES, region),
                instant(as_of, actor.now),
                under=region,
                schedule=schedule,
                period=period,
                standing=[each.value for each in standing] if standing else None,
                stage=stage.value if stage else None,
                after=after[0] if after else None,
                limit=limit + 1,
            )
        return paged(rows, limit, _view, lambda row: [row["id"]])

    @get("/{number:int}", opt=allows(Action.SEE_DUTIES), responses=documented("as_of_future"))
    async def one(
        self, request: ApiRequest, number: NumberPath, as_of: AsOf = None
    ) -> ObligationDetail:
        """One obligation with its facts: every revision, review and adjustment, both clocks."""
        async with authorised(request) as actor:
            row = await access.obligation(actor, number)
            return await obligation_detail(row, instant(as_of, actor.now))
