"""Lets the story happen: the same rules and the same statements as real reports, day by day.

Every step is given its own past instant as `now`. The villages' rows need no holding, since
nobody else sees the county before it is finished.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from uuid import UUID

from backend.demo.changes import REQUEST
from backend.demo.habits import corrected_at, reviewed_at
from backend.demo.liaisons import Liaisons
from backend.demo.offices import Offices, Paper, field_names
from backend.demo.people import Staff, uuid
from backend.demo.queues import Queue, Writer
from backend.demo.regions import COUNTY, TOWNSHIPS
from backend.demo.story import Part, Story
from backend.domain.filing import Accepted, Duty
from backend.domain.refusal import Refusal
from backend.domain.regions import Level
from backend.domain.reviews import ReviewFact, ReviewStep, Stage
from backend.store import duties, filings, forms, recording, reviews
from backend.store.reviews import Decided


@dataclass(frozen=True, slots=True)
class _ToFile:
    """A revision that a village is going to file."""

    part: Part
    obligation: int
    revision: int
    submission: UUID


@dataclass(frozen=True, slots=True)
class _ToReview:
    """A revision that an office is going to decide on, after what was decided before."""

    filed: _ToFile
    taken: tuple[ReviewFact, ...]
    rng: Random


class Replay:
    """Who is going to do what; both queues are emptied moment by moment."""

    def __init__(self, story: Story, staff: Staff) -> None:
        self._story = story
        self._liaisons, self._offices = Liaisons(story, staff), Offices(story, staff)
        self._pace = {township.key: township.pace for township in TOWNSHIPS}
        self._newest = 0
        self._filings, self._reviews = Queue[_ToFile](), Queue[_ToReview]()

    async def take_up(self) -> None:
        """Plans what becomes of the obligations that are new."""
        for row in await duties.opened_after(self._newest):
            self._newest = row["id"]
            part = self._story.part(row["region"], row["code"], row["key"])
            if part.filing is not None:
                self._expect_filing(part.filing.files_at, part, row["id"], 1)

    async def file_until(self, t: datetime) -> None:
        """Files what is to be filed by `t`."""
        batches, writer = self._filings.batches(t), Writer()
        loaded = [
            await filings.load([(e.obligation, e.submission) for _, e in batch])
            for batch in batches
        ]
        for batch, (found, _) in zip(batches, loaded, strict=True):
            made = [self._file(at, event, found[event.obligation]) for at, event in batch]
            await writer.write(recording.record_each([each for each in made if each], REQUEST))
        await writer.wait()

    def _file(self, at: datetime, event: _ToFile, duty: Duty) -> tuple[Accepted, UUID] | None:
        """The filing; None when the report was waived after the village had meant to file it."""
        try:
            made = self._liaisons.file(event.part, duty, event.submission, at)
        except Refusal as refusal:
            if refusal.code != "exempt":
                raise
            return None
        self._expect_review(at, event, ReviewStep.TOWN, ())
        return made

    async def review_until(self, t: datetime) -> None:
        """Decides on what the offices come to by `t`."""
        batches, writer = self._reviews.batches(t), Writer()
        papers = [await _papers([event for _, event in batch]) for batch in batches]
        for batch, on_desk in zip(batches, papers, strict=True):
            made = [
                self._review(at, event, paper)
                for (at, event), paper in zip(batch, on_desk, strict=True)
            ]
            await writer.write(reviews.record_each(made, REQUEST))
        await writer.wait()

    def _review(
        self, at: datetime, event: _ToReview, paper: Paper
    ) -> tuple[Decided, UUID, datetime]:
        """The decision, whose it is and when; what it sets off is planned."""
        decided, reviewer, fact = self._offices.review(paper, at)
        filed, stage = event.filed, Stage(decided.stage)
        if stage is Stage.COUNTY:
            self._expect_review(at, filed, ReviewStep.COUNTY, (*event.taken, fact))
        elif stage is Stage.RETURNED and not self._story.is_the_returned(filed.part):
            answered = corrected_at(at, self._story.days, event.rng)
            if answered is not None:
                self._expect_filing(answered, filed.part, filed.obligation, filed.revision + 1)
        return decided, reviewer, at

    def _expect_filing(self, at: datetime, part: Part, obligation: int, revision: int) -> None:
        if at <= self._story.now:
            number = uuid(part.rng(f"submission {revision}"))
            self._filings.add(at, _ToFile(part, obligation, revision, number))

    def _expect_review(
        self, since: datetime, filed: _ToFile, step: ReviewStep, taken: tuple[ReviewFact, ...]
    ) -> None:
        story, part = self._story, filed.part
        rng = part.rng(f"{step} {filed.revision}")
        pace = self._pace[part.region[: Level.TOWNSHIP.digits]]
        at = reviewed_at(since, step, pace, story.days, rng)
        if story.is_the_returned(part):
            at = story.returned_at
        if at <= story.now and not story.waits(part.region, at):
            self._reviews.add(at, _ToReview(filed, taken, rng))


async def _papers(events: Sequence[_ToReview]) -> list[Paper]:
    """What the offices need to know of what they are to decide on."""
    rows = await reviews.cases([event.filed.submission for event in events], [COUNTY])
    known = await forms.definitions([row["form"] for row in rows])
    fields = {number: field_names(form) for number, form in known.items()}
    found = {row["id"]: row for row in rows}
    papers = []
    for event in events:
        filed, row = event.filed, found[event.filed.submission]
        names = fields[row["form"]]
        papers.append(Paper(filed.part, filed.revision, row, names, event.taken, event.rng))
    return papers
