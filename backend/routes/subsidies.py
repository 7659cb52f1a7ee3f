"""The subsidy sheet: accepted items times the county's prices: /subsidies."""

from datetime import date, datetime, timedelta
from typing import Annotated

import msgspec
from litestar import Controller, Response, get
from litestar.params import QueryParameter

from backend import access, assessing
from backend.access import allows
from backend.domain.regions import Level
from backend.domain.roles import Action, Actor
from backend.domain.subsidies import Item, Share, amount_fen
from backend.printing.jobs import SubsidySheet
from backend.problems import Problem
from backend.routes.assessments import narrow
from backend.routes.circulars import paper
from backend.routes.context import FILE_TYPES, ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.obligations import AsOf, instant
from backend.routes.schemas import KeyQuery, Words, check_years
from backend.store import audit, regions

DayQuery = Annotated[date, QueryParameter()]
_LONGEST = timedelta(days=366)


class ItemView(msgspec.Struct):
    """A kind of item; without a price it is counted and not paid."""

    code: str
    title: Words
    price_fen: int | None


class ShareView(msgspec.Struct):
    """A village: accepted items by code, those filed on its behalf apart and unpaid."""

    region: str
    name: str
    own: dict[str, int]
    on_behalf: dict[str, int]
    amount_fen: int


class Subsidies(msgspec.Struct):
    """What was accepted from one day through another, as of an instant; paid elsewhere."""

    from_on: date
    to_on: date
    as_of: datetime
    items: list[ItemView]
    villages: list[ShareView]
    total_fen: int


class SubsidyController(Controller):
    path = "/subsidies"
    tags = ("county",)

    @get(
        "/",
        opt=allows(Action.SEE_SUBSIDIES),
        responses=documented("as_of_future", "not_found"),
    )
    async def all(
        self,
        request: ApiRequest,
        from_on: DayQuery,
        to_on: DayQuery,
        region: KeyQuery = None,
        as_of: AsOf = None,
    ) -> Subsidies:
        """The villages the asker may see, in order of code."""
        async with authorised(request) as actor:
            t = instant(as_of, actor.now)
            items, shares = await _shares(actor, (from_on, to_on), region, t)
        shown = [ItemView(i.code, msgspec.convert(i.title, Words), i.price_fen) for i in items]
        villages = [_share(each, items) for each in shares]
        total = sum(each.amount_fen for each in villages)
        return Subsidies(from_on, to_on, t, shown, villages, total)

    @get(
        "/subsidies.xlsx",
        opt=allows(Action.SEE_SUBSIDIES),
        media_type=FILE_TYPES[1],
        responses=documented("as_of_future", "not_found"),
    )
    async def as_workbook(
        self,
        request: ApiRequest,
        from_on: DayQuery,
        to_on: DayQuery,
        region: KeyQuery = None,
        as_of: AsOf = None,
    ) -> Response[bytes]:
        """The same as a workbook, by village and by township; audited."""
        async with authorised(request) as actor:
            t = instant(as_of, actor.now)
            items, shares = await _shares(actor, (from_on, to_on), region, t)
            where = region or actor.scopes(Action.SEE_SUBSIDIES)[0]
            towns = sorted({share.region[: Level.TOWNSHIP.digits] for share in shares})
            names = await regions.names([where, *towns])
            said = {"from_on": str(from_on), "to_on": str(to_on), "as_of": t.isoformat()}
            await audit.write(audit.by(actor, "subsidy.export", f"region:{where}", where, **said))
        span = (str(from_on), str(to_on))
        job = SubsidySheet(names.get(where, ""), *span, t, actor.name, names, items, shares)
        return await paper(job, f"subsidies-{from_on}-{to_on}.xlsx", FILE_TYPES[1])


def _share(found: Share, items: list[Item]) -> ShareView:
    own, for_them = dict(found.own), dict(found.on_behalf)
    return ShareView(found.region, found.name, own, for_them, amount_fen(found, items))


async def _shares(
    actor: Actor, days: tuple[date, date], region: str | None, t: datetime
) -> tuple[list[Item], list[Share]]:
    check_years(from_on=days[0], to_on=days[1])
    if not timedelta() <= days[1] - days[0] <= _LONGEST:
        raise Problem("invalid", faults=[{"field": "to_on", "reason": "span"}])
    narrowed = narrow(access.reach(actor, Action.SEE_SUBSIDIES, region), region)
    priced = await assessing.prices(narrowed[0][: Level.COUNTY.digits], t)
    until = (days[0], days[1] + timedelta(days=1))
    return await assessing.shares(narrowed, until, t, priced)
