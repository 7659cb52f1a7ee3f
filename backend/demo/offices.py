"""The offices decide on what was filed."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final
from uuid import UUID

import asyncpg

from backend.demo.figures import DEFECTS
from backend.demo.people import Staff, uuid
from backend.demo.regions import COUNTY
from backend.demo.story import Part, Story
from backend.domain.calendar import WorkCalendar
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
class Paper:
    """A submission on an office's desk: a row of `store.reviews.cases`, the names of the form's
    fields, the decisions taken, and a source of chance.
    """

    part: Part
    revision: int
    row: asyncpg.Record
    fields: AbstractSet[str]
    taken: Sequence[ReviewFact]
    rng: Random

    @property
    def case(self) -> Case:
        """What the rules need to know."""
        steps = [ReviewStep(step) for step in from_json(self.row["steps"])]
        return Case(self.row["id"], steps, self.row["filers"], self.fields, self.taken)

    @property
    def since(self) -> datetime:
        """Since when this office has had it."""
        since: datetime = self.taken[-1].at if self.taken else self.row["received_at"]
        return since


class Offices:
    """Everybody who reviews."""

    def __init__(self, story: Story, staff: Staff) -> None:
        self._story, self._staff = story, staff

    def review(self, paper: Paper, at: datetime) -> tuple[Decided, UUID, ReviewFact]:
        """A decision, whose it is, and the fact that remains of it."""
        case, holder, rng = paper.case, paper.row["holder"], paper.rng
        step = next_step(case.steps, {fact.step for fact in case.decisions})
        assert step is not None
        office = holder[: Level.TOWNSHIP.digits] if step is ReviewStep.TOWN else COUNTY
        reviewer = rng.choice([p.id for p in self._staff.office(office) if p.id not in case.filers])
        returned = paper.revision == 1 and _finds_fault(paper.part, step, rng.random())
        decision = Decision.RETURN if returned else Decision.PASS
        defects = [defect(paper.part.round.code)] if returned else []
        judgement = Judgement(reviewer, step, decision, defects)
        outcome = decide(case, judgement, self._story.days, at)
        number, days = uuid(rng), self._story.days
        decided = stored(number, paper.row, outcome, defects, paper.since, days)
        return decided, reviewer, outcome.review


def stored(
    number: UUID,
    row: asyncpg.Record,
    outcome: Outcome,
    defects: Sequence[Defect],
    since: datetime,
    days: WorkCalendar,
) -> Decided:
    """A decision as it is stored; `row` is one of `store.reviews.cases`, waiting `since` then."""
    review = outcome.review
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


def defect(code: str) -> Defect:
    """What an office finds wrong in a report."""
    field, text, _ = DEFECTS[code]
    return Defect(field, "other", text)


def field_names(form: FormDefinition) -> AbstractSet[str]:
    """Every name that a defect may point at."""
    tables = form.tables
    return {*form.fields, *tables, *(f.key for each in tables.values() for f in each.fields)}
