"""Working days: the vectors of 2026, unseeded years, counting forth and back, waiting times."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.calendar import (
    SHANGHAI,
    WorkCalendar,
    local_day,
    local_instant,
    parse_clock,
)

DAYS_2026 = [date(2026, 1, 1) + timedelta(days=i) for i in range(365)]
CHINA = WorkCalendar({d: chinese_calendar.is_workday(d) for d in DAYS_2026}, frozenset({2026}))
UNSEEDED = WorkCalendar({}, frozenset())
quick = settings(max_examples=50, deadline=None)
days = st.dates(date(2025, 6, 1), date(2027, 6, 30))
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 3, 1), timezones=st.just(SHANGHAI))


def at(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return local_instant(date(2026, month, day), time(hour, minute))


def test_2026_has_248_workdays() -> None:
    assert sum(CHINA.is_workday(d) for d in DAYS_2026) == 248


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 2, 14), True),  # a Saturday worked in exchange
        (date(2026, 2, 20), False),  # Spring Festival, a Friday
        (date(2026, 10, 10), True),  # a Saturday worked in exchange
        (date(2026, 11, 23), True),
        (date(2026, 11, 22), False),
    ],
)
def test_the_official_arrangement_decides(day: date, worked: bool) -> None:
    assert CHINA.is_workday(day) is worked


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2027, 1, 1), False),  # a Friday
        (date(2028, 5, 1), False),  # a Monday
        (date(2028, 5, 2), False),
        (date(2028, 5, 3), True),
        (date(2027, 10, 1), False),  # a Friday
        (date(2029, 10, 3), False),  # a Wednesday
        (date(2029, 10, 4), True),
        (date(2027, 3, 6), False),  # a Saturday
        (date(2027, 3, 8), True),
    ],
)
def test_an_unseeded_year_works_monday_to_friday_but_on_fixed_holidays(
    day: date, worked: bool
) -> None:
    assert not CHINA.covers(day.year)
    assert CHINA.is_workday(day) is worked


def test_a_day_edited_by_the_county_decides_in_an_unseeded_year_too() -> None:
    edited = WorkCalendar({date(2027, 3, 6): True, date(2027, 3, 8): False}, frozenset())
    assert edited.is_workday(date(2027, 3, 6))
    assert not edited.is_workday(date(2027, 3, 8))


@pytest.mark.parametrize(
    ("day", "rolled"),
    [
        (date(2026, 4, 25), date(2026, 4, 27)),
        (date(2026, 9, 25), date(2026, 9, 28)),
        (date(2026, 11, 23), date(2026, 11, 23)),
    ],
)
def test_deadlines_roll_forward_over_days_off(day: date, rolled: date) -> None:
    assert CHINA.roll_forward(day) == rolled


def test_the_third_workday_of_a_month() -> None:
    assert CHINA.nth_workday(2026, 5, 3) == date(2026, 5, 8)
    assert CHINA.nth_workday(2026, 10, 3) == date(2026, 10, 10)
    assert CHINA.nth_workday(2026, 6, 1) == date(2026, 6, 1)


def test_counting_workdays_steps_over_days_off() -> None:
    saturday = date(2026, 11, 21)
    assert CHINA.add_workdays(saturday, 0) == date(2026, 11, 23)
    assert CHINA.add_workdays(saturday, 1) == date(2026, 11, 23)
    assert CHINA.add_workdays(saturday, -1) == date(2026, 11, 20)
    assert CHINA.add_workdays(date(2026, 9, 30), 1) == date(2026, 10, 8)
    assert CHINA.add_workdays(date(2026, 10, 8), -1) == date(2026, 9, 30)


@quick
@given(days, st.integers(-40, 40))
def test_counting_back_undoes_counting_forth(day: date, n: int) -> None:
    start = CHINA.roll_forward(day)
    there = CHINA.add_workdays(start, n)
    assert CHINA.is_workday(there)
    assert CHINA.add_workdays(there, -n) == start
    passed = CHINA.workdays_between(
        local_instant(min(start, there), time()), local_instant(max(start, there), time())
    )
    assert passed == abs(n)


@pytest.mark.parametrize(
    ("start", "end", "waited"),
    [
        (at(11, 20, 18), at(11, 23, 18), 1.0),  # Friday to Monday
        (at(11, 20, 18), at(11, 23, 6), 0.5),
        (at(11, 21, 9), at(11, 22, 23), 0.0),  # a weekend
        (at(11, 21, 9), at(11, 23, 12), 0.5),
        (at(11, 23, 6), at(11, 23, 12), 0.25),
        (at(9, 30, 12), at(10, 8, 12), 1.0),  # National Day
        (at(11, 23, 12), at(11, 23, 6), 0.0),
    ],
)
def test_only_working_days_are_waited(start: datetime, end: datetime, waited: float) -> None:
    assert CHINA.workdays_between(start, end) == pytest.approx(waited)
    assert CHINA.workdays_between(start.astimezone(UTC), end.astimezone(UTC)) == pytest.approx(
        waited
    )


@quick
@given(instants, instants, instants)
def test_waiting_adds_up(a: datetime, b: datetime, c: datetime) -> None:
    a, b, c = sorted((a, b, c))
    parts = CHINA.workdays_between(a, b) + CHINA.workdays_between(b, c)
    assert CHINA.workdays_between(a, c) == pytest.approx(parts)
    assert 0 <= parts <= (c - a) / timedelta(days=1) + 1e-9


def test_days_are_those_of_china() -> None:
    assert local_day(datetime(2026, 11, 22, 16, tzinfo=UTC)) == date(2026, 11, 23)
    assert local_day(datetime(2026, 11, 22, 15, 59, tzinfo=UTC)) == date(2026, 11, 22)
    noon = local_instant(date(2026, 11, 22), time(12))
    assert noon == datetime(2026, 11, 22, 12, tzinfo=timezone(timedelta(hours=8)))


def test_no_calendar_at_all_still_works() -> None:
    assert UNSEEDED.nth_workday(2027, 1, 1) == date(2027, 1, 4)


@pytest.mark.parametrize(
    "raw", ["24:00", "9:00", "09:60", "09:00:00", "", "18", " 18:00", "١٨:00", "\ud800", None, 18]
)
def test_what_is_no_time_of_day(raw: object) -> None:
    assert parse_clock(raw) is None


def test_a_time_of_day() -> None:
    assert parse_clock("18:05") == time(18, 5)
