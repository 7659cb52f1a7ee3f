"""The two clocks of a submission, the phone's and the server's, and which of them counts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class CountedBy(StrEnum):
    """Which clock decided when a submission counts."""

    CAPTURED = "captured"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class Counted:
    """When a submission counts, and by which clock."""

    at: datetime
    by: CountedBy


def correct_clock(captured_at: datetime, device_now: datetime, received_at: datetime) -> datetime:
    """The capture time by the server's clock; never after `received_at`.

    The three are the phone's clock at capture, the phone's clock on sending and the server's on
    receipt. What lies beyond the calendar is no time at all and is taken as received.
    """
    age = max(device_now - captured_at, timedelta())
    try:
        return received_at - age
    except OverflowError:
        return received_at


def count_at(
    captured_at: datetime | None,
    received_at: datetime,
    opens_at: datetime,
    due_at: datetime,
    allowance: timedelta,
) -> Counted:
    """When a submission counts: when received, or when captured if that saves its punctuality.

    That is when it was captured (corrected clock) by `due_at` and received later, but at most
    `allowance` later than `due_at`. A capture before `opens_at` counts at `opens_at`.
    """
    in_allowance = due_at < received_at <= due_at + allowance
    if in_allowance and captured_at is not None and captured_at <= due_at:
        return Counted(max(captured_at, opens_at), CountedBy.CAPTURED)
    return Counted(received_at, CountedBy.RECEIVED)
