"""Periods and timetables: keys, due days of the shipped reports, what is to be opened, JSON."""

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.calendar import WorkCalendar, local_instant
from backend.domain.periods import (
    Cadence,
    DueKind,
    DueRule,
    Period,
    Timetable,
    parse_timetable,
    period_containing,
    period_from_key,
    periods_to_open,
    timing,
)
from backend.domain.refusal import Refusal

DAYS_2026 = [date(2026, 1, 1) + timedelta(days=i) for i in range(365)]
CHINA = WorkCalendar({d: chinese_calendar.is_workday(d) for d in DAYS_2026}, frozenset({2026}))
SIX, NOON = time(18), time(12)
LABOR_MONTHLY = DueRule(DueKind.WORKDAY, 3, SIX, months_after=1)
POVERTY_MONTHLY = DueRule(DueKind.DAY, 25, SIX)
AID_QUARTERLY = DueRule(DueKind.DAY, 25, SIX)
PENSION_CHANGE = DueRule(DueKind.DAY, 5, SIX, months_after=1)
PLATFORM_ANNUAL = DueRule(DueKind.DAY, 5, SIX, months_after=1)
RETURN_WEEKLY = DueRule(DueKind.WEEKDAY, 5, NOON)
MONTH_END = DueRule(DueKind.DAY, 31, SIX)
quick = settings(max_examples=50, deadline=None)
cadences = st.sampled_from(Cadence)
days = st.dates(date(2000, 1, 3), date(2199, 12, 29))


