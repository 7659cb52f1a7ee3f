"""One line of the results for the insurance's own system: where a pensioner stands at an instant,
and what is recommended. Only the insurance pays, suspends or stops.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from backend.domain.calendar import local_day
from backend.domain.certification.cycles import Window
from backend.domain.certification.effects import (
    NOTHING,
    Effects,
    Finding,
    Payment,
    effects_of,
    effects_of_silence,
)
from backend.domain.certification.states import CertFacts, cert_state, newest_standing
from backend.domain.certification.words import CertState, Method, Result
from backend.domain.reviews import Stage


@dataclass(frozen=True, slots=True)
class Found:
    """A finding and how it was come by."""

    finding: Finding
    method: Method


@dataclass(frozen=True, slots=True)
class Asked:
    """The newest certification a pensioner was asked for: its window, what is known of it, the
    findings handed in for it, by submission, and a proof that came without a visit. `of_doubt`:
    nothing but a suspicion asked for it.
    """

    window: Window
    facts: CertFacts
    found: Mapping[UUID, Found]
    matched: Found | None = None
    of_doubt: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """The state; the newest finding, accepted or not; effects of what is accepted alone."""

    state: CertState
    found: Found | None
    effects: Effects


def line_of(asked: Asked | None, doubted: bool, payment: Payment, t: datetime) -> Line:
    """The line of a pensioner. Of somebody doubted nothing is recommended but what the silence
    of a closed window means: a doubt is to be looked into and stops nobody.
    """
    if asked is None:
        return Line(CertState.SUSPECT if doubted else CertState.NOT_DUE, None, NOTHING)
    state = cert_state(asked.facts, t)
    newest, stage = newest_standing(asked.facts, t)
    found = asked.matched if newest is None else asked.found[newest.id]
    counts = stage is Stage.ACCEPTED or newest is None
    if found is not None and counts and state is not CertState.SUSPECT:
        return Line(state, found, effects_of(found.finding, payment, asked.window))
    if asked.of_doubt:
        return Line(state, found, NOTHING)
    return Line(state, found, effects_of_silence(payment, asked.window, local_day(t)))


def matched_finding(proved_on: date, method: Method) -> Found:
    """A proof of life without a visit, such as by another office's list."""
    return Found(Finding(Result.PASS, proved_on), method)
