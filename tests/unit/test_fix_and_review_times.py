"""When corrections and reviews are reminded of, around every edge of the calendar."""

import itertools
from datetime import UTC, date, datetime, time, timedelta

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.calendar import SHANGHAI, WorkCalendar, local_day, local_instant
from backend.domain.ladder import DEFAULT_LADDER, Audience, Concern, Step, steps_of
from backend.domain.reminders import due_step, next_instant, step_instants
from backend.domain.reviews import fix_by, review_by

DAYS_2026 = [date(2026, 1, 1) + timedelta(days=i) for i in range(365)]
CHINA = WorkCalendar({d: chinese_calendar.is_workday(d) for d in DAYS_2026}, frozenset({2026}))
FIX = steps_of(DEFAULT_LADDER, Concern.CORRECTION)
REVIEW = steps_of(DEFAULT_LADDER, Concern.REVIEW)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return local_instant(date(2026, month, day), time(hour, minute))


def moments(ladder: tuple[Step, ...], deadline: datetime) -> list[datetime]:
    return [instant for _, instant in step_instants(ladder, deadline, CHINA)]


def test_who_is_told_at_each_step() -> None:
    assert [(step.key, step.audience) for step in (*FIX, *REVIEW)] == [
        ("fix_day", (Audience.LIAISON,)),
        ("fix_after_1", (Audience.LIAISON, Audience.BACKUP, Audience.TOWNSHIP)),
        ("review_day", (Audience.TOWNSHIP,)),
        ("review_after_1", (Audience.LEAD,)),
        ("review_after_2", (Audience.COUNTY,)),
    ]


@pytest.mark.parametrize(
    ("returned", "fixed", "expected"),
    [
        # An ordinary week, and across a weekend
        (at(11, 3, 10), at(11, 5, 18), [at(11, 5, 9), at(11, 6, 9)]),
        (at(11, 5, 10), at(11, 9, 18), [at(11, 9, 9), at(11, 10, 9)]),
        # Spring Festival: 15 to 23 February off, Saturday the 14th worked in exchange
        (at(2, 12, 10), at(2, 14, 18), [at(2, 14, 9), at(2, 24, 9)]),
        (at(2, 13, 10), at(2, 24, 18), [at(2, 24, 9), at(2, 25, 9)]),
        (at(2, 18, 10), at(2, 25, 18), [at(2, 25, 9), at(2, 26, 9)]),
        # Month ends: Labour Day, National Day
        (at(4, 29, 10), at(5, 6, 18), [at(5, 6, 9), at(5, 7, 9)]),
        (at(9, 30, 10), at(10, 9, 18), [at(10, 9, 9), at(10, 10, 9)]),  # a Saturday worked
        # Returned in the middle of the night, on either side of midnight
        (at(11, 3, 23, 59), at(11, 5, 18), [at(11, 5, 9), at(11, 6, 9)]),
        (at(11, 4, 0, 1), at(11, 6, 18), [at(11, 6, 9), at(11, 9, 9)]),
    ],
)
def test_corrections(returned: datetime, fixed: datetime, expected: list[datetime]) -> None:
    assert fix_by(returned, CHINA) == fixed
    assert moments(FIX, fixed) == expected


@pytest.mark.parametrize(
    ("waiting_since", "decided_by", "expected"),
    [
        (at(11, 3, 10), at(11, 5, 18), [at(11, 5, 9), at(11, 6, 9), at(11, 9, 9)]),
        # Filed on a day off: the two days are the office's first two at work
        (at(11, 7, 10), at(11, 10, 18), [at(11, 10, 9), at(11, 11, 9), at(11, 12, 9)]),
        # Saturday the 28th of February is worked in exchange
        (at(2, 26, 10), at(2, 28, 18), [at(2, 28, 9), at(3, 2, 9), at(3, 3, 9)]),
        (at(2, 13, 21), at(2, 24, 18), [at(2, 24, 9), at(2, 25, 9), at(2, 26, 9)]),
        (at(9, 29, 10), at(10, 8, 18), [at(10, 8, 9), at(10, 9, 9), at(10, 10, 9)]),
    ],
)
def test_reviews(waiting_since: datetime, decided_by: datetime, expected: list[datetime]) -> None:
    assert review_by(waiting_since, CHINA) == decided_by
    assert moments(REVIEW, decided_by) == expected


def test_a_deadline_that_became_a_day_off_is_still_reminded_of_on_it() -> None:
    """The county declared the day off after the return: the time to correct by was given."""
    days = {d: CHINA.is_workday(d) for d in DAYS_2026} | {date(2026, 11, 5): False}
    closed = WorkCalendar(days, frozenset({2026}))
    found = [i for _, i in step_instants(FIX, at(11, 5, 18), closed)]
    assert found == [at(11, 5, 9), at(11, 6, 9)]


@pytest.mark.parametrize(
    ("hours", "sent_at"),
    [
        (-21, at(11, 6, 8)),  # 21:00 the evening before waits for the morning
        (-11, at(11, 6, 8)),  # 07:00
        (-10, at(11, 6, 8)),
        (-9, at(11, 6, 9)),
        (2, at(11, 6, 20)),
        (3, at(11, 9, 8)),  # 21:00 on a Friday
        (7, at(11, 9, 8)),  # 01:00 of Saturday
    ],
)
def test_steps_by_the_hour_stay_out_of_the_night(hours: int, sent_at: datetime) -> None:
    step = Step("step", (Audience.LIAISON,), offset_hours=hours, of=Concern.CORRECTION)
    assert moments((step,), at(11, 6, 18)) == [sent_at]


instants = st.datetimes(datetime(2026, 1, 5), datetime(2026, 12, 10), timezones=st.just(SHANGHAI))


@settings(max_examples=80, deadline=None)
@given(instants)
def test_every_step_after_what_it_speaks_of_by_day_and_in_order(since: datetime) -> None:
    for ladder, deadline in ((FIX, fix_by(since, CHINA)), (REVIEW, review_by(since, CHINA))):
        found = moments(ladder, deadline)
        assert since < found[0] < deadline
        assert local_day(found[0]) == local_day(deadline)
        for earlier, later in itertools.pairwise(found):
            assert local_day(later) == CHINA.add_workdays(local_day(earlier), 1)
        assert all(i.astimezone(SHANGHAI).time() == time(9) for i in found)


@settings(max_examples=80, deadline=None)
@given(instants, st.lists(st.integers(0, 30), min_size=20, max_size=20))
def test_however_late_the_looks_the_last_step_of_a_review_is_sent(
    since: datetime, delays: list[int]
) -> None:
    """The first look is a day after filing, without a calendar: what filing can afford."""
    deadline, sent = review_by(since, CHINA), list[str]()
    look: datetime | None = since + timedelta(days=1)
    for delay in [*delays, *[0] * 20]:
        if look is None:
            break
        now = look + timedelta(hours=delay)
        step = due_step(REVIEW, deadline, CHINA, ladder_since=max(LONG_AGO, since), now=now)
        sent += [step.key] if step and step.key not in sent else []
        look = next_instant(REVIEW, deadline, CHINA, now)
    assert look is None
    assert sent[-1] == "review_after_2"
    assert sent == [step.key for step in REVIEW if step.key in sent]
