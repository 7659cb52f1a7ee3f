"""What a county sets for its papers: /county-rules. Kept with their days; the newest count."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, get, put
from litestar.params import JSONBody
from msgspec import Meta

from backend import access, assessing, circulating, second_factor
from backend.access import allows
from backend.domain.assessment import Weights, check_weights
from backend.domain.roles import Action, Actor
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.store import audit, county_rules
from backend.store import second_factor as factors

Points = Annotated[int, Meta(ge=0, le=100)]
# What stands in a document number has no brackets, blanks or line breaks of its own.
Mark = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[^\s〔〕\u0000-\u001f\u007f]+$")]


class MarkRule(msgspec.Struct, forbid_unknown_fields=True):
    """What stands before year and number of a circular."""

    mark: Mark


class SecondFactorRule(msgspec.Struct, forbid_unknown_fields=True):
    """Whether staff must have a second factor."""

    required: bool


class WeightsRule(msgspec.Struct, forbid_unknown_fields=True):
    """Points of the assessment's items, 100 together, and what a false certification costs."""

    on_time: Points
    report: Points
    first_pass: Points
    cert: Points
    review_on_time: Points
    false_certification: Points


class Price(msgspec.Struct, forbid_unknown_fields=True):
    """What an accepted item brings; `code` is a form's, or CERTIFICATION."""

    code: Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9_]{0,39}$")]
    price_fen: Annotated[int, Meta(ge=0, le=10_000_000)]


class PricesRule(msgspec.Struct, forbid_unknown_fields=True):
    """The county's prices; what is not among them is counted and not paid."""

    items: Annotated[list[Price], Meta(max_length=100)]


class WeightsView(msgspec.Struct):
    """The weights in force; `at` and `by` are null while they are the usual ones."""

    weights: WeightsRule
    at: datetime | None
    by: str | None


class CountyRuleController(Controller):
    path = "/county-rules"
    tags = ("county",)

    @get("/mark", opt=allows(Action.SEE_COUNTY_RULES), responses=documented())
    async def mark(self, request: ApiRequest) -> MarkRule:
        """What stands before the numbers of circulars made from now on."""
        async with authorised(request) as actor:
            county = access.county(actor, Action.SEE_COUNTY_RULES)
            return MarkRule(await circulating.mark(county, actor.now))

    @put("/mark", opt=allows(Action.SET_COUNTY_RULES), status_code=204, responses=documented())
    async def set_mark(self, request: ApiRequest, data: JSONBody[MarkRule]) -> None:
        """Sets it; circulars made before keep theirs."""
        async with authorised(request) as actor:
            await _set(actor, circulating.MARK, data)

    @get("/weights", opt=allows(Action.SEE_COUNTY_RULES), responses=documented())
    async def weights(self, request: ApiRequest) -> WeightsView:
        """What the assessment weighs."""
        async with authorised(request) as actor:
            county = access.county(actor, Action.SEE_COUNTY_RULES)
            row = await county_rules.newest(county, assessing.WEIGHTS, actor.now)
            used = await assessing.weights(county, actor.now)
        shown = msgspec.convert(used, WeightsRule, from_attributes=True)
        return WeightsView(shown, row["at"] if row else None, row["by_name"] if row else None)

    @put(
        "/weights",
        opt=allows(Action.SET_COUNTY_RULES),
        status_code=204,
        responses=documented("weights_sum"),
    )
    async def set_weights(self, request: ApiRequest, data: JSONBody[WeightsRule]) -> None:
        """Sets them from now on; an assessment as of an earlier instant keeps those of its day."""
        check_weights(Weights(**msgspec.structs.asdict(data)))
        async with authorised(request) as actor:
            await _set(actor, assessing.WEIGHTS, data)

    @get("/second-factor", opt=allows(Action.SEE_COUNTY_RULES), responses=documented())
    async def second_factor(self, request: ApiRequest) -> SecondFactorRule:
        """Whether the county's staff must have a second factor."""
        async with authorised(request) as actor:
            county = access.county(actor, Action.SEE_COUNTY_RULES)
            found = await county_rules.in_force(county, second_factor.REQUIRED, actor.now)
        return SecondFactorRule(bool(found and found["required"]))

    @put(
        "/second-factor",
        opt=allows(Action.SET_COUNTY_RULES),
        status_code=204,
        responses=documented("second_factor_off"),
    )
    async def require(self, request: ApiRequest, data: JSONBody[SecondFactorRule]) -> None:
        """Who requires it has it. Staff without one are signed out, and let in to set it up."""
        async with authorised(request) as actor:
            if data.required and (await factors.of(actor.account))["totp_since"] is None:
                raise Problem("second_factor_off")
            await _set(actor, second_factor.REQUIRED, data)
            if data.required:
                county = access.county(actor, Action.SET_COUNTY_RULES)
                await factors.end_sessions_without(county, actor.now)

    @get("/prices", opt=allows(Action.SEE_COUNTY_RULES), responses=documented())
    async def prices(self, request: ApiRequest) -> PricesRule:
        """What accepted items bring."""
        async with authorised(request) as actor:
            county = access.county(actor, Action.SEE_COUNTY_RULES)
            found = await assessing.prices(county, actor.now)
        return PricesRule([Price(code, fen) for code, fen in sorted(found.items())])

    @put("/prices", opt=allows(Action.SET_COUNTY_RULES), status_code=204, responses=documented())
    async def set_prices(self, request: ApiRequest, data: JSONBody[PricesRule]) -> None:
        """Sets them from now on."""
        codes = [item.code for item in data.items]
        if len(codes) != len(set(codes)):
            raise Problem("invalid", faults=[{"field": "items", "reason": "twice"}])
        async with authorised(request) as actor:
            await _set(actor, assessing.PRICES, data)


async def _set(actor: Actor, kind: str, rule: msgspec.Struct) -> None:
    county = access.county(actor, Action.SET_COUNTY_RULES)
    content: dict[str, Any] = msgspec.to_builtins(rule)
    await county_rules.put(county, kind, content, actor.account, actor.now)
    await audit.write(audit.by(actor, "county_rule.set", f"county_rule:{kind}", county, **content))
