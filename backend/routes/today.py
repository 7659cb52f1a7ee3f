"""What an office has to do now, in one look: /today; and what villages said on the phone."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Annotated, Final
from uuid import UUID

import asyncpg
import msgspec
from litestar import Controller, get, post
from litestar.params import JSONBody
from msgspec import Meta

from backend import access
from backend.access import allows
from backend.domain.calendar import WorkCalendar
from backend.domain.outlook import Band
from backend.domain.phones import masked
from backend.domain.reviews import review_by
from backend.domain.roles import Action, Actor
from backend.outlook import expect
from backend.problems import Problem, language_of
from backend.routes.context import ApiRequest, authorised, vault_of
from backend.routes.errors import documented
from backend.routes.outlook import VillageOutlook, village_outlook
from backend.routes.schemas import Note, RegionKey, Words, check_years
from backend.store import audit, calendar, today
from backend.store.database import from_json
from backend.store.villages import holders
from backend.vault import Vault

_MOST: Final = 1000
_MOST_RETURNED: Final = 200
# What was said longer ago no longer explains anything.
_SAID_WITHIN: Final = timedelta(days=31)
# Three working days before the due day can be this far away, over the Spring Festival.
_WATCHED: Final = timedelta(days=14)


class Waiting(msgspec.Struct):
    """The office's queue: how many (1000 at most), how many beyond the time limit."""

    count: int
    overdue: int
    oldest_by: datetime | None


class LateDuty(msgspec.Struct):
    """What a village owes of one period; `count` is more than one for certifications only."""

    obligation: int
    schedule: int
    title: Words
    period: str
    due_at: datetime
    closes_at: datetime
    count: int


class ToCall(msgspec.Struct):
    """Whom to call. The number is masked: POST /accounts/…/phone shows it for a stated purpose."""

    account: UUID
    name: str
    phone: str
    is_backup: bool
    on_leave: bool


class Said(msgspec.Struct):
    """The newest note of a call: by when the village will send, if it said so."""

    at: datetime
    will_send_by: datetime | None
    note: str
    noted_by: str


class LateVillage(msgspec.Struct):
    """A village with something due and not filed that can still be filed."""

    region: str
    region_name: str
    duties: list[LateDuty]
    people: list[ToCall]
    said: Said | None


class ReturnedDuty(msgspec.Struct):
    """A report sent back and not corrected yet."""

    obligation: int
    region: str
    region_name: str
    schedule: int
    title: Words
    period: str
    returned_at: datetime
    fix_by: datetime | None


class Vacancy(msgspec.Struct):
    """A village nobody answers for: since when (null: ever), and how many duties it owes."""

    region: str
    region_name: str
    since: datetime | None
    owed: int


class LikelyLate(msgspec.Struct):
    """A village that will probably be late with a report that is due soon."""

    title: Words
    period: str
    village: VillageOutlook


class Today(msgspec.Struct):
    """Villages in order of code; `returned` by the day of correction, 200 at most."""

    to_review: Waiting
    late: list[LateVillage]
    returned: list[ReturnedDuty]
    vacant: list[Vacancy]
    likely: list[LikelyLate]
    calls: int


class CallNoteIn(msgspec.Struct, forbid_unknown_fields=True):
    """What was said. `id` is made by the asker's device, so sending again is harmless."""

    id: UUID
    region: RegionKey
    will_send_by: Annotated[datetime, Meta(tz=True)] | None = None
    note: Note = ""


