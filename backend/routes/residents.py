"""People of the ledger, masked; in full only on a click that leaves a trace: /residents."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from backend import access
from backend.access import allows
from backend.domain.calendar import local_day
from backend.domain.identity_numbers import age_on, parse_id_number
from backend.domain.ledger.figures import Counted, ledger_figures
from backend.domain.ledger.words import (
    Ability,
    ChangeType,
    Education,
    Status,
    Tag,
    WorkPlace,
)
from backend.domain.masking import masked_id_number, masked_name
from backend.domain.roles import Action
from backend.routes.beneficiaries import Purpose, Search
from backend.routes.context import ApiRequest, authorised, vault_of
from backend.routes.errors import documented
from backend.routes.schemas import (
    KeyQuery,
    LimitQuery,
    Page,
    PageQuery,
    paged,
    read_mark,
)
from backend.store import audit, residents
from backend.store.database import from_json
from backend.store.residents import Wanted, facts_of
from backend.vault import Vault

MonthQuery = Annotated[str, QueryParameter(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$")]
RegionQuery = Annotated[str, QueryParameter(pattern=r"^[0-9]{2,12}$", max_length=12)]
_MOST_HISTORY = 200


class ResidentView(msgspec.Struct):
    """One person. Name, number and phone are masked; `gone_on`: left the ledger on that day."""

    id: UUID
    name: str
    id_number: str
    phone: str
    age: int
    female: bool
    region: str
    region_name: str
    group_no: str
    household: str
    relation: str
    education: Education | None
    health: str
    work_ability: Ability | None
    status: Status
    employer: str
    industry: str
    job: str
    work_place: WorkPlace | None
    work_region: str
    leave_date: date | None
    return_date: date | None
    monthly_income: int | None
    skill_cert: str
    train_wish: bool
    train_type: str
    job_wish: bool
    tags: list[Tag]
    changed_at: datetime
    gone_on: date | None


class Step(msgspec.Struct):
    """One field, from what to what; a name is masked as it is in lists."""

    field: str
    was: Any
    became: Any


class ChangeOfOne(msgspec.Struct):
    """Who changed what and when: by the phone's clock, by the server's at that moment, and when
    it arrived. `outdated`: fields in which something captured later already held.
    """

    id: UUID
    kind: ChangeType
    by: str | None
    captured_at: datetime | None
    at: datetime
    received_at: datetime
    steps: list[Step]
    outdated: list[str]
    batch: int | None


class ResidentDetail(msgspec.Struct):
    resident: ResidentView
    history: list[ChangeOfOne]


class FoundResidents(msgspec.Struct):
    items: list[ResidentView]


class FullResident(msgspec.Struct):
    """What is masked elsewhere, in full."""

    id: UUID
    name: str
    id_number: str
    phone: str


class LedgerFigures(msgspec.Struct):
    """The ledger's figures of a month, by the key that the form LABOR_MONTHLY calls `ledger`."""

    region: str
    month: str
    figures: dict[str, int]


def _view(row: asyncpg.Record, vault: Vault, today: date) -> ResidentView:
    facts = facts_of(row)
    return msgspec.convert(
        {
            **facts,
            "id": row["id"],
            "name": masked_name(facts["name"]),
            "id_number": masked_id_number(vault.unseal(row["id_number_sealed"])),
            "age": age_on(row["born_on"], today),
            "female": row["female"],
            "region": row["region"],
            "region_name": row["region_name"],
            "changed_at": row["changed_at"],
            "gone_on": row["gone_on"],
        },
        ResidentView,
    )


def _step(field: str, was: Any, became: Any) -> Step:
    if field == "name":
        return Step(field, masked_name(was or ""), masked_name(became or ""))
    return Step(field, was, became)


def _change(row: asyncpg.Record) -> ChangeOfOne:
    return ChangeOfOne(
        row["id"],
        ChangeType(row["kind"]),
        row["by_name"],
        row["captured_at"],
        row["at"],
        row["received_at"],
        [_step(*step) for step in from_json(row["steps"])],
        list(row["outdated"]),
        row["batch"],
    )


