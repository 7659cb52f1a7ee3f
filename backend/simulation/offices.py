"""The offices act: they review at their sittings what the villages handed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final
from uuid import UUID

import asyncpg

from backend.demo.habits import reviewed_at
from backend.demo.offices import defect, field_names, stored
from backend.demo.people import uuid
from backend.demo.queues import Queue
from backend.domain.calendar import WorkCalendar
from backend.domain.form_definition import FormDefinition
from backend.domain.regions import Level
from backend.domain.reviews import (
    Case,
    Decision,
    Judgement,
    ReviewFact,
    ReviewStep,
    Stage,
    decide,
    next_step,
)
from backend.simulation.channels import Crash
from backend.simulation.county import COUNTY, County
from backend.simulation.liaisons import REQUEST, Handed, Liaisons
from backend.simulation.system import System
from backend.store import forms, reviews
from backend.store.database import from_json
from backend.store.reviews import Decided

_SCOPE: Final = [COUNTY]


@dataclass(frozen=True, slots=True)
class ToReview:
    """A report on a desk, after what was decided on it before."""

    handed: Handed
    taken: tuple[ReviewFact, ...]


class Offices:
    """The townships' offices and the county's."""

    def __init__(
        self, county: County, days: WorkCalendar, system: System, liaisons: Liaisons
    ) -> None:
        self._county, self._days = county, days
        self._system, self._liaisons = system, liaisons
        self._queue = Queue[ToReview]()

    async def review_until(self, t: datetime) -> None:
        """Decides on what the offices come to by `t`. Raises Crash, and comes back to it later."""
        for handed in self._liaisons.handed:
            self._expect(handed, ReviewStep.TOWN, (), handed.at)
        self._liaisons.handed.clear()
        batches = self._queue.batches(t)
        for number, batch in enumerate(batches):
            try:
                await self._review([(max(at, self._system.up_at), e) for at, e in batch])
            except Crash:
                for at, event in (each for left in batches[number:] for each in left):
                    self._queue.add(max(at, self._system.up_at), event)
                raise

    def _expect(
        self, handed: Handed, step: ReviewStep, taken: tuple[ReviewFact, ...], since: datetime
    ) -> None:
        rng = self._source(handed, f"desk {step}")
        pace = self._county.paces[handed.owed.region[: Level.TOWNSHIP.digits]]
        at = reviewed_at(since, step, pace, self._days, rng)
        self._queue.add(at, ToReview(handed, taken))

    def _source(self, handed: Handed, purpose: str) -> Random:
        return self._county.source(*handed.owed.name(f"{purpose} {handed.revision}"))

    async def _review(self, batch: Sequence[tuple[datetime, ToReview]]) -> None:
        rows = await reviews.cases([event.handed.submission for _, event in batch], _SCOPE)
        known = await forms.definitions([row["form"] for row in rows])
        found = {row["id"]: row for row in rows}
        made = []
        for at, event in batch:
            row = found[event.handed.submission]
            made.append((event, *self._decide(at, event, row, known[row["form"]])))

        async def store() -> None:
            await reviews.record_each([(d, who, fact.at) for _, d, who, fact in made], REQUEST)

        await self._system.commit("review", made[-1][3].at, store)
        for event, decided, _, fact in made:
            self._go_on(event, Stage(decided.stage), fact)

    def _decide(
        self, at: datetime, event: ToReview, row: asyncpg.Record, form: FormDefinition
    ) -> tuple[Decided, UUID, ReviewFact]:
        handed = event.handed
        steps = [ReviewStep(step) for step in from_json(row["steps"])]
        case = Case(row["id"], steps, row["filers"], field_names(form), event.taken)
        step = next_step(steps, {fact.step for fact in event.taken})
        assert step is not None
        rng = self._source(handed, f"review {step}")
        office = row["holder"][: Level.TOWNSHIP.digits] if step is ReviewStep.TOWN else COUNTY
        staff = self._county.staff.office(office)
        reviewer = rng.choice([p.id for p in staff if p.id not in case.filers])
        returned = handed.faulty and handed.revision == 1
        defects = [defect(handed.owed.code)] if returned else []
        decision = Decision.RETURN if returned else Decision.PASS
        outcome = decide(case, Judgement(reviewer, step, decision, defects), self._days, at)
        decided = stored(uuid(rng), row, outcome, defects, row["stage_since"], self._days)
        return decided, reviewer, outcome.review

    def _go_on(self, event: ToReview, stage: Stage, fact: ReviewFact) -> None:
        handed = event.handed
        if stage is Stage.COUNTY:
            self._expect(handed, ReviewStep.COUNTY, (*event.taken, fact), fact.at)
        elif stage is Stage.RETURNED:
            self._liaisons.returned(handed, fact.at, self._source(handed, "fix"))
