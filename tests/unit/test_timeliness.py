"""What is true of an obligation at an instant: tables by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest

from backend.domain.calendar import local_instant
from backend.domain.clocks import CountedBy
from backend.domain.reviews import (
    Decision,
    ReviewFact,
    ReviewStep,
    Stage,
)
from backend.domain.timeliness import (
    Adjustment,
    AdjustmentKind,
    Correction,
    Facts,
    Filing,
    State,
    Verdict,
    closes_at,
    correction,
    due_at,
    is_exempt,
    is_expected,
    known_filings,
    matched_at,
    may_file,
    may_withdraw,
    stage,
    stage_at,
    state,
    verdict,
)

HOUR = timedelta(hours=1)
TOWN, COUNTY = ReviewStep.TOWN, ReviewStep.COUNTY


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return local_instant(date(2026, 11, day), time(hour, minute))


OPENS, DUE, CLOSES = at(1), at(4, 18), at(11, 18)
OWED = Facts(OPENS, DUE, CLOSES, (TOWN,))


def filed(n: int, when: datetime, withdrawn_at: datetime | None = None) -> Filing:
    return Filing(UUID(int=n), n, when, None, when, CountedBy.RECEIVED, withdrawn_at)


def review(n: int, decision: Decision, when: datetime, step: ReviewStep = TOWN) -> ReviewFact:
    fix_by = when + 48 * HOUR if decision is Decision.RETURN else None
    return ReviewFact(UUID(int=n), step, decision, when, fix_by)


def with_filings(*filings: Filing, reviews: tuple[ReviewFact, ...] = ()) -> Facts:
    return replace(OWED, filings=filings, reviews=reviews)


def adjusted(*adjustments: Adjustment, facts: Facts = OWED) -> Facts:
    return replace(facts, adjustments=adjustments)


def extended(decided_at: datetime, to: datetime, closes: datetime | None = None) -> Adjustment:
    return Adjustment(AdjustmentKind.EXTEND, decided_at, to, closes)


# --- states and verdicts ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("t", "expected_state", "expected_verdict", "expected"),
    [
        (OPENS - HOUR, State.UPCOMING, Verdict.PENDING, False),
        (OPENS, State.OPEN, Verdict.PENDING, False),
        (DUE - HOUR, State.OPEN, Verdict.PENDING, False),
        (DUE, State.OPEN, Verdict.PENDING, True),
        (DUE + HOUR, State.OVERDUE, Verdict.PENDING, True),
        (CLOSES, State.OVERDUE, Verdict.PENDING, True),
        (CLOSES + timedelta(microseconds=1), State.MISSING, Verdict.MISSING, True),
    ],
)
def test_nothing_filed(
    t: datetime, expected_state: State, expected_verdict: Verdict, expected: bool
) -> None:
    assert (state(OWED, t), verdict(OWED, t)) == (expected_state, expected_verdict)
    assert is_expected(OWED, t) is expected
    assert state(OWED, t.astimezone(UTC)) is expected_state


def test_the_verdict_is_that_of_the_counted_time() -> None:
    assert verdict(with_filings(filed(1, DUE)), DUE) is Verdict.ON_TIME
    assert verdict(with_filings(filed(1, DUE + HOUR)), CLOSES) is Verdict.LATE
    offline = replace(filed(1, at(5, 9)), counted_at=at(4, 17), counted_by=CountedBy.CAPTURED)
    facts = with_filings(offline)
    assert verdict(facts, at(5, 8)) is Verdict.PENDING  # nobody knew of it yet
    assert verdict(facts, at(5, 9)) is Verdict.ON_TIME


def test_review_moves_the_state_and_leaves_the_verdict() -> None:
    facts = with_filings(
        filed(1, at(4)),
        filed(2, at(6)),
        reviews=(review(1, Decision.RETURN, at(5)), review(2, Decision.PASS, at(20))),
    )
    seen = [(state(facts, t), verdict(facts, t)) for t in (at(4), at(5), at(6), at(19), at(20))]
    assert seen == [
        (State.SUBMITTED, Verdict.ON_TIME),
        (State.RETURNED, Verdict.ON_TIME),
        (State.SUBMITTED, Verdict.ON_TIME),
        (State.SUBMITTED, Verdict.ON_TIME),
        (State.ACCEPTED, Verdict.ON_TIME),
    ]


def test_acceptance_needs_every_step() -> None:
    passes = (review(1, Decision.PASS, at(3)), review(1, Decision.PASS, at(4), COUNTY))
    facts = replace(with_filings(filed(1, at(2)), reviews=passes), steps=(TOWN, COUNTY))
    assert [stage_at(facts, at(day)) for day in (1, 2, 3, 4)] == [
        Stage.NONE,
        Stage.TOWN,
        Stage.COUNTY,
        Stage.ACCEPTED,
    ]
    assert [state(facts, at(day)) for day in (2, 3, 4)] == [
        State.SUBMITTED,
        State.SUBMITTED,
        State.ACCEPTED,
    ]


def test_a_withdrawal_takes_the_filing_back() -> None:
    facts = with_filings(filed(1, at(3), withdrawn_at=at(3, 12)), filed(2, at(5)))
    assert [state(facts, t) for t in (at(3), at(3, 12), at(5))] == [
        State.SUBMITTED,
        State.OPEN,
        State.SUBMITTED,
    ]
    assert [verdict(facts, t) for t in (at(3), at(3, 12), at(5))] == [
        Verdict.ON_TIME,
        Verdict.PENDING,
        Verdict.LATE,
    ]
    assert [f.revision for f in known_filings(facts, at(5))] == [2]
    assert stage(facts) is Stage.TOWN
    assert stage(with_filings(facts.filings[0])) is Stage.NONE


def test_a_withdrawn_correction_leaves_the_return_standing() -> None:
    facts = with_filings(
        filed(1, at(3)),
        filed(2, at(4), withdrawn_at=at(4, 9)),
        reviews=(review(1, Decision.RETURN, at(3, 12)),),
    )
    assert state(facts, at(4)) is State.SUBMITTED
    assert state(facts, at(4, 9)) is State.RETURNED


# --- extension and exemption ------------------------------------------------------------------


def test_an_extension_is_true_from_its_decision_on() -> None:
    late = with_filings(filed(1, at(5)))
    facts = adjusted(extended(at(6), at(6, 18), at(13, 18)), facts=late)
    assert (due_at(facts, at(5)), closes_at(facts, at(5))) == (DUE, CLOSES)
    assert (due_at(facts, at(6)), closes_at(facts, at(6))) == (at(6, 18), at(13, 18))
    assert verdict(facts, at(5)) is Verdict.LATE  # as it was then
    assert verdict(facts, at(6)) is Verdict.ON_TIME
    assert is_expected(facts, at(5))
    assert not is_expected(facts, at(6))
    assert is_expected(facts, at(6, 18))


def test_the_latest_decision_wins_whatever_the_order_of_the_facts() -> None:
    first, second = extended(at(3), at(9)), extended(at(4), at(6, 18))
    for order in ((first, second), (second, first)):
        assert due_at(adjusted(*order), at(5)) == at(6, 18)
    assert due_at(adjusted(extended(at(3), at(9)), extended(at(3), at(8))), at(3)) == at(8)


def test_closing_never_comes_before_due() -> None:
    assert closes_at(adjusted(extended(at(3), at(20))), at(3)) == at(20)


def test_an_exemption_and_its_end() -> None:
    facts = adjusted(
        Adjustment(AdjustmentKind.EXEMPT, at(3)),
        Adjustment(AdjustmentKind.RESTORE, at(12), due_at=at(16, 18), closes_at=at(20, 18)),
    )
    assert [state(facts, at(day)) for day in (2, 3, 11, 12, 17, 21)] == [
        State.OPEN,
        State.EXEMPT,
        State.EXEMPT,
        State.OPEN,
        State.OVERDUE,
        State.MISSING,
    ]
    assert verdict(facts, at(11)) is Verdict.EXEMPT
    assert [is_exempt(facts, at(day)) for day in (2, 3, 12)] == [False, True, False]
    assert not is_expected(facts, at(11))
    assert is_expected(facts, at(17))


def test_more_time_does_not_end_an_exemption() -> None:
    facts = adjusted(Adjustment(AdjustmentKind.EXEMPT, at(3)), extended(at(4), at(9)))
    assert state(facts, at(5)) is State.EXEMPT


# --- corrections ------------------------------------------------------------------------------


def test_a_correction_is_late_when_its_time_passed() -> None:
    returned = with_filings(filed(1, at(3)), reviews=(review(1, Decision.RETURN, at(4)),))
    assert correction(returned, at(3)) is Correction.NONE
    assert correction(returned, at(6)) is Correction.PENDING  # the last instant
    assert correction(returned, at(6, 1)) is Correction.LATE
    in_time = replace(returned, filings=(filed(1, at(3)), filed(2, at(6))))
    assert correction(in_time, at(9)) is Correction.DONE
    too_late = replace(returned, filings=(filed(1, at(3)), filed(2, at(6, 1))))
    assert correction(too_late, at(9)) is Correction.LATE
    assert verdict(too_late, at(9)) is Verdict.ON_TIME
    exempt = adjusted(Adjustment(AdjustmentKind.EXEMPT, at(8)), facts=too_late)
    assert correction(exempt, at(9)) is Correction.NONE


def test_one_late_correction_of_several_is_enough() -> None:
    facts = with_filings(
        filed(1, at(3)),
        filed(2, at(9)),
        filed(3, at(10)),
        reviews=(review(1, Decision.RETURN, at(4)), review(2, Decision.RETURN, at(9, 12))),
    )
    assert correction(facts, at(12)) is Correction.LATE


def test_a_withdrawn_correction_does_not_count() -> None:
    facts = with_filings(
        filed(1, at(3)),
        filed(2, at(5), withdrawn_at=at(5, 1)),
        reviews=(review(1, Decision.RETURN, at(4)),),
    )
    assert correction(facts, at(5)) is Correction.DONE
    assert correction(facts, at(5, 1)) is Correction.PENDING
    assert correction(facts, at(7)) is Correction.LATE


# --- what may be done -------------------------------------------------------------------------

RETURNED = with_filings(filed(1, at(3)), reviews=(review(1, Decision.RETURN, at(4)),))
ACCEPTED = with_filings(filed(1, at(3)), reviews=(review(1, Decision.PASS, at(4)),))


@pytest.mark.parametrize(
    ("facts", "t", "code"),
    [
        (OWED, OPENS - HOUR, "not_open_yet"),
        (OWED, OPENS, None),
        (OWED, CLOSES, None),
        (OWED, CLOSES + HOUR, "period_closed"),
        (adjusted(Adjustment(AdjustmentKind.EXEMPT, at(3))), at(3), "exempt"),
        (with_filings(filed(1, at(3))), at(4), "awaiting_review"),
        (with_filings(filed(1, at(3), withdrawn_at=at(3, 9))), at(4), None),
        (with_filings(filed(1, at(3), withdrawn_at=at(3, 9))), at(12), "period_closed"),
        (RETURNED, at(4), None),
        (RETURNED, at(20), None),  # a correction is welcome after closing too
        (ACCEPTED, at(4), "already_accepted"),
        (replace(ACCEPTED, steps=(TOWN, COUNTY)), at(4), "awaiting_review"),
    ],
)
def test_who_may_file(facts: Facts, t: datetime, code: str | None) -> None:
    refusal = may_file(state(facts, t))
    assert (refusal.code if refusal else None) == code


@pytest.mark.parametrize(
    ("facts", "n", "t", "code"),
    [
        (with_filings(filed(1, at(3))), 1, at(4), None),
        (with_filings(filed(1, at(3), withdrawn_at=at(3, 9))), 1, at(4), "already_withdrawn"),
        (RETURNED, 1, at(4), "already_reviewed"),
        (ACCEPTED, 1, at(4), "already_reviewed"),
        (with_filings(filed(1, at(3)), filed(2, at(4))), 1, at(5), "not_newest"),
        (with_filings(filed(1, at(3)), filed(2, at(4))), 2, at(5), None),
        (with_filings(filed(1, at(3))), 1, at(12), "period_closed"),  # no way back
        (replace(RETURNED, filings=(filed(1, at(3)), filed(2, at(9)))), 2, at(12), None),
    ],
)
def test_who_may_withdraw(facts: Facts, n: int, t: datetime, code: str | None) -> None:
    refusal = may_withdraw(facts, UUID(int=n), t)
    assert (refusal.code if refusal else None) == code


# --- matches ----------------------------------------------------------------------------------


def matched(decided_at: datetime, counted_at: datetime) -> Adjustment:
    return Adjustment(AdjustmentKind.MATCHED, decided_at, counted_at=counted_at)


@pytest.mark.parametrize(
    ("decided_at", "counted_at", "found"),
    [
        (at(3), at(2), Verdict.ON_TIME),
        (at(20), at(4), Verdict.ON_TIME),  # told late, proved in time
        (at(20), at(6), Verdict.LATE),
        (at(3), at(3), Verdict.ON_TIME),
    ],
)
def test_a_match_answers_as_of_its_proof(
    decided_at: datetime, counted_at: datetime, found: Verdict
) -> None:
    facts = adjusted(matched(decided_at, counted_at))
    assert (verdict(facts, at(25)), state(facts, at(25))) == (found, State.ACCEPTED)
    assert stage_at(facts, at(25)) is stage(facts) is Stage.ACCEPTED
    before = decided_at - HOUR
    assert stage_at(facts, before) is Stage.NONE
    assert matched_at(facts, before) is None
    assert is_expected(facts, at(25))


@pytest.mark.parametrize(
    ("then", "found"),
    [(AdjustmentKind.RESTORE, State.OPEN), (AdjustmentKind.EXEMPT, State.EXEMPT)],
)
def test_a_later_decision_takes_a_match_back(then: AdjustmentKind, found: State) -> None:
    facts = adjusted(matched(at(2), at(2)), Adjustment(then, at(3)))
    assert state(facts, at(2, 1)) is State.ACCEPTED
    assert state(facts, at(3)) is found


def test_an_extension_leaves_a_match_as_it_was() -> None:
    facts = adjusted(matched(at(2), at(2)), extended(at(3), at(9)))
    assert state(facts, at(4)) is State.ACCEPTED


def test_what_was_filed_counts_before_a_match() -> None:
    facts = adjusted(matched(at(3), at(2)), facts=with_filings(filed(1, at(6))))
    assert verdict(facts, at(10)) is Verdict.LATE
    assert stage_at(facts, at(4)) is Stage.ACCEPTED, "nothing was filed by then"
    assert stage_at(facts, at(10)) is Stage.TOWN
