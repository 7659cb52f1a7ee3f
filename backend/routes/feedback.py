"""Suggestions and complaints from the villages, and their answers: /feedback."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import asyncpg
import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from backend import access, hearing, told
from backend.access import allows
from backend.domain.calendar import WorkCalendar
from backend.domain.feedback import (
    FeedbackAct,
    FeedbackKind,
    FeedbackState,
    Recipient,
    Standing,
    act_by,
    office_for,
)
from backend.domain.roles import Action, Actor
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.schemas import (
    LimitQuery,
    Page,
    PageQuery,
    Reason,
    RegionKey,
    check_years,
    paged,
    read_mark,
)
from backend.store import calendar, feedback
from backend.store.database import from_json
from backend.store.feedback import NewFeedback

Instant = Annotated[datetime, Meta(tz=True)]
Said = Annotated[
    str,
    Meta(min_length=2, max_length=2000, pattern=r"^[^\u0000-\u0008\u000b-\u001f\u007f]*$"),
]


class FeedbackIn(msgspec.Struct, forbid_unknown_fields=True):
    """`id` is made by the phone, so sending again is harmless; `written_at` is by its clock, set
    right.
    """

    id: UUID
    kind: FeedbackKind
    text: Said
    region: RegionKey
    to: Recipient
    written_at: Instant


class AnswerIn(msgspec.Struct, forbid_unknown_fields=True):
    text: Said


class PassOnIn(msgspec.Struct, forbid_unknown_fields=True):
    reason: Reason


class FeedbackStepView(msgspec.Struct):
    """`text`: the answer, or why it was passed on."""

    act: FeedbackAct
    office_name: str
    by_name: str
    text: str
    at: datetime


class FeedbackView(msgspec.Struct):
    """`office` has had it since `office_since`, and `holder_name` of it since `held_since`.

    `act_by`: until when the office is to take it on, or once taken to answer it; told to offices.
    """

    id: UUID
    kind: FeedbackKind
    text: str
    region: str
    village: str
    sender: str
    written_at: datetime
    received_at: datetime
    state: FeedbackState
    office: str
    office_name: str
    office_since: datetime
    holder_name: str | None
    held_since: datetime | None
    answered_at: datetime | None
    steps: list[FeedbackStepView]
    act_by: datetime | None = None


_CONVERTED = ("kind", "state", "steps", "act_by")
_PLAIN = tuple(name for name in FeedbackView.__struct_fields__ if name not in _CONVERTED)


def feedback_view(row: asyncpg.Record, days: WorkCalendar | None = None) -> FeedbackView:
    """Something sent, with what became of it, and by the county's working days what is due."""
    standing = Standing(row["office"], row["holder"], row["answered_at"] is not None)
    return FeedbackView(
        kind=FeedbackKind(row["kind"]),
        state=standing.state,
        act_by=act_by(standing.state, row["office_since"], days) if days else None,
        steps=msgspec.convert(from_json(row["steps"]) or [], list[FeedbackStepView]),
        **{name: row[name] for name in _PLAIN},
    )


_REFUSED = ("not_found", "feedback_answered", "feedback_held")


class FeedbackController(Controller):
    path = "/feedback"
    tags = ("feedback",)

    @get("/", opt=allows(Action.SEE_FEEDBACK), responses=documented("bad_cursor"))
    async def page(
        self,
        request: ApiRequest,
        open: FromQuery[bool | None] = None,
        page: PageQuery = None,
        limit: LimitQuery = 50,
    ) -> Page[FeedbackView]:
        """The asker's own and that of their office, newest first; `open` keeps the unanswered."""
        after = read_mark(page, tuple[int])
        async with authorised(request) as actor:
            rows = await feedback.page(
                actor.account,
                actor.scopes(Action.ANSWER_FEEDBACK),
                is_open=open,
                after=after[0] if after else None,
                limit=limit + 1,
            )
            days = await _days(actor)
        return paged(rows, limit, lambda row: feedback_view(row, days), lambda row: [row["number"]])

    @post(
        "/",
        opt=allows(Action.SEND_FEEDBACK),
        responses=documented("not_found", "feedback_conflict"),
    )
    async def send(self, request: ApiRequest, data: JSONBody[FeedbackIn]) -> FeedbackView:
        """Sends it to the township, or past it to the county."""
        check_years(written_at=data.written_at)
        async with authorised(request) as actor:
            village = await access.region(actor, data.region, Action.SEND_FEEDBACK)
            office = office_for(village["key"], data.to)
            written_at = min(data.written_at, actor.now)
            new = NewFeedback(data.id, data.kind, data.text, village["key"], office, written_at)
            await hearing.send(actor, new)
            return feedback_view(await told.feedback_seen(actor, data.id))

    @get("/{number:uuid}", opt=allows(Action.SEE_FEEDBACK), responses=documented("not_found"))
    async def one(self, request: ApiRequest, number: FromPath[UUID]) -> FeedbackView:
        """One of them."""
        async with authorised(request) as actor:
            return await _seen(actor, number)

    @post(
        "/{number:uuid}/take",
        opt=allows(Action.ANSWER_FEEDBACK),
        status_code=200,
        responses=documented("not_found", "feedback_answered"),
    )
    async def take(self, request: ApiRequest, number: FromPath[UUID]) -> FeedbackView:
        """Takes it on, or over from a colleague."""
        async with authorised(request) as actor:
            await hearing.take(actor, await told.feedback_to_answer(actor, number))
            return await _seen(actor, number)

    @post(
        "/{number:uuid}/pass-on",
        opt=allows(Action.ANSWER_FEEDBACK),
        status_code=200,
        responses=documented(*_REFUSED, "feedback_top"),
    )
    async def pass_on(
        self, request: ApiRequest, number: FromPath[UUID], data: JSONBody[PassOnIn]
    ) -> FeedbackView:
        """Passes a township's on to the county; the sender is told, and the township sees on."""
        async with authorised(request) as actor:
            found = await told.feedback_to_answer(actor, number)
            await hearing.pass_on(actor, found, data.reason)
            return await _seen(actor, number)

    @post(
        "/{number:uuid}/answer",
        opt=allows(Action.ANSWER_FEEDBACK),
        status_code=200,
        responses=documented(*_REFUSED),
    )
    async def answer(
        self, request: ApiRequest, number: FromPath[UUID], data: JSONBody[AnswerIn]
    ) -> FeedbackView:
        """Answers it, once; the sender is told."""
        async with authorised(request) as actor:
            await hearing.answer(actor, await told.feedback_to_answer(actor, number), data.text)
            return await _seen(actor, number)


async def _days(actor: Actor) -> WorkCalendar | None:
    """The working days of who answers; a sender is not told what an office is measured by."""
    scopes = actor.scopes(Action.ANSWER_FEEDBACK)
    return await calendar.load(scopes[0]) if scopes else None


async def _seen(actor: Actor, number: UUID) -> FeedbackView:
    row = await told.feedback_seen(actor, number)
    return feedback_view(row, await _days(actor))
