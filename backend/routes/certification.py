"""How a county certifies its pensioners: cycles and papers: /certification."""

from datetime import date
from typing import Any

import asyncpg
import msgspec
from litestar import Controller, get, put
from litestar.params import FromPath, JSONBody

from backend import access
from backend.access import allows
from backend.domain.calendar import local_day
from backend.domain.certification.cycle_parsing import cycle_to_dict, parse_cycle
from backend.domain.certification.evidence import (
    Evidence,
    evidence_table_to_dict,
    parse_evidence_table,
)
from backend.domain.certification.words import InsuranceType
from backend.domain.regions import Level
from backend.domain.roles import Action, Actor
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.schemas import Words, check_years
from backend.store import audit, certification
from backend.store.database import from_json


class CycleIn(msgspec.Struct, forbid_unknown_fields=True):
    """`rule` as {"mode": "rolling_n", "months": 12, "opens_months_before": 1,
    "suspend_after": 0}; {"mode": "birthday"}; {"mode": "calendar_year"}; or
    {"mode": "fixed_windows", "windows": [{"first": "01-10", "last": "04-30"}]}.
    """

    starts_on: date
    rule: dict[str, Any]


class CycleView(msgspec.Struct):
    """A cycle and the day from which it is used, until a later one of the same insurance."""

    insurance_type: InsuranceType
    starts_on: date
    rule: dict[str, Any]


class Cycles(msgspec.Struct):
    items: list[CycleView]


class PapersIn(msgspec.Struct, forbid_unknown_fields=True):
    """For each result what is needed: [{"any_of": [papers], "when": circumstance, "methods": […]}].

    `when` is mismatch or declared; `when` and `methods` may be left out.
    """

    papers: dict[str, Any]


class Papers(msgspec.Struct):
    """The county's table, and the names of all papers there are."""

    papers: dict[str, Any]
    labels: dict[str, Words]


def _county(actor: Actor) -> str:
    """The asker's own county, also of somebody in a village."""
    return access.county(actor, Action.SEE_BENEFICIARIES)[: Level.COUNTY.digits]


def _cycle(row: asyncpg.Record) -> CycleView:
    insurance = InsuranceType(row["insurance_type"])
    return CycleView(insurance, row["starts_on"], from_json(row["rule"]))


class CertificationController(Controller):
    path = "/certification"
    tags = ("certification",)

    @get("/cycles", opt=allows(Action.SEE_BENEFICIARIES), responses=documented())
    async def cycles(self, request: ApiRequest) -> Cycles:
        """The cycles of the asker's county, past ones and those to come."""
        async with authorised(request) as actor:
            return Cycles([_cycle(row) for row in await certification.cycles(_county(actor))])

    @put(
        "/cycles/{insurance:str}",
        opt=allows(Action.MANAGE_CERTIFICATION),
        responses=documented("cycle_invalid", "cycle_in_past"),
    )
    async def set_cycle(
        self, request: ApiRequest, insurance: FromPath[InsuranceType], data: JSONBody[CycleIn]
    ) -> CycleView:
        """How one insurance is certified from a day on. Windows opened before stay as they are."""
        check_years(starts_on=data.starts_on)
        rule = cycle_to_dict(parse_cycle(data.rule, data.starts_on))
        async with authorised(request) as actor:
            if data.starts_on < local_day(actor.now):
                raise Problem("cycle_in_past")
            county = access.county(actor, Action.MANAGE_CERTIFICATION)
            await certification.put_cycle(
                county, insurance, data.starts_on, rule, actor.account, actor.now
            )
            subject = f"cycle:{insurance.value}"
            await audit.write(
                audit.by(
                    actor, "cycle.set", subject, county, starts_on=str(data.starts_on), rule=rule
                )
            )
        return CycleView(insurance, data.starts_on, rule)

    @get("/papers", opt=allows(Action.SEE_BENEFICIARIES), responses=documented())
    async def papers(self, request: ApiRequest) -> Papers:
        """Which photos and papers each result needs in the asker's county."""
        async with authorised(request) as actor:
            table = await certification.evidence(_county(actor))
        labels = {each.value: Words(*each.label) for each in Evidence}
        return Papers(evidence_table_to_dict(table), labels)

    @put(
        "/papers",
        opt=allows(Action.MANAGE_CERTIFICATION),
        status_code=204,
        responses=documented("evidence_invalid"),
    )
    async def set_papers(self, request: ApiRequest, data: JSONBody[PapersIn]) -> None:
        """Replaces the county's table of papers."""
        papers = evidence_table_to_dict(parse_evidence_table(data.papers))
        async with authorised(request) as actor:
            county = access.county(actor, Action.MANAGE_CERTIFICATION)
            await certification.put_evidence(county, papers, actor.account, actor.now)
            await audit.write(audit.by(actor, "papers.set", f"papers:{county}", county))
