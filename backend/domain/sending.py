"""What becomes of a message that a channel did not take: tried again, passed on, or given up."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from backend.domain.calendar import WorkCalendar, local_day
from backend.domain.reminders import next_allowed

MOST_ATTEMPTS: Final = 6
_FIRST: Final = timedelta(seconds=30)
_LONGEST: Final = timedelta(hours=1)
SPREAD: Final = timedelta(minutes=5)
# No due day falls here: then working days alone are allowed.
_NO_DUE_DAY: Final = datetime(2000, 1, 1, tzinfo=UTC)


def retry_at(
    attempts: int, now: datetime, *, permanent: bool, retry_after: float | None, key: str
) -> datetime | None:
    """When to try again after `attempts` failed ones, or None when this channel has had its turn.

    30 s, doubled each time up to an hour, of which the later half is spread by `key`: what failed
    together doesn't come back together, and a run with the same keys repeats exactly. A service
    that names a time is not asked earlier.
    """
    if permanent or attempts >= MOST_ATTEMPTS:
        return None
    longest = min(_FIRST * (1 << attempts - 1), _LONGEST)
    wait = longest * (1 + _share(f"{key}:{attempts}")) / 2
    asked = timedelta(seconds=min(retry_after or 0.0, _LONGEST.total_seconds()))
    return now + max(wait, asked)


def spread(address: int, now: datetime, deadline: datetime) -> datetime:
    """When a message decided on at `now` is to go beyond the app: within five minutes.

    Nine o'clock strikes for 70,000 people at once; services, and the office that is called back,
    should not hear it in one second. What is for one address stays together, and half of the time
    until the deadline is never waited away.
    """
    wait = SPREAD * _share(f"{address}:{local_day(now)}")
    return now + (min(wait, (deadline - now) / 2) if deadline > now else wait)


def _share(word: str) -> float:
    """A number from 0 to 1 that looks like chance and is always the same for a word."""
    digest = hashlib.blake2b(word.encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big") / 2**48


def in_order(lists: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The channels of several steps as one order: as first named, each once."""
    return tuple(dict.fromkeys(name for names in lists for name in names))


def next_channel(
    order: Sequence[str], tried: Collection[str], reachable: Collection[str]
) -> str | None:
    """The first channel not tried yet on which the person has an address; None at the end."""
    return next((name for name in order if name not in tried and name in reachable), None)


def allowed_from(now: datetime, due: Collection[datetime], calendar: WorkCalendar) -> datetime:
    """The first moment from `now` on at which a person may be disturbed about these duties."""
    return min(next_allowed(now, each, calendar) for each in due or [_NO_DUE_DAY])


class Receipt(StrEnum):
    """What a gateway says became of a message it had taken."""

    DELIVERED = "delivered"
    FAILED = "failed"


class ReceiptOutcome(StrEnum):
    """What we make of it. `repeated`: known already, or settled otherwise; nothing changes."""

    NOTED = "noted"
    REPEATED = "repeated"
    UNKNOWN = "unknown"


def receipt_outcome(
    said: Receipt, *, attempts: int, is_out: bool, is_settled: bool
) -> ReceiptOutcome:
    """What a receipt changes.

    `is_out`: the message is with the gateway, or was and our own mark is still to come.
    `is_settled`: delivered or given up. Late good news about a message that waits to be sent again
    counts; bad news about it is what made it wait.
    """
    if attempts == 0:
        return ReceiptOutcome.UNKNOWN
    if is_settled or (said is Receipt.FAILED and not is_out):
        return ReceiptOutcome.REPEATED
    return ReceiptOutcome.NOTED
