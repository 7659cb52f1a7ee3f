"""What a result recommends, month by month; how a death's deadline runs; where a window stands."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.calendar import SHANGHAI, WorkCalendar
from backend.domain.certification.cycles import Window
from backend.domain.certification.effects import (
    NOTHING,
    Effects,
    Finding,
    Payment,
    check_finding,
    death_report_due,
    effects_of,
    effects_of_silence,
    paid_through,
)
from backend.domain.certification.months import Month, Months
from backend.domain.certification.states import CertFacts, Collected, Suspicion
from backend.domain.certification.states import cert_state as state_of
from backend.domain.certification.words import CertState, PayStatus, Result
from backend.domain.periods import Timing
from backend.domain.refusal import Refusal
from backend.domain.reviews import Decision, ReviewFact, ReviewStep

quick = settings(max_examples=80, deadline=None)
WINDOW = Window(date(2026, 10, 1), date(2026, 11, 30), date(2026, 11, 30))
FOUND = date(2026, 11, 22)
NOW = Month(2026, 11)
PAID = Payment(PayStatus.NORMAL, NOW)


def suspended(since: Month) -> Payment:
    return Payment(PayStatus.SUSPENDED, since.plus(-1), since)


def of(result: Result, payment: Payment = PAID, **dates: date) -> Effects:
    finding = Finding(result, dates.pop("found_on", FOUND), **dates)
    check_finding(finding)
    return effects_of(finding, payment, WINDOW)


def months(first: Month, last: Month) -> Months:
    return Months(first, last)


@pytest.mark.parametrize("result", [Result.PASS, Result.ABROAD])
def test_certified_in_time_changes_nothing(result: Result) -> None:
    assert of(result) == NOTHING
    assert of(result, Payment(PayStatus.TERMINATED, Month(2026, 1))) == NOTHING


def test_certified_after_suspension_is_resumed_and_paid_back_from_the_first_month() -> None:
    found = of(Result.PASS, suspended(Month(2026, 3)))
    assert found == Effects(
        resume_from=Month(2026, 12), back_pay=months(Month(2026, 3), Month(2026, 11))
    )
    # Suspended from a month still to come: resumed then, and nothing was held back.
    assert of(Result.PASS, suspended(Month(2027, 2))) == Effects(resume_from=Month(2027, 2))
    unknown = Payment(PayStatus.SUSPENDED, None)
    assert of(Result.PASS, unknown) == Effects(resume_from=Month(2026, 12))


def test_a_death_ends_the_pension_from_the_next_month() -> None:
    found = of(Result.DEATH, happened_on=date(2026, 8, 31))
    assert found.terminate_from == Month(2026, 9)
    assert found.overpaid == months(Month(2026, 9), Month(2026, 11))
    assert found.overpaid_months == 3
    same_month = of(Result.DEATH, happened_on=date(2026, 11, 1))
    assert same_month == Effects(terminate_from=Month(2026, 12))
    over_new_year = of(Result.DEATH, happened_on=date(2025, 12, 31))
    assert (over_new_year.terminate_from, over_new_year.overpaid_months) == (Month(2026, 1), 11)


def test_months_that_were_not_paid_are_not_overpaid() -> None:
    payment = suspended(Month(2026, 10))
    assert of(Result.DEATH, payment, happened_on=date(2026, 8, 31)).overpaid_months == 1
    unknown = Payment(PayStatus.SUSPENDED, None)
    assert of(Result.DEATH, unknown, happened_on=date(2026, 8, 31)).overpaid is None
    ended = Payment(PayStatus.TERMINATED, Month(2026, 10))
    assert of(Result.DEATH, ended, happened_on=date(2026, 8, 31)) == Effects(
        overpaid=months(Month(2026, 9), Month(2026, 10))
    )


def test_custody_stops_payment_and_is_never_paid_back() -> None:
    begun = date(2026, 3, 15)
    assert of(Result.CUSTODY, happened_on=begun) == Effects(
        suspend_from=Month(2026, 4), overpaid=months(Month(2026, 4), Month(2026, 11))
    )
    stopped = of(
        Result.CUSTODY,
        suspended(Month(2026, 6)),
        happened_on=begun,
        released_on=date(2026, 10, 5),
    )
    assert stopped == Effects(
        resume_from=Month(2026, 11), overpaid=months(Month(2026, 4), Month(2026, 5))
    )
    never_stopped = of(Result.CUSTODY, happened_on=begun, released_on=date(2026, 10, 5))
    assert never_stopped == Effects(overpaid=months(Month(2026, 4), Month(2026, 10)))
    same_month = of(Result.CUSTODY, happened_on=begun, released_on=date(2026, 3, 30))
    assert same_month == NOTHING


def test_settling_abroad_and_another_pension() -> None:
    day = date(2026, 9, 10)
    assert of(Result.EMIGRATED, happened_on=day).terminate_from == Month(2026, 10)
    twice = of(Result.DUPLICATE, happened_on=day)
    assert (twice.terminate_from, twice.overpaid_months) == (Month(2026, 9), 3)


def test_who_was_not_seen_is_suspended_when_the_window_has_closed() -> None:
    for result in (Result.UNREACHABLE, Result.REFUSED):
        assert of(result) == Effects(suspend_from=Month(2026, 12))
        assert of(result, suspended(Month(2026, 3))) == NOTHING
    assert of(Result.MISSING) == Effects(suspend_from=Month(2026, 12))
    assert of(Result.MISSING, found_on=date(2026, 12, 1)) == Effects(suspend_from=Month(2027, 1))
    assert of(Result.MOVED) == NOTHING


def test_silence_recommends_nothing_before_the_window_has_closed() -> None:
    assert effects_of_silence(PAID, WINDOW, date(2026, 11, 30)) == NOTHING
    assert effects_of_silence(PAID, WINDOW, date(2026, 12, 1)).suspend_from == Month(2026, 12)
    graced = Window(WINDOW.opens_on, WINDOW.due_on, date(2027, 1, 31))
    assert effects_of_silence(PAID, graced, date(2027, 1, 31)) == NOTHING
    assert effects_of_silence(PAID, graced, date(2027, 2, 1)).suspend_from == Month(2027, 2)


def test_the_last_month_paid() -> None:
    assert paid_through(PayStatus.NORMAL, None, FOUND) == NOW
    assert paid_through(PayStatus.NORMAL, Month(2026, 3), FOUND) == NOW
    assert paid_through(PayStatus.SUSPENDED, Month(2026, 3), FOUND) == Month(2026, 2)
    assert paid_through(PayStatus.SUSPENDED, Month(2027, 3), FOUND) == NOW
    assert paid_through(PayStatus.TERMINATED, None, FOUND) is None


@pytest.mark.parametrize(
    ("finding", "reason"),
    [
        (Finding(Result.DEATH, FOUND), "missing"),
        (Finding(Result.CUSTODY, FOUND), "missing"),
        (Finding(Result.PASS, FOUND, FOUND), "unexpected"),
        (Finding(Result.DEATH, FOUND, FOUND, FOUND), "unexpected"),
        (Finding(Result.DEATH, FOUND, FOUND + timedelta(days=1)), "future"),
        (Finding(Result.CUSTODY, FOUND, FOUND, FOUND - timedelta(days=1)), "order"),
    ],
)
def test_dates_that_can_not_be(finding: Finding, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_finding(finding)
    assert (refused.value.code, refused.value.params) == ("event_date_invalid", {"reason": reason})


months_any = st.builds(Month, st.integers(2020, 2030), st.integers(1, 12))


@quick
@given(st.sampled_from(Result), st.dates(date(2021, 1, 1), date(2026, 11, 22)), months_any)
def test_no_month_is_both_owed_and_not(result: Result, day: date, since: Month) -> None:
    happened = day if result.happened else None
    for payment in (PAID, suspended(since), Payment(PayStatus.TERMINATED, since)):
        found = effects_of(Finding(result, FOUND, happened), payment, WINDOW)
        assert not (found.resume_from and (found.terminate_from or found.suspend_from))
        assert not (found.back_pay and found.overpaid)
        assert found.terminate_from is None or payment.status is not PayStatus.TERMINATED
        if found.overpaid:
            assert payment.paid_through is not None
            assert found.overpaid.last <= payment.paid_through
        if found.back_pay:
            assert found.back_pay.first == payment.suspended_from
            assert found.resume_from == found.back_pay.last.plus(1)


def test_a_death_is_to_be_reported_within_20_working_days() -> None:
    calendar = WorkCalendar({date(2026, 10, 10): True}, frozenset())
    # October 1st to 3rd are off by their date; Saturday the 10th is worked.
    assert death_report_due(date(2026, 9, 30), calendar) == date(2026, 10, 29)
    assert death_report_due(date(2026, 11, 21), calendar) == date(2026, 12, 18)


# Where a window stands.

T0 = datetime(2026, 10, 1, tzinfo=SHANGHAI)
TIMING = Timing(T0, T0 + timedelta(days=60), T0 + timedelta(days=90))
STEPS = (ReviewStep.TOWN, ReviewStep.COUNTY)
A, B = UUID(int=1), UUID(int=2)


def at(day: float) -> datetime:
    return T0 + timedelta(days=day)


def state(day: float, **facts: Any) -> CertState:
    return state_of(CertFacts(TIMING, STEPS, **facts), at(day))


def collected(day: float, result: Result = Result.PASS, number: UUID = A) -> Collected:
    return Collected(number, result, at(day))


def passed(number: UUID, *days: float) -> tuple[ReviewFact, ...]:
    return tuple(
        ReviewFact(number, step, Decision.PASS, at(day))
        for step, day in zip(STEPS, days, strict=False)
    )


def test_by_the_clock_alone() -> None:
    assert state(-1) is CertState.NOT_DUE
    assert state(0) is CertState.DUE
    assert state(60) is CertState.DUE
    assert state(60.1) is CertState.OVERDUE
    assert state(400) is CertState.OVERDUE


def test_a_collection_waits_for_all_its_reviews() -> None:
    facts = {"collected": (collected(5),), "reviews": passed(A, 6, 8)}
    assert [state(day, **facts) for day in (4, 5, 6, 7.9, 8, 400)] == [
        CertState.DUE,
        CertState.COLLECTED,
        CertState.COLLECTED,
        CertState.COLLECTED,
        CertState.PASSED,
        CertState.PASSED,
    ]


def test_a_return_and_its_correction() -> None:
    returned = ReviewFact(A, ReviewStep.TOWN, Decision.RETURN, at(6), at(8))
    facts = {"collected": (collected(5), collected(9, number=B)), "reviews": (returned,)}
    assert state(7, **facts) is CertState.RETURNED
    assert state(9, **facts) is CertState.COLLECTED


def test_a_withdrawn_collection_does_not_stand() -> None:
    facts = {"collected": (Collected(A, Result.PASS, at(5), at(6)),)}
    assert state(5.5, **facts) is CertState.COLLECTED
    assert state(6, **facts) is CertState.DUE


def test_who_was_not_found_is_still_owed() -> None:
    facts = {"collected": (collected(5, Result.UNREACHABLE),), "reviews": passed(A, 6, 7)}
    assert state(7, **facts) is CertState.DUE
    assert state(61, **facts) is CertState.OVERDUE
    death = {"collected": (collected(5, Result.DEATH),), "reviews": passed(A, 6, 7)}
    assert state(61, **death) is CertState.PASSED


def test_a_proof_needs_no_review() -> None:
    assert state(61, proofs=(at(3),)) is CertState.PASSED
    assert state(2, proofs=(at(3),)) is CertState.DUE


def test_a_suspicion_stands_until_a_visit_after_it_was_accepted() -> None:
    doubt = {"suspicions": (Suspicion(at(10)),), "proofs": (at(3),)}
    assert [state(day, **doubt) for day in (9, 10, 100)] == [
        CertState.PASSED,
        CertState.SUSPECT,
        CertState.SUSPECT,
    ]
    visited = {**doubt, "collected": (collected(12),), "reviews": passed(A, 13, 14)}
    assert [state(day, **visited) for day in (11, 12, 14)] == [
        CertState.SUSPECT,
        CertState.COLLECTED,
        CertState.PASSED,
    ]


def test_a_visit_before_the_suspicion_does_not_end_it() -> None:
    facts = {
        "suspicions": (Suspicion(at(10)),),
        "collected": (collected(9),),
        "reviews": passed(A, 11, 12),
    }
    assert state(9.5, **facts) is CertState.COLLECTED
    assert state(10.5, **facts) is CertState.SUSPECT
    assert state(12, **facts) is CertState.SUSPECT


def test_where_nobody_reviews_a_visit_counts_when_it_arrives() -> None:
    facts = CertFacts(TIMING, (), (collected(12),), suspicions=(Suspicion(at(10)),))
    assert state_of(facts, at(11)) is CertState.SUSPECT
    assert state_of(facts, at(12)) is CertState.PASSED


def test_a_suspicion_may_be_cleared_by_the_county() -> None:
    facts = {"suspicions": (Suspicion(at(10), at(20)),)}
    assert state(19, **facts) is CertState.SUSPECT
    assert state(20, **facts) is CertState.DUE


def test_a_visit_that_found_nobody_leaves_the_suspicion() -> None:
    facts = {
        "suspicions": (Suspicion(at(10)),),
        "collected": (collected(12, Result.UNREACHABLE),),
        "reviews": passed(A, 13, 14),
    }
    assert state(15, **facts) is CertState.SUSPECT


facts_any = st.builds(
    lambda found, doubts, proofs, reviewed: CertFacts(
        TIMING,
        STEPS,
        tuple(Collected(UUID(int=i), result, at(day)) for i, (result, day) in enumerate(found, 1)),
        tuple(r for i, day in reviewed for r in passed(UUID(int=i), day, day + 1)),
        tuple(map(at, proofs)),
        tuple(Suspicion(at(day)) for day in doubts),
    ),
    st.lists(st.tuples(st.sampled_from(Result), st.integers(0, 90)), max_size=3),
    st.lists(st.integers(0, 90), max_size=2),
    st.lists(st.integers(0, 90), max_size=1),
    st.lists(
        st.tuples(st.integers(1, 3), st.integers(0, 90)), max_size=2, unique_by=lambda r: r[0]
    ),
)


@quick
@given(facts_any, st.integers(-5, 100))
def test_what_becomes_known_later_changes_nothing_now(facts: CertFacts, day: int) -> None:
    t = at(day)
    known = CertFacts(
        TIMING,
        STEPS,
        tuple(c for c in facts.collected if c.received_at <= t),
        tuple(r for r in facts.reviews if r.at <= t),
        tuple(p for p in facts.proofs if p <= t),
        tuple(s for s in facts.suspicions if s.raised_at <= t),
    )
    assert state_of(facts, t) is state_of(known, t)