class ResidentController(Controller):
    path = "/residents"
    tags = ("residents",)

    @get("/", opt=allows(Action.SEE_RESIDENTS), responses=documented("bad_cursor"))
    async def page(
        self,
        request: ApiRequest,
        region: KeyQuery = None,
        status: FromQuery[Status | None] = None,
        gone: FromQuery[bool] = False,
        page: PageQuery = None,
        limit: LimitQuery = 100,
    ) -> Page[ResidentView]:
        """People of the asker's area in order of village; who is gone only with `gone`."""
        after = read_mark(page, tuple[str, UUID])
        wanted = Wanted(region, status.value if status else None, gone)
        async with authorised(request) as actor:
            scopes = access.reach(actor, Action.SEE_RESIDENTS, region)
            rows = await residents.page(scopes, wanted, after, limit + 1)
        vault, today = vault_of(request), local_day(actor.now)
        return paged(
            rows,
            limit,
            lambda row: _view(row, vault, today),
            lambda row: [row["region"], row["id"]],
        )

    @post(
        "/search",
        opt=allows(Action.SEE_RESIDENTS),
        status_code=200,
        responses=documented("bad_id_number"),
    )
    async def search(self, request: ApiRequest, data: JSONBody[Search]) -> FoundResidents:
        """Who has that identity number in the asker's area, gone ones as well."""
        number, vault = parse_id_number(data.id_number), vault_of(request)
        async with authorised(request) as actor:
            rows = await residents.with_number(
                vault.id_number_index(number.text), actor.scopes(Action.SEE_RESIDENTS)
            )
        return FoundResidents([_view(row, vault, local_day(actor.now)) for row in rows])

    @get("/figures", opt=allows(Action.SEE_RESIDENTS), responses=documented("not_found"))
    async def figures(
        self, request: ApiRequest, region: RegionQuery, month: MonthQuery
    ) -> LedgerFigures:
        """The monthly report's figures as the ledger has them now, of who counts in the month."""
        async with authorised(request) as actor:
            scopes = access.reach(actor, Action.SEE_RESIDENTS, region)
            rows = await residents.listed(scopes, region)
        return LedgerFigures(region, month, ledger_figures(map(_counted, rows), month))

    @get("/{number:uuid}", opt=allows(Action.SEE_RESIDENTS), responses=documented())
    async def one(self, request: ApiRequest, number: FromPath[UUID]) -> ResidentDetail:
        """One person, masked, with what was changed, newest first."""
        async with authorised(request) as actor:
            row = await access.resident(actor, number, Action.SEE_RESIDENTS)
            changes = await residents.history(number, _MOST_HISTORY)
        view = _view(row, vault_of(request), local_day(actor.now))
        return ResidentDetail(view, [_change(each) for each in changes])

    @post(
        "/{number:uuid}/reveal",
        opt=allows(Action.SEE_RESIDENTS),
        status_code=200,
        responses=documented(),
    )
    async def reveal(
        self, request: ApiRequest, number: FromPath[UUID], data: JSONBody[Purpose]
    ) -> FullResident:
        """Name, number and phone, for a stated purpose; the look leaves an audit entry."""
        async with authorised(request) as actor:
            row = await access.resident(actor, number, Action.SEE_RESIDENTS)
            subject = f"resident:{number}"
            await audit.write(
                audit.by(actor, "resident.see", subject, row["region"], purpose=data.purpose)
            )
        vault, phone = vault_of(request), row["phone_sealed"]
        return FullResident(
            number,
            facts_of(row)["name"],
            vault.unseal(row["id_number_sealed"]),
            vault.unseal(phone) if phone is not None else "",
        )


def _counted(row: asyncpg.Record) -> Counted:
    place = row["work_place"]
    return Counted(
        f"{row['born_on']:%Y-%m}",
        row["female"],
        Status(row["status"]),
        WorkPlace(place) if place else None,
        row["train_wish"],
        row["job_wish"],
    )
