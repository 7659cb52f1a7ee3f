"""Reviews: order of the steps, who may decide, what a decision needs and leads to."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from uuid import UUID

import pytest

from backend.domain.calendar import WorkCalendar, local_instant
from backend.domain.refusal import Refusal
from backend.domain.reviews import (
    Case,
    Decision,
    Defect,
    Judgement,
    Outcome,
    ReviewFact,
    ReviewStep,
    Stage,
    decide,
    fix_by,
    next_step,
    review_by,
    stage_of,
)

WEEKDAYS = WorkCalendar({}, frozenset())
TOWN, COUNTY = ReviewStep.TOWN, ReviewStep.COUNTY
ID = UUID(int=7)
FRIDAY = local_instant(date(2026, 11, 20), time(10))
LIAISON, CLERK, REVIEWER = 1, 2, 3
CASE = Case(ID, (TOWN, COUNTY), {LIAISON, CLERK}, {"employed", "migrant"})
PASS_TOWN = ReviewFact(ID, TOWN, Decision.PASS, FRIDAY)
PASS_COUNTY = ReviewFact(ID, COUNTY, Decision.PASS, FRIDAY)
RETURN_TOWN = ReviewFact(ID, TOWN, Decision.RETURN, FRIDAY, FRIDAY)
RETURN_COUNTY = ReviewFact(ID, COUNTY, Decision.RETURN, FRIDAY, FRIDAY)
SUM = Defect("employed", "sum", "不等于各项之和")
UNREADABLE = Defect(None, "photo_unreadable", "")
PASS = Judgement(REVIEWER, TOWN, Decision.PASS)
RETURN = Judgement(REVIEWER, TOWN, Decision.RETURN, (SUM, UNREADABLE))


def ask(case: Case, judgement: Judgement) -> Outcome:
    return decide(case, judgement, WEEKDAYS, FRIDAY)


def test_steps_come_in_the_order_of_the_schedule() -> None:
    assert next_step((TOWN, COUNTY), ()) is TOWN
    assert next_step((TOWN, COUNTY), {TOWN}) is COUNTY
    assert next_step((TOWN, COUNTY), {TOWN, COUNTY}) is None
    assert next_step((), ()) is None


@pytest.mark.parametrize(
    ("decisions", "stage"),
    [
        ((), Stage.TOWN),
        ((PASS_TOWN,), Stage.COUNTY),
        ((PASS_TOWN, PASS_COUNTY), Stage.ACCEPTED),
        ((RETURN_TOWN,), Stage.RETURNED),
        ((PASS_TOWN, RETURN_COUNTY), Stage.RETURNED),
        ((RETURN_COUNTY, PASS_TOWN), Stage.RETURNED),  # in whatever order they were read
    ],
)
def test_where_a_submission_stands(decisions: tuple[ReviewFact, ...], stage: Stage) -> None:
    assert stage_of((TOWN, COUNTY), decisions) is stage


def test_a_pass_hands_on_to_the_next_step() -> None:
    assert ask(CASE, PASS) == Outcome(PASS_TOWN, Stage.COUNTY)
    at_county = replace(CASE, decisions=(PASS_TOWN,))
    assert ask(at_county, replace(PASS, step=COUNTY)) == Outcome(PASS_COUNTY, Stage.ACCEPTED)
    town_only = replace(CASE, steps=(TOWN,))
    assert ask(town_only, PASS).stage is Stage.ACCEPTED


def test_a_return_gives_two_working_days() -> None:
    tuesday = local_instant(date(2026, 11, 24), time(18))
    outcome = ask(CASE, RETURN)
    assert outcome == Outcome(
        ReviewFact(ID, TOWN, Decision.RETURN, FRIDAY, tuesday), Stage.RETURNED
    )
    longer = decide(CASE, RETURN, WEEKDAYS, FRIDAY, fix_workdays=3)
    assert longer.review.fix_by == local_instant(date(2026, 11, 25), time(18))


@pytest.mark.parametrize("filer", [LIAISON, CLERK])
def test_nobody_reviews_what_they_filed_in_any_revision(filer: int) -> None:
    with pytest.raises(Refusal, match="own_filing"):
        ask(CASE, replace(PASS, reviewer=filer))


@pytest.mark.parametrize(
    "case",
    [
        replace(CASE, withdrawn=True),
        replace(CASE, decisions=(RETURN_TOWN,)),
        replace(CASE, decisions=(PASS_TOWN, RETURN_COUNTY)),
        replace(CASE, decisions=(PASS_TOWN, PASS_COUNTY)),
        replace(CASE, steps=()),
    ],
)
def test_what_awaits_no_review_gets_none(case: Case) -> None:
    for step in (TOWN, COUNTY):
        with pytest.raises(Refusal, match="not_awaiting_review"):
            ask(case, replace(PASS, step=step))


@pytest.mark.parametrize(
    ("decisions", "step", "awaiting"), [((), COUNTY, "town"), ((PASS_TOWN,), TOWN, "county")]
)
def test_each_step_in_its_turn(
    decisions: tuple[ReviewFact, ...], step: ReviewStep, awaiting: str
) -> None:
    with pytest.raises(Refusal, match="step_mismatch") as refused:
        ask(replace(CASE, decisions=decisions), replace(PASS, step=step))
    assert refused.value.params == {"awaiting": awaiting}


@pytest.mark.parametrize(
    ("judgement", "code", "params"),
    [
        (replace(PASS, defects=(SUM,)), "defects_unexpected", {}),
        (replace(RETURN, defects=()), "defects_missing", {}),
        (replace(RETURN, defects=(SUM, Defect(None, "", " "))), "defects_missing", {"index": 1}),
        (
            replace(RETURN, defects=(SUM, Defect("salary", "x", ""))),
            "defect_field_unknown",
            {"index": 1},
        ),
    ],
)
def test_a_return_says_what_is_wrong(
    judgement: Judgement, code: str, params: dict[str, int]
) -> None:
    with pytest.raises(Refusal) as refused:
        ask(CASE, judgement)
    assert (refused.value.code, refused.value.params) == (code, params)


def test_limits_end_at_six_on_a_working_day_of_china() -> None:
    monday, tuesday = date(2026, 11, 23), date(2026, 11, 24)
    assert fix_by(FRIDAY, WEEKDAYS, 1) == local_instant(monday, time(18))
    assert review_by(FRIDAY, WEEKDAYS) == local_instant(tuesday, time(18))
    friday_in_china = datetime(2026, 11, 19, 17, tzinfo=UTC)
    assert fix_by(friday_in_china, WEEKDAYS) == local_instant(tuesday, time(18))
