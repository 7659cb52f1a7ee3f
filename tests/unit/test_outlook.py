"""Which villages will probably be late: the rule, its bands and its words."""

from datetime import UTC, date, datetime, time, timedelta

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.calendar import WorkCalendar, local_instant
from backend.domain.outlook import (
    Band,
    Reason,
    Record,
    Village,
    forecast,
    township_mean,
    watch_from,
    words,
)

DAYS = [date(2026, 1, 1) + timedelta(days=i) for i in range(365)]
CHINA = WorkCalendar({d: chinese_calendar.is_workday(d) for d in DAYS}, frozenset({2026}))
DUE = datetime(2026, 11, 6, 4, tzinfo=UTC)
NOW = DUE - timedelta(days=3)
counts = st.integers(0, 12)
records = st.builds(Record, counts, counts, counts)
means = st.floats(0.01, 0.99)


def village(record: Record = Record(), **changes: object) -> Village:  # noqa: B008
    given: dict[str, object] = {"vacant": False, "last_contact": NOW, **changes}
    return Village(DUE, record, **given)  # type: ignore[arg-type]


def chance(record: Record, mean: float, **changes: object) -> float:
    return forecast(village(record, **changes), mean, NOW).chance


def test_the_mean_is_the_only_word_on_a_village_without_periods() -> None:
    assert chance(Record(), 0.1) == pytest.approx(0.1)


def test_four_periods_weigh_as_much_as_the_neighbours() -> None:
    assert chance(Record(late=2, missing=2), 0.1) == pytest.approx((1 + 0.1) / 2)
    assert chance(Record(on_time=4), 0.1) == pytest.approx(0.05)
    assert chance(Record(on_time=8, late=4), 0.25) == pytest.approx(5 / 16)


@settings(max_examples=60, deadline=None)
@given(records, means)
def test_one_more_late_period_never_makes_it_better(record: Record, mean: float) -> None:
    worse, better = record + Record(late=1), record + Record(on_time=1)
    assert chance(worse, mean) > chance(record, mean) > chance(better, mean)
    own = record.failed / record.periods if record.periods else mean
    assert min(own, mean) - 1e-9 <= chance(record, mean) <= max(own, mean) + 1e-9


@settings(max_examples=60, deadline=None)
@given(records, means)
def test_a_vacant_post_and_silence_make_it_worse(record: Record, mean: float) -> None:
    usual = chance(record, mean)
    for changes in (
        {"vacant": True},
        {"last_contact": None},
        {"last_contact": NOW - timedelta(days=14)},
    ):
        assert usual < chance(record, mean, **changes) < 1
    assert chance(record, mean, last_contact=NOW - timedelta(days=13)) == usual


def test_bands() -> None:
    for mean, band in (
        (0.19, Band.UNLIKELY),
        (0.21, Band.POSSIBLE),
        (0.49, Band.POSSIBLE),
        (0.51, Band.LIKELY),
    ):
        assert forecast(village(), mean, NOW).band is band


def test_past_its_deadline_it_is_late() -> None:
    found = forecast(village(Record(on_time=9)), 0.05, DUE + timedelta(seconds=1))
    assert (found.chance, found.band) == (1.0, Band.LIKELY)
    assert [reason.code for reason in found.reasons] == ["overdue", "always_on_time"]
    assert forecast(village(Record(on_time=9)), 0.05, DUE).band is Band.UNLIKELY


def test_the_mean_of_a_township_is_never_certain() -> None:
    assert township_mean([]) == 0.5
    assert 0 < township_mean([Record(on_time=100)]) < 0.01
    assert township_mean([Record(1, 1, 0), Record(1, 0, 1)]) == 0.5


def test_watching_begins_three_working_days_before() -> None:
    assert watch_from(DUE, CHINA) == local_instant(date(2026, 11, 3), time())
    monday = local_instant(date(2026, 11, 9), time(12))
    assert watch_from(monday, CHINA) == local_instant(date(2026, 11, 4), time())
    # 10 October is a Saturday that is worked; 1 to 7 October are off.
    after_holiday = local_instant(date(2026, 10, 10), time(18))
    assert watch_from(after_holiday, CHINA) == local_instant(date(2026, 9, 30), time())


@pytest.mark.parametrize(
    ("record", "changes", "zh", "en"),
    [
        (
            Record(),
            {},
            ["没有往期记录，按本乡镇平均估计"],
            ["No periods behind it; judged by its township"],
        ),
        (
            Record(on_time=5),
            {"last_contact": None},
            ["近5期均按时", "手机从未联网"],
            ["On time in all of the last 5 periods", "Its phone has never been heard of"],
        ),
        (
            Record(3, 2, 1),
            {"last_contact": NOW - timedelta(days=20, hours=5)},
            ["近6期中迟报2期、漏报1期", "手机已20天没有联网"],
            [
                "Of the last 6 periods 2 late and 1 missing",
                "Its phone has not been heard of for 20 days",
            ],
        ),
        (
            Record(3, 2, 1),
            {"vacant": True, "last_contact": None},
            ["近6期中迟报2期、漏报1期", "联络员岗位空缺"],
            ["Of the last 6 periods 2 late and 1 missing", "Nobody holds the village's post"],
        ),
    ],
)
def test_reasons_in_words(
    record: Record, changes: dict[str, object], zh: list[str], en: list[str]
) -> None:
    reasons = forecast(village(record, **changes), 0.1, NOW).reasons
    assert [words(each, "zh") for each in reasons] == zh
    assert [words(each, "en") for each in reasons] == en
    assert words(Reason("overdue"), "zh") == "已过截止时间"
