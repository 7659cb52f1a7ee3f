"""Where a certification stands at an instant, derived from facts known by then.

This is about the pensioner. Whether the village did its duty in time is told by
`backend.domain.timeliness` from the obligation of the same window.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.domain.certification.words import CertState, Result
from backend.domain.periods import Timing
from backend.domain.reviews import ReviewFact, ReviewStep, Stage, stage_of


@dataclass(frozen=True, slots=True)
class Collected:
    """One collection handed in for the window; the newest one standing counts."""

    id: UUID
    result: Result
    received_at: datetime
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A hit that has to be looked into, such as the name in a list of deaths.

    It ends with a collection received after it and accepted, or when the county clears it.
    """

    raised_at: datetime
    cleared_at: datetime | None = None

    def is_open(self, t: datetime) -> bool:
        """Whether nobody had cleared it at `t`."""
        return self.raised_at <= t and (self.cleared_at is None or self.cleared_at > t)


@dataclass(frozen=True, slots=True)
class CertFacts:
    """What is known of one window. `proofs` are successes that need no review, by data match,
    face check or another office; only such as answer this window.
    """

    timing: Timing
    steps: tuple[ReviewStep, ...]
    collected: tuple[Collected, ...] = ()
    reviews: tuple[ReviewFact, ...] = ()
    proofs: tuple[datetime, ...] = ()
    suspicions: tuple[Suspicion, ...] = ()


_UNDER_REVIEW = {
    Stage.TOWN: CertState.COLLECTED,
    Stage.COUNTY: CertState.COLLECTED,
    Stage.RETURNED: CertState.RETURNED,
}


def cert_state(facts: CertFacts, t: datetime) -> CertState:
    """The state at `t`: a visit under way, then a suspicion, then an answer, then the clock.

    An accepted collection that settles nothing (not found, moved, refused) leaves the window open.
    """
    newest = _newest(facts.collected, t)
    stage = _stage(facts, newest, t)
    doubted_at = _doubted_at(facts, t)
    fresh = newest is not None and (doubted_at is None or newest.received_at > doubted_at)
    if fresh and stage in _UNDER_REVIEW:
        return _UNDER_REVIEW[stage]
    if doubted_at is not None:
        return CertState.SUSPECT
    accepted = newest is not None and stage is Stage.ACCEPTED and newest.result.settles
    if accepted or any(proof <= t for proof in facts.proofs):
        return CertState.PASSED
    if t < facts.timing.opens_at:
        return CertState.NOT_DUE
    return CertState.DUE if t <= facts.timing.due_at else CertState.OVERDUE


def newest_standing(facts: CertFacts, t: datetime) -> tuple[Collected | None, Stage]:
    """The collection that counts at `t`, and where it stands."""
    found = _newest(facts.collected, t)
    return found, _stage(facts, found, t)


def _newest(collected: Sequence[Collected], t: datetime) -> Collected | None:
    standing = [
        each
        for each in collected
        if each.received_at <= t and (each.withdrawn_at is None or each.withdrawn_at > t)
    ]
    return max(standing, key=lambda each: each.received_at, default=None)


def _stage(facts: CertFacts, collected: Collected | None, t: datetime) -> Stage:
    if collected is None:
        return Stage.NONE
    known = [r for r in facts.reviews if r.submission_id == collected.id and r.at <= t]
    return stage_of(facts.steps, known)


def _doubted_at(facts: CertFacts, t: datetime) -> datetime | None:
    """When the newest suspicion still open at `t` was raised."""
    visited = [
        each.received_at
        for each in facts.collected
        if each.result.settles
        and each.received_at <= t
        and (each.withdrawn_at is None or each.withdrawn_at > t)
        and _stage(facts, each, t) is Stage.ACCEPTED
    ]
    answered = max(visited, default=None)
    doubts = [
        each.raised_at
        for each in facts.suspicions
        if each.is_open(t) and (answered is None or answered <= each.raised_at)
    ]
    return max(doubts, default=None)
