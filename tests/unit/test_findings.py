"""What is lacking of a filing, what is flagged, and what is recommended of what was found."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.calendar import WorkCalendar
from backend.domain.certification.collecting import defects
from backend.domain.certification.cycles import Window
from backend.domain.certification.effects import NOTHING, Finding, payment_on
from backend.domain.certification.evidence import DEFAULT_EVIDENCE
from backend.domain.certification.flags import (
    Flag,
    Issued,
    Seen,
    code_flag,
    flags_of,
    many_at_once,
)
from backend.domain.certification.months import Month
from backend.domain.certification.results import Asked, Found, line_of
from backend.domain.certification.states import CertFacts, Collected, Suspicion
from backend.domain.certification.words import CertState, Method, PayStatus, Result
from backend.domain.refusal import Refusal
from backend.domain.reviews import (
    Case,
    Decision,
    Judgement,
    ReviewFact,
    ReviewStep,
    Stage,
    decide,
    stage_of,
    with_second,
)

TOWN, COUNTY, SECOND = ReviewStep.TOWN, ReviewStep.COUNTY, ReviewStep.SECOND
NOON = datetime(2026, 11, 2, 4, tzinfo=UTC)
DAY = date(2026, 11, 2)
DAYS = WorkCalendar({}, frozenset())


def passed(submission: UUID, *steps: ReviewStep) -> list[ReviewFact]:
    return [ReviewFact(submission, step, Decision.PASS, NOON) for step in steps]


# What is lacking


@pytest.mark.parametrize(
    ("answers", "codes"),
    [
        ({"method": "home_visit", "result": "pass"}, ["paper_lacking"] * 2),
        ({"method": "home_visit", "result": "pass", "mismatch": True}, ["paper_lacking"] * 3),
        ({"method": "home_visit", "result": "refused"}, []),
        (
            {"method": "village", "result": "death", "happened_on": "2026-11-03"},
            ["paper_lacking", "day_ahead"],
        ),
        ({"method": "village", "result": "death", "happened_on": "2026-11-02"}, ["paper_lacking"]),
        ({"method": "village", "result": "death", "happened_on": "soon"}, ["paper_lacking"]),
        ({"method": "village", "result": "death", "happened_on": 7}, ["paper_lacking"]),
        ({"method": "village", "result": "hidden"}, []),
        ({"method": [], "result": "pass"}, []),
        ({}, []),
    ],
)
def test_what_the_form_cannot_say(answers: dict[str, object], codes: list[str]) -> None:
    found = defects(DEFAULT_EVIDENCE, answers, [], DAY)
    assert [each.code.value for each in found] == codes


# Flags


def test_a_code_holds_half_an_hour() -> None:
    issued = [Issued("0420", NOON)]
    half = timedelta(minutes=30)
    assert code_flag("0420", NOON + half, issued) is None
    assert code_flag("0420", NOON + half + timedelta(seconds=1), issued) is Flag.CODE_LATE
    assert code_flag("0420", NOON - timedelta(seconds=1), issued) is Flag.CODE_WRONG
    assert code_flag("0421", NOON, issued) is Flag.CODE_WRONG
    assert code_flag(None, NOON, issued) is None


def test_only_photos_of_the_person_have_to_be_fresh() -> None:
    paper = {"evidence": "id_card", "from_gallery": True}
    photo = {"evidence": "plate_photo", "from_gallery": True}
    assert flags_of(NOON, None, [], [paper], []) == ()
    assert flags_of(NOON, None, [], [paper, photo], []) == (Flag.FROM_GALLERY,)


def _seen(*minutes: float) -> list[Seen]:
    return [Seen(uuid4(), NOON + timedelta(minutes=each)) for each in minutes]


def test_more_than_twenty_in_ten_minutes() -> None:
    twenty = _seen(*(n / 2 for n in range(20)))
    assert not many_at_once(NOON, twenty)
    one_more = [*twenty, *_seen(10)]
    assert many_at_once(NOON, one_more)
    assert many_at_once(one_more[-1].at, one_more)
    assert not many_at_once(NOON, [*twenty, *_seen(10.1)])
    assert not many_at_once(NOON, twenty * 2), "the same persons again are no more persons"


@settings(max_examples=60)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=60), st.data())
def test_many_are_found_from_each_of_them(minutes: list[int], data: st.DataObject) -> None:
    """Against counting every stretch of whole minutes."""
    seen = _seen(*minutes)
    at = data.draw(st.sampled_from(minutes))
    stretches = [m for m in minutes if m <= at <= m + 10]
    expected = any(sum(s <= m <= s + 10 for m in minutes) > 20 for s in stretches)
    assert many_at_once(NOON + timedelta(minutes=at), seen) is expected


# The second look


@pytest.mark.parametrize(
    ("steps", "taken", "stage"),
    [
        ((TOWN,), (), Stage.TOWN),
        ((TOWN,), (TOWN,), Stage.TOWN),
        ((TOWN,), (TOWN, SECOND), Stage.ACCEPTED),
        ((TOWN, COUNTY), (TOWN,), Stage.TOWN),
        ((TOWN, COUNTY), (TOWN, SECOND), Stage.COUNTY),
        ((COUNTY,), (COUNTY,), Stage.COUNTY),
    ],
)
def test_the_second_look_stays_with_the_first_office(
    steps: tuple[ReviewStep, ...], taken: tuple[ReviewStep, ...], stage: Stage
) -> None:
    assert stage_of(with_second(steps), passed(uuid4(), *taken)) is stage


def test_the_second_look_is_anothers() -> None:
    number = uuid4()
    case = Case(number, with_second([TOWN]), ["liaison"], (), passed(number, TOWN), False, ["a"])
    with pytest.raises(Refusal, match="second_person"):
        decide(case, Judgement("a", SECOND, Decision.PASS), DAYS, NOON)
    assert decide(case, Judgement("b", SECOND, Decision.PASS), DAYS, NOON).stage is Stage.ACCEPTED


# Results

WINDOW = Window(date(2026, 1, 1), date(2026, 10, 31), date(2026, 10, 31))
SUSPENDED = payment_on(PayStatus.SUSPENDED, date(2026, 8, 1), DAY)
NORMAL = payment_on(PayStatus.NORMAL, None, DAY)


def _asked(result: Result, *taken: ReviewStep, doubts: tuple[Suspicion, ...] = ()) -> Asked:
    number, happened = uuid4(), date(2026, 8, 20) if result.happened else None
    facts = CertFacts(
        WINDOW.timing,
        (TOWN,),
        (Collected(number, result, NOON),),
        tuple(passed(number, *taken)),
        (),
        doubts,
    )
    found = Found(Finding(result, DAY, happened), Method.HOME_VISIT)
    return Asked(WINDOW, facts, {number: found})


def test_only_what_is_accepted_is_recommended() -> None:
    waiting = line_of(_asked(Result.DEATH), False, NORMAL, NOON)
    assert waiting.state is CertState.COLLECTED
    assert waiting.effects.terminate_from is None
    accepted = line_of(_asked(Result.DEATH, TOWN), False, NORMAL, NOON)
    assert accepted.effects.terminate_from == Month(2026, 9)
    assert accepted.effects.overpaid_months == 3


def test_a_doubt_holds_back_what_a_visit_recommends() -> None:
    later = Suspicion(NOON + timedelta(hours=1))
    asked = _asked(Result.PASS, TOWN, doubts=(later,))
    before = line_of(asked, False, SUSPENDED, NOON)
    assert before.effects.resume_from == Month(2026, 12)
    doubted = line_of(asked, True, SUSPENDED, NOON + timedelta(hours=2))
    assert (doubted.state, doubted.effects) == (CertState.SUSPECT, NOTHING)


def test_nobody_asked_is_not_due() -> None:
    assert line_of(None, False, NORMAL, NOON).state is CertState.NOT_DUE
    assert line_of(None, True, NORMAL, NOON).state is CertState.SUSPECT


def test_silence_past_the_window_suspends() -> None:
    nobody = Asked(WINDOW, CertFacts(WINDOW.timing, (TOWN,)), {})
    assert line_of(nobody, False, NORMAL, NOON).effects.suspend_from == Month(2026, 11)
    early = datetime(2026, 10, 31, 12, tzinfo=UTC)
    assert line_of(nobody, False, NORMAL, early).effects == NOTHING
