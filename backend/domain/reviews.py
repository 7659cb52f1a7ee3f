"""Review: who may decide on a submission, in which order, and what a decision leads to."""

from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from uuid import UUID

from backend.domain.calendar import WorkCalendar, local_day, local_instant
from backend.domain.refusal import Refusal

_END_OF_OFFICE = time(18)


class Office(StrEnum):
    """An office that a schedule may ask to review."""

    TOWN = "town"
    COUNTY = "county"


class ReviewStep(StrEnum):
    """An office that reviews, or the second person who looks at what the first has passed."""

    TOWN = "town"
    COUNTY = "county"
    SECOND = "second"


class Decision(StrEnum):
    """What a review decides."""

    PASS = "pass"
    RETURN = "return"


class Stage(StrEnum):
    """Where a submission stands: with which office, back with the village, or accepted."""

    NONE = "none"
    TOWN = "town"
    COUNTY = "county"
    RETURNED = "returned"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class ReviewFact:
    """One decision taken on one submission; a return carries the time to correct it by."""

    submission_id: UUID
    step: ReviewStep
    decision: Decision
    at: datetime
    fix_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Defect:
    """What is wrong with a submission: in one field, or in the whole (None)."""

    field: str | None
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Case:
    """The newest submission of an obligation, as a reviewer finds it.

    `filers` are the accounts that filed any revision for the obligation, `fields` the names a
    defect may point at, `decisions` those taken on this submission, `reviewers` by whom. `held`: a
    photo is like another person's, and nobody has said that it is in order.
    """

    submission_id: UUID
    steps: Sequence[ReviewStep]
    filers: Collection[Hashable]
    fields: Collection[str]
    decisions: Sequence[ReviewFact] = ()
    withdrawn: bool = False
    reviewers: Collection[Hashable] = ()
    held: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a reviewer asks for."""

    reviewer: Hashable
    step: ReviewStep
    decision: Decision
    defects: Sequence[Defect] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """The decision to record, and where the submission then stands."""

    review: ReviewFact
    stage: Stage


def next_step(steps: Iterable[ReviewStep], passed: Collection[ReviewStep]) -> ReviewStep | None:
    """The first required step not passed yet, or None when all are."""
    return next((step for step in steps if step not in passed), None)


def with_second(steps: Sequence[ReviewStep]) -> tuple[ReviewStep, ...]:
    """The steps where somebody else has to look again, in the office that looks first."""
    return (*steps[:1], ReviewStep.SECOND, *steps[1:])


def stage_of(steps: Sequence[ReviewStep], decisions: Iterable[ReviewFact]) -> Stage:
    """Where a submission stands after the decisions taken on it. A return is the last one.

    For the second look it stays with the office that took the first.
    """
    taken = {fact.step: fact.decision for fact in decisions}
    if Decision.RETURN in taken.values():
        return Stage.RETURNED
    step = next_step(steps, taken)
    if step is ReviewStep.SECOND:
        step = next((each for each in steps if each is not step), ReviewStep.TOWN)
    return Stage.ACCEPTED if step is None else Stage(step.value)


def decide(
    case: Case, asked: Judgement, calendar: WorkCalendar, now: datetime, fix_workdays: int = 2
) -> Outcome:
    """What a judgement leads to.

    Raises Refusal: not_awaiting_review (withdrawn, returned or accepted), own_filing (nobody
    reviews what they filed), second_person (who looked first does not look again), step_mismatch
    (with `awaiting`), photo_held (on a pass), defects_missing (a return names all its defects at
    once), defects_unexpected (on a pass), defect_field_unknown and defects_missing (with the
    `index` of the defect).
    """
    awaiting = None if case.withdrawn else _awaiting(case)
    if awaiting is None:
        raise Refusal("not_awaiting_review")
    if asked.reviewer in case.filers:
        raise Refusal("own_filing")
    if asked.step is not awaiting:
        raise Refusal("step_mismatch", awaiting=awaiting.value)
    if asked.step is ReviewStep.SECOND and asked.reviewer in case.reviewers:
        raise Refusal("second_person")
    if case.held and asked.decision is Decision.PASS:
        raise Refusal("photo_held")
    _check_defects(asked, case.fields)
    fixed_by = fix_by(now, calendar, fix_workdays) if asked.decision is Decision.RETURN else None
    review = ReviewFact(case.submission_id, asked.step, asked.decision, now, fixed_by)
    return Outcome(review, stage_of(case.steps, [*case.decisions, review]))


def _awaiting(case: Case) -> ReviewStep | None:
    if stage_of(case.steps, case.decisions) is Stage.RETURNED:
        return None
    return next_step(case.steps, {fact.step for fact in case.decisions})


def _check_defects(asked: Judgement, fields: Collection[str]) -> None:
    if asked.decision is Decision.PASS:
        if asked.defects:
            raise Refusal("defects_unexpected")
        return
    if not asked.defects:
        raise Refusal("defects_missing")
    for index, defect in enumerate(asked.defects):
        if defect.field is not None and defect.field not in fields:
            raise Refusal("defect_field_unknown", index=index)
        if not (defect.code.strip() or defect.text.strip()):
            raise Refusal("defects_missing", index=index)


def fix_by(at: datetime, calendar: WorkCalendar, workdays: int = 2) -> datetime:
    """Until when a submission returned at `at` is to be corrected: 18:00, working days later."""
    return _end_of_office(at, calendar, workdays)


def review_by(received_at: datetime, calendar: WorkCalendar, workdays: int = 2) -> datetime:
    """Until when an office is to decide on what it received: 18:00, working days later."""
    return _end_of_office(received_at, calendar, workdays)


def _end_of_office(at: datetime, calendar: WorkCalendar, workdays: int) -> datetime:
    return local_instant(calendar.add_workdays(local_day(at), workdays), _END_OF_OFFICE)
