"""Sends what waits in the outbox: claim, check once more, send outside any transaction, mark."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

import asyncpg

from backend.domain.reminders import next_allowed
from backend.store import calendar, messages
from backend.store.database import from_json, transaction
from backend.store.messages import REMINDER

BATCH: Final = 200
LEASE: Final = timedelta(minutes=5)


class Channel(Protocol):
    """A way to reach people."""

    async def send(self, account: UUID, message: UUID, params: Mapping[str, Any]) -> None:
        """Sends one message. Its id is the key by which a receiver drops a second copy."""


class InApp:
    """The list in the app: a message is there as soon as it is marked as delivered."""

    async def send(self, account: UUID, message: UUID, params: Mapping[str, Any]) -> None:
        """Nothing goes out."""


CHANNELS: Mapping[str, Channel] = {"in_app": InApp()}


async def deliver_some(now: datetime) -> bool:
    """Takes some deliveries to their end; False when none is waiting.

    A crash between claim and mark gives them back when the lease ends: at least once, never lost.
    """
    async with transaction():
        rows = await messages.claim_deliveries(now, now + LEASE, BATCH)
    if not rows:
        return False
    async with transaction():
        said, later = await _still_true(rows, now)
        await messages.postpone(later)
    rows = [row for row in rows if row["message"] not in later]
    for row in rows:
        if row["message"] in said:
            channel = CHANNELS[row["channel"]]
            await channel.send(row["account"], row["message"], said[row["message"]])
    ended = [row["message"] for row in rows]
    async with transaction():
        await messages.readdress(ended, now)
        await messages.deliver(list(said.items()), now)
        await messages.drop([message for message in ended if message not in said], now)
        await messages.mark_sent([row["id"] for row in rows], now)
    return True


async def _still_true(
    rows: Sequence[asyncpg.Record], now: datetime
) -> tuple[dict[UUID, Any], dict[UUID, datetime]]:
    """What each message says now, and until when a reminder waits that may not go at this hour.

    One that has become pointless is in neither.
    """
    digests = [row["message"] for row in rows if row["kind"] == REMINDER]
    about = [row["message"] for row in rows if row["region"] is not None]
    posted = await messages.still_posted(about, now)
    said: dict[UUID, Any] = {
        row["message"]: from_json(row["params"]) for row in rows if row["message"] in posted
    }
    later: dict[UUID, datetime] = {}
    for row in await messages.outstanding(digests, now):
        allowed = next_allowed(now, row["nearest"], await calendar.load(row["holder"]))
        if allowed > now:
            later[row["id"]] = allowed
        else:
            said[row["id"]] = {name: row[name] for name in _SAID}
    return said, later


_SAID: Final = ("duties", "overdue", "villages", "nearest", "obligations")
