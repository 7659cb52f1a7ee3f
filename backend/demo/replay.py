"""Lets the story happen: the same rules and the same statements as real reports, day by day.

Every step is given its own past instant as `now`. The villages' rows need no holding, since
nobody else sees the county before it is finished.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Final
from uuid import UUID

from backend.demo.changes import REQUEST
from backend.demo.habits import corrected_at, reviewed_at
from backend.demo.liaisons import Liaisons, submission_id
from backend.demo.offices import Filed, Offices
from backend.demo.people import Staff
from backend.demo.regions import COUNTY, TOWNSHIPS
from backend.demo.story import Part, Story
from backend.domain.filing import Accepted, Duty
from backend.domain.refusal import Refusal
from backend.domain.regions import Level
from backend.domain.reviews import ReviewFact, ReviewStep, Stage
from backend.store import duties, filings, forms, reviews
from backend.store.reviews import Decided

_BATCH: Final = 500


@dataclass(frozen=True, slots=True, order=True)
class _Event:
    """A filing or a review to come."""

    at: datetime
    order: int
    part: Part = field(compare=False)
    obligation: int = field(compare=False)
    revision: int = field(compare=False)
    submission: UUID = field(compare=False)
    taken: tuple[ReviewFact, ...] = field(compare=False, default=())


class Replay:
    """What is to come, in order of time."""

    def __init__(self, story: Story, staff: Staff) -> None:
        self._story = story
        self._liaisons, self._offices = Liaisons(story, staff), Offices(story, staff)
        self._pace = {township.key: township.pace for township in TOWNSHIPS}
        self._newest, self._order = 0, count()
        self._filings: list[_Event] = []
        self._reviews: list[_Event] = []

    async def take_up(self) -> None:
        """Plans what becomes of the obligations that are new."""
        for row in await duties.opened_after(self._newest):
            self._newest = row["id"]
            part = self._story.part(row["region"], row["code"], row["key"])
            if part.filing is not None:
                self._expect_filing(part.filing.files_at, part, row["id"], 1)

    async def file_until(self, t: datetime) -> None:
        """Files what is to be filed by `t`."""
        for events in _batches(self._filings, t):
            pairs = [(event.obligation, event.submission) for event in events]
            found, _ = await filings.load(pairs, [COUNTY])
            made = [(event, self._file(event, found[event.obligation])) for event in events]
            await filings.record_each([filed for _, filed in made if filed], REQUEST)
            for event, filed in made:
                if filed is not None:
                    self._expect_review(event, filed[0].received_at, ReviewStep.TOWN, ())

    def _file(self, event: _Event, duty: Duty) -> tuple[Accepted, UUID] | None:
        """The filing; None when the report was waived after the village had meant to file it."""
        try:
            return self._liaisons.file(event.part, duty, event.revision, event.at)
        except Refusal as refusal:
            if refusal.code != "exempt":
                raise
            return None

    async def review_until(self, t: datetime) -> None:
        """Decides on what the offices come to by `t`."""
        for events in _batches(self._reviews, t):
            rows = await reviews.cases([event.submission for event in events], [COUNTY])
            known = await forms.definitions([row["form"] for row in rows])
            found = {row["id"]: row for row in rows}
            made: list[tuple[Decided, UUID, datetime]] = []
            for event in events:
                row = found[event.submission]
                filed = Filed(event.part, event.revision, row, known[row["form"]], event.taken)
                decided, reviewer, fact = self._offices.review(filed, event.at)
                made.append((decided, reviewer, event.at))
                self._go_on(event, Stage(decided.stage), fact)
            await reviews.record_each(made, REQUEST)

    def _go_on(self, event: _Event, stage: Stage, fact: ReviewFact) -> None:
        """What a decision sets off: the county's review, or a correction."""
        if stage is Stage.COUNTY:
            taken = (*event.taken, fact)
            self._expect_review(event, event.at, ReviewStep.COUNTY, taken)
        elif stage is Stage.RETURNED and not self._story.is_the_returned(event.part):
            rng = event.part.rng("correction")
            at = corrected_at(event.at, self._story.days, rng)
            if at is not None:
                self._expect_filing(at, event.part, event.obligation, event.revision + 1)

    def _expect_filing(self, at: datetime, part: Part, obligation: int, revision: int) -> None:
        if at <= self._story.now:
            number = submission_id(part, revision)
            event = _Event(at, next(self._order), part, obligation, revision, number)
            heapq.heappush(self._filings, event)

    def _expect_review(
        self, of: _Event, since: datetime, step: ReviewStep, taken: tuple[ReviewFact, ...]
    ) -> None:
        story, part = self._story, of.part
        pace = self._pace[part.region[: Level.TOWNSHIP.digits]]
        rng = part.rng(f"{step} {of.revision}")
        at = reviewed_at(since, step, pace, story.days, rng)
        if story.is_the_returned(part):
            at = story.returned_at
        if at <= story.now and not story.waits(part.region, at):
            order = next(self._order)
            event = _Event(at, order, part, of.obligation, of.revision, of.submission, taken)
            heapq.heappush(self._reviews, event)


def _batches(events: list[_Event], t: datetime) -> Iterator[list[_Event]]:
    """Takes the events up to `t` from the heap, some hundreds at a time."""
    while events and events[0].at <= t:
        batch = []
        while events and events[0].at <= t and len(batch) < _BATCH:
            batch.append(heapq.heappop(events))
        yield batch
