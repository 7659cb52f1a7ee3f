"""Windows of certification: every cycle mode, its edges, and what holds for all of them."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.calendar import SHANGHAI
from backend.domain.certification.cycle_parsing import cycle_to_dict, parse_cycle
from backend.domain.certification.cycles import (
    Cycle,
    CycleMode,
    Pensioner,
    Season,
    Window,
    YearDay,
    answers,
    window,
)
from backend.domain.certification.months import Month, months_between
from backend.domain.refusal import Refusal

quick = settings(max_examples=80, deadline=None)
DAY = timedelta(days=1)
START = date(2020, 1, 1)
ROLLING = Cycle(CycleMode.ROLLING_N, START)
HALF_YEAR = Cycle(CycleMode.ROLLING_N, START, months=6)
BIRTHDAY = Cycle(CycleMode.BIRTHDAY, START)
YEAR = Cycle(CycleMode.CALENDAR_YEAR, START)
HEJIAN = Cycle(
    CycleMode.FIXED_WINDOWS,
    START,
    seasons=(
        Season(YearDay(1, 10), YearDay(4, 30)),
        Season(YearDay(7, 10), YearDay(10, 31)),
    ),
)
OVER_NEW_YEAR = Cycle(
    CycleMode.FIXED_WINDOWS, START, seasons=(Season(YearDay(12, 1), YearDay(2, 29)),)
)
CYCLES = (ROLLING, HALF_YEAR, BIRTHDAY, YEAR, HEJIAN, OVER_NEW_YEAR)
SOMEBODY = Pensioner(date(1950, 5, 20), date(2010, 6, 1))
ON = date(2026, 11, 22)


def certified(day: date, **more: Any) -> Pensioner:
    return replace(SOMEBODY, certified_on=day, **more)


def days(found: Window) -> tuple[str, str, str]:
    return str(found.opens_on), str(found.due_on), str(found.closes_on)


@pytest.mark.parametrize(
    ("cycle", "proof", "expected"),
    [
        (ROLLING, date(2025, 11, 10), ("2026-10-01", "2026-11-30", "2026-11-30")),
        (ROLLING, date(2025, 12, 31), ("2026-11-01", "2026-12-31", "2026-12-31")),
        (ROLLING, date(2024, 2, 29), ("2025-01-01", "2025-02-28", "2025-02-28")),
        (ROLLING, date(2027, 2, 1), ("2028-01-01", "2028-02-29", "2028-02-29")),
        (HALF_YEAR, date(2026, 8, 31), ("2027-01-01", "2027-02-28", "2027-02-28")),
        (HALF_YEAR, date(2026, 6, 30), ("2026-11-01", "2026-12-31", "2026-12-31")),
    ],
)
def test_rolling_is_due_at_the_end_of_the_anniversary_month(
    cycle: Cycle, proof: date, expected: tuple[str, str, str]
) -> None:
    assert days(window(cycle, certified(proof), ON)) == expected


def test_a_rolling_window_stays_until_it_is_answered() -> None:
    late = certified(date(2023, 3, 3))
    assert days(window(ROLLING, late, ON)) == ("2024-02-01", "2024-03-31", "2024-03-31")
    assert window(ROLLING, late, date(2030, 1, 1)) == window(ROLLING, late, date(2023, 3, 4))


def test_grace_moves_the_closing_and_the_suspension_only() -> None:
    found = window(replace(ROLLING, suspend_after=2), certified(date(2025, 11, 10)), ON)
    assert days(found) == ("2026-10-01", "2026-11-30", "2027-01-31")
    assert found.suspend_from == Month(2027, 2)
    assert window(ROLLING, certified(date(2025, 11, 10)), ON).suspend_from == Month(2026, 12)


def test_birthday_windows_run_from_month_to_month() -> None:
    born_in_may = certified(date(2025, 4, 30))
    assert days(window(BIRTHDAY, born_in_may, ON)) == ("2026-05-01", "2027-04-30", "2027-04-30")
    done = certified(date(2026, 5, 1))
    assert days(window(BIRTHDAY, done, ON))[0] == "2027-05-01"
    leap = replace(certified(date(2026, 2, 28)), born_on=date(1948, 2, 29))
    assert days(window(BIRTHDAY, leap, ON)) == ("2027-02-01", "2028-01-31", "2028-01-31")


def test_a_window_that_opened_the_year_before_the_cycle_began_still_counts() -> None:
    began = date(2026, 1, 1)
    found = window(replace(BIRTHDAY, starts_on=began), certified(date(2024, 12, 1)), began)
    assert days(found)[:2] == ("2025-05-01", "2026-04-30")


def test_a_calendar_year() -> None:
    assert days(window(YEAR, certified(date(2025, 12, 31)), ON))[:2] == ("2026-01-01", "2026-12-31")
    assert days(window(YEAR, certified(date(2026, 1, 1)), ON))[:2] == ("2027-01-01", "2027-12-31")


@pytest.mark.parametrize(
    ("proof", "on", "expected"),
    [
        (date(2025, 12, 1), date(2026, 1, 9), ("2026-01-10", "2026-04-30")),
        (date(2026, 1, 9), date(2026, 2, 1), ("2026-01-10", "2026-04-30")),
        (date(2026, 1, 10), date(2026, 2, 1), ("2026-07-10", "2026-10-31")),
        # What was missed stays asked for until the next window opens, which then counts alone.
        (date(2025, 12, 1), date(2026, 7, 9), ("2026-01-10", "2026-04-30")),
        (date(2025, 12, 1), date(2026, 7, 10), ("2026-07-10", "2026-10-31")),
        # Certified late, after the first window: the second one is still owed.
        (date(2026, 6, 20), date(2026, 8, 1), ("2026-07-10", "2026-10-31")),
        (date(2026, 10, 31), date(2026, 11, 22), ("2027-01-10", "2027-04-30")),
    ],
)
def test_fixed_windows(proof: date, on: date, expected: tuple[str, str]) -> None:
    assert days(window(HEJIAN, certified(proof), on))[:2] == expected


def test_a_fixed_window_over_new_year_ends_on_the_last_of_february() -> None:
    found = window(OVER_NEW_YEAR, certified(date(2026, 3, 1)), ON)
    assert days(found)[:2] == ("2026-12-01", "2027-02-28")
    found = window(OVER_NEW_YEAR, certified(date(2027, 3, 1)), date(2028, 1, 5))
    assert days(found)[:2] == ("2027-12-01", "2028-02-29")


def test_the_start_of_the_pension_is_a_proof() -> None:
    new = Pensioner(date(1966, 11, 3), date(2026, 11, 1))
    assert days(window(ROLLING, new, ON))[1] == "2027-11-30"
    assert days(window(YEAR, new, ON))[0] == "2027-01-01"
    assert days(window(BIRTHDAY, new, ON))[0] == "2027-11-01"


def test_nothing_due_before_the_cycle_began_is_asked_for() -> None:
    began = date(2026, 11, 10)
    cycles = [replace(cycle, starts_on=began) for cycle in CYCLES]
    for cycle in cycles:
        assert window(cycle, SOMEBODY, began).due_on >= began
        assert window(cycle, certified(date(2024, 1, 5)), began).due_on >= began
    # Known to be late: the village gets the first month. Never certified: the next anniversary.
    assert str(window(cycles[0], certified(date(2024, 1, 5)), began).due_on) == "2026-11-30"
    assert str(window(cycles[0], SOMEBODY, began).due_on) == "2027-06-30"
    assert str(window(cycles[1], SOMEBODY, began).due_on) == "2026-12-31"


def test_the_due_day_told_by_the_insurance_counts_until_a_newer_proof() -> None:
    told = certified(date(2026, 1, 5), due_told=date(2026, 12, 15))
    assert days(window(ROLLING, told, ON)) == ("2026-11-01", "2026-12-15", "2026-12-31")
    newer = replace(told, certified_on=date(2026, 12, 20))
    assert str(window(ROLLING, newer, ON).due_on) == "2027-12-31"
    long_ago = certified(date(2019, 1, 5), due_told=date(2019, 12, 15))
    assert str(window(ROLLING, long_ago, ON).due_on) == "2020-01-31"


def test_the_instants_of_a_window() -> None:
    timing = window(ROLLING, certified(date(2025, 11, 10)), ON).timing
    assert timing.opens_at == datetime(2026, 10, 1, tzinfo=SHANGHAI)
    assert timing.due_at == datetime(2026, 11, 30, 23, 59, 59, tzinfo=SHANGHAI)
    assert timing.closes_at == timing.due_at


proofs = st.dates(date(2012, 1, 1), date(2040, 12, 31))
pensioners = st.builds(
    Pensioner,
    st.dates(date(1920, 1, 1), date(1970, 12, 31)),
    st.dates(date(2000, 1, 1), date(2012, 1, 1)),
    st.none() | proofs,
)
cycles = st.builds(
    lambda cycle, grace, start: replace(cycle, suspend_after=grace, starts_on=start),
    st.sampled_from(CYCLES),
    st.integers(0, 3),
    st.dates(date(2010, 1, 1), date(2030, 12, 31)),
)


@quick
@given(cycles, pensioners, proofs)
def test_a_window_lies_after_the_proof_and_in_order(
    cycle: Cycle, somebody: Pensioner, on: date
) -> None:
    found = window(cycle, somebody, on)
    assert somebody.proved_on < found.opens_on <= found.due_on <= found.closes_on
    assert found.due_on >= cycle.starts_on
    assert found.suspend_from > found.month


@quick
@given(cycles, pensioners, proofs, st.integers(0, 400))
def test_any_proof_since_the_opening_answers_and_asks_for_a_later_month(
    cycle: Cycle, somebody: Pensioner, on: date, later: int
) -> None:
    asked = window(cycle, somebody, on)
    assert not answers(cycle, somebody, asked)
    certified_on = asked.opens_on + later * DAY
    after = replace(somebody, certified_on=certified_on)
    assert answers(cycle, after, asked)
    assert window(cycle, after, certified_on).month > asked.month


@quick
@given(cycles, pensioners, proofs, st.integers(0, 800))
def test_windows_only_move_forward(cycle: Cycle, somebody: Pensioner, on: date, later: int) -> None:
    first, then = window(cycle, somebody, on), window(cycle, somebody, on + later * DAY)
    assert then.opens_on >= first.opens_on
    if then != first:
        assert then.opens_on <= on + later * DAY


@quick
@given(proofs, st.integers(1, 36))
def test_a_rolling_year_is_never_longer_than_its_months_and_one(proof: date, months: int) -> None:
    cycle = Cycle(CycleMode.ROLLING_N, date(2000, 1, 1), months, min(1, months - 1))
    due_on = window(cycle, certified(proof), proof).due_on
    assert Month.of(proof).until(Month.of(due_on)) == months
    assert (due_on + DAY).day == 1


def test_months() -> None:
    assert Month(2026, 11).plus(2) == Month(2027, 1)
    assert Month(2026, 1).plus(-1) == Month(2025, 12)
    assert Month(2026, 11).until(Month(2026, 1)) == -10
    assert str(Month(2026, 3)) == "2026-03"
    assert months_between(Month(2026, 3), Month(2026, 2)) is None
    both = months_between(Month(2026, 12), Month(2027, 1))
    assert both is not None
    assert len(both) == 2


@pytest.mark.parametrize(
    "raw",
    [
        {"mode": "rolling_n"},
        {"mode": "rolling_n", "months": 6, "opens_months_before": 2, "suspend_after": 2},
        {"mode": "rolling_n", "months": 1},
        {"mode": "birthday", "suspend_after": 1},
        {"mode": "calendar_year"},
        {"mode": "fixed_windows", "windows": [{"first": "12-01", "last": "02-29"}]},
        {
            "mode": "fixed_windows",
            "windows": [
                {"first": "07-10", "last": "10-31"},
                {"first": "01-10", "last": "04-30"},
            ],
        },
    ],
)
def test_cycles_are_read_and_written(raw: dict[str, Any]) -> None:
    cycle = parse_cycle(raw, START)
    assert parse_cycle(cycle_to_dict(cycle), START) == cycle
    assert raw.items() <= {**cycle_to_dict(cycle), "windows": raw.get("windows")}.items()


def test_the_default_cycle_is_a_year() -> None:
    assert parse_cycle({"mode": "rolling_n"}, START) == ROLLING


def season(first: str, last: str) -> dict[str, str]:
    return {"first": first, "last": last}


@pytest.mark.parametrize(
    ("raw", "field", "reason"),
    [
        ([], "cycle", "not_an_object"),
        ({}, "mode", "out_of_range"),
        ({"mode": []}, "mode", "out_of_range"),
        ({"mode": "birthday", "months": 12}, "cycle", "unknown_field"),
        ({"mode": "rolling_n", "months": 0}, "months", "out_of_range"),
        ({"mode": "rolling_n", "months": True}, "months", "wrong_type"),
        (
            {"mode": "rolling_n", "months": 6, "opens_months_before": 6},
            "opens_months_before",
            "out_of_range",
        ),
        ({"mode": "birthday", "suspend_after": 13}, "suspend_after", "out_of_range"),
        ({"mode": "fixed_windows"}, "windows", "wrong_type"),
        ({"mode": "fixed_windows", "windows": []}, "windows", "out_of_range"),
        ({"mode": "fixed_windows", "windows": [1]}, "windows", "not_an_object"),
        ({"mode": "fixed_windows", "windows": [season("02-30", "03-01")]}, "windows", "not_a_day"),
        ({"mode": "fixed_windows", "windows": [season("2-1", "03-01")]}, "windows", "not_a_day"),
    ],
)
def test_cycles_that_are_none(raw: object, field: str, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse_cycle(raw, START)
    assert refused.value.code == "cycle_invalid"
    assert refused.value.params == {"field": field, "reason": reason}


@pytest.mark.parametrize(
    ("seasons", "reason"),
    [
        ([season("01-10", "04-30"), season("04-30", "06-30")], "overlap"),
        ([season("01-10", "04-30"), season("12-01", "01-10")], "overlap"),
        ([season("06-01", "03-01"), season("07-01", "08-01")], "overlap"),
        ([season("01-01", "01-10"), season("01-20", "01-31")], "same_month"),
    ],
)
def test_windows_that_cross(seasons: list[dict[str, str]], reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse_cycle({"mode": "fixed_windows", "windows": seasons}, START)
    assert refused.value.params["reason"] == reason
