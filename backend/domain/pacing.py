"""How fast a service may be spoken to: never more than so many messages in any such time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

# A message may be under way this long, so the service can see it that much after its slot.
SEND_SECONDS = 10
_UNDER_WAY = timedelta(seconds=SEND_SECONDS)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` messages in any `seconds`."""

    count: int
    seconds: int

    @property
    def window(self) -> timedelta:
        """How long a slot counts: the service's time, and what a slow message may add to it."""
        return timedelta(seconds=self.seconds) + _UNDER_WAY


def earliest(
    taken: Sequence[datetime], limits: Sequence[Limit], held: datetime | None, now: datetime
) -> datetime:
    """The first instant from `now` on with a free slot, `taken` being those in use, in order.

    `held` is until when the service itself asked to be left alone.
    """
    free = [now] if held is None else [now, held]
    free += [taken[-limit.count] + limit.window for limit in limits if len(taken) >= limit.count]
    return max(free)


def with_slot(taken: Sequence[datetime], limits: Sequence[Limit], now: datetime) -> list[datetime]:
    """The slots in use once one more is taken at `now`; what no longer counts is left out."""
    if not limits:
        return []
    since = now - max(limit.window for limit in limits)
    most = max(limit.count for limit in limits)
    return [*(slot for slot in taken if slot > since), now][-most:]
