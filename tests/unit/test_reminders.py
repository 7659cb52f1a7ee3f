"""The reminder ladder: when its steps fall, which one is sent, and its JSON."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.calendar import SHANGHAI, WorkCalendar, local_day, local_instant
from backend.domain.ladder import DEFAULT_LADDER as WHOLE_LADDER
from backend.domain.ladder import Audience, Concern, Ladder, Step, parse_ladder, steps_of
from backend.domain.refusal import Refusal
from backend.domain.reminders import due_step, next_allowed, next_instant, step_instants

DEFAULT_LADDER = steps_of(WHOLE_LADDER, Concern.REPORT)
DAYS_2026 = [date(2026, 1, 1) + timedelta(days=i) for i in range(365)]
CHINA = WorkCalendar({d: chinese_calendar.is_workday(d) for d in DAYS_2026}, frozenset({2026}))
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
quick = settings(max_examples=40, deadline=None)


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return local_instant(date(2026, month, day), time(hour, minute))


def moments(due_at: datetime, ladder: Ladder = DEFAULT_LADDER) -> dict[str, datetime]:
    return {step.key: instant for step, instant in step_instants(ladder, due_at, CHINA)}


def test_the_default_ladder_around_a_wednesday() -> None:
    assert moments(at(11, 25, 18)) == {
        "before_3": at(11, 20, 9),
        "before_1": at(11, 24, 9),
        "due_day": at(11, 25, 9),
        "last_hour": at(11, 25, 17),
        "after_1": at(11, 26, 9),
        "after_2": at(11, 27, 9),
    }
    audiences = {step.key: step.audience for step in DEFAULT_LADDER}
    for key in ("before_3", "before_1", "due_day", "last_hour"):
        assert audiences[key] == (Audience.LIAISON,)
    assert audiences["after_1"] == (Audience.LIAISON, Audience.BACKUP, Audience.TOWNSHIP)
    assert audiences["after_2"] == (Audience.COUNTY,)


def test_the_ladder_steps_over_national_day() -> None:
    found = moments(at(10, 8, 12))
    assert found["before_1"] == at(9, 30, 9)
    assert found["last_hour"] == at(10, 8, 11)
    assert found["after_2"] == at(10, 10, 9)  # a Saturday worked in exchange


def test_a_due_day_off_may_be_reminded_of_but_no_other_day_off() -> None:
    found = moments(at(11, 22, 18))  # extended to a Sunday
    assert found["due_day"] == at(11, 22, 9)
    assert found["last_hour"] == at(11, 22, 17)
    assert found["before_1"] == at(11, 20, 9)
    assert found["after_1"] == at(11, 23, 9)


@pytest.mark.parametrize(
    ("due_at", "key", "sent_at"),
    [
        (at(11, 25, 23), "last_hour", at(11, 25, 20)),  # 22:00 is quiet, 08:00 too late
        (at(11, 25, 21, 30), "last_hour", at(11, 25, 20)),  # 20:30 is quiet already
        (at(11, 25, 21, 29), "last_hour", at(11, 25, 20, 29)),
        (at(11, 25, 8, 30), "last_hour", at(11, 25, 8)),  # 07:30 waits for 08:00
        (at(11, 25, 8), "last_hour", at(11, 24, 20)),  # 08:00 is no longer before due
        (at(11, 25, 8, 30), "due_day", at(11, 25, 8)),  # 09:00 would be after due
        (at(11, 25, 3), "due_day", at(11, 24, 20)),
        (at(11, 23, 3), "due_day", at(11, 20, 20)),  # a Monday: back over the weekend
    ],
)
def test_quiet_hours_move_a_step(due_at: datetime, key: str, sent_at: datetime) -> None:
    assert moments(due_at)[key] == sent_at


def test_a_step_after_due_waits_for_the_next_allowed_morning() -> None:
    later = (Step("after_4h", (Audience.LIAISON,), offset_hours=4),)
    assert moments(at(11, 20, 18), later) == {"after_4h": at(11, 23, 8)}


@pytest.mark.parametrize(
    ("instant", "allowed"),
    [
        (at(11, 20, 8), at(11, 20, 8)),
        (at(11, 20, 20, 29), at(11, 20, 20, 29)),
        (at(11, 20, 20, 30), at(11, 23, 8)),
        (at(11, 20, 7, 59), at(11, 20, 8)),
        (at(11, 21, 7), at(11, 23, 8)),
        (at(11, 21, 10), at(11, 23, 8)),
    ],
)
def test_when_a_message_may_go(instant: datetime, allowed: datetime) -> None:
    assert next_allowed(instant.astimezone(UTC), at(11, 25, 18), CHINA) == allowed


def due(now: datetime, since: datetime = LONG_AGO) -> str | None:
    step = due_step(DEFAULT_LADDER, at(11, 25, 18), CHINA, ladder_since=since, now=now)
    return step.key if step else None


@pytest.mark.parametrize(
    ("now", "key"),
    [
        (at(11, 20, 8, 59), None),
        (at(11, 20, 9), "before_3"),
        (at(11, 23, 9), "before_3"),  # late, and still the newest
        (at(11, 24, 9), "before_1"),  # the missed one is skipped
        (at(11, 25, 18), "last_hour"),
        (at(11, 25, 18, 1), None),  # too late to warn
        (at(11, 26, 8), None),
        (at(11, 26, 9), "after_1"),
        (at(11, 26, 20, 30), None),  # quiet
        (at(11, 28, 12), None),  # a Saturday
        (at(11, 30, 12), "after_2"),
    ],
)
def test_the_newest_step_that_is_due(now: datetime, key: str | None) -> None:
    assert due(now) == key
    assert due(now.astimezone(UTC)) == key


def test_what_fell_before_the_ladder_began_never_fires() -> None:
    assert due(at(11, 24, 12), since=at(11, 24, 9)) == "before_1"
    assert due(at(11, 24, 12), since=at(11, 24, 10)) is None


def test_when_to_look_again() -> None:
    due_at = at(11, 25, 18)
    instants = [instant for _, instant in step_instants(DEFAULT_LADDER, due_at, CHINA)]
    for after, found in zip([LONG_AGO, *instants], [*instants, None], strict=True):
        assert next_instant(DEFAULT_LADDER, due_at, CHINA, after) == found
    assert next_instant((), due_at, CHINA, LONG_AGO) is None
    assert next_instant(DEFAULT_LADDER, due_at, CHINA, at(11, 27, 22)) == at(11, 30, 8)
    assert next_instant(DEFAULT_LADDER, due_at, CHINA, at(11, 25, 22)) == at(11, 26, 8)
    assert next_instant(DEFAULT_LADDER, due_at, CHINA, at(11, 18, 22)) == at(11, 20, 9)


@quick
@given(st.lists(st.integers(0, 40), min_size=30, max_size=30))
def test_however_late_the_looks_come_the_last_step_is_sent_and_none_goes_back(
    delays: list[int],
) -> None:
    due_at, sent = at(11, 25, 18), list[str]()
    look = next_instant(DEFAULT_LADDER, due_at, CHINA, LONG_AGO)
    for delay in delays:
        if look is None:
            break
        now = look + timedelta(hours=delay)
        step = due(now)
        sent += [step] if step and step not in sent else []
        look = next_instant(DEFAULT_LADDER, due_at, CHINA, now)
    order = [step.key for step in DEFAULT_LADDER]
    assert sent == [key for key in order if key in sent]
    assert look is not None or sent[-1] == "after_2"


audiences = st.lists(st.sampled_from(Audience), min_size=1, unique=True).map(
    lambda found: tuple(who for who in Audience if who in found)
)
by_day = st.builds(
    Step,
    st.just("step"),
    audiences,
    offset_workdays=st.integers(-10, 10),
    at=st.builds(time, st.integers(0, 23), st.integers(0, 59)),
)
by_hour = st.builds(
    Step, st.just("step"), audiences, offset_hours=st.integers(-100, 100).filter(bool)
)
instants = st.datetimes(datetime(2026, 2, 1), datetime(2026, 11, 1), timezones=st.just(SHANGHAI))


@quick
@given(by_day | by_hour, instants)
def test_no_step_disturbs_anybody_or_comes_too_late(step: Step, due_at: datetime) -> None:
    [(_, instant)] = step_instants([step], due_at, CHINA)
    assert time(8) <= instant.astimezone(SHANGHAI).time() < time(20, 30)
    assert CHINA.is_workday(local_day(instant)) or local_day(instant) == local_day(due_at)
    assert (instant < due_at) is step.is_before_due
    assert next_allowed(instant, due_at, CHINA) == instant


@quick
@given(by_day | by_hour)
def test_a_ladder_survives_its_json(step: Step) -> None:
    assert parse_ladder([step.to_dict()]) == (step,)


def test_the_default_ladder_survives_its_json() -> None:
    assert parse_ladder([step.to_dict() for step in DEFAULT_LADDER]) == DEFAULT_LADDER
    assert parse_ladder([]) == ()


DAY = {"key": "a", "offset_workdays": -3, "at": "09:00", "audience": ["liaison"]}
LAST_HOUR = {"key": "b", "offset_hours": -1, "audience": ["liaison"]}


@pytest.mark.parametrize(
    ("raw", "index", "reason"),
    [
        (None, 0, "not_a_list"),
        ({}, 0, "not_a_list"),
        ([DAY | {"key": f"a{i}"} for i in range(21)], 20, "too_many"),
        ([DAY, 5], 1, "not_an_object"),
        ([DAY, {}], 1, "fields"),
        ([DAY | {"offset_hours": -1}], 0, "fields"),
        ([LAST_HOUR | {"\ud800": 1}], 0, "fields"),
        ([DAY | {"key": "A"}], 0, "key"),
        ([DAY | {"key": ["a"]}], 0, "key"),
        ([DAY | {"key": "a" * 33}], 0, "key"),
        ([DAY, LAST_HOUR, DAY], 2, "key_twice"),
        ([DAY | {"audience": []}], 0, "audience"),
        ([DAY | {"audience": "liaison"}], 0, "audience"),
        ([DAY | {"audience": ["liaison", "liaison"]}], 0, "audience"),
        ([DAY | {"audience": ["mayor", {}]}], 0, "audience"),
        ([DAY | {"offset_workdays": 61}], 0, "offset"),
        ([DAY | {"offset_workdays": 1.0}], 0, "offset"),
        ([DAY | {"offset_workdays": True}], 0, "offset"),
        ([LAST_HOUR | {"offset_hours": 0}], 0, "offset"),
        ([LAST_HOUR | {"offset_hours": 10**400}], 0, "offset"),
        ([DAY | {"at": "25:00"}], 0, "at"),
        ([DAY | {"at": None}], 0, "at"),
    ],
)
def test_json_that_is_no_ladder(raw: Any, index: int, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse_ladder(raw)
    assert refused.value.code == "ladder_invalid"
    assert refused.value.params == {"index": index, "reason": reason}
