"""Taking personal data out in plain text takes two people: /export-requests."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody

from backend import access
from backend.access import allows
from backend.domain.export_approval import (
    ApprovalState,
    Asked,
    check_decision,
    check_fetch,
    state,
)
from backend.domain.roles import Action, Actor
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.schemas import LimitQuery, Page, PageQuery, Reason, RegionKey, paged, read_mark
from backend.store import audit, export_requests
from backend.store.database import from_json
from backend.written_sheets import Mark


class ExportKind(StrEnum):
    """results of certification; residents of the labour ledger."""

    RESULTS = "results"
    RESIDENTS = "residents"


_ASKING = {
    ExportKind.RESULTS: Action.EXPORT_PRIVATE,
    ExportKind.RESIDENTS: Action.EXPORT_RESIDENTS_PRIVATE,
}


class ExportRequestIn(msgspec.Struct, forbid_unknown_fields=True):
    """What is wanted, of which region, at the end of which month (results only), and why.

    `id` is made by the asker's device, so sending again is harmless.
    """

    id: UUID
    kind: ExportKind
    region: RegionKey
    purpose: Reason
    as_of: str | None = None


class ExportRequestView(msgspec.Struct):
    """A request; `state` as of now, `may_decide` whether the asker may approve it."""

    id: UUID
    number: int
    kind: ExportKind
    region: str
    as_of: str | None
    purpose: str
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    used_at: datetime | None
    state: ApprovalState
    mine: bool
    may_decide: bool


class ExportDecision(msgspec.Struct, forbid_unknown_fields=True):
    approve: bool


def _asked(row: asyncpg.Record) -> Asked:
    names = ("asked_by", "asked_at", "approved", "decided_at", "used_at")
    return Asked(*(row[name] for name in names))


def _view(actor: Actor, row: asyncpg.Record) -> ExportRequestView:
    stands, mine = state(_asked(row), actor.now), row["asked_by"] == actor.account
    waiting = stands is ApprovalState.WAITING and not mine
    names = ("id", "number", "region", "purpose", "asked_at", "decided_at", "used_at")
    return ExportRequestView(
        **{name: row[name] for name in names},
        kind=ExportKind(row["kind"]),
        as_of=from_json(row["filter"])["as_of"],
        asked_by=row["asked_by_name"],
        decided_by=row["decided_by_name"],
        state=stands,
        mine=mine,
        may_decide=waiting and actor.may(Action.APPROVE_EXPORTS, row["region"]),
    )


class ExportRequestController(Controller):
    path = "/export-requests"
    tags = ("exports",)

    @get("/", opt=allows(Action.SEE_EXPORT_REQUESTS), responses=documented("bad_cursor"))
    async def page(
        self, request: ApiRequest, page: PageQuery = None, limit: LimitQuery = 50
    ) -> Page[ExportRequestView]:
        """The asker's own, and those they may approve; newest first."""
        after = read_mark(page, tuple[int])
        async with authorised(request) as actor:
            scopes = actor.scopes(Action.APPROVE_EXPORTS)
            mark = after[0] if after else None
            rows = await export_requests.page(scopes, actor.account, mark, limit + 1)
        return paged(rows, limit, lambda row: _view(actor, row), lambda row: [row["number"]])

    @post(
        "/",
        opt=allows(Action.EXPORT_PRIVATE),
        responses=documented("not_found", "request_conflict"),
    )
    async def ask(self, request: ApiRequest, data: JSONBody[ExportRequestIn]) -> ExportRequestView:
        """Asks for plain text; somebody else decides within a week."""
        async with authorised(request) as actor:
            region = await access.region(actor, data.region, _ASKING[data.kind])
            wanted = {"as_of": data.as_of}
            made = await export_requests.add(
                data.id, region["key"], data.kind.value, wanted, data.purpose, actor.account,
                actor.now,
            )  # fmt: skip
            row = await export_requests.one(data.id)
            assert row is not None
            if made:
                about = {"kind": data.kind.value, "purpose": data.purpose}
                subject = f"export_request:{data.id}"
                await audit.write(audit.by(actor, "export.ask", subject, region["key"], **about))
            elif not _same(row, actor, data):
                raise Problem("request_conflict")
            return _view(actor, row)

    @post(
        "/{number:uuid}/decision",
        opt=allows(Action.APPROVE_EXPORTS),
        status_code=200,
        responses=documented("not_found", "export_own", "export_not_waiting"),
    )
    async def decide(
        self, request: ApiRequest, number: FromPath[UUID], data: JSONBody[ExportDecision]
    ) -> ExportRequestView:
        """The word of a second person: it may be fetched once within a day, or not at all."""
        async with authorised(request) as actor:
            row = access.existing(await export_requests.one(number))
            if not actor.may(Action.APPROVE_EXPORTS, row["region"]):
                raise Problem("not_found")
            check_decision(_asked(row), actor.account, actor.now)
            await export_requests.decide(number, actor.account, actor.now, approved=data.approve)
            subject = f"export_request:{number}"
            entry = audit.by(actor, "export.decide", subject, row["region"], approved=data.approve)
            await audit.write(entry)
            return _view(actor, access.existing(await export_requests.one(number)))


def _same(row: asyncpg.Record, actor: Actor, data: ExportRequestIn) -> bool:
    kept: tuple[Any, ...] = (row["asked_by"], row["kind"], row["region"], row["purpose"])
    asked = (actor.account, data.kind.value, data.region, data.purpose)
    return kept == asked and from_json(row["filter"])["as_of"] == data.as_of


async def approved(
    actor: Actor, number: UUID | None, kind: ExportKind, region: str | None, as_of: str | None
) -> Mark:
    """Uses an approval up for exactly what was asked; gives the mark of the file. Without one
    (None) the file is masked. Problems: not_found, export_not_approved.
    """
    if number is None:
        return Mark(actor.name, actor.now)
    row = access.existing(await export_requests.one(number))
    wanted = (actor.account, kind.value, region, as_of)
    if (row["asked_by"], row["kind"], row["region"], from_json(row["filter"])["as_of"]) != wanted:
        raise Problem("not_found")
    check_fetch(_asked(row), actor.now)
    await export_requests.use(number, actor.now)
    return Mark(actor.name, actor.now, str(row["number"]))
