"""Pensioners, masked; in full only on a click that leaves a trace: /beneficiaries."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import asyncpg
import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from backend import access
from backend.access import allows
from backend.domain.calendar import local_day
from backend.domain.certification.cycles import Cycle, window
from backend.domain.certification.matches import HitKind, HitOutcome
from backend.domain.certification.words import InsuranceType, LiveType, Method, PayStatus
from backend.domain.identity_numbers import age_on, parse_id_number
from backend.domain.masking import masked_account, masked_id_number, masked_name, masked_phone
from backend.domain.roles import Action
from backend.routes.context import ApiRequest, authorised, vault_of
from backend.routes.errors import documented
from backend.routes.schemas import (
    KeyQuery,
    LimitQuery,
    Page,
    PageQuery,
    Reason,
    paged,
    read_mark,
)
from backend.store import audit, beneficiaries, certification
from backend.store.beneficiaries import Wanted
from backend.store.database import from_json
from backend.store.rosters import PRIVATE
from backend.vault import Vault


class BeneficiaryView(msgspec.Struct):
    """One pension. Name, number and phone are masked; `doubts` are suspicions still open.

    `gone_on`: no longer in the roster since then. `monthly_fen` is a hundredth of a yuan.
    """

    id: UUID
    name: str
    id_number: str
    phone: str
    age: int
    insurance_type: InsuranceType
    region: str
    region_name: str
    group_no: str
    household: str
    live_type: LiveType | None
    benefit_start: date
    monthly_fen: int | None
    pay_status: PayStatus
    stopped_from: date | None
    certified_on: date | None
    certified_by: Method | None
    due_told: date | None
    risk_tags: list[str]
    doubts: list[HitKind]
    gone_on: date | None


class Place(msgspec.Struct):
    """A village the pensioner was listed in; the present one has no end."""

    region: str
    region_name: str
    from_on: date
    until_on: date | None


class HitOfOne(msgspec.Struct):
    """What another office's list said: its source, the row, and what became of it."""

    id: int
    source: str
    line: int
    kind: HitKind
    happened_on: date | None
    outcome: HitOutcome
    at: datetime
    cleared_at: datetime | None


class WindowView(msgspec.Struct):
    """The certification that counts today; it may open later. Payment waits after `closes_on`."""

    opens_on: date
    due_on: date
    closes_on: date


class BeneficiaryDetail(msgspec.Struct):
    """`window` is null where the county has no cycle for the insurance, or nothing is paid."""

    beneficiary: BeneficiaryView
    bank: str
    window: WindowView | None
    places: list[Place]
    hits: list[HitOfOne]


class Search(msgspec.Struct, forbid_unknown_fields=True):
    """A whole identity number; in the body, so that it stands in no address or log."""

    id_number: Annotated[str, Meta(min_length=18, max_length=40)]


class Found(msgspec.Struct):
    items: list[BeneficiaryView]


class Purpose(msgspec.Struct, forbid_unknown_fields=True):
    """Why somebody has to see it in full."""

    purpose: Reason


class FullBeneficiary(msgspec.Struct):
    """What is sealed, in full. Of a bank account only the last four digits are known."""

    id: UUID
    name: str
    id_number: str
    phone: str
    contact_name: str
    contact_phone: str
    contact_relation: str
    hukou_addr: str
    live_addr: str
    bank_name: str
    bank_tail4: str


_AS_IT_IS = (
    "id",
    "region",
    "region_name",
    "group_no",
    "household",
    "benefit_start",
    "monthly_fen",
    "stopped_from",
    "certified_on",
    "due_told",
    "gone_on",
)


def _private(row: asyncpg.Record, vault: Vault) -> dict[str, str]:
    return dict(zip(PRIVATE, from_json(vault.unseal(row["private_sealed"])), strict=True))


def _view(row: asyncpg.Record, vault: Vault, today: date) -> BeneficiaryView:
    return BeneficiaryView(
        name=masked_name(row["name"]),
        id_number=masked_id_number(vault.unseal(row["id_number_sealed"])),
        phone=masked_phone(_private(row, vault)["phone"]),
        age=age_on(row["born_on"], today),
        insurance_type=InsuranceType(row["insurance_type"]),
        live_type=LiveType(row["live_type"]) if row["live_type"] else None,
        pay_status=PayStatus(row["pay_status"]),
        certified_by=Method(row["certified_by"]) if row["certified_by"] else None,
        risk_tags=list(row["risk_tags"]),
        doubts=[HitKind(kind) for kind in row["doubts"]],
        **{name: row[name] for name in _AS_IT_IS},
    )


