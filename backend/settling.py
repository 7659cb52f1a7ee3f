"""What follows when a channel did or did not take a message: retry, next channel, call list.

Used by the task that sends and by the receipts that a gateway posts back.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from backend.channels import TransportError
from backend.domain.channels import BY_PHONE, Kind
from backend.domain.sending import (
    Receipt,
    ReceiptOutcome,
    in_order,
    next_channel,
    receipt_outcome,
    retry_at,
    spread,
)
from backend.store import addresses, calls, messages, sending
from backend.store.sending import Queued

UNREACHABLE: Final = "unreachable"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Deliveries that went, or failed, together: several only for a robot's common digest."""

    channel: Kind
    address: int
    deliveries: tuple[int, ...]
    attempts: int

    @property
    def key(self) -> str:
        """What the service knows it by, the same each time."""
        return str(min(self.deliveries))


async def sent(attempts: Sequence[Attempt], now: datetime) -> None:
    """The service took them."""
    await messages.mark_sent([number for each in attempts for number in each.deliveries], now)


async def failed(
    attempt: Attempt, error: TransportError, configured: Collection[Kind], now: datetime
) -> None:
    """It was not taken: later again, or by the next channel, and never again to a dead address."""
    again = retry_at(
        attempt.attempts,
        now,
        permanent=error.permanent,
        retry_after=error.retry_after,
        key=attempt.key,
    )
    if error.retry_after:
        until = now + timedelta(seconds=min(error.retry_after, 3600.0))
        await sending.hold(attempt.channel, attempt.address, until)
    if again is not None:
        await sending.retry(attempt.deliveries, again, error.reason)
        return
    if error.permanent:
        account = await addresses.stop(attempt.address, error.reason, now)
        if account is not None:
            await calls.add([account], attempt.channel, error.reason, now)
    left = await sending.give_up(attempt.deliveries, error.reason, now)
    await advance(left, configured, now)


async def advance(numbers: Sequence[UUID], configured: Collection[Kind], now: datetime) -> None:
    """Queues each message on its next channel; whom none is left for goes on the call list.

    A message of which nothing was tried beyond the app, for want of addresses, stays in the app.
    """
    rows = [row for row in await sending.orders(numbers, now) if not row["under_way"]]
    if not rows:
        return
    wished = {row["id"]: in_order(wish.split() for wish in row["wishes"]) for row in rows}
    reach = await _reach([row["account"] for row in rows], set().union(*wished.values()),
                         configured, now)  # fmt: skip
    queued: list[Queued] = []
    for row in rows:
        own = reach.get(row["account"], {})
        channel = next_channel(wished[row["id"]], row["tried"], own)
        if channel is not None:
            queued += [_queued(row, channel, to, now) for to in own[channel]]
        elif row["tried"]:
            await _call(row, wished[row["id"]], now)
    await sending.queue(queued)


def _queued(row: asyncpg.Record, channel: str, address: int, now: datetime) -> Queued:
    """The first channel's turn is spread; who waits for the next one has waited enough."""
    at = now if row["tried"] else spread(address, now, row["deadline"])
    return Queued(row["id"], channel, address, row["deadline"], at)


async def _call(row: asyncpg.Record, wished: Sequence[str], now: datetime) -> None:
    last = [name for name in wished if name in row["tried"]][-1:] or row["tried"]
    await calls.add([row["account"]], last[0], UNREACHABLE, now)


async def _reach(
    accounts: Sequence[UUID], wished: Collection[str], configured: Collection[Kind], now: datetime
) -> dict[UUID, dict[str, list[int]]]:
    """By person and channel, the addresses that can be used now."""
    names = sorted(set(configured) & set(wished))
    await addresses.from_phones(accounts, [name for name in names if name in BY_PHONE], now)
    reach: dict[UUID, dict[str, list[int]]] = {}
    for row in await addresses.live(accounts, names, now):
        reach.setdefault(row["account"], {}).setdefault(row["channel"], []).append(row["id"])
    return reach


async def receipt(
    row: asyncpg.Record | None,
    said: Receipt,
    error: TransportError,
    configured: Collection[Kind],
    now: datetime,
) -> ReceiptOutcome:
    """Notes what a gateway says of a delivery; `error` is why it failed, if it did."""
    if row is None:
        return ReceiptOutcome.UNKNOWN
    outcome = receipt_outcome(
        said,
        attempts=row["attempts"],
        is_out=row["sent_at"] is not None or row["claimed_until"] is not None,
        is_settled=row["delivered_at"] is not None or row["failed_at"] is not None,
    )
    if outcome is not ReceiptOutcome.NOTED:
        return outcome
    if said is Receipt.DELIVERED:
        await sending.mark_delivered(row["id"], now)
    else:
        attempt = Attempt(Kind(row["channel"]), row["address"], (row["id"],), row["attempts"])
        await failed(attempt, error, configured, now)
    return outcome
