"""Suggestions and complaints (投诉建议): whoever is asked first stays with it (首问负责)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from backend.domain.calendar import WorkCalendar
from backend.domain.refusal import Refusal
from backend.domain.regions import Level
from backend.domain.reviews import review_by

# 限时办结: working days from when an office has it.
TAKE_WITHIN: Final = 2
ANSWER_WITHIN: Final = 10


class FeedbackKind(StrEnum):
    SUGGESTION = "suggestion"
    COMPLAINT = "complaint"


class Recipient(StrEnum):
    """Which office it goes to: a complaint about the township need not pass through it."""

    TOWNSHIP = "township"
    COUNTY = "county"


class FeedbackState(StrEnum):
    WAITING = "waiting"
    TAKEN = "taken"
    ANSWERED = "answered"


class FeedbackAct(StrEnum):
    TAKEN = "taken"
    PASSED = "passed"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where something sent stands: with which office, taken on by whom, answered or not."""

    office: str
    holder: UUID | None
    answered: bool

    @property
    def state(self) -> FeedbackState:
        if self.answered:
            return FeedbackState.ANSWERED
        return FeedbackState.WAITING if self.holder is None else FeedbackState.TAKEN


def office_for(village: str, to: Recipient) -> str:
    """The key of the office that something from a village goes to."""
    return village[: Level(to.value).digits]


def check_act(act: FeedbackAct, standing: Standing, asker: UUID) -> None:
    """Refusals: feedback_answered; feedback_held, when another has it, who passes it on or answers
    it, unless it is taken over first; feedback_top, when no office stands above.
    """
    if standing.answered:
        raise Refusal("feedback_answered")
    if act is not FeedbackAct.TAKEN and standing.holder not in (None, asker):
        raise Refusal("feedback_held")
    if act is FeedbackAct.PASSED and len(standing.office) <= Level.COUNTY.digits:
        raise Refusal("feedback_top")


def office_above(office: str) -> str:
    """Where a township's is passed on to."""
    return office[: Level.COUNTY.digits]


def act_by(state: FeedbackState, office_since: datetime, days: WorkCalendar) -> datetime | None:
    """Until when the office is to take it on, or else to answer it; None once it is answered."""
    if state is FeedbackState.ANSWERED:
        return None
    within = TAKE_WITHIN if state is FeedbackState.WAITING else ANSWER_WITHIN
    return review_by(office_since, days, within)
