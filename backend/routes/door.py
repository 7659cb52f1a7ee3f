"""At the door: codes for the photo, who lives there, and deaths: /certification."""

import secrets
from datetime import date, datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

import asyncpg
import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from backend import access
from backend.access import allows
from backend.domain.calendar import WorkCalendar, local_day
from backend.domain.certification.effects import death_report_due
from backend.domain.certification.flags import CODE_HOLDS
from backend.domain.certification.words import InsuranceType, PayStatus
from backend.domain.identity_numbers import age_on
from backend.domain.masking import masked_id_number, masked_name
from backend.domain.reviews import Stage
from backend.domain.roles import Action, Actor
from backend.routes.context import ApiRequest, authorised, vault_of
from backend.routes.errors import documented
from backend.routes.schemas import (
    KeyQuery,
    LimitQuery,
    Page,
    PageQuery,
    check_years,
    paged,
    read_mark,
)
from backend.store import calendar, findings
from backend.vault import Vault

# A code with less left is not given again: it is still to be written down and photographed.
_ENOUGH: Final = timedelta(minutes=10)


class Code(msgspec.Struct):
    """Four digits to be written on paper in the photo, until an instant."""

    code: Annotated[str, Meta(pattern=r"^[0-9]{4}$")]
    valid_until: datetime


class AtTheDoor(msgspec.Struct):
    """One pension at a door, masked, with its newest duty; `obligation` is null without any."""

    id: UUID
    name: str
    id_number: str
    age: int
    insurance_type: InsuranceType
    pay_status: PayStatus
    certified_on: date | None
    obligation: int | None
    stage: Stage | None
    due_at: datetime | None
    newest: UUID | None


class Household(msgspec.Struct):
    items: list[AtTheDoor]


class DeathReport(msgspec.Struct):
    """A death as its village told it. `report_by` is the 20th working day after it; `in_time`
    says whether the first report counted by then.
    """

    submission: UUID
    obligation: int
    beneficiary: UUID
    name: str
    region: str
    region_name: str
    pay_status: PayStatus
    died_on: date
    reported_at: datetime
    report_by: date
    in_time: bool
    stage: Stage


class DoorController(Controller):
    path = "/certification"
    tags = ("certification",)

    @post("/codes", opt=allows(Action.FILE), responses=documented())
    async def code(self, request: ApiRequest) -> Code:
        """A code for the next half hour; asked again soon, the same one."""
        async with authorised(request) as actor:
            since = actor.now - CODE_HOLDS + _ENOUGH
            row = await findings.code_of(actor.account, since)
            if row is not None:
                return Code(row["code"], row["issued_at"] + CODE_HOLDS)
            digits = f"{secrets.randbelow(10_000):04}"
            await findings.add_code(actor.account, digits, actor.now)
        return Code(digits, actor.now + CODE_HOLDS)

    @get(
        "/households/{number:uuid}",
        opt=allows(Action.SEE_BENEFICIARIES),
        responses=documented("not_found"),
    )
    async def household(self, request: ApiRequest, number: FromPath[UUID]) -> Household:
        """Everybody at a pensioner's door, themselves among them, with their duties."""
        async with authorised(request) as actor:
            await access.beneficiary(actor, number, Action.SEE_BENEFICIARIES)
            items = await at_the_door(actor, number, vault_of(request))
        return Household(items)

    @get("/deaths", opt=allows(Action.SEE_BENEFICIARIES), responses=documented("bad_cursor"))
    async def deaths(
        self,
        request: ApiRequest,
        region: KeyQuery = None,
        since: FromQuery[date | None] = None,
        page: PageQuery = None,
        limit: LimitQuery = 50,
    ) -> Page[DeathReport]:
        """Deaths reported in the asker's area, newest first, reviewed or not."""
        check_years(since=since)
        after = read_mark(page, tuple[datetime, UUID])
        async with authorised(request) as actor:
            scopes = access.reach(actor, Action.SEE_BENEFICIARIES, region)
            days = await calendar.load(scopes[0])
            rows = await findings.deaths(scopes, region, since, after, limit + 1)
        return paged(
            rows,
            limit,
            lambda row: _death(row, days),
            lambda row: [row["received_at"], row["id"]],
        )


async def at_the_door(actor: Actor, number: UUID, vault: Vault) -> list[AtTheDoor]:
    """Everybody at a pensioner's door whom the asker may see."""
    rows = await findings.household(number, actor.scopes(Action.SEE_BENEFICIARIES))
    today = local_day(actor.now)
    return [
        AtTheDoor(
            row["id"],
            masked_name(row["name"]),
            masked_id_number(vault.unseal(row["id_number_sealed"])),
            age_on(row["born_on"], today),
            InsuranceType(row["insurance_type"]),
            PayStatus(row["pay_status"]),
            row["certified_on"],
            row["obligation"],
            Stage(row["stage"]) if row["stage"] else None,
            row["due_at"],
            row["newest"],
        )
        for row in rows
    ]


def _death(row: asyncpg.Record, days: WorkCalendar) -> DeathReport:
    died_on = date.fromisoformat(row["happened_on"])
    report_by = death_report_due(died_on, days)
    return DeathReport(
        row["id"],
        row["obligation"],
        row["beneficiary"],
        masked_name(row["name"]),
        row["holder"],
        row["region_name"],
        PayStatus(row["pay_status"]),
        died_on,
        row["first_at"],
        report_by,
        local_day(row["first_at"]) <= report_by,
        Stage(row["stage"]),
    )
