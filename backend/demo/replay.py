"""Lets the story happen: the same rules and the same statements as real reports, day by day.

Every step is given its own past instant as `now`; the village's rows need no holding, since
nobody else sees the county before it is finished.
"""

import heapq
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from uuid import UUID

import asyncpg

from backend.demo.figures import DEFECTS, Blank, correct, fill, reason
from backend.demo.habits import corrected_at, reviewed_at
from backend.demo.people import Person, Staff, uuid
from backend.demo.regions import COUNTY, TOWNSHIPS
from backend.demo.story import Part, Story
from backend.domain.filing import Accepted, Duty, Item, decide
from backend.domain.form_definition import Kind
from backend.domain.refusal import Refusal
from backend.domain.regions import Level
from backend.domain.reviews import (
    Case,
    Decision,
    Defect,
    Judgement,
    ReviewFact,
    ReviewStep,
    Stage,
    review_by,
)
from backend.domain.reviews import decide as judge
from backend.store import duties, filings, reviews
from backend.store.database import from_json, to_json
from backend.store.reviews import Decided
from backend.vault import content_digest

REQUEST = "demo"  # what the audit names as the request
_BATCH = 500
_COUNTY_RETURNS = 0.03
_BEHALF = ("联络员外出，电话核实后代报", "联络员住院，由人社所代报", "村里停电断网，电话代报")


