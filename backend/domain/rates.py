"""Reporting rates over a set of obligations, as of an instant."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from operator import attrgetter

from backend.domain.clocks import CountedBy
from backend.domain.timeliness import (
    Correction,
    Facts,
    Verdict,
    correction,
    is_expected,
    verdict,
)


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of obligations.

    expected = on_time + late + missing + pending, always (else ValueError). Beside them: exempt,
    not_due (owed later), filed_early (those of not_due already filed), and correction_late (of
    all that are not exempt).
    """

    expected: int = 0
    on_time: int = 0
    late: int = 0
    missing: int = 0
    pending: int = 0
    exempt: int = 0
    not_due: int = 0
    filed_early: int = 0
    correction_late: int = 0

    def __post_init__(self) -> None:
        if self.on_time + self.late + self.missing + self.pending != self.expected:
            raise ValueError(self)

    @property
    def filed(self) -> int:
        """How many of the expected were filed, on time or late."""
        return self.on_time + self.late

    @property
    def report_rate(self) -> float | None:
        """The share of the expected that was filed; None when nothing was expected."""
        return self.filed / self.expected if self.expected else None

    @property
    def on_time_rate(self) -> float | None:
        """The share of the expected that was filed on time; None when nothing was expected."""
        return self.on_time / self.expected if self.expected else None


_NUMBERS = attrgetter(*(field.name for field in fields(Counts)))


def total(parts: Iterable[Counts]) -> Counts:
    """The counts of several sets of obligations that have none in common."""
    # By columns: a province's table adds up tens of thousands.
    return Counts(*map(sum, zip(*map(_NUMBERS, parts), strict=True)))


class Standing(StrEnum):
    """Where one obligation is counted."""

    ON_TIME = "on_time"
    LATE = "late"
    MISSING = "missing"
    PENDING = "pending"
    EXEMPT = "exempt"
    NOT_DUE = "not_due"
    FILED_EARLY = "filed_early"


class Rule(StrEnum):
    """What decided a standing, for whoever asks why."""

    RECEIVED_BY_DUE = "received_by_due"
    CAPTURED_BY_DUE = "captured_by_due"
    RECEIVED_AFTER_DUE = "received_after_due"
    NOTHING_BY_CLOSE = "nothing_by_close"
    NOTHING_YET = "nothing_yet"
    WAIVED = "waived"
    MATCHED = "matched"


_RULES = {
    Standing.LATE: Rule.RECEIVED_AFTER_DUE,
    Standing.MISSING: Rule.NOTHING_BY_CLOSE,
    Standing.PENDING: Rule.NOTHING_YET,
    Standing.EXEMPT: Rule.WAIVED,
    Standing.NOT_DUE: Rule.NOTHING_YET,
}
_DONE = frozenset({Standing.ON_TIME, Standing.LATE, Standing.FILED_EARLY})


def rule(standing: Standing, counted_by: CountedBy | None) -> Rule:
    """The rule behind a standing; `counted_by` is the clock of the first filing that counts.

    Done without a filing is what a match answered.
    """
    if counted_by is None and standing in _DONE:
        return Rule.MATCHED
    if standing in _RULES:
        return _RULES[standing]
    by_capture = counted_by is CountedBy.CAPTURED
    return Rule.CAPTURED_BY_DUE if by_capture else Rule.RECEIVED_BY_DUE


def tally(obligations: Iterable[Facts], t: datetime) -> Counts:
    """The counts of a set of obligations as of `t`."""
    found: Counter[str] = Counter()
    for facts in obligations:
        found.update(_places(facts, t))
    return Counts(**found)


def _places(facts: Facts, t: datetime) -> list[str]:
    """The counts to which one obligation adds."""
    given = verdict(facts, t)
    if given is Verdict.EXEMPT:
        return ["exempt"]
    places = ["correction_late"] if correction(facts, t) is Correction.LATE else []
    if is_expected(facts, t):
        return [*places, "expected", given.value]
    early = given in (Verdict.ON_TIME, Verdict.LATE)
    return [*places, "not_due", "filed_early"] if early else [*places, "not_due"]
