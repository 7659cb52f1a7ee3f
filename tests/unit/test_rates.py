"""Counts and rates over sets of obligations."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from backend.domain.clocks import CountedBy
from backend.domain.rates import Counts, tally, total
from backend.domain.reviews import Decision, ReviewFact, ReviewStep
from backend.domain.timeliness import (
    Adjustment,
    AdjustmentKind,
    Facts,
    Filing,
)

DAY = timedelta(days=1)
DUE = datetime(2026, 11, 4, 10, tzinfo=UTC)
OWED = Facts(DUE - 3 * DAY, DUE, DUE + 5 * DAY, (ReviewStep.TOWN,))


def filed(when: datetime) -> Facts:
    return replace(OWED, filings=(Filing(UUID(int=1), 1, when, None, when, CountedBy.RECEIVED),))


ON_TIME, LATE = filed(DUE - DAY), filed(DUE + DAY)
EXEMPT = replace(OWED, adjustments=(Adjustment(AdjustmentKind.EXEMPT, DUE - 2 * DAY),))
LONGER = replace(
    ON_TIME, adjustments=(Adjustment(AdjustmentKind.EXTEND, DUE - DAY / 2, DUE + 9 * DAY),)
)
RETURNED = replace(
    ON_TIME,
    reviews=(ReviewFact(UUID(int=1), ReviewStep.TOWN, Decision.RETURN, DUE, DUE + 2 * DAY),),
)
COUNTY = [ON_TIME, LATE, OWED, EXEMPT, LONGER, RETURNED]


@pytest.mark.parametrize(
    ("days", "counts"),
    [
        (-2.5, Counts(not_due=6)),
        (-1, Counts(exempt=1, not_due=5, filed_early=3)),
        (0, Counts(expected=4, on_time=2, pending=2, exempt=1, not_due=1, filed_early=1)),
        (1, Counts(expected=4, on_time=2, late=1, pending=1, exempt=1, not_due=1, filed_early=1)),
        (
            6,
            Counts(
                expected=4,
                on_time=2,
                late=1,
                missing=1,
                exempt=1,
                not_due=1,
                filed_early=1,
                correction_late=1,
            ),
        ),
        (9, Counts(expected=5, on_time=3, late=1, missing=1, exempt=1, correction_late=1)),
    ],
)
def test_a_county_as_of_an_instant(days: float, counts: Counts) -> None:
    assert tally(COUNTY, DUE + days * DAY) == counts


def test_parts_add_up_to_the_whole() -> None:
    t = DUE + 6 * DAY
    parts = [tally([facts], t) for facts in COUNTY]
    assert total(parts) == tally(COUNTY, t)
    assert total([]) == Counts()
    assert tally([], t) == Counts()


def test_rates() -> None:
    counts = tally(COUNTY, DUE + 6 * DAY)
    assert counts.filed == 3
    assert counts.report_rate == pytest.approx(3 / 4)
    assert counts.on_time_rate == pytest.approx(2 / 4)


def test_nothing_expected_has_no_rate() -> None:
    assert Counts(not_due=3).report_rate is None
    assert Counts(not_due=3).on_time_rate is None


def test_counts_that_break_the_sum_rule_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="expected=2"):
        Counts(expected=2, on_time=1)
