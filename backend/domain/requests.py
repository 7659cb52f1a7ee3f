"""Requests for more time 延期 or a waiver 免报: when one may be asked, advised on and decided."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backend.domain.refusal import Refusal
from backend.domain.reviews import Stage


class RequestKind(StrEnum):
    """What a village asks for; the same words as the adjustment that grants it."""

    EXTEND = "extend"
    EXEMPT = "exempt"


class Advice(StrEnum):
    """What the township thinks of it."""

    SUPPORT = "support"
    OPPOSE = "oppose"


class Ruling(StrEnum):
    """What the county decides."""

    GRANT = "grant"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Owed:
    """The duty asked about, as it stands."""

    stage: Stage
    exempt: bool
    due_at: datetime
    closes_at: datetime


def check_asking(
    kind: RequestKind, wanted_due_at: datetime | None, owed: Owed, now: datetime
) -> None:
    """Whether the village may ask.

    Refusals: request_not_needed (filed already), exempt, period_closed, extension_not_later,
    invalid (a wanted date is given for an extension, and for nothing else).
    """
    if owed.stage is not Stage.NONE:
        raise Refusal("request_not_needed")
    if owed.exempt:
        raise Refusal("exempt")
    if now > owed.closes_at:
        raise Refusal("period_closed")
    _check_date(kind, wanted_due_at)
    if wanted_due_at is not None and wanted_due_at <= max(owed.due_at, now):
        raise Refusal("extension_not_later", due_at=owed.due_at)


def check_advising(advice: Advice | None, ruling: Ruling | None) -> None:
    """Whether the township may still advise. Refusals: request_decided, request_advised."""
    check_deciding(ruling)
    if advice is not None:
        raise Refusal("request_advised")


def check_deciding(ruling: Ruling | None) -> None:
    """Whether the county may still decide; it need not wait for advice. Refusal request_decided."""
    if ruling is not None:
        raise Refusal("request_decided")


def granted_due_at(
    kind: RequestKind, ruling: Ruling, wanted: datetime | None, given: datetime | None
) -> datetime | None:
    """The new deadline a decision sets: the county's own word, or what was wanted.

    Refusal invalid for a date that goes with nothing granted.
    """
    if ruling is Ruling.REFUSE or kind is RequestKind.EXEMPT:
        if given is not None:
            raise _wrong_date()
        return None
    return given or wanted


def _check_date(kind: RequestKind, due_at: datetime | None) -> None:
    if (kind is RequestKind.EXTEND) != (due_at is not None):
        raise _wrong_date()


def _wrong_date() -> Refusal:
    faults = [{"field": "due_at", "reason": "goes with an extension, and with nothing else"}]
    return Refusal("invalid", faults=faults)
