"""Requests for more time or a waiver: /requests."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import asyncpg
import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from backend import access, requesting
from backend.access import allows
from backend.domain.requests import Advice, RequestKind, Ruling
from backend.domain.roles import Action
from backend.requesting import Plea
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.schemas import (
    KeyQuery,
    LimitQuery,
    Note,
    Number,
    NumberQuery,
    Page,
    PageQuery,
    Reason,
    Words,
    check_years,
    paged,
    read_mark,
)
from backend.store import requests
from backend.store.database import from_json

Instant = Annotated[datetime, Meta(tz=True)]


class RequestIn(msgspec.Struct, forbid_unknown_fields=True):
    """`id` is made by the phone, so sending again is harmless. extend says until when."""

    id: UUID
    obligation: Number
    kind: RequestKind
    reason: Reason
    due_at: Instant | None = None


class AdviceIn(msgspec.Struct, forbid_unknown_fields=True):
    advice: Advice
    note: Note = ""


class DecisionIn(msgspec.Struct, forbid_unknown_fields=True):
    """An extension is granted until `due_at`, or until when it was wanted."""

    decision: Ruling
    note: Note = ""
    due_at: Instant | None = None


class RequestView(msgspec.Struct):
    """A request with what the township and the county said; `due_at` is the duty's, now."""

    id: UUID
    obligation: int
    schedule: int
    title: Words
    period: str
    region: str
    region_name: str
    due_at: datetime
    closes_at: datetime
    kind: RequestKind
    reason: str
    wanted_due_at: datetime | None
    asked_by_name: str
    asked_at: datetime
    advice: Advice | None
    advice_note: str
    advised_by_name: str | None
    advised_at: datetime | None
    decision: Ruling | None
    decision_note: str
    decided_by_name: str | None
    decided_at: datetime | None
    granted_due_at: datetime | None


_CONVERTED = ("title", "kind", "advice", "decision")
_AS_STORED = tuple(name for name in RequestView.__struct_fields__ if name not in _CONVERTED)


def _view(row: asyncpg.Record) -> RequestView:
    return RequestView(
        title=msgspec.convert(from_json(row["title"]), Words),
        kind=RequestKind(row["kind"]),
        advice=Advice(row["advice"]) if row["advice"] else None,
        decision=Ruling(row["decision"]) if row["decision"] else None,
        **{name: row[name] for name in _AS_STORED},
    )


class RequestController(Controller):
    path = "/requests"
    tags = ("duties",)

    @get("/", opt=allows(Action.SEE_REQUESTS), responses=documented("bad_cursor"))
    async def page(
        self,
        request: ApiRequest,
        region: KeyQuery = None,
        obligation: NumberQuery = None,
        open: FromQuery[bool | None] = None,
        page: PageQuery = None,
        limit: LimitQuery = 50,
    ) -> Page[RequestView]:
        """Requests of the asker's area, newest first; `open` keeps those undecided, or the rest."""
        after = read_mark(page, tuple[int])
        async with authorised(request) as actor:
            rows = await requests.page(
                access.reach(actor, Action.SEE_REQUESTS, region),
                under=region,
                obligation=obligation,
                is_open=open,
                after=after[0] if after else None,
                limit=limit + 1,
            )
        return paged(rows, limit, _view, lambda row: [row["number"]])

    @post(
        "/",
        opt=allows(Action.REQUEST),
        responses=documented(
            "request_open",
            "request_conflict",
            "request_not_needed",
            "exempt",
            "period_closed",
            "extension_not_later",
        ),
    )
    async def ask(self, request: ApiRequest, data: JSONBody[RequestIn]) -> RequestView:
        """A village asks about one duty; one request at a time."""
        check_years(due_at=data.due_at)
        plea = Plea(data.id, data.kind, data.reason, data.due_at)
        async with authorised(request) as actor:
            duty = await access.duty_to_ask_about(actor, data.obligation)
            await requesting.ask(actor, plea, duty)
            return _view(await access.request(actor, data.id, Action.REQUEST))

    @post(
        "/{number:uuid}/advice",
        opt=allows(Action.ADVISE),
        status_code=200,
        responses=documented("request_decided", "request_advised"),
    )
    async def advise(
        self, request: ApiRequest, number: FromPath[UUID], data: JSONBody[AdviceIn]
    ) -> RequestView:
        """The township says, once, what it thinks of it."""
        async with authorised(request) as actor:
            found = await access.request(actor, number, Action.ADVISE)
            await requesting.advise(actor, found, data.advice, data.note)
            return _view(await access.request(actor, number, Action.ADVISE))

    @post(
        "/{number:uuid}/decision",
        opt=allows(Action.ADJUST),
        status_code=200,
        responses=documented("request_decided", "nothing_to_adjust", "extension_not_later"),
    )
    async def decide(
        self, request: ApiRequest, number: FromPath[UUID], data: JSONBody[DecisionIn]
    ) -> RequestView:
        """The county decides; granting does what /adjustments does."""
        check_years(due_at=data.due_at)
        async with authorised(request) as actor:
            found = await access.request(actor, number, Action.ADJUST)
            await requesting.decide(actor, found, data.decision, data.note, data.due_at)
            return _view(await access.request(actor, number, Action.ADJUST))
