"""The assessment 考核 of townships: /assessments."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Controller, Response, get
from litestar.params import PathParameter

from backend import access, assessing
from backend.access import allows
from backend.domain.assessment import ITEMS, Score, Weights, quarter_days, score
from backend.domain.calendar import local_day
from backend.domain.regions import Level
from backend.domain.roles import Action, Actor
from backend.printing.jobs import AssessmentSheet
from backend.problems import Problem
from backend.routes.circulars import paper
from backend.routes.context import FILE_TYPES, ApiRequest, authorised
from backend.routes.county_rules import WeightsRule
from backend.routes.errors import documented
from backend.routes.obligations import AsOf, instant
from backend.routes.schemas import KeyQuery
from backend.store import audit, regions
from backend.store.database import plan_anew

QuarterPath = Annotated[str, PathParameter(pattern=r"^2[0-9]{3}-Q[1-4]$")]


class ItemView(msgspec.Struct):
    """So many of so many, and the points they bring: null where there was nothing to count."""

    part: int
    whole: int
    rate: float | None
    points: float | None


class ScoreView(msgspec.Struct):
    """A township. What did not occur counts for nothing, and the other items weigh more."""

    region: str
    name: str
    items: dict[str, ItemView]
    checked: int
    false_found: int
    deducted: int
    death_lag_days: float | None
    score: float | None


class Assessment(msgspec.Struct):
    """Townships in order of code, as of an instant, by the weights in force then."""

    quarter: str
    as_of: datetime
    weights: WeightsRule
    townships: list[ScoreView]


def _score(found: Score) -> ScoreView:
    facts, items = found.facts, {}
    for name in ITEMS:
        share = getattr(facts, name)
        rate = None if share.rate is None else round(share.rate, 6)
        items[name] = ItemView(share.part, share.whole, rate, found.points.get(name))
    told = (facts.checked, facts.false_found, found.deducted, facts.death_lag_days, found.score)
    return ScoreView(facts.region, facts.name, items, *told)


class AssessmentController(Controller):
    path = "/assessments"
    tags = ("county",)

    @get(
        "/{quarter:str}",
        opt=allows(Action.SEE_ASSESSMENTS),
        responses=documented("as_of_future", "not_found"),
    )
    async def one(
        self,
        request: ApiRequest,
        quarter: QuarterPath,
        region: KeyQuery = None,
        as_of: AsOf = None,
    ) -> Assessment:
        """The townships the asker may see, each with its figures, points and score."""
        async with authorised(request) as actor:
            t = instant(as_of, actor.now)
            weights, scores = await _scores(actor, quarter, region, t)
        shown = msgspec.convert(weights, WeightsRule, from_attributes=True)
        return Assessment(quarter, t, shown, [_score(each) for each in scores])

    @get(
        "/{quarter:str}/assessment.xlsx",
        opt=allows(Action.SEE_ASSESSMENTS),
        media_type=FILE_TYPES[1],
        responses=documented("as_of_future", "not_found"),
    )
    async def as_workbook(
        self,
        request: ApiRequest,
        quarter: QuarterPath,
        region: KeyQuery = None,
        as_of: AsOf = None,
    ) -> Response[bytes]:
        """The same as a workbook; audited."""
        async with authorised(request) as actor:
            t = instant(as_of, actor.now)
            weights, scores = await _scores(actor, quarter, region, t)
            where = region or actor.scopes(Action.SEE_ASSESSMENTS)[0]
            names = await regions.names([where])
            said = {"quarter": quarter, "as_of": t.isoformat()}
            await audit.write(
                audit.by(actor, "assessment.export", f"region:{where}", where, **said)
            )
        job = AssessmentSheet(names.get(where, ""), quarter, t, actor.name, weights, scores)
        return await paper(job, f"assessment-{quarter}.xlsx", FILE_TYPES[1])


async def _scores(
    actor: Actor, quarter: str, region: str | None, t: datetime
) -> tuple[Weights, list[Score]]:
    days = quarter_days(quarter)
    if days[0] > local_day(t):
        raise Problem("as_of_future")
    scopes = access.reach(actor, Action.SEE_ASSESSMENTS, region)
    narrowed = narrow(scopes, region)
    await plan_anew()
    weights = await assessing.weights(narrowed[0][: Level.COUNTY.digits], t)
    return weights, [score(each, weights) for each in await assessing.facts(narrowed, days, t)]


def narrow(scopes: tuple[str, ...], region: str | None) -> tuple[str, ...]:
    """The scopes cut to a region that `access.reach` has found to touch them."""
    if region is None:
        return scopes
    return tuple(max(own, region, key=len) for own in scopes if _touch(own, region))


def _touch(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
