"""A batch of review decisions: each judged by the rules, none failing the others."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Meta

from backend import access
from backend.domain.calendar import WorkCalendar
from backend.domain.form_definition import FormDefinition
from backend.domain.refusal import Refusal
from backend.domain.reviews import (
    Case,
    Decision,
    Defect,
    Judgement,
    ReviewFact,
    ReviewStep,
    decide,
    review_by,
)
from backend.domain.roles import Action, Actor
from backend.problems import body
from backend.routes.errors import ProblemBody
from backend.routes.obligation_detail import review_fact
from backend.routes.schemas import (
    Line,
    Note,
)
from backend.store import forms, reviews
from backend.store.database import from_json
from backend.store.reviews import Decided


class DefectIn(msgspec.Struct, forbid_unknown_fields=True):
    """One thing to correct, said by `text` or a `code`: in a field, or in the whole (null)."""

    text: Line
    field: Annotated[str, Meta(max_length=80)] | None = None
    code: Annotated[str, Meta(pattern=r"^[a-z0-9_]{0,40}$")] = ""


class ReviewIn(msgspec.Struct, forbid_unknown_fields=True):
    """A decision. `id` is made by the reviewer's device, so sending again is harmless."""

    id: UUID
    submission: UUID
    step: ReviewStep
    decision: Decision
    defects: Annotated[list[DefectIn], Meta(max_length=50)] = []
    remark: Note = ""


class ReviewBatch(msgspec.Struct, forbid_unknown_fields=True):
    items: Annotated[list[ReviewIn], Meta(min_length=1, max_length=100)]
    device_time: Annotated[datetime, Meta(tz=True)] | None = None


class ReviewResult(StrEnum):
    DONE = "done"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


class ReviewOutcome(msgspec.Struct, omit_defaults=True):
    """What became of one decision; `fix_by` is when a return is to be corrected."""

    index: int
    outcome: ReviewResult
    id: UUID | None = None
    fix_by: datetime | None = None
    problem: ProblemBody | None = None


class ReviewBatchOutcome(msgspec.Struct):
    items: list[ReviewOutcome]


def _stored_alike(row: asyncpg.Record, asked: ReviewIn) -> bool:
    """Whether a review of this id said the same."""
    return bool(
        row["submission"] == asked.submission
        and row["step"] == asked.step
        and row["decision"] == asked.decision
        and row["remark"] == asked.remark
        and from_json(row["defects"]) == [msgspec.structs.asdict(d) for d in asked.defects]
    )


# The second look is anybody's who reviews there: an office may have one reviewer only.
_MAY_DECIDE = {
    ReviewStep.TOWN: (Action.REVIEW_TOWN,),
    ReviewStep.COUNTY: (Action.REVIEW_COUNTY,),
    ReviewStep.SECOND: (Action.REVIEW_TOWN, Action.REVIEW_COUNTY),
}


class ReviewDesk:
    """One reviewer's batch at work: what was loaded, and what was decided so far."""

    def __init__(self, actor: Actor, days: WorkCalendar) -> None:
        self.actor = actor
        self.days = days
        self.rows: dict[UUID, asyncpg.Record] = {}
        self.taken: dict[UUID, list[ReviewFact]] = {}
        self.stored: dict[UUID, asyncpg.Record] = {}
        self.forms: dict[int, FormDefinition] = {}
        self.decided: dict[UUID, tuple[ReviewIn, Decided]] = {}
        self.passed: dict[UUID, set[UUID]] = {}

    async def load(self, asked: list[ReviewIn]) -> None:
        self.rows = await access.review_cases(self.actor, [each.submission for each in asked])
        self.stored = await reviews.by_ids([each.id for each in asked])
        self.forms = await forms.definitions([row["form"] for row in self.rows.values()])
        for d in await reviews.decisions(list(self.rows)):
            fact = review_fact(d)
            self.taken.setdefault(d["submission"], []).append(fact)

    def outcome(self, index: int, asked: ReviewIn | Refusal, language: str) -> ReviewOutcome:
        try:
            if isinstance(asked, Refusal):
                raise asked
            return self._decide(index, asked)
        except Refusal as no:
            number = None if isinstance(asked, Refusal) else asked.id
            problem = ProblemBody(**body(no.code, no.params, language))
            return ReviewOutcome(index, ReviewResult.REJECTED, number, problem=problem)

    def _decide(self, index: int, asked: ReviewIn) -> ReviewOutcome:
        row = self.rows.get(asked.submission)
        if row is None:
            raise Refusal("not_found")
        before = self.stored.get(asked.id)
        if before is not None:
            if not _stored_alike(before, asked):
                raise Refusal("review_conflict")
            return ReviewOutcome(index, ReviewResult.DUPLICATE, asked.id, before["fix_by"])
        if asked.id in self.decided:
            earlier, made = self.decided[asked.id]
            if earlier != asked:
                raise Refusal("review_conflict")
            return ReviewOutcome(index, ReviewResult.DUPLICATE, asked.id, made.fix_by)
        made = self._judge(row, asked)
        self.decided[asked.id] = (asked, made)
        return ReviewOutcome(index, ReviewResult.DONE, asked.id, made.fix_by)

    def _case(self, row: asyncpg.Record, submission: UUID, taken: list[ReviewFact]) -> Case:
        form = self.forms[row["form"]]
        return Case(
            submission,
            [ReviewStep(step) for step in from_json(row["steps"])],
            row["filers"],
            {*form.fields, *form.tables, *(f.key for t in form.tables.values() for f in t.fields)},
            taken,
            row["withdrawn_at"] is not None or row["newest"] != submission,
            {*row["reviewers"], *self.passed.get(submission, ())},
            row["held"],
        )

    def _judge(self, row: asyncpg.Record, asked: ReviewIn) -> Decided:
        if not any(self.actor.may(each, row["holder"]) for each in _MAY_DECIDE[asked.step]):
            raise Refusal("not_found")
        now, taken = self.actor.now, self.taken.setdefault(asked.submission, [])
        case = self._case(row, asked.submission, taken)
        defects = [Defect(d.field, d.code, d.text) for d in asked.defects]
        judgement = Judgement(self.actor.account, asked.step, asked.decision, defects)
        outcome = decide(case, judgement, self.days, now)
        since = taken[-1].at if taken else row["received_at"]
        taken.append(outcome.review)
        self.passed.setdefault(asked.submission, set()).add(self.actor.account)
        return Decided(
            asked.id,
            asked.submission,
            row["obligation"],
            row["holder"],
            asked.step.value,
            asked.decision.value,
            [msgspec.structs.asdict(d) for d in asked.defects],
            asked.remark,
            outcome.review.fix_by,
            round(self.days.workdays_between(since, now), 4),
            now <= review_by(since, self.days),
            outcome.stage.value,
        )
