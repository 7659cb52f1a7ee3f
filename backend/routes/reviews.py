"""The offices' queue and decisions: /reviews."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from litestar import Controller, get, post
from litestar.params import RawBody

from backend import access
from backend.access import allows
from backend.domain.calendar import WorkCalendar
from backend.domain.clocks import CountedBy
from backend.domain.forms import diff
from backend.domain.receipts import receipt_number
from backend.domain.reviews import (
    ReviewStep,
    next_step,
    review_by,
)
from backend.domain.roles import Action, Actor
from backend.problems import language_of
from backend.routes.batches import batch_operation, read_batch, read_item
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.review_desk import ReviewBatch, ReviewBatchOutcome, ReviewDesk, ReviewIn
from backend.routes.schemas import (
    KeyQuery,
    LimitQuery,
    Page,
    PageQuery,
    SmallQuery,
    Words,
    paged,
    read_mark,
)
from backend.store import calendar, reviews
from backend.store.database import from_json


class QueueEntry(msgspec.Struct):
    """A submission awaiting the asker's office; `waited_workdays` counts working time only.

    `changes` are against the revision before it, `since_last` against the accepted answers of the
    period before, null where there are none. A `certification` is looked at by its photos:
    /certification/reviews/{submission}.
    """

    submission: UUID
    obligation: int
    step: ReviewStep
    schedule: int
    form: int
    code: str
    title: Words
    period: str
    region: str
    region_name: str
    due_at: datetime
    revision: int
    kind: str
    receipt: str
    filed_by: str | None
    on_behalf: bool
    received_at: datetime
    counted_at: datetime
    counted_by: CountedBy
    waiting_since: datetime
    waited_workdays: float
    review_by: datetime
    overdue: bool
    answers: dict[str, Any]
    reasons: dict[str, str]
    remark: str
    changes: list[dict[str, Any]]
    since_last: list[dict[str, Any]] | None
    certification: bool


def _entry(row: asyncpg.Record, days: WorkCalendar, now: datetime) -> QueueEntry:
    answers, before = from_json(row["answers"]), from_json(row["answers_before"])
    last = from_json(row["last"])
    limit = review_by(row["stage_since"], days)
    return QueueEntry(
        submission=row["id"],
        step=_awaited(row),
        title=msgspec.convert(from_json(row["title"]), Words),
        receipt=receipt_number(row["receipt"]),
        filed_by=row["filed_by_name"],
        waiting_since=row["stage_since"],
        waited_workdays=round(days.workdays_between(row["stage_since"], now), 2),
        review_by=limit,
        overdue=limit < now,
        answers=answers,
        reasons=from_json(row["reasons"]),
        changes=_changes(before, answers) if before else [],
        since_last=None if last is None else _changes(last, answers),
        counted_by=CountedBy(row["counted_by"]),
        **{name: row[name] for name in _PLAIN},
    )


def _changes(before: dict[str, Any], answers: dict[str, Any]) -> list[dict[str, Any]]:
    return [change.as_dict() for change in diff(before, answers)]


def _awaited(row: asyncpg.Record) -> ReviewStep:
    steps = [ReviewStep(step) for step in from_json(row["steps"])]
    return next_step(steps, row["passed"]) or ReviewStep(row["stage"])


_PLAIN = (
    "obligation",
    "schedule",
    "form",
    "code",
    "period",
    "region",
    "region_name",
    "due_at",
    "revision",
    "kind",
    "on_behalf",
    "received_at",
    "counted_at",
    "remark",
    "certification",
)


class ReviewController(Controller):
    path = "/reviews"
    tags = ("review",)

    @get("/", opt=allows(Action.SEE_REVIEWS), responses=documented("bad_cursor"))
    async def queue(
        self,
        request: ApiRequest,
        region: KeyQuery = None,
        schedule: SmallQuery = None,
        page: PageQuery = None,
        limit: LimitQuery = 50,
    ) -> Page[QueueEntry]:
        """What awaits the asker's offices, oldest first, with the time each has waited."""
        after = read_mark(page, tuple[datetime, int])
        async with authorised(request) as actor:
            access.reach(actor, Action.SEE_REVIEWS, region)
            town, county = reviewing_scopes(actor)
            days = await calendar.load((town or county)[0])
            rows = await reviews.queue(town, county, region, schedule, after, limit + 1)
        return paged(
            rows,
            limit,
            lambda row: _entry(row, days, actor.now),
            lambda row: [row["stage_since"], row["obligation"]],
        )

    @post(
        "/",
        opt=allows(Action.REVIEW),
        status_code=200,
        operation_class=batch_operation(ReviewBatch),
        responses=documented("malformed", "invalid", "too_large"),
    )
    async def review(self, request: ApiRequest, body: RawBody) -> ReviewBatchOutcome:
        """Passes or returns up to 100 submissions; each has its own outcome, in order."""
        asked = [read_item(raw, ReviewIn, lambda item: item) for raw in read_batch(body)[1]]
        language = language_of(request.headers.get("accept-language"))
        async with authorised(request) as actor:
            town, county = reviewing_scopes(actor)
            desk = ReviewDesk(actor, await calendar.load((town or county)[0]))
            await desk.load([each for each in asked if isinstance(each, ReviewIn)])
            outcomes = [desk.outcome(i, each, language) for i, each in enumerate(asked)]
            decided = [made for _, made in desk.decided.values()]
            await reviews.record(decided, actor.account, actor.now, actor.request)
        return ReviewBatchOutcome(outcomes)


def reviewing_scopes(actor: Actor) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Where the actor sees the township's queue, and where the county's."""
    town, county = actor.scopes(Action.REVIEW_TOWN), actor.scopes(Action.REVIEW_COUNTY)
    if town or county:
        return town, county
    seen = actor.scopes(Action.SEE_REVIEWS)  # an auditor, who decides nothing, sees both
    return seen, seen
