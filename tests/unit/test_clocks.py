"""The two clocks: when a submission counts, and how a wrong phone clock is corrected."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest

from backend.domain.calendar import local_instant
from backend.domain.clocks import Counted, CountedBy, correct_clock, count_at

HOUR = timedelta(hours=1)
ALLOWANCE = 24 * HOUR


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return local_instant(date(2026, 11, day), time(hour, minute))


OPENS, DUE = at(1), at(4, 18)


def counted(captured: datetime | None, received: datetime) -> Counted:
    return count_at(captured, received, OPENS, DUE, ALLOWANCE)


@pytest.mark.parametrize(
    ("captured", "received", "counts_at"),
    [
        (at(4, 17), at(5, 9), at(4, 17)),
        (DUE, at(5, 9), DUE),  # captured on the stroke of due
        (at(4, 17), DUE + ALLOWANCE, at(4, 17)),  # the last instant of the allowance
        (at(1) - HOUR, at(5, 9), OPENS),  # captured before opening counts at opening
    ],
)
def test_captured_in_time_and_received_within_the_allowance_counts_as_captured(
    captured: datetime, received: datetime, counts_at: datetime
) -> None:
    assert counted(captured, received) == Counted(counts_at, CountedBy.CAPTURED)


@pytest.mark.parametrize(
    ("captured", "received"),
    [
        (None, at(5, 9)),
        (at(4, 9), at(4, 17)),  # received in time anyway
        (at(4, 9), DUE),
        (at(4, 18, 1), at(5, 9)),  # captured late
        (at(4, 17), DUE + ALLOWANCE + timedelta(microseconds=1)),
    ],
)
def test_otherwise_it_counts_as_received(captured: datetime | None, received: datetime) -> None:
    assert counted(captured, received) == Counted(received, CountedBy.RECEIVED)


def test_the_skew_of_the_phone_is_taken_out() -> None:
    fast = at(4, 20)  # the phone says 20:00 when it is 17:00
    assert correct_clock(fast - HOUR, fast, at(4, 17)) == at(4, 16)
    slow = at(4, 10).astimezone(UTC)
    assert correct_clock(slow - HOUR, slow, at(4, 17)) == at(4, 16)


def test_a_capture_after_sending_is_taken_as_received() -> None:
    assert correct_clock(at(9), at(4), at(4, 17)) == at(4, 17)


def test_times_beyond_the_calendar_do_no_harm() -> None:
    east, west = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))
    first, last = datetime.min.replace(tzinfo=east), datetime.max.replace(tzinfo=west)
    for captured, now in ((first, last), (last, first), (first, at(4)), (last, last)):
        corrected = correct_clock(captured, now, at(4, 17))
        assert corrected <= at(4, 17)
        count_at(corrected, at(4, 17), OPENS, DUE, ALLOWANCE)