class Replay:
    """What is to come: filings and reviews in order of time."""

    def __init__(self, story: Story, staff: Staff) -> None:
        self.story, self.staff = story, staff
        self._pace = {t.key: t.pace for t in TOWNSHIPS}
        self._parts: dict[int, Part] = {}
        self._newest = 0
        self._order = count()
        # (when, order, obligation, revision) and (when, order, obligation, revision, submission)
        self._filings: list[tuple[datetime, int, int, int]] = []
        self._reviews: list[tuple[datetime, int, int, int, UUID]] = []
        self._steps: dict[UUID, list[ReviewFact]] = {}

    async def take_up(self) -> None:
        """Plans what the obligations that are new are going to see."""
        for row in await duties.opened_after(self._newest):
            part = self.story.part(row["region"], row["code"], row["key"])
            self._newest = row["id"]
            if part.filing is not None:
                self._parts[row["id"]] = part
                self._will_file(part.filing.files_at, row["id"], 1)

    async def file_until(self, t: datetime) -> None:
        """Files what is to be filed before `t`."""
        for batch in _batches(self._filings, t):
            pairs = [
                (number, uuid(self._parts[number].rng(f"submission {revision}")))
                for _, _, number, revision in batch
            ]
            found, _ = await filings.load(pairs, [COUNTY])
            accepted = []
            for (at, _, number, revision), (_, submission) in zip(batch, pairs, strict=True):
                made = self._file(found[number], submission, revision, at)
                if made is not None:
                    accepted.append(made)
            await filings.record_each(accepted, REQUEST)
            for each, _ in accepted:
                self._will_review(each)

    async def review_until(self, t: datetime) -> None:
        """Decides on what the offices look at before `t`."""
        for batch in _batches(self._reviews, t):
            rows = {row["id"]: row for row in await reviews.cases([b[4] for b in batch], [COUNTY])}
            decided = []
            for at, _, number, revision, submission in batch:
                made, person = self._review(rows[submission], number, revision, at)
                decided.append((made, person.id, at))
                self._go_on(made, revision, at)
            await reviews.record_each(decided, REQUEST)

    def _will_file(self, at: datetime, obligation: int, revision: int) -> None:
        if at <= self.story.now:
            heapq.heappush(self._filings, (at, next(self._order), obligation, revision))

    def _file(
        self, duty: Duty, submission: UUID, revision: int, at: datetime
    ) -> tuple[Accepted, UUID] | None:
        """The filing and whose it is; None when the report has been waived in the meantime."""
        part = self._parts[duty.id]
        person, on_behalf = self._filer(part, duty.holder, revision, at)
        try:
            made = self._decide(part, duty, submission, revision, at, on_behalf)
        except Refusal as refusal:
            if refusal.code != "exempt":
                raise
            return None
        return made, person.id

    def _filer(self, part: Part, village: str, revision: int, at: datetime) -> tuple[Person, bool]:
        """Who files, and whether on behalf: the office does where there is no liaison."""
        assert part.filing is not None
        first = revision == 1
        liaisons = self.staff.liaisons(village, at, backup=first and part.filing.by_backup)
        liaisons = liaisons or self.staff.liaisons(village, at, backup=False)
        if liaisons and not (first and part.filing.by_office):
            return liaisons[0], False
        office = self.staff.office(village[: Level.TOWNSHIP.digits])
        return part.rng("office").choice(office), True

    def _decide(
        self, part: Part, duty: Duty, submission: UUID, revision: int, at: datetime, behalf: bool
    ) -> Accepted:
        """What the rules make of it; where a warning wants a reason, it is given."""
        item = self._item(part, duty, submission, revision, behalf)
        try:
            made = decide(item, duty, None, on_behalf=behalf, device_now=at, now=at)
        except Refusal as refusal:
            if refusal.code != "answers_invalid":
                raise
            findings = refusal.params["findings"]
            if any(finding["code"] != "reason_required" for finding in findings):
                raise
            reasons = {finding["check"]: reason(finding["check"]) for finding in findings}
            item = self._item(part, duty, submission, revision, behalf, reasons)
            made = decide(item, duty, None, on_behalf=behalf, device_now=at, now=at)
        assert isinstance(made, Accepted)
        return made

    def _item(
        self,
        part: Part,
        duty: Duty,
        submission: UUID,
        revision: int,
        behalf: bool,
        reasons: dict[str, str] | None = None,
    ) -> Item:
        """What the phone would send. A correction is a report, whatever came before."""
        planned = part.filing
        assert planned is not None
        kind = planned.kind if revision == 1 else Kind.REPORT
        if kind is Kind.UNCHANGED and duty.last is None:
            kind = Kind.REPORT
        answers = {}
        if kind is Kind.REPORT:
            village = self.story.profile(part.region)
            blank = Blank(duty.form, village, part.round.ends_on, duty.last)
            answers = fill(blank, part.rng("answers"))
            answers = correct(blank, answers) if revision > 1 else answers
        given = {"id": submission, "kind": kind, "answers": answers, "reasons": reasons or {}}
        return Item(
            id=submission,
            obligation=duty.id,
            kind=kind,
            answers=answers,
            reasons=reasons or {},
            remark="",
            attachments=[],
            captured_at=planned.captured_at if revision == 1 and not behalf else None,
            zero_confirmed=kind is Kind.ZERO,
            on_behalf_reason=part.rng("behalf").choice(_BEHALF) if behalf else None,
            digest=content_digest(to_json(given).encode()),
        )

    def _will_review(self, filed: Accepted) -> None:
        """Plans the next office's decision."""
        part = self._parts[filed.duty.id]
        submission, revision = filed.item.id, filed.revision
        self._plan(part, filed.duty.id, revision, submission, ReviewStep.TOWN, filed.received_at)

    def _plan(
        self,
        part: Part,
        number: int,
        revision: int,
        submission: UUID,
        step: ReviewStep,
        since: datetime,
    ) -> None:
        pace = self._pace[part.region[: Level.TOWNSHIP.digits]]
        rng = part.rng(f"{step} {revision}")
        at = reviewed_at(since, step, pace, self.story.days, rng)
        if part.round == self.story.returned and part.region in self.story.demo_villages:
            at = self.story.returned_at
        if at <= self.story.now and not self.story.waits(part.region, at):
            heapq.heappush(self._reviews, (at, next(self._order), number, revision, submission))


def _batches[T](heap: list[T], t: datetime) -> Iterator[list[T]]:
    """Takes from the heap what comes before `t`, some hundreds at a time."""
    while heap:
        yield []
