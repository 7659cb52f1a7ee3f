"""What the simulation writes down itself, to be held against the database when it is over."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Final
from uuid import UUID

from backend.domain.calendar import local_day, local_instant
from backend.domain.channels import Kind
from backend.domain.timeliness import Verdict

# The virtual clockwork looks at messages every whole five minutes, and at the ladder at the times
# of day on which its steps can fall; at both as soon as a process runs again.
GRAIN: Final = timedelta(minutes=5)
_LOOKS: Final = (time(8), time(9), time(11), time(17), time(20))
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def tick(t: datetime) -> datetime:
    """`t`, or the next whole five minutes."""
    return _EPOCH - (_EPOCH - t) // GRAIN * GRAIN


def look(t: datetime) -> datetime:
    """`t`, or the next time of day at which the ladder is looked at."""
    day = local_day(t)
    while True:
        for at in _LOOKS:
            if local_instant(day, at) >= t:
                return local_instant(day, at)
        day += timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """A duty as it was opened."""

    id: int
    due_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Filed:
    """A report that was received, and the instant at which it counts."""

    obligation: int
    revision: int
    received_at: datetime
    counted_at: datetime


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that arrived at the other end of a channel; `duties` is the number it named."""

    kind: Kind
    key: int
    address: str
    at: datetime
    duties: int


@dataclass(frozen=True, slots=True)
class DayEnd:
    """What the rates said of all reports due by the end of a day, and what they ought to say."""

    at: datetime
    said: dict[str, int]
    counted: dict[str, int]


@dataclass
class Journal:
    """Everything that happened, as those saw it to whom it happened."""

    owed: dict[int, Asked] = field(default_factory=dict)
    filed: list[Filed] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    # From when until when no process ran.
    outages: list[tuple[datetime, datetime]] = field(default_factory=list)
    days: list[DayEnd] = field(default_factory=list)
    crashes: Counter[str] = field(default_factory=Counter)
    unprompted: dict[int, Verdict] = field(default_factory=dict)
    # Messages whose way to the app was begun, for whoever looks which of them arrived.
    claimed: list[UUID] = field(default_factory=list)
