"""What is due: /obligations, with the clocks and the rule behind every verdict."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

import asyncpg
import msgspec
from litestar import Controller, get
from litestar.params import FromQuery, QueryParameter
from msgspec import Meta

from backend import access
from backend.access import allows
from backend.domain.clocks import CountedBy
from backend.domain.rates import Rule, Standing, rule
from backend.domain.reviews import Stage
from backend.domain.roles import Action
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised, vault_of
from backend.routes.errors import documented
from backend.routes.obligation_detail import ObligationDetail, obligation_detail
from backend.routes.pensioners_shown import PensionerShown, pensioners_of
from backend.routes.schemas import (
    KeyQuery,
    LimitQuery,
    NumberPath,
    Page,
    PageQuery,
    PeriodQuery,
    SmallQuery,
    Words,
    check_years,
    paged,
    read_mark,
)
from backend.store import duties
from backend.store.database import from_json


class ObligationView(msgspec.Struct):
    """An obligation as of an instant. `region` is the village then, `holder` who answers now.

    The clocks are those of the first filing that counts: the device's, the same less its skew,
    the server's, and the one that counted. `rule` is what decided the standing. A certification
    has its `beneficiary`, shown as of now to those who see pensioners.
    """

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
    rule: Rule
    captured_at: datetime | None
    corrected_at: datetime | None
    received_at: datetime | None
    counted_at: datetime | None
    counted_by: CountedBy | None
    stage: Stage | None
    stage_since: datetime | None
    beneficiary: PensionerShown | None = None


_AS_STORED = (
    "id",
    "schedule",
    "form",
    "code",
    "period",
    "region",
    "region_name",
    "holder",
    "opens_at",
    "original_due_at",
    "captured_at",
    "corrected_at",
    "received_at",
    "counted_at",
    "stage_since",
)


def _view(people: Mapping[int, PensionerShown], row: asyncpg.Record) -> ObligationView:
    standing = Standing(row["standing"])
    counted_by = CountedBy(row["counted_by"]) if row["counted_by"] else None
    return ObligationView(
        title=msgspec.convert(from_json(row["title"]), Words),
        due_at=row["due_then"],
        closes_at=row["closes_then"],
        standing=standing,
        rule=rule(standing, counted_by),
        counted_by=counted_by,
        stage=Stage(row["stage"]),
        beneficiary=people.get(row["id"]),
        **{name: row[name] for name in _AS_STORED},
    )


def _past_view(people: Mapping[int, PensionerShown], row: asyncpg.Record) -> ObligationView:
    """The stage is what it is now; of a past instant the standing is told, not the stage."""
    view = _view(people, row)
    view.stage = view.stage_since = None
    return view


HouseholdQuery = Annotated[str | None, QueryParameter(max_length=40, pattern=r"^[^\u0000]+$")]
# As text: the framework would take a bare number of seconds too.
AsOf = Annotated[
    str | None,
    QueryParameter(description="An instant not after now, with its zone", format="date-time"),
]


def instant(as_of: str | None, now: datetime) -> datetime:
    """The instant asked for, or now. Problems: invalid, as_of_future."""
    if as_of is None:
        return now
    asked = parse_instant("as_of", as_of)
    if asked > now:
        raise Problem("as_of_future")
    return asked


def parse_instant(name: str, text: str) -> datetime:
    """The instant that the parameter `name` gives. Problem: invalid."""
    try:
        asked: datetime = msgspec.convert(text, Annotated[datetime, Meta(tz=True)])
    except msgspec.ValidationError as error:
        raise Problem("invalid", faults=[{"field": name, "reason": str(error)}]) from None
    check_years(**{name: asked})
    return asked


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
        held: FromQuery[bool] = False,
        beneficiary: FromQuery[UUID | None] = None,
        household: HouseholdQuery = None,
        as_of: AsOf = None,
        page: PageQuery = None,
        limit: LimitQuery = 100,
    ) -> Page[ObligationView]:
        """The villages behind a number: the filters of /rates, in order of id.

        With `beneficiary` or `household` those that villages answer for now, as with `held`.
        """
        if stage is not None and as_of is not None:
            raise Problem("invalid", faults=[{"field": "stage", "reason": "not_as_of"}])
        after = read_mark(page, tuple[int])
        about_somebody = beneficiary is not None or household is not None
        seeing = Action.SEE_BENEFICIARIES if about_somebody else Action.SEE_DUTIES
        async with authorised(request) as actor:
            rows = await duties.page(
                access.reach(actor, seeing, region),
                instant(as_of, actor.now),
                under=region,
                schedule=schedule,
                period=period,
                standing=[each.value for each in standing] if standing else None,
                stage=stage.value if stage else None,
                held=held or about_somebody,
                beneficiary=beneficiary,
                household=household,
                after=after[0] if after else None,
                limit=limit + 1,
            )
            people = await pensioners_of(actor, rows, vault_of(request))
        show = partial(_view if as_of is None else _past_view, people)
        return paged(rows, limit, show, lambda row: [row["id"]])

    @get("/{number:int}", opt=allows(Action.SEE_DUTIES), responses=documented("as_of_future"))
    async def one(
        self, request: ApiRequest, number: NumberPath, as_of: AsOf = None
    ) -> ObligationDetail:
        """One obligation with its facts: every revision, review and adjustment, both clocks."""
        async with authorised(request) as actor:
            row = await access.obligation(actor, number)
            people = await pensioners_of(actor, [row], vault_of(request))
            detail = await obligation_detail(row, instant(as_of, actor.now))
        detail.beneficiary = people.get(number)
        return detail
