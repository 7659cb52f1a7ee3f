"""The outbox to the list in the app: claim, check once more, show.

Showing is a row of the same database, so it commits together with its mark and nothing is sent.
What goes beyond the app is sent by backend/tasks/sending.py.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from backend import settling
from backend.domain.channels import Kind
from backend.domain.reminders import next_allowed
from backend.store import calendar, messages, sending
from backend.store.concerns import said_of
from backend.store.database import from_json, transaction
from backend.store.messages import REMINDER
from backend.store.nudges import NUDGE

BATCH: Final = 200
LEASE: Final = timedelta(minutes=5)
# What these say is counted when they are sent.
_DIGESTS: Final = (REMINDER, NUDGE)


async def deliver_some(configured: Collection[Kind], now: datetime) -> bool:
    """Takes some messages to the list in the app; False when none is waiting.

    Then they go on their way through the `configured` channels, as their steps say. A crash
    between claim and mark gives them back when the lease ends: at least once, never lost.
    """
    rows = await claim(now)
    await show(rows, configured, now)
    return bool(rows)


async def claim(now: datetime) -> list[asyncpg.Record]:
    """Takes some messages by a lease."""
    async with transaction():
        return await messages.claim_deliveries(now, now + LEASE, BATCH)


async def show(rows: Sequence[asyncpg.Record], configured: Collection[Kind], now: datetime) -> None:
    """Shows what of the messages claimed is still true, and ends the others."""
    async with transaction():
        said, later = await _still_true(rows, now)
        await messages.postpone(later)
        rows = [row for row in rows if row["message"] not in later]
        numbers = [row["message"] for row in rows]
        await messages.readdress(numbers, now)
        await messages.deliver(list(said.items()), now)
        await messages.drop([number for number in numbers if number not in said], now)
        await messages.mark_sent([row["id"] for row in rows if row["message"] in said], now)
        await sending.drop([row["id"] for row in rows if row["message"] not in said], now)
        if configured and said:
            await settling.advance(list(said), configured, now)


async def _still_true(
    rows: Sequence[asyncpg.Record], now: datetime
) -> tuple[dict[UUID, Any], dict[UUID, datetime]]:
    """What each message says now, and until when a reminder waits that may not go at this hour.

    One that has become pointless is in neither.
    """
    digests = [row["message"] for row in rows if row["kind"] in _DIGESTS]
    about = [row["message"] for row in rows if row["region"] is not None]
    posted = await messages.still_posted(about, now)
    said: dict[UUID, Any] = {
        row["message"]: from_json(row["params"]) for row in rows if row["message"] in posted
    }
    later: dict[UUID, datetime] = {}
    found = await messages.outstanding(digests, now)
    counties = {calendar.owner_of(row["holder"]) for row in found}
    days = {county: await calendar.load(county) for county in counties}
    for row in found:
        allowed = next_allowed(now, row["nearest"], days[calendar.owner_of(row["holder"])])
        if allowed > now:
            later[row["id"]] = allowed
        else:
            said[row["id"]] = {**said_of(row), "obligations": row["obligations"]}
    return said, later