@pytest.mark.parametrize(
    ("cadence", "key", "start", "end"),
    [
        (Cadence.WEEKLY, "2026-W47", date(2026, 11, 16), date(2026, 11, 22)),
        (Cadence.WEEKLY, "2026-W53", date(2026, 12, 28), date(2027, 1, 3)),
        (Cadence.WEEKLY, "2026-W01", date(2025, 12, 29), date(2026, 1, 4)),
        (Cadence.MONTHLY, "2026-11", date(2026, 11, 1), date(2026, 11, 30)),
        (Cadence.MONTHLY, "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        (Cadence.QUARTERLY, "2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
        (Cadence.QUARTERLY, "2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        (Cadence.YEARLY, "2026", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_period_lasts_from_its_first_to_its_last_day(
    cadence: Cadence, key: str, start: date, end: date
) -> None:
    period = Period(cadence, key, start, end)
    assert period_from_key(cadence, key) == period
    assert period_containing(cadence, start) == period
    assert period_containing(cadence, end) == period


@quick
@given(cadences, days)
def test_periods_follow_each_other_without_a_gap(cadence: Cadence, day: date) -> None:
    period = period_containing(cadence, day)
    assert period.start <= day <= period.end
    assert period_from_key(cadence, period.key) == period
    after, before = period.next(), period.previous()
    assert after.start - period.end == period.start - before.end == timedelta(days=1)
    assert after.previous() == period == before.next()
    assert before < period < after
    assert sorted([after, before, period]) == [before, period, after]


def test_periods_of_several_cadences_are_ordered_by_time() -> None:
    week = period_from_key(Cadence.WEEKLY, "2026-W01")
    month = period_from_key(Cadence.MONTHLY, "2026-11")
    year = period_from_key(Cadence.YEARLY, "2026")
    assert sorted([month, year, week]) == [week, year, month]


@pytest.mark.parametrize(
    ("cadence", "key"),
    [
        (Cadence.WEEKLY, "2025-W53"),  # a year of 52 weeks
        (Cadence.WEEKLY, "2026-W00"),
        (Cadence.WEEKLY, "2026-W7"),
        (Cadence.WEEKLY, "2026-11"),
        (Cadence.MONTHLY, "2026-13"),
        (Cadence.MONTHLY, "2026-00"),
        (Cadence.MONTHLY, "2026-11\n"),
        (Cadence.MONTHLY, "2026-１1"),
        (Cadence.QUARTERLY, "2026-Q5"),
        (Cadence.QUARTERLY, "2026-Q0"),
        (Cadence.YEARLY, "0000"),
        (Cadence.YEARLY, "9999"),
        (Cadence.YEARLY, "\ud800"),
        (Cadence.YEARLY, ""),
    ],
)
def test_a_key_that_names_no_period(cadence: Cadence, key: str) -> None:
    with pytest.raises(Refusal) as refused:
        period_from_key(cadence, key)
    assert refused.value.code == "bad_period"


@pytest.mark.parametrize(
    ("rule", "cadence", "key", "due"),
    [
        (LABOR_MONTHLY, Cadence.MONTHLY, "2026-04", datetime(2026, 5, 8, 18)),
        (LABOR_MONTHLY, Cadence.MONTHLY, "2026-09", datetime(2026, 10, 10, 18)),  # a Saturday
        (LABOR_MONTHLY, Cadence.MONTHLY, "2025-12", datetime(2026, 1, 6, 18)),
        (POVERTY_MONTHLY, Cadence.MONTHLY, "2026-04", datetime(2026, 4, 27, 18)),
        (POVERTY_MONTHLY, Cadence.MONTHLY, "2026-09", datetime(2026, 9, 28, 18)),
        (AID_QUARTERLY, Cadence.QUARTERLY, "2026-Q1", datetime(2026, 3, 25, 18)),
        (AID_QUARTERLY, Cadence.QUARTERLY, "2026-Q3", datetime(2026, 9, 28, 18)),
        (PENSION_CHANGE, Cadence.MONTHLY, "2026-11", datetime(2026, 12, 7, 18)),
        (PENSION_CHANGE, Cadence.MONTHLY, "2026-12", datetime(2027, 1, 5, 18)),
        (PLATFORM_ANNUAL, Cadence.YEARLY, "2025", datetime(2026, 1, 5, 18)),
        (RETURN_WEEKLY, Cadence.WEEKLY, "2026-W47", datetime(2026, 11, 20, 12)),
        (RETURN_WEEKLY, Cadence.WEEKLY, "2026-W40", datetime(2026, 10, 8, 12)),
        (MONTH_END, Cadence.MONTHLY, "2026-06", datetime(2026, 6, 30, 18)),
        (MONTH_END, Cadence.MONTHLY, "2026-02", datetime(2026, 2, 28, 18)),  # worked in exchange
    ],
)
def test_due_days_of_2026(rule: DueRule, cadence: Cadence, key: str, due: datetime) -> None:
    found = timing(period_from_key(cadence, key), Timetable(rule), CHINA)
    assert found.due_at == local_instant(due.date(), due.time())


def test_a_report_opens_with_its_period_and_closes_five_workdays_after_due() -> None:
    found = timing(period_from_key(Cadence.MONTHLY, "2026-09"), Timetable(LABOR_MONTHLY), CHINA)
    assert found.opens_at == local_instant(date(2026, 9, 1), time())
    assert found.closes_at == local_instant(date(2026, 10, 16), SIX)


def test_a_report_opens_working_days_before_it_is_due() -> None:
    late = Timetable(LABOR_MONTHLY, opens_workdays_before=3, closes_workdays_after=0)
    found = timing(period_from_key(Cadence.MONTHLY, "2026-09"), late, CHINA)
    assert found.opens_at == local_instant(date(2026, 9, 30), time())
    assert found.closes_at == found.due_at


@st.composite
def timetables(draw: st.DrawFn, cadence: Cadence) -> Timetable:
    kinds = [DueKind.WEEKDAY] if cadence is Cadence.WEEKLY else [DueKind.WORKDAY, DueKind.DAY]
    kind = draw(st.sampled_from(kinds))
    due = DueRule(
        kind,
        draw(st.integers(1, {DueKind.WORKDAY: 23, DueKind.DAY: 31, DueKind.WEEKDAY: 7}[kind])),
        draw(st.builds(time, st.integers(0, 23), st.integers(0, 59))),
        0 if kind is DueKind.WEEKDAY else draw(st.integers(0, 12)),
    )
    opens = draw(st.none() | st.integers(0, 30))
    return Timetable(due, opens, draw(st.integers(0, 30)))


plans = cadences.flatmap(lambda cadence: st.tuples(st.just(cadence), timetables(cadence)))


@quick
@given(plans, st.dates(date(2025, 6, 1), date(2027, 1, 1)))
def test_opening_comes_before_due_and_due_before_closing(
    plan: tuple[Cadence, Timetable], day: date
) -> None:
    cadence, timetable = plan
    period = period_containing(cadence, day)
    found = timing(period, timetable, CHINA)
    assert found.opens_at <= found.due_at <= found.closes_at
    assert found.due_at >= local_instant(period.start, time())
    assert CHINA.is_workday(found.due_at.date())
    assert found.opens_at < timing(period.next(), timetable, CHINA).opens_at


@quick
@given(plans)
def test_a_timetable_survives_its_json(plan: tuple[Cadence, Timetable]) -> None:
    cadence, timetable = plan
    assert parse_timetable(timetable.to_dict(), cadence) == timetable


def test_what_opened_during_downtime_is_found() -> None:
    found = periods_to_open(
        Cadence.MONTHLY,
        Timetable(LABOR_MONTHLY),
        CHINA,
        since=date(2026, 8, 1),
        now=datetime(2026, 10, 31, 16, tzinfo=UTC),  # midnight in China
    )
    assert [period.key for period in found] == ["2026-08", "2026-09", "2026-10", "2026-11"]


def test_a_period_that_began_before_the_schedule_is_not_opened() -> None:
    opened = periods_to_open(
        Cadence.MONTHLY,
        Timetable(LABOR_MONTHLY),
        CHINA,
        since=date(2026, 8, 2),
        now=local_instant(date(2026, 9, 1), time()) - timedelta(microseconds=1),
    )
    assert opened == []


def test_a_report_may_open_before_its_period_begins() -> None:
    early = Timetable(DueRule(DueKind.DAY, 5, SIX), opens_workdays_before=5)
    now = local_instant(date(2026, 10, 30), time())
    opened = periods_to_open(Cadence.MONTHLY, early, CHINA, date(2026, 11, 1), now)
    assert [period.key for period in opened] == ["2026-11"]


def test_json_needs_only_kind_and_number() -> None:
    monthly = parse_timetable({"due": {"kind": "workday", "number": 3}}, Cadence.MONTHLY)
    assert monthly == Timetable(DueRule(DueKind.WORKDAY, 3, SIX), None, 5)
    weekly = parse_timetable({"due": {"kind": "weekday", "number": 5}}, Cadence.WEEKLY)
    assert weekly.due.at == NOON


DUE = {"kind": "day", "number": 25}


@pytest.mark.parametrize(
    ("raw", "field", "reason"),
    [
        (None, "timetable", "not_an_object"),
        ([], "timetable", "not_an_object"),
        ({}, "due", "not_an_object"),
        ({"due": DUE, "close": 5}, "timetable", "unknown_field"),
        ({"due": DUE | {"\ud800": 5}}, "due", "unknown_field"),
        ({"due": {"number": 5}}, "due.kind", "out_of_range"),
        ({"due": DUE | {"kind": ["day"]}}, "due.kind", "out_of_range"),
        ({"due": DUE | {"kind": "hour"}}, "due.kind", "out_of_range"),
        ({"due": DUE | {"kind": "weekday"}}, "due.number", "out_of_range"),
        ({"due": DUE | {"kind": "weekday", "number": 5}}, "due.kind", "does_not_fit_cadence"),
        ({"due": {"kind": "day"}}, "due.number", "wrong_type"),
        ({"due": DUE | {"number": True}}, "due.number", "wrong_type"),
        ({"due": DUE | {"number": 3.0}}, "due.number", "wrong_type"),
        ({"due": DUE | {"number": 0}}, "due.number", "out_of_range"),
        ({"due": DUE | {"number": 10**400}}, "due.number", "out_of_range"),
        ({"due": DUE | {"at": "24:00"}}, "due.at", "not_a_time"),
        ({"due": DUE | {"at": None}}, "due.at", "not_a_time"),
        ({"due": DUE | {"months_after": -1}}, "due.months_after", "out_of_range"),
        ({"due": DUE, "opens_workdays_before": "3"}, "opens_workdays_before", "wrong_type"),
        ({"due": DUE, "opens_workdays_before": 251}, "opens_workdays_before", "out_of_range"),
        ({"due": DUE, "closes_workdays_after": None}, "closes_workdays_after", "wrong_type"),
        ({"due": DUE, "closes_workdays_after": -1}, "closes_workdays_after", "out_of_range"),
    ],
)
def test_json_that_is_no_timetable(raw: object, field: str, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse_timetable(raw, Cadence.MONTHLY)
    assert refused.value.code == "timetable_invalid"
    assert refused.value.params == {"field": field, "reason": reason}


def test_a_weekly_report_is_due_on_a_weekday() -> None:
    with pytest.raises(Refusal, match="timetable_invalid"):
        parse_timetable({"due": DUE}, Cadence.WEEKLY)


junk: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["day", "09:00"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["due", "kind", "number", "at", "months_after", "closes_workdays_after", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=6,
)


@quick
@given(junk, cadences)
def test_any_json_is_a_timetable_or_refused(raw: object, cadence: Cadence) -> None:
    with suppress(Refusal):
        assert isinstance(parse_timetable(raw, cadence), Timetable)
