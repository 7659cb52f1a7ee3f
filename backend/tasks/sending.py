"""Sends beyond the app, one channel at a time: claim, send outside any transaction, mark.

Each channel has a job of its own, so one that hangs never holds up another. A crash between claim
and mark gives the deliveries back when their lease ends: sent at least once, under the same key.
"""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from backend import settling
from backend.channels import Channel, Outgoing, TransportError
from backend.domain.channels import GROUPS, LIMITS, Kind
from backend.domain.pacing import earliest, with_slot
from backend.domain.sending import allowed_from, spread
from backend.domain.wording import wording
from backend.settling import Attempt
from backend.store import calendar, messages, sending
from backend.store.concerns import said_of
from backend.store.database import transaction
from backend.vault import Vault

# A robot's digest takes all that waits for its group; people are written to one by one.
BATCH: Final = 32
GROUP_BATCH: Final = 2000
LANES: Final = 8
LEASE: Final = timedelta(minutes=2)
_TITLE: Final = "村报"


@dataclass(frozen=True, slots=True)
class Carrier:
    """A channel with what it needs to write a message: keys, link, and the other channels."""

    kind: Kind
    channel: Channel
    vault: Vault
    link: str | None
    configured: Collection[Kind]


@dataclass(frozen=True, slots=True)
class _Ready:
    attempt: Attempt
    item: Outgoing


_Sent = tuple[Attempt, TransportError | None]


async def send_some(carrier: Carrier, now: datetime) -> bool:
    """Takes what waits for a channel a step further; False when nothing waits."""
    async with transaction():
        rows = await sending.candidates(
            carrier.kind, now, GROUP_BATCH if carrier.kind in GROUPS else BATCH
        )
        ready = await _claim(carrier, rows, now) if rows else []
    lanes = asyncio.Semaphore(LANES)
    under_way = [asyncio.create_task(_send(carrier, each, lanes, now)) for each in ready]
    # Marked as they end, those that end together at once: what has gone is soon known.
    while under_way:
        await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
        ended = [task.result() for task in under_way if task.done()]
        under_way = [task for task in under_way if not task.done()]
        await _settle(carrier, ended, now)
    return bool(rows)


async def _settle(carrier: Carrier, ended: Sequence[_Sent], now: datetime) -> None:
    gone = [attempt for attempt, error in ended if error is None]
    if gone:
        await settling.sent(gone, now)  # one statement: a transaction by itself
    for attempt, error in ended:
        if error is not None:
            async with transaction():
                await settling.failed(attempt, error, carrier.configured, now)


async def pass_over(configured: Collection[Kind], now: datetime) -> bool:
    """Moves on what waits for a channel that is no longer set; False when nothing does."""
    async with transaction():
        rows = await sending.unconfigured(sorted(configured), now, GROUP_BATCH)
        left = await sending.give_up([row["id"] for row in rows], "not_configured", now)
        await settling.advance(left, configured, now)
    return bool(rows)


async def _send(carrier: Carrier, ready: _Ready, lanes: asyncio.Semaphore, now: datetime) -> _Sent:
    async with lanes:
        try:
            await carrier.channel.send(ready.item, now)
        except TransportError as error:
            return ready.attempt, error
        except Exception as error:
            # A channel that breaks in a way of its own has not sent; the others must go on.
            return ready.attempt, TransportError(type(error).__name__)
    return ready.attempt, None


async def _claim(carrier: Carrier, rows: Sequence[asyncpg.Record], now: datetime) -> list[_Ready]:
    """What may go now, claimed; what is over is dropped, what must wait is given a time."""
    usable = [row for row in rows if not row["stopped"]]
    left = await sending.give_up([r["id"] for r in rows if r["stopped"]], "address_stopped", now)
    await settling.advance(left, carrier.configured, now)
    sendings = list(_together(carrier.kind, usable))
    pairs = [(n, row["message"]) for n, group in enumerate(sendings) for row in group]
    said = await sending.still_due(pairs, now)
    days = {c: await calendar.load(c) for c in {found["county"] for found in said.values()}}
    timely, over = [], []
    for number, group in enumerate(sendings):
        found = said.get(number)
        told = set(found["messages"]) if found is not None else set()
        over += [row for row in group if row["message"] not in told]
        if found is None:
            continue
        kept = [row for row in group if row["message"] in told]
        at = allowed_from(now, found["due"], days[found["county"]])
        if at > now:
            # Eight o'clock strikes for all of them as well.
            first = spread(kept[0]["address"], at, kept[0]["deadline"])
            await sending.postpone([row["id"] for row in kept], first)
            continue
        timely.append((kept, _outgoing(carrier, kept, found)))
    if over:
        await sending.drop([row["id"] for row in over], now)
        await messages.look_again([row["message"] for row in over], now)
    return await _paced(carrier, timely, now)


def _together(kind: Kind, rows: Sequence[asyncpg.Record]) -> Iterator[Sequence[asyncpg.Record]]:
    """What goes as one: each delivery by itself, or all that a group is to get in one digest."""
    if kind not in GROUPS:
        yield from ([row] for row in rows)
        return
    by_address: dict[int, list[asyncpg.Record]] = {}
    for row in rows:
        by_address.setdefault(row["address"], []).append(row)
    yield from by_address.values()


def _outgoing(carrier: Carrier, group: Sequence[asyncpg.Record], found: asyncpg.Record) -> Outgoing:
    params = {**said_of(found), "nearest": found["nearest"].isoformat()}
    first = group[0]
    of_group = carrier.kind in GROUPS
    text = wording(first["kind"], params, "zh" if of_group else first["language"])
    key = str(min(row["id"] for row in group))
    return Outgoing(key, carrier.vault.unseal(first["sealed"]), _TITLE, text, carrier.link)


async def _paced(
    carrier: Carrier,
    wanted: Sequence[tuple[Sequence[asyncpg.Record], Outgoing]],
    now: datetime,
) -> list[_Ready]:
    """Claims those for which their address has a slot left; the others wait for the next one."""
    limits = LIMITS.get(carrier.kind, ())
    paces = await sending.paces(carrier.kind, [group[0]["key"] for group, _ in wanted])
    taken = {key: list(row["taken"]) for key, row in paces.items()}
    ready, used = [], {}
    for group, item in wanted:
        key, ids = group[0]["key"], [row["id"] for row in group]
        at = earliest(taken[key], limits, paces[key]["held_until"], now)
        if at > now:
            await sending.postpone(ids, at)
            continue
        taken[key] = used[key] = with_slot(taken[key], limits, now)
        attempts = max(row["attempts"] for row in group) + 1
        ready.append(_Ready(Attempt(carrier.kind, group[0]["address"], tuple(ids), attempts), item))
    if limits and used:
        await sending.set_slots(carrier.kind, used)
    await sending.claim([n for each in ready for n in each.attempt.deliveries], now + LEASE)
    return ready
