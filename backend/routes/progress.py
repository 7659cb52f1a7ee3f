"""How far certifying has come, and whom each number is about: /certification."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Annotated

import asyncpg
import msgspec
from litestar import Controller, get
from litestar.params import FromQuery, QueryParameter

from backend import access
from backend.access import allows
from backend.domain.calendar import local_instant
from backend.domain.certification.months import Month
from backend.domain.certification.words import CertState, InsuranceType
from backend.domain.regions import Level
from backend.domain.roles import Action
from backend.routes.context import ApiRequest, authorised, vault_of
from backend.routes.errors import documented
from backend.routes.pensioners_shown import PensionerShown, pensioners_of
from backend.routes.schemas import KeyQuery, LimitQuery, Page, PageQuery, paged, read_mark
from backend.store import cert_states, regions
from backend.store.cert_states import Asked
from backend.store.database import plan_anew

DueQuery = Annotated[
    str | None,
    QueryParameter(
        pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="The month in which they are due"
    ),
]


class ProgressCounts(msgspec.Struct):
    """Of the pensioners `asked`, each in one state: due (open, nobody was there yet), collected
    (under review), returned, passed, suspect, overdue (past due, nobody was there).

    `to_suspend`: the window has closed without an answer and the pension is still paid, so that
    its suspension may be recommended.
    """

    asked: int
    due: int
    collected: int
    returned: int
    passed: int
    suspect: int
    overdue: int
    to_suspend: int


class AreaProgress(msgspec.Struct):
    region: str
    name: str
    counts: ProgressCounts


class Progress(msgspec.Struct):
    """Windows that are open now, and closed ones still unanswered, in order of code."""

    level: Level
    total: ProgressCounts
    areas: list[AreaProgress]


_COUNTED = ProgressCounts.__struct_fields__


class CertificationWindow(msgspec.Struct):
    """A certification that counts in the progress. `region` is the village that answers for it."""

    obligation: int
    region: str
    region_name: str
    opens_at: datetime
    due_at: datetime
    closes_at: datetime
    pensioner: PensionerShown


def _due(month: str | None) -> tuple[datetime, datetime] | None:
    """From the month's first instant to the next one's."""
    if month is None:
        return None
    found = Month.of(date.fromisoformat(f"{month}-01"))
    return local_instant(found.first, time()), local_instant(found.plus(1).first, time())


def _window(row: asyncpg.Record, pensioner: PensionerShown) -> CertificationWindow:
    return CertificationWindow(
        row["id"],
        row["holder"],
        row["region_name"],
        row["opens_at"],
        row["due_at"],
        row["closes_at"],
        pensioner,
    )


class ProgressController(Controller):
    path = "/certification"
    tags = ("certification",)

    @get("/progress", opt=allows(Action.SEE_RATES), responses=documented())
    async def progress(
        self,
        request: ApiRequest,
        region: KeyQuery = None,
        level: FromQuery[Level] = Level.TOWNSHIP,
        insurance_type: FromQuery[InsuranceType | None] = None,
        due: DueQuery = None,
    ) -> Progress:
        """How far certifying has come, by area."""
        async with authorised(request) as actor:
            await plan_anew()
            # Who sees only aggregates sees no village.
            of_village = level is Level.VILLAGE or len(region or "") > Level.TOWNSHIP.digits
            seeing = Action.SEE_DUTIES if of_village else Action.SEE_RATES
            insurance = insurance_type.value if insurance_type else None
            asked = Asked(access.reach(actor, seeing, region), region, insurance, _due(due))
            rows = await cert_states.progress(asked, level, actor.now)
            names = await regions.names([row["area"] for row in rows])
        areas = [
            AreaProgress(row["area"], names.get(row["area"], ""), _counts([row]))
            for row in sorted(rows, key=lambda row: str(row["area"]))
        ]
        return Progress(level, _counts(rows), areas)

    @get("/windows", opt=allows(Action.SEE_BENEFICIARIES), responses=documented("bad_cursor"))
    async def windows(
        self,
        request: ApiRequest,
        region: KeyQuery = None,
        standing: FromQuery[CertState | None] = None,
        to_suspend: FromQuery[bool] = False,
        insurance_type: FromQuery[InsuranceType | None] = None,
        due: DueQuery = None,
        page: PageQuery = None,
        limit: LimitQuery = 50,
    ) -> Page[CertificationWindow]:
        """Whom a number of the progress is about, masked, in order of village."""
        after = read_mark(page, tuple[str, int])
        insurance = insurance_type.value if insurance_type else None
        async with authorised(request) as actor:
            await plan_anew()
            scopes = access.reach(actor, Action.SEE_BENEFICIARIES, region)
            asked = Asked(scopes, region, insurance, _due(due))
            kept = standing.value if standing else None
            rows = await cert_states.page(asked, kept, to_suspend, after, limit + 1, actor.now)
            people = await pensioners_of(actor, rows, vault_of(request))
        return paged(
            rows,
            limit,
            lambda row: _window(row, people[row["id"]]),
            lambda row: [row["holder"], row["id"]],
        )


def _counts(rows: Sequence[asyncpg.Record]) -> ProgressCounts:
    return ProgressCounts(*(sum(row[name] for row in rows) for name in _COUNTED))
