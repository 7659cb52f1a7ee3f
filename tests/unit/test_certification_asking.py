"""What a pensioner is asked for on a day: what counts, or what follows where that was missed."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.certification.asking import asked_on
from backend.domain.certification.cycles import Cycle, CycleMode, Pensioner, Season, YearDay, window

START = date(2026, 1, 1)
ROLLING = Cycle(CycleMode.ROLLING_N, START)
SEASONS = (Season(YearDay(1, 10), YearDay(4, 30)), Season(YearDay(7, 10), YearDay(10, 31)))
CYCLES = (
    ROLLING,
    Cycle(CycleMode.ROLLING_N, START, months=6, suspend_after=2),
    Cycle(CycleMode.BIRTHDAY, START),
    Cycle(CycleMode.CALENDAR_YEAR, START),
    Cycle(CycleMode.FIXED_WINDOWS, START, seasons=SEASONS, suspend_after=1),
)
days = st.dates(date(2024, 1, 1), date(2029, 12, 31))


def certified(on: date) -> Pensioner:
    return Pensioner(date(1950, 5, 20), date(2010, 6, 1), on)


@pytest.mark.parametrize(
    ("on", "due"),
    [
        (date(2026, 9, 30), None),
        (date(2026, 10, 1), date(2026, 11, 30)),
        (date(2026, 11, 30), date(2026, 11, 30)),
        (date(2026, 12, 1), date(2026, 12, 31)),
        (date(2027, 3, 9), date(2027, 3, 31)),
    ],
)
def test_a_rolling_certification(on: date, due: date | None) -> None:
    found = asked_on(ROLLING, certified(date(2025, 11, 10)), on)
    assert (found.window.due_on if found else None) == due
    if found:
        assert found.counts.due_on == date(2026, 11, 30)


def test_between_two_seasons_the_next_one_is_waited_for() -> None:
    assert asked_on(CYCLES[-1], certified(date(2025, 12, 1)), date(2026, 5, 10)) is None
    found = asked_on(CYCLES[-1], certified(date(2025, 12, 1)), date(2026, 7, 10))
    assert found is not None
    assert found.window.due_on == date(2026, 10, 31)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(CYCLES), days, days)
def test_what_is_asked_has_opened_and_is_not_over(cycle: Cycle, proof: date, on: date) -> None:
    pensioner = certified(proof)
    found = asked_on(cycle, pensioner, on)
    if found is None:
        return
    assert found.window.opens_on <= on <= found.window.due_on <= found.window.closes_on
    assert found.window.opens_on > proof
    assert found.counts == window(cycle, pensioner, on)
    assert found.window == found.counts or found.counts.due_on < on
    assert asked_on(cycle, certified(found.window.opens_on), on + timedelta(days=0)) != found