class TodayController(Controller):
    path = "/today"
    tags = ("review",)

    @get("/", opt=allows(Action.SEE_TODAY), responses=documented())
    async def today(self, request: ApiRequest) -> Today:
        """What the asker's office has to do now."""
        language, vault = language_of(request.headers.get("accept-language")), vault_of(request)
        async with authorised(request) as actor:
            scopes = actor.scopes(Action.SEE_TODAY)
            days = await calendar.load(scopes[0])
            since = await today.waiting_since(actor.scopes(Action.REVIEW_TOWN), _MOST)
            return Today(
                _waiting(since, days, actor.now),
                await _late(actor, scopes, vault),
                [_returned(row) for row in await today.returned(scopes, _MOST_RETURNED)],
                [Vacancy(**row) for row in await today.vacant(scopes, actor.now)],
                await _likely(scopes, days, actor.now, language),
                await today.calls_waiting(scopes),
            )

    @post(
        "/calls",
        opt=allows(Action.SEE_TODAY),
        status_code=204,
        responses=documented("not_found", "call_note_conflict", "call_note_past"),
    )
    async def called(self, request: ApiRequest, data: JSONBody[CallNoteIn]) -> None:
        """Notes that a village was called about what is late, and by when it will send."""
        check_years(will_send_by=data.will_send_by)
        async with authorised(request) as actor:
            region = await access.region(actor, data.region, Action.SEE_TODAY)
            by = data.will_send_by
            kept = await today.add_note(
                data.id, region["key"], actor.account, actor.now, by, data.note
            )
            if not kept["made"]:
                _same(kept, actor, data)
                return
            if by is not None and not actor.now < by <= actor.now + _SAID_WITHIN:
                raise Problem("call_note_past")
            await audit.write(audit.by(actor, "call.note", f"call_note:{data.id}", region["key"]))


def _same(kept: asyncpg.Record, actor: Actor, data: CallNoteIn) -> None:
    said = (kept["region"], kept["account"], kept["will_send_by"], kept["note"])
    if said != (data.region, actor.account, data.will_send_by, data.note):
        raise Problem("call_note_conflict")


def _waiting(since: list[datetime], days: WorkCalendar, now: datetime) -> Waiting:
    limits = [review_by(each, days) for each in since]
    return Waiting(len(since), sum(limit < now for limit in limits), min(limits, default=None))


async def _late(actor: Actor, scopes: tuple[str, ...], vault: Vault) -> list[LateVillage]:
    rows = await today.late(scopes, actor.now)
    villages = sorted({row["region"] for row in rows})
    people = _by_region(await holders(villages, actor.now))
    said = {row["region"]: row for row in await today.notes(villages, actor.now - _SAID_WITHIN)}
    return [
        LateVillage(
            region,
            owed[0]["region_name"],
            [_late_duty(row) for row in owed],
            [
                _to_call(row, vault)
                for row in people.get(region, ())
                if row["starts_at"] <= actor.now
            ],
            _said(said.get(region)),
        )
        for region, owed in _by_region(rows).items()
    ]


def _by_region(rows: Iterable[asyncpg.Record]) -> dict[str, list[asyncpg.Record]]:
    """Rows that come in order of region, by region."""
    return {region: list(group) for region, group in groupby(rows, lambda row: str(row["region"]))}


def _late_duty(row: asyncpg.Record) -> LateDuty:
    names = ("obligation", "schedule", "period", "due_at", "closes_at", "count")
    return LateDuty(title=_title(row), **{name: row[name] for name in names})


def _to_call(row: asyncpg.Record, vault: Vault) -> ToCall:
    phone = masked(vault.unseal(row["phone_sealed"]))
    away = row["on_leave_until"] is not None
    return ToCall(row["id"], row["name"], phone, row["is_backup"], away)


def _said(row: asyncpg.Record | None) -> Said | None:
    return Said(row["at"], row["will_send_by"], row["note"], row["noted_by"]) if row else None


def _returned(row: asyncpg.Record) -> ReturnedDuty:
    return ReturnedDuty(**{**row, "title": _title(row)})


def _title(row: asyncpg.Record) -> Words:
    return msgspec.convert(from_json(row["title"]), Words)


async def _likely(
    scopes: tuple[str, ...], days: WorkCalendar, now: datetime, language: str
) -> list[LikelyLate]:
    found = []
    for row in await today.watched_periods(scopes, now, now + _WATCHED):
        for each in await expect(scopes, None, row["id"], days, now):
            if each.forecast.band is Band.LIKELY:
                view = village_outlook(each, language)
                found.append(LikelyLate(_title(row), row["period"], view))
    return found