def _detail(
    row: asyncpg.Record,
    vault: Vault,
    today: date,
    cycles: Mapping[InsuranceType, Cycle],
    places: list[asyncpg.Record],
    hits: list[asyncpg.Record],
) -> BeneficiaryDetail:
    shown = _view(row, vault, today)
    cycle = cycles.get(shown.insurance_type)
    paid = shown.gone_on is None and shown.pay_status is not PayStatus.TERMINATED
    counts = window(cycle, certification.pensioner_of(row), today) if cycle and paid else None
    return BeneficiaryDetail(
        shown,
        masked_account(_private(row, vault)["bank_tail4"]),
        WindowView(counts.opens_on, counts.due_on, counts.closes_on) if counts else None,
        [Place(**place) for place in places],
        [
            HitOfOne(**{**hit, "kind": HitKind(hit["kind"]), "outcome": HitOutcome(hit["outcome"])})
            for hit in hits
        ],
    )


class BeneficiaryController(Controller):
    path = "/beneficiaries"
    tags = ("beneficiaries",)

    @get("/", opt=allows(Action.SEE_BENEFICIARIES), responses=documented("bad_cursor"))
    async def page(
        self,
        request: ApiRequest,
        region: KeyQuery = None,
        insurance_type: FromQuery[InsuranceType | None] = None,
        pay_status: FromQuery[PayStatus | None] = None,
        doubted: FromQuery[bool | None] = None,
        gone: FromQuery[bool] = False,
        page: PageQuery = None,
        limit: LimitQuery = 100,
    ) -> Page[BeneficiaryView]:
        """Pensioners of the asker's area in order of village; who is gone only with `gone`."""
        after = read_mark(page, tuple[str, UUID])
        wanted = Wanted(
            region,
            insurance_type.value if insurance_type else None,
            pay_status.value if pay_status else None,
            doubted,
            gone,
        )
        async with authorised(request) as actor:
            scopes = access.reach(actor, Action.SEE_BENEFICIARIES, region)
            rows = await beneficiaries.page(scopes, wanted, after, limit + 1)
        vault, today = vault_of(request), local_day(actor.now)
        return paged(
            rows,
            limit,
            lambda row: _view(row, vault, today),
            lambda row: [row["region"], row["id"]],
        )

    @post(
        "/search",
        opt=allows(Action.SEE_BENEFICIARIES),
        status_code=200,
        responses=documented("bad_id_number"),
    )
    async def search(self, request: ApiRequest, data: JSONBody[Search]) -> Found:
        """Whose number it is, in the asker's area: all pensions, gone ones as well."""
        number, vault = parse_id_number(data.id_number), vault_of(request)
        async with authorised(request) as actor:
            rows = await beneficiaries.with_number(
                vault.id_number_index(number.text), actor.scopes(Action.SEE_BENEFICIARIES)
            )
        return Found([_view(row, vault, local_day(actor.now)) for row in rows])

    @get("/{number:uuid}", opt=allows(Action.SEE_BENEFICIARIES), responses=documented())
    async def one(self, request: ApiRequest, number: FromPath[UUID]) -> BeneficiaryDetail:
        """One pensioner, masked, with the villages lived in and what other offices said."""
        async with authorised(request) as actor:
            row = await access.beneficiary(actor, number, Action.SEE_BENEFICIARIES)
            places = await beneficiaries.places(number)
            hits = await beneficiaries.hits(number)
            today = local_day(actor.now)
            cycles = await certification.cycles_in_force(row["county"], today)
        return _detail(row, vault_of(request), today, cycles, places, hits)

    @post(
        "/{number:uuid}/reveal",
        opt=allows(Action.SEE_PRIVATE),
        status_code=200,
        responses=documented(),
    )
    async def reveal(
        self, request: ApiRequest, number: FromPath[UUID], data: JSONBody[Purpose]
    ) -> FullBeneficiary:
        """All that is sealed, for a stated purpose; the look leaves an audit entry."""
        async with authorised(request) as actor:
            row = await access.beneficiary(actor, number, Action.SEE_PRIVATE)
            subject = f"beneficiary:{number}"
            await audit.write(
                audit.by(actor, "beneficiary.see", subject, row["region"], purpose=data.purpose)
            )
        vault = vault_of(request)
        id_number = vault.unseal(row["id_number_sealed"])
        return FullBeneficiary(number, row["name"], id_number, **_private(row, vault))
