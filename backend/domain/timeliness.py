"""What is true of an obligation at an instant, derived from facts.

Nothing here is stored as truth: a state, a verdict or a right to file is a function of the facts
and an instant `t`, and of no fact that became known after `t`. Asked as of a past instant it
answers what was true then.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from backend.domain.clocks import CountedBy
from backend.domain.periods import Timing
from backend.domain.refusal import Refusal
from backend.domain.reviews import Decision, ReviewFact, ReviewStep, Stage, stage_of


class AdjustmentKind(StrEnum):
    """What changes about an obligation: more time, waived, answered by a match, or owed after all.

    A match is a proof of life that came in another way than from the village.
    """

    EXTEND = "extend"
    EXEMPT = "exempt"
    MATCHED = "matched"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A change decided at an instant and true from then on; it moves the times it names.

    A match counts as of `counted_at`, when the proof was given.
    """

    kind: AdjustmentKind
    decided_at: datetime
    due_at: datetime | None = None
    closes_at: datetime | None = None
    counted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Filing:
    """One revision filed for an obligation; `captured_at` is corrected for the phone's clock."""

    id: UUID
    revision: int
    received_at: datetime
    captured_at: datetime | None
    counted_at: datetime
    counted_by: CountedBy
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of an obligation. The three times are the original ones."""

    opens_at: datetime
    due_at: datetime
    closes_at: datetime
    steps: tuple[ReviewStep, ...]
    adjustments: tuple[Adjustment, ...] = ()
    filings: tuple[Filing, ...] = ()
    reviews: tuple[ReviewFact, ...] = ()


class State(StrEnum):
    """The state shown to people."""

    UPCOMING = "upcoming"
    OPEN = "open"
    OVERDUE = "overdue"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    MISSING = "missing"
    EXEMPT = "exempt"


class Verdict(StrEnum):
    """What the rates count."""

    ON_TIME = "on_time"
    LATE = "late"
    MISSING = "missing"
    PENDING = "pending"
    EXEMPT = "exempt"


class Correction(StrEnum):
    """How the village answered the returns it got."""

    NONE = "none"
    PENDING = "pending"
    DONE = "done"
    LATE = "late"


def due_at(facts: Facts, t: datetime) -> datetime:
    """The due time in force at `t`: that of the latest decision which named one."""
    moved = [a.due_at for a in _decided(facts, t) if a.due_at is not None]
    return moved[-1] if moved else facts.due_at


def closes_at(facts: Facts, t: datetime) -> datetime:
    """The closing time in force at `t`, never before the due time."""
    moved = [a.closes_at for a in _decided(facts, t) if a.closes_at is not None]
    return max(moved[-1] if moved else facts.closes_at, due_at(facts, t))


def is_exempt(facts: Facts, t: datetime) -> bool:
    """Whether the report is waived at `t`."""
    waiver = _waiver(facts, t)
    return waiver is not None and waiver.kind is AdjustmentKind.EXEMPT


def matched_at(facts: Facts, t: datetime) -> datetime | None:
    """As of when a match known at `t` answers the obligation, for which nothing was filed."""
    waiver = _waiver(facts, t)
    if waiver is None or waiver.kind is not AdjustmentKind.MATCHED or known_filings(facts, t):
        return None
    return waiver.counted_at


def _waiver(facts: Facts, t: datetime) -> Adjustment | None:
    """The newest decision on whether anybody has to file at all."""
    waivers = [a for a in _decided(facts, t) if a.kind is not AdjustmentKind.EXTEND]
    return waivers[-1] if waivers else None


def _decided(facts: Facts, t: datetime) -> list[Adjustment]:
    return sorted((a for a in facts.adjustments if a.decided_at <= t), key=lambda a: a.decided_at)


def known_filings(facts: Facts, t: datetime) -> list[Filing]:
    """The filings received and not withdrawn by `t`, by revision."""
    known = [
        filing
        for filing in facts.filings
        if filing.received_at <= t and (filing.withdrawn_at is None or filing.withdrawn_at > t)
    ]
    return sorted(known, key=lambda filing: filing.revision)


def stage_at(facts: Facts, t: datetime) -> Stage:
    """Where the newest known filing stands at `t`; what was matched instead is accepted."""
    known = known_filings(facts, t)
    if not known:
        return Stage.NONE if matched_at(facts, t) is None else Stage.ACCEPTED
    return stage_of(
        facts.steps,
        [r for r in facts.reviews if r.submission_id == known[-1].id and r.at <= t],
    )


def stage(facts: Facts) -> Stage:
    """Where the newest standing filing stands after all facts: a hint to store and to index."""
    instants = [filing.withdrawn_at or filing.received_at for filing in facts.filings]
    instants += [review.at for review in facts.reviews]
    instants += [adjustment.decided_at for adjustment in facts.adjustments]
    return stage_at(facts, max(instants)) if instants else Stage.NONE


def not_before(facts: Facts, now: datetime) -> datetime:
    """`now`, or the instant of the newest fact where that is later.

    Who waited for another to finish, or reads another machine's clock, may come with an older
    reading; what they do still follows on what they find.
    """
    instants = [filing.withdrawn_at or filing.received_at for filing in facts.filings]
    instants += [review.at for review in facts.reviews]
    instants += [adjustment.decided_at for adjustment in facts.adjustments]
    return max([now, *instants])


_FILED = {
    Stage.TOWN: State.SUBMITTED,
    Stage.COUNTY: State.SUBMITTED,
    Stage.RETURNED: State.RETURNED,
    Stage.ACCEPTED: State.ACCEPTED,
}


def state(facts: Facts, t: datetime) -> State:
    """The state at `t`."""
    return state_in(
        stage_at(facts, t),
        is_exempt(facts, t),
        Timing(facts.opens_at, due_at(facts, t), closes_at(facts, t)),
        t,
    )


def state_in(at: Stage, exempt: bool, times: Timing, t: datetime) -> State:
    """The state at `t` of what stands at a stage, with the times in force."""
    if exempt:
        return State.EXEMPT
    filed = _FILED.get(at)
    if filed is not None:
        return filed
    if t < times.opens_at:
        return State.UPCOMING
    if t <= times.due_at:
        return State.OPEN
    return State.OVERDUE if t <= times.closes_at else State.MISSING


def verdict(facts: Facts, t: datetime) -> Verdict:
    """The verdict at `t`: by the first known filing alone, so a slow review harms nobody."""
    if is_exempt(facts, t):
        return Verdict.EXEMPT
    known = known_filings(facts, t)
    counted_at = known[0].counted_at if known else matched_at(facts, t)
    if counted_at is not None:
        in_time = counted_at <= due_at(facts, t)
        return Verdict.ON_TIME if in_time else Verdict.LATE
    return Verdict.MISSING if t > closes_at(facts, t) else Verdict.PENDING


def is_expected(facts: Facts, t: datetime) -> bool:
    """Whether the report belongs to the denominator at `t`: owed, and due."""
    return not is_exempt(facts, t) and due_at(facts, t) <= t


def correction(facts: Facts, t: datetime) -> Correction:
    """How the returns known at `t` were answered; once late it stays late.

    Late is a return whose `fix_by` passed without a newer revision or before it was received.
    """
    if is_exempt(facts, t):
        return Correction.NONE
    known = known_filings(facts, t)
    answers = dict(zip([f.id for f in known], [*known[1:], None], strict=False))
    found = {
        _answered(r, answers[r.submission_id], t)
        for r in facts.reviews
        if r.decision is Decision.RETURN and r.at <= t and r.submission_id in answers
    }
    worst = (Correction.LATE, Correction.PENDING, Correction.DONE)
    return next((c for c in worst if c in found), Correction.NONE)


def _answered(review: ReviewFact, answer: Filing | None, t: datetime) -> Correction:
    if review.fix_by is not None and (answer.received_at if answer else t) > review.fix_by:
        return Correction.LATE
    return Correction.DONE if answer else Correction.PENDING


_NOT_TO_FILE = {
    State.EXEMPT: "exempt",
    State.UPCOMING: "not_open_yet",
    State.SUBMITTED: "awaiting_review",
    State.ACCEPTED: "already_accepted",
    State.MISSING: "period_closed",
}


def may_file(found: State) -> Refusal | None:
    """Why a revision is refused in this state, or None when it is welcome.

    A return may be answered after the period has closed: its verdict is already given.
    """
    code = _NOT_TO_FILE.get(found)
    return Refusal(code) if code else None


def may_withdraw(facts: Facts, submission_id: UUID, t: datetime) -> Refusal | None:
    """Why a revision can't be withdrawn at `t`, or None when it can.

    Only the newest one, before any review, and not when the village could not file again.
    KeyError when the submission is not among the facts.
    """
    filing = {f.id: f for f in facts.filings}[submission_id]
    if filing.withdrawn_at is not None and filing.withdrawn_at <= t:
        return Refusal("already_withdrawn")
    known = known_filings(facts, t)
    if any(r.submission_id == submission_id and r.at <= t for r in facts.reviews):
        return Refusal("already_reviewed")
    if known and known[-1].id != submission_id:
        return Refusal("not_newest")
    if len(known) == 1 and t > closes_at(facts, t):
        return Refusal("period_closed")
    return None
