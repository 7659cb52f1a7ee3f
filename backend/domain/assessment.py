"""The assessment 考核 of townships by quarter: shares of what was due, weighed into a score of 100.

Nobody is ranked, no person appears, and what did not occur does not count: an item of which there
was nothing is left out and the others weigh more.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Final

from backend.domain.refusal import Refusal

FALSE_COSTS: Final = 5
_QUARTER = re.compile(r"(2[0-9]{3})-Q([1-4])")


@dataclass(frozen=True, slots=True)
class Weights:
    """Points of each item, 100 together, and what one false certification costs."""

    on_time: int = 40
    report: int = 20
    first_pass: int = 20
    cert: int = 10
    review_on_time: int = 10
    false_certification: int = FALSE_COSTS


ITEMS: Final = ("on_time", "report", "first_pass", "cert", "review_on_time")


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int = 0
    whole: int = 0

    @property
    def rate(self) -> float | None:
        """None where there was nothing."""
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a township in a quarter.

    Beside the items: false certifications that spot checks found, how many were checked, and the
    median days from a death to its report.
    """

    region: str
    name: str
    on_time: Share = Share()
    report: Share = Share()
    first_pass: Share = Share()
    cert: Share = Share()
    review_on_time: Share = Share()
    checked: int = 0
    false_found: int = 0
    death_lag_days: float | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """A township's facts, the points of each item that counts, and the score; None: no item does.

    Points are out of the item's weight once the weights of what did not occur were shared out.
    """

    facts: Facts
    points: Mapping[str, float]
    deducted: int
    score: float | None


def score(facts: Facts, weights: Weights) -> Score:
    """The score, never below nought."""
    rates = {name: getattr(facts, name).rate for name in ITEMS}
    counted = {name: rate for name, rate in rates.items() if rate is not None}
    whole = sum(getattr(weights, name) for name in counted)
    deducted = weights.false_certification * facts.false_found
    if not whole:
        return Score(facts, {}, deducted, None)
    exact = {name: 100 * getattr(weights, name) * rate / whole for name, rate in counted.items()}
    points = {name: round(each, 2) for name, each in exact.items()}
    return Score(facts, points, deducted, round(max(0.0, sum(exact.values()) - deducted), 2))


def check_weights(weights: Weights) -> None:
    """Refusal("weights_sum") unless the items make 100 points together."""
    found = sum(getattr(weights, name) for name in ITEMS)
    if found != 100:
        raise Refusal("weights_sum", sum=found)


def weights_of(kept: Mapping[str, int] | None) -> Weights:
    """The weights as kept; the usual ones where a county has set none."""
    names = {each.name for each in fields(Weights)}
    return Weights(**{name: value for name, value in (kept or {}).items() if name in names})


def quarter_days(key: str) -> tuple[date, date]:
    """First day of a quarter like 2026-Q4, and of the next. Refusal("invalid") for none."""
    match = _QUARTER.fullmatch(key)
    if match is None:
        raise Refusal("invalid", faults=[{"field": "quarter", "reason": "no quarter"}])
    year, number = int(match[1]), int(match[2])
    first = date(year, 3 * number - 2, 1)
    return first, date(year + number // 4, 3 * number % 12 + 1, 1)
