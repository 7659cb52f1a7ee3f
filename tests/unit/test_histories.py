"""What holds at every instant of any history that the rules allow."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.calendar import WorkCalendar, local_instant
from backend.domain.clocks import count_at
from backend.domain.rates import tally
from backend.domain.refusal import Refusal
from backend.domain.reviews import (
    Case,
    Decision,
    Defect,
    Judgement,
    ReviewStep,
    decide,
)
from backend.domain.timeliness import (
    Adjustment,
    AdjustmentKind,
    Correction,
    Facts,
    Filing,
    Verdict,
    correction,
    due_at,
    may_file,
    may_withdraw,
    stage,
    stage_at,
    state,
    verdict,
)

HOUR = timedelta(hours=1)
WEEKDAYS = WorkCalendar({}, frozenset())
TOWN, COUNTY = ReviewStep.TOWN, ReviewStep.COUNTY


def at(day: int, hour: int = 0) -> datetime:
    return local_instant(date(2026, 11, day), time(hour))


OPENS, DUE, CLOSES = at(1), at(4, 18), at(11, 18)
OWED = Facts(OPENS, DUE, CLOSES, (TOWN,))
CALM = ("file", "offline", "pass", "return")
ANY = (*CALM, "withdraw", "extend", "exempt", "restore")


def act(facts: Facts, action: str, now: datetime, hours: int) -> Facts:
    """The facts after one action at `now`, or the same facts when the rules refuse it."""
    if action in ("file", "offline"):
        if may_file(state(facts, now)):
            return facts
        n = len(facts.filings) + 1
        captured = now - hours * HOUR if action == "offline" else None
        counts = count_at(captured, now, facts.opens_at, due_at(facts, now), 24 * HOUR)
        filing = Filing(UUID(int=n), n, now, captured, counts.at, counts.by)
        return replace(facts, filings=(*facts.filings, filing))
    if action in ("extend", "exempt", "restore"):
        to = due_at(facts, now) + hours * HOUR if action == "extend" else None
        change = Adjustment(AdjustmentKind(action), now, to)
        return replace(facts, adjustments=(*facts.adjustments, change))
    if not facts.filings:
        return facts
    newest = facts.filings[-1]
    if action == "withdraw":
        if may_withdraw(facts, newest.id, now):
            return facts
        withdrawn = replace(newest, withdrawn_at=now)
        return replace(facts, filings=(*facts.filings[:-1], withdrawn))
    return judged(facts, newest, Decision(action), now)


def judged(facts: Facts, newest: Filing, decision: Decision, now: datetime) -> Facts:
    taken = [r for r in facts.reviews if r.submission_id == newest.id]
    case = Case(newest.id, facts.steps, (), (), taken, newest.withdrawn_at is not None)
    defects = [Defect(None, "unclear", "")] if decision is Decision.RETURN else []
    step = COUNTY if taken else TOWN
    try:
        outcome = decide(case, Judgement(1, step, decision, defects), WEEKDAYS, now)
    except Refusal:
        return facts
    after = replace(facts, reviews=(*facts.reviews, outcome.review))
    assert stage(after) is stage_at(after, now) is outcome.stage
    return after


def histories(actions: tuple[str, ...]) -> st.SearchStrategy[Facts]:
    """Facts made by any sequence of actions that the rules allow."""
    move = st.tuples(st.integers(0, 50), st.sampled_from(actions), st.integers(0, 60))

    def play(moves: list[tuple[int, str, int]], steps: tuple[ReviewStep, ...]) -> Facts:
        now, facts = OPENS - 12 * HOUR, replace(OWED, steps=steps)
        for gap, action, hours in moves:
            now += gap * HOUR
            facts = act(facts, action, now, hours)
        return facts

    return st.builds(
        play, st.lists(move, max_size=14), st.sampled_from([(TOWN,), (TOWN, COUNTY), ()])
    )


def instants(facts: Facts) -> list[datetime]:
    """Every instant at which something changes, and one just before and after it."""
    found = {facts.opens_at, facts.due_at, facts.closes_at}
    for filing in facts.filings:
        found |= {filing.received_at, filing.counted_at, filing.withdrawn_at or DUE}
    for fact in facts.reviews:
        found |= {fact.at, fact.fix_by or fact.at}
    for change in facts.adjustments:
        found |= {change.decided_at, change.due_at or DUE}
    tick = timedelta(microseconds=1)
    return sorted({moment + i * tick for moment in found for i in (-1, 0, 1)})


def known_at(facts: Facts, t: datetime) -> Facts:
    """The facts as they were recorded at `t`."""
    return replace(
        facts,
        adjustments=tuple(a for a in facts.adjustments if a.decided_at <= t),
        filings=tuple(
            f if f.withdrawn_at is None or f.withdrawn_at <= t else replace(f, withdrawn_at=None)
            for f in facts.filings
            if f.received_at <= t
        ),
        reviews=tuple(r for r in facts.reviews if r.at <= t),
    )


any_history = settings(max_examples=60, deadline=None)


@any_history
@given(histories(ANY))
def test_at_every_instant_the_sum_rule_holds_and_only_the_past_counts(facts: Facts) -> None:
    backwards = replace(facts, filings=facts.filings[::-1], reviews=facts.reviews[::-1])
    for t in instants(facts):
        counts = tally([facts], t)  # raises when the sum rule is broken
        assert counts.expected + counts.exempt + counts.not_due == 1
        for other in (known_at(facts, t), backwards):
            assert state(other, t) is state(facts, t)
            assert verdict(other, t) is verdict(facts, t)
            assert correction(other, t) is correction(facts, t)


@any_history
@given(histories(CALM))
def test_a_verdict_once_given_never_changes(facts: Facts) -> None:
    verdicts = [verdict(facts, t) for t in instants(facts)]
    given_verdicts = [v for v in verdicts if v is not Verdict.PENDING]
    assert len(set(given_verdicts)) <= 1
    assert verdicts == [Verdict.PENDING] * (len(verdicts) - len(given_verdicts)) + given_verdicts


@any_history
@given(histories(CALM))
def test_a_late_correction_stays_late(facts: Facts) -> None:
    late = [correction(facts, t) is Correction.LATE for t in instants(facts)]
    assert late == sorted(late)
