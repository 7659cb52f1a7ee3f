"""Channels that note what they are given and answer as told, and a round of work over them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from backend.channels import Outgoing, TransportError
from backend.domain.channels import Kind
from backend.domain.sending import SPREAD
from backend.store.addresses import NewAddress, add
from backend.store.database import fetch, fetch_value, transaction
from backend.tasks import delivering, reminding
from backend.tasks.sending import Carrier, pass_over, send_some
from tests.world import DEFAULT_LADDER, World

LINK = "https://cunbao.test/"
BUSY = TransportError("busy")
DEAD = TransportError("no_such_number", permanent=True)


@dataclass
class Noting:
    """A channel without a network: what it was given, and what it says to it."""

    got: list[Outgoing] = field(default_factory=list)
    say: Callable[[Outgoing], TransportError | None] = lambda item: None

    async def send(self, item: Outgoing, now: datetime) -> None:
        self.got.append(item)
        error = self.say(item)
        if error is not None:
            raise error

    async def close(self) -> None:
        pass


Services = Mapping[Kind, Noting]


def services(*kinds: Kind) -> dict[Kind, Noting]:
    return {kind: Noting() for kind in kinds}


def ladder(*channels: str) -> list[dict[str, Any]]:
    """The usual steps, each of them beyond the app through these channels."""
    return [{**step, "channels": list(channels)} for step in DEFAULT_LADDER]


def carriers(world: World, to: Services) -> list[Carrier]:
    return [Carrier(kind, each, world.vault, LINK, set(to)) for kind, each in to.items()]


async def decide(world: World, to: Services) -> None:
    """Decides what is due now, shows it in the app, and waits until it may go on."""
    while await reminding.remind_some(world.clock.now):
        pass
    later = world.clock.now + reminding.GATHER
    while await delivering.deliver_some(set(to), later):
        pass
    world.clock.now = later + SPREAD


async def send(world: World, to: Services) -> None:
    """Sends until nothing is left to do at this instant."""
    busy = True
    while busy:
        busy = await pass_over(set(to), world.clock.now)
        for carrier in carriers(world, to):
            busy = await send_some(carrier, world.clock.now) or busy


async def round_(world: World, to: Services) -> None:
    await decide(world, to)
    await send(world, to)


async def reachable(world: World, who: str, kind: Kind, address: str) -> int:
    """Gives somebody an address."""
    async with transaction():
        return await add(
            NewAddress(
                kind.value,
                world.vault.seal(address),
                world.vault.index(address),
                world.people[who].account,
            ),
            world.clock.now,
        )


async def robot(world: World, region: str, kind: Kind, address: str) -> int:
    """Gives a township a robot."""
    async with transaction():
        sealed, key = world.vault.seal(address), world.vault.index(address)
        return await add(NewAddress(kind.value, sealed, key, region=region), world.clock.now)


async def states(world: World, who: str) -> list[tuple[str, str]]:
    """(channel, what became of it) of somebody's deliveries beyond the app."""
    rows = await fetch(
        """SELECT d.channel, CASE WHEN d.dropped_at IS NOT NULL THEN 'dropped'
            WHEN d.failed_at IS NOT NULL THEN 'failed'
            WHEN d.delivered_at IS NOT NULL THEN 'delivered'
            WHEN d.sent_at IS NOT NULL THEN 'sent' ELSE 'waiting' END AS state
        FROM delivery d JOIN message m ON m.id = d.message
        WHERE m.account = $1 AND d.channel <> 'in_app' ORDER BY d.id""",
        world.people[who].account,
    )
    return [(row["channel"], row["state"]) for row in rows]


async def on_call_list(region: str) -> list[tuple[str, str]]:
    """(name, reason) of the open entries of a township."""
    rows = await fetch(
        """SELECT a.name, c.reason FROM call_entry c JOIN account a ON a.id = c.account
        WHERE c.region = $1 AND c.done_at IS NULL ORDER BY c.id""",
        region,
    )
    return [(row["name"], row["reason"]) for row in rows]


async def sms_sent(world: World) -> tuple[Services, int]:
    """A first step sent by SMS; the delivery to the liaison."""
    await world.schedule(ladder=ladder("sms"))
    await world.open()
    world.clock.set(2026, 11, 5, 9, 0)
    to = services(Kind.SMS)
    await decide(world, to)
    await send(world, to)
    number = await fetch_value(
        """SELECT d.id FROM delivery d JOIN message m ON m.id = d.message
        WHERE m.account = $1 AND d.channel = 'sms'""",
        world.people["liaison"].account,
    )
    return to, number


MORNING = (2026, 11, 5, 9, 0)  # the working day before due


async def begin(world: World, *channels: str) -> None:
    """Thursday 09:00, the first step of a weekly report due on Friday, through these channels."""
    await world.schedule(ladder=ladder(*channels))
    await world.open()
    world.clock.set(*MORNING)


async def backlog(world: World, count: int) -> None:
    """Messages to one member of WeCom, the later queued the nearer their deadline."""
    await begin(world, "wecom_app")
    await reachable(world, "liaison", Kind.WECOM_APP, "wangfang")
    await decide(world, services(Kind.WECOM_APP))
    await fetch(
        """WITH more AS (
            INSERT INTO message (id, account, kind, params, slot_at, created_at, delivered_at)
            SELECT gen_random_uuid(), m.account, 'nudge', '{}', m.slot_at, m.created_at,
                m.slot_at FROM message m JOIN delivery d ON d.message = m.id,
                generate_series(1, $1) WHERE d.channel = 'wecom_app' RETURNING id),
        numbered AS (SELECT id, row_number() OVER () AS n FROM more),
        decided AS (
            INSERT INTO reminder (obligation, step, account, message, decided_at, channels)
            SELECT r.obligation, 'more_' || n.n, r.account, n.id, r.decided_at, r.channels
            FROM reminder r JOIN delivery d ON d.message = r.message AND d.channel = 'wecom_app',
                numbered n)
        INSERT INTO delivery (message, channel, address, deadline, not_before, attempts)
        SELECT n.id, d.channel, d.address, d.deadline - n.n * interval '1 minute', d.not_before, 0
        FROM delivery d, numbered n WHERE d.channel = 'wecom_app'""",
        count,
    )
