"""The offices decide on what was filed, and change when and by whom it is owed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from backend.demo.figures import DEFECTS
from backend.demo.people import Staff, uuid
from backend.demo.regions import COUNTY
from backend.demo.story import Part, Story
from backend.domain.form_definition import FormDefinition, Kind
from backend.domain.regions import Level
from backend.domain.reviews import (
    Case,
    Decision,
    Defect,
    Judgement,
    Outcome,
    ReviewFact,
    ReviewStep,
    decide,
    next_step,
    review_by,
)
from backend.store.database import from_json
from backend.store.reviews import Decided

_COUNTY_RETURNS: Final = 0.03


@dataclass(frozen=True, slots=True)
class Filed:
    """A submission on somebody's desk: a row of `store.reviews.cases` and what was decided."""

    part: Part
    revision: int
    row: asyncpg.Record
    form: FormDefinition
    taken: Sequence[ReviewFact]

    @property
    def case(self) -> Case:
        tables = self.form.tables
        rows = {field.key for table in tables.values() for field in table.fields}
        steps = [ReviewStep(step) for step in from_json(self.row["steps"])]
        fields = {*self.form.fields, *tables, *rows}
        return Case(self.row["id"], steps, self.row["filers"], fields, self.taken)


class Offices:
    """Everybody who reviews."""

    def __init__(self, story: Story, staff: Staff) -> None:
        self._story, self._staff = story, staff

    def review(self, filed: Filed, at: datetime) -> tuple[Decided, UUID, ReviewFact]:
        """A decision, whose it is, and the fact to remember of it."""
        case, holder = filed.case, filed.row["holder"]
        step = next_step(case.steps, {fact.step for fact in filed.taken})
        assert step is not None
        office = holder[: Level.TOWNSHIP.digits] if step is ReviewStep.TOWN else COUNTY
        rng = filed.part.rng(f"review {step} {filed.revision}")
        people = [p.id for p in self._staff.office(office) if p.id not in case.filers]
        reviewer = rng.choice(people)
        returned = filed.revision == 1 and _finds_fault(filed.part, step, rng.random())
        decision = Decision.RETURN if returned else Decision.PASS
        defects = [_defect(filed.part.round.code)] if returned else []
        judgement = Judgement(reviewer, step, decision, defects)
        outcome = decide(case, judgement, self._story.days, at)
        decided = self._decided(uuid(rng), filed, outcome, defects)
        return decided, reviewer, outcome.review

    def _decided(
        self, number: UUID, filed: Filed, outcome: Outcome, defects: Sequence[Defect]
    ) -> Decided:
        days, review, row = self._story.days, outcome.review, filed.row
        since = filed.taken[-1].at if filed.taken else row["received_at"]
        return Decided(
            number,
            row["id"],
            row["obligation"],
            row["holder"],
            review.step.value,
            review.decision.value,
            [{"text": d.text, "field": d.field, "code": d.code} for d in defects],
            "",
            review.fix_by,
            round(days.workdays_between(since, review.at), 4),
            review.at <= review_by(since, days),
            outcome.stage.value,
        )


def _finds_fault(part: Part, step: ReviewStep, luck: float) -> bool:
    """Whether a first report goes back. Only figures can be wrong, not a zero report."""
    assert part.filing is not None
    if step is ReviewStep.TOWN:
        return part.filing.returned
    return part.filing.kind is Kind.REPORT and luck < _COUNTY_RETURNS


def _defect(code: str) -> Defect:
    field, text, _ = DEFECTS[code]
    return Defect(field, "other", text)
