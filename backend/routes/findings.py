"""At the door and at the desk: codes, households, deaths, and all a reviewer looks at."""

import secrets
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import asyncpg
import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from backend import access
from backend.access import allows
from backend.domain.calendar import WorkCalendar, local_day
from backend.domain.certification.collecting import finding_in
from backend.domain.certification.effects import death_report_due, effects_of
from backend.domain.certification.flags import CODE_HOLDS, Flag, Issued, Seen, flags_of
from backend.domain.certification.words import InsuranceType, PayStatus
from backend.domain.identity_numbers import age_on
from backend.domain.masking import masked_id_number, masked_name
from backend.domain.reviews import Stage
from backend.domain.roles import Action, Actor
from backend.routes.context import ApiRequest, authorised, vault_of
from backend.routes.errors import documented
from backend.routes.pensioners_shown import PensionerShown, pensioners_of
from backend.routes.recommended import Recommended, payment_of, recommended, window_of
from backend.routes.schemas import (
    KeyQuery,
    LimitQuery,
    Page,
    PageQuery,
    check_years,
    paged,
    read_mark,
)
from backend.store import audit, calendar, findings
from backend.store.database import from_json
from backend.vault import Vault

# Around an instant: as far as ten minutes that hold it can reach.
_AROUND: Final = timedelta(minutes=10)
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


class Given(msgspec.Struct):
    """One attachment as it was declared."""

    sha256: str
    name: str
    size: int
    evidence: str | None
    from_gallery: bool


class Earlier(msgspec.Struct):
    """The last accepted certification, to look at beside this one."""

    submission: UUID
    answers: dict[str, Any]
    seen_at: datetime
    attachments: list[Given]


class FindingView(msgspec.Struct):
    """A certification as a reviewer or auditor needs it. `recommended` is what accepting it would
    recommend; `second`: somebody else looks again before it is accepted.
    """

    submission: UUID
    obligation: int
    revision: int
    stage: Stage
    second: bool
    pensioner: PensionerShown | None
    answers: dict[str, Any]
    remark: str
    filed_by: str | None
    on_behalf: bool
    seen_at: datetime
    received_at: datetime
    withdrawn_at: datetime | None
    attachments: list[Given]
    flags: list[Flag]
    earlier: Earlier | None
    household: list[AtTheDoor]
    recommended: Recommended


class FindingController(Controller):
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
            items = await _at_the_door(actor, number, vault_of(request))
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

    @get(
        "/reviews/{submission:uuid}",
        opt=allows(Action.SEE_REVIEWS),
        responses=documented("not_found"),
    )
    async def finding(self, request: ApiRequest, submission: FromPath[UUID]) -> FindingView:
        """One certification with all there is to compare it with; the look is audited."""
        async with authorised(request) as actor:
            row = await access.finding(actor, submission)
            subject = f"submission:{submission}"
            await audit.write(audit.by(actor, "finding.see", subject, row["holder"]))
            return await _view(actor, row, vault_of(request))


async def _at_the_door(actor: Actor, number: UUID, vault: Vault) -> list[AtTheDoor]:
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


def _given(text: str) -> list[Given]:
    return [
        Given(
            each["sha256"],
            each["name"],
            each["size"],
            each.get("evidence"),
            bool(each.get("from_gallery")),
        )
        for each in from_json(text)
    ]


async def _view(actor: Actor, row: asyncpg.Record, vault: Vault) -> FindingView:
    shown = await pensioners_of(actor, [{"id": row["obligation"]}], vault)
    answers, seen_on = from_json(row["answers"]), local_day(row["seen_at"])
    payment = payment_of(row, local_day(actor.now))
    effects = effects_of(finding_in(answers, seen_on), payment, window_of(row))
    before = await findings.last_accepted(row["beneficiary"], row["id"])
    return FindingView(
        submission=row["id"],
        stage=Stage(row["stage"]),
        pensioner=shown.get(row["obligation"]),
        answers=answers,
        filed_by=row["filed_by_name"],
        attachments=_given(row["attachments"]),
        flags=await _flags(row, answers.get("code")),
        earlier=_earlier(before) if before else None,
        household=await _at_the_door(actor, row["beneficiary"], vault),
        recommended=recommended(effects),
        **{name: row[name] for name in _PLAIN},
    )


_PLAIN = (
    "obligation",
    "revision",
    "second",
    "remark",
    "on_behalf",
    "seen_at",
    "received_at",
    "withdrawn_at",
)


def _earlier(row: asyncpg.Record) -> Earlier:
    return Earlier(row["id"], from_json(row["answers"]), row["seen_at"], _given(row["attachments"]))


async def _flags(row: asyncpg.Record, written: str | None) -> list[Flag]:
    seen_at, collector = row["seen_at"], row["filed_by"]
    issued = await findings.codes_before(collector, written, seen_at) if written else []
    others = await findings.seen_by(collector, seen_at, _AROUND)
    return list(
        flags_of(
            seen_at,
            written,
            [Issued(each["code"], each["issued_at"]) for each in issued],
            from_json(row["attachments"]),
            [Seen(each["beneficiary"], each["seen_at"]) for each in others],
        )
    )
