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
from backend.store import messages, sending
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
    async with transaction():
        rows = await messages.claim_deliveries(now, now + LEASE, BATCH)
    if not rows:
        return False
    async with transaction():
        said = await _still_true(rows, now)
        numbers = [row["message"] for row in rows]
        await messages.readdress(numbers, now)
        await messages.deliver(list(said.items()), now)
        await messages.drop([number for number in numbers if number not in said], now)
        await messages.mark_sent([row["id"] for row in rows if row["message"] in said], now)
        await sending.drop([row["id"] for row in rows if row["message"] not in said], now)
        if configured and said:
            await settling.advance(list(said), configured, now)
    return True


async def _still_true(rows: Sequence[asyncpg.Record], now: datetime) -> dict[UUID, Any]:
    """What each message says now; one that has become pointless is not among them."""
    digests = [row["message"] for row in rows if row["kind"] in _DIGESTS]
    about = [row["message"] for row in rows if row["region"] is not None]
    posted = await messages.still_posted(about, now)
    said: dict[UUID, Any] = {
        row["message"]: from_json(row["params"]) for row in rows if row["message"] in posted
    }
    for row in await messages.outstanding(digests, now):
        names = ("duties", "overdue", "villages", "nearest", "obligations")
        said[row["id"]] = {name: row[name] for name in names}
    return said
