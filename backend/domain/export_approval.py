"""Plain text leaves by two people 双人审批: one asks, another approves, and it is fetched once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from backend.domain.refusal import Refusal

ANSWER_WITHIN: Final = timedelta(days=7)
FETCH_WITHIN: Final = timedelta(hours=24)


class ApprovalState(StrEnum):
    """Where a request stands; `expired` is one not decided or not fetched in time."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    USED = "used"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of a request."""

    asked_by: UUID
    asked_at: datetime
    approved: bool | None
    decided_at: datetime | None
    used_at: datetime | None


def state(asked: Asked, now: datetime) -> ApprovalState:
    """Where it stands at an instant."""
    if asked.used_at is not None:
        return ApprovalState.USED
    if asked.decided_at is None:
        late = now > asked.asked_at + ANSWER_WITHIN
        return ApprovalState.EXPIRED if late else ApprovalState.WAITING
    if not asked.approved:
        return ApprovalState.REFUSED
    late = now > asked.decided_at + FETCH_WITHIN
    return ApprovalState.EXPIRED if late else ApprovalState.APPROVED


def check_decision(asked: Asked, decider: UUID, now: datetime) -> None:
    """Refusals: export_own (nobody approves their own), export_not_waiting."""
    if asked.asked_by == decider:
        raise Refusal("export_own")
    if state(asked, now) is not ApprovalState.WAITING:
        raise Refusal("export_not_waiting")


def check_fetch(asked: Asked, now: datetime) -> None:
    """Refusal export_not_approved, with where it stands instead."""
    found = state(asked, now)
    if found is not ApprovalState.APPROVED:
        raise Refusal("export_not_approved", state=found.value)
