"""What is due: /obligations, with the clocks and the rule behind every verdict."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import msgspec
from litestar import Controller, get
from litestar.params import FromQuery, QueryParameter

from backend import access
from backend.access import allows
from backend.domain import timeliness
from backend.domain.forms import diff
from backend.domain.receipts import receipt_number
from backend.domain.reviews import Decision, ReviewFact, ReviewStep, Stage
from backend.domain.roles import Action
from backend.domain.timeliness import (
    Adjustment,
    AdjustmentKind,
    Correction,
    CountedBy,
    Facts,
    Filing,
    State,
    Verdict,
)
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.schemas import (
    KeyQuery,
    LimitQuery,
    NumberPath,
    Page,
    PageQuery,
    PeriodQuery,
    SmallQuery,
    Words,
    paged,
    read_mark,
)
from backend.store import duties, filings, forms, reviews
from backend.store.database import from_json


class Standing(StrEnum):
    """Where an obligation is counted in the rates."""

    ON_TIME = "on_time"
    LATE = "late"
    MISSING = "missing"
    PENDING = "pending"
    EXEMPT = "exempt"
    NOT_DUE = "not_due"
    FILED_EARLY = "filed_early"


class ObligationView(msgspec.Struct):
    """An obligation as of an instant. `region` is the village then, `holder` who answers now."""

    id: int
    schedule: int
    form: int
    code: str
    title: Words
    period: str
    region: str
    region_name: str
    holder: str
    opens_at: datetime
    due_at: datetime
    closes_at: datetime
    original_due_at: datetime
    standing: Standing
    stage: Stage
    stage_since: datetime | None


class FilingView(msgspec.Struct):
    """One revision with its two clocks; `changes` are against the revision before it."""

    id: UUID
    revision: int
    receipt: str
    kind: str
    answers: dict[str, Any]
    reasons: dict[str, str]
    remark: str
    attachments: list[dict[str, Any]]
    captured_at: datetime | None
    corrected_at: datetime | None
    received_at: datetime
    counted_at: datetime
    counted_by: CountedBy
    filed_by: str | None
    on_behalf: bool
    on_behalf_reason: str | None
    withdrawn_at: datetime | None
    changes: list[dict[str, Any]]
    reviews: list[dict[str, Any]]


class ObligationDetail(msgspec.Struct):
    """Everything about one obligation: what is true now, and the facts it follows from."""

    id: int
    schedule: int
    form: int
    code: str
    title: Words
    period: str
    region: str
    region_name: str
    holder: str
    opens_at: datetime
    due_at: datetime
    closes_at: datetime
    original_due_at: datetime
    original_closes_at: datetime
    state: State
    verdict: Verdict
    correction: Correction
    fix_by: datetime | None
    adjustments: list[dict[str, Any]]
    filings: list[FilingView]


def _view(row: asyncpg.Record) -> ObligationView:
    return ObligationView(
        row["id"],
        row["schedule"],
        row["form"],
        row["code"],
        msgspec.convert(from_json(row["title"]), Words),
        row["period"],
        row["region"],
        row["region_name"],
        row["holder"],
        row["opens_at"],
        row["due_then"],
        row["closes_then"],
        row["original_due_at"],
        Standing(row["standing"]),
        Stage(row["stage"]),
        row["stage_since"],
    )


async def facts_of(row: asyncpg.Record) -> Facts:
    """All that is known of an obligation, for the rules."""
    revisions = await filings.of_obligation(row["id"])
    return _facts(
        row,
        revisions,
        await duties.adjustments([row["id"]]),
        await reviews.decisions([r["id"] for r in revisions]),
    )


def _facts(
    row: asyncpg.Record,
    revisions: list[asyncpg.Record],
    moves: list[asyncpg.Record],
    decisions: list[asyncpg.Record],
) -> Facts:
    return Facts(
        row["opens_at"],
        row["original_due_at"],
        row["original_closes_at"],
        tuple(ReviewStep(step) for step in from_json(row["steps"])),
        tuple(
            Adjustment(AdjustmentKind(m["kind"]), m["decided_at"], m["due_at"], m["closes_at"])
            for m in moves
        ),
        tuple(
            Filing(
                r["id"],
                r["revision"],
                r["received_at"],
                r["corrected_at"],
                r["counted_at"],
                CountedBy(r["counted_by"]),
                r["withdrawn_at"],
            )
            for r in revisions
        ),
        tuple(
            ReviewFact(
                d["submission"],
                ReviewStep(d["step"]),
                Decision(d["decision"]),
                d["at"],
                d["fix_by"],
            )
            for d in decisions
        ),
    )


async def obligation_detail(row: asyncpg.Record, t: datetime) -> ObligationDetail:
    """The obligation as of `t`, from all its facts."""
    revisions = await filings.of_obligation(row["id"])
    moves = await duties.adjustments([row["id"]])
    decisions = await reviews.decisions([r["id"] for r in revisions])
    facts = _facts(row, revisions, moves, decisions)
    form = (await forms.definitions([row["form"]]))[row["form"]]
    shown: list[FilingView] = []
    before: dict[str, Any] | None = None
    for r in revisions:
        answers = from_json(r["answers"])
        changes = [] if before is None else [change.as_dict() for change in diff(before, answers)]
        taken = [_decision(d) for d in decisions if d["submission"] == r["id"]]
        shown.append(_filing(r, answers, changes, taken))
        before = answers
    return ObligationDetail(
        **{name: row[name] for name in _PLAIN},
        title=msgspec.convert(from_json(row["title"]), Words),
        code=form.code,
        due_at=timeliness.due_at(facts, t),
        closes_at=timeliness.closes_at(facts, t),
        state=timeliness.state(facts, t),
        verdict=timeliness.verdict(facts, t),
        correction=timeliness.correction(facts, t),
        adjustments=[_adjustment(m) for m in moves],
        filings=shown,
    )


_PLAIN = (
    "id",
    "schedule",
    "form",
    "period",
    "region",
    "region_name",
    "holder",
    "opens_at",
    "original_due_at",
    "original_closes_at",
    "fix_by",
)


def _adjustment(row: asyncpg.Record) -> dict[str, Any]:
    names = ("kind", "decided_at", "due_at", "closes_at", "reason")
    return {**{name: row[name] for name in names}, "by": row["name"]}


def _decision(row: asyncpg.Record) -> dict[str, Any]:
    names = ("id", "step", "decision", "remark", "at", "fix_by", "waited_workdays", "in_time")
    shown = {name: row[name] for name in names}
    return {**shown, "defects": from_json(row["defects"]), "by": row["name"]}


def _filing(
    r: asyncpg.Record,
    answers: dict[str, Any],
    changes: list[dict[str, Any]],
    decisions: list[dict[str, Any]],
) -> FilingView:
    return FilingView(
        r["id"],
        r["revision"],
        receipt_number(r["receipt"]),
        r["kind"],
        answers,
        from_json(r["reasons"]),
        r["remark"],
        from_json(r["attachments"]),
        r["captured_at"],
        r["corrected_at"],
        r["received_at"],
        r["counted_at"],
        CountedBy(r["counted_by"]),
        r["filed_by_name"],
        r["on_behalf"],
        r["on_behalf_reason"],
        r["withdrawn_at"],
        changes,
        decisions,
    )


AsOf = Annotated[
    datetime | None, QueryParameter(description="An instant not after now, with its zone")
]


def instant(as_of: datetime | None, now: datetime) -> datetime:
    """The instant asked for, or now. Problem("as_of_future")."""
    if as_of is None:
        return now
    if as_of.tzinfo is None:
        raise Problem("invalid", faults=[{"field": "as_of", "reason": "needs a zone"}])
    if as_of > now:
        raise Problem("as_of_future")
    return as_of


class ObligationController(Controller):
    path = "/obligations"
    tags = ("duties",)

    @get("/", opt=allows(Action.SEE_DUTIES), responses=documented("bad_cursor", "as_of_future"))
    async def page(
        self,
        request: ApiRequest,
        region: KeyQuery = None,
        schedule: SmallQuery = None,
        period: PeriodQuery = None,
        standing: FromQuery[list[Standing] | None] = None,
        stage: FromQuery[Stage | None] = None,
        as_of: AsOf = None,
        page: PageQuery = None,
        limit: LimitQuery = 100,
    ) -> Page[ObligationView]:
        """The villages behind a number: the filters of /rates, in order of id."""
        after = read_mark(page, tuple[int])
        async with authorised(request) as actor:
            rows = await duties.page(
                access.reach(actor, Action.SEE_DUTIES, region),
                instant(as_of, actor.now),
                under=region,
                schedule=schedule,
                period=period,
                standing=[each.value for each in standing] if standing else None,
                stage=stage.value if stage else None,
                after=after[0] if after else None,
                limit=limit + 1,
            )
        return paged(rows, limit, _view, lambda row: [row["id"]])

    @get("/{number:int}", opt=allows(Action.SEE_DUTIES), responses=documented("as_of_future"))
    async def one(
        self, request: ApiRequest, number: NumberPath, as_of: AsOf = None
    ) -> ObligationDetail:
        """One obligation with its facts: every revision, review and adjustment, both clocks."""
        async with authorised(request) as actor:
            row = await access.obligation(actor, number)
            return await obligation_detail(row, instant(as_of, actor.now))
