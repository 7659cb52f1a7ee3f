"""Rivals and crashes between claim, send and mark; a hanging channel; the lock on slots."""

import asyncio
import contextvars
from datetime import datetime

import pytest

from backend.channels import Outgoing
from backend.domain.channels import Kind
from backend.store import sending
from backend.store.database import fetch, transaction
from backend.tasks.scheduler import jobs
from backend.tasks.sending import LEASE, send_some
from tests.tasks.sending import (
    LINK,
    Noting,
    Services,
    backlog,
    begin,
    carriers,
    decide,
    reachable,
    send,
    services,
    states,
)
from tests.world import World

SMS, APP = Kind.SMS, Kind.WECOM_APP


async def test_rival_workers_share_the_limit_and_send_nothing_twice(real_world: World) -> None:
    world = real_world
    await backlog(world, 80)
    to = services(APP)
    (carrier,) = carriers(world, to)
    # Known from earlier, so that nobody waits for it to be made.
    await fetch("INSERT INTO pace (channel, key) SELECT channel, key FROM address LIMIT 1")

    async def work() -> None:
        while await send_some(carrier, world.clock.now):
            pass

    await asyncio.gather(*(work() for _ in range(4)))
    assert len(to[APP].got) == 30
    assert len({item.key for item in to[APP].got}) == 30


class Killed(BaseException):
    """The process dies here."""


@pytest.mark.parametrize("moment", ["before sending", "after sending"])
async def test_a_crash_between_claim_and_mark_loses_nothing(real_world: World, moment: str) -> None:
    world = real_world
    await begin(world, "sms")
    to = services(SMS)
    await decide(world, to)
    died = services(SMS)

    def die(item: Outgoing) -> None:
        raise Killed

    if moment == "before sending":
        (carrier,) = carriers(world, died)
        await _dies_before(carrier.channel, world, died)
    else:
        died[SMS].say = die
        (carrier,) = carriers(world, died)
        with pytest.raises(Killed):
            await send_some(carrier, world.clock.now)
    await send(world, to)
    assert world.people["liaison"].phone not in [item.address for item in to[SMS].got]
    world.clock.now += LEASE
    await send(world, to)
    mine = [i.key for i in to[SMS].got if i.address == world.people["liaison"].phone]
    assert len(mine) == 1
    earlier = {i.address: i.key for i in died[SMS].got}
    assert earlier.get(world.people["liaison"].phone, mine[0]) == mine[0]
    assert await states(world, "liaison") == [("sms", "sent")]


async def _dies_before(channel: object, world: World, to: Services) -> None:
    """Claims like a worker that dies before its first word to the service."""

    async def die(item: Outgoing, now: object) -> None:
        raise Killed

    (carrier,) = carriers(world, to)
    vars(carrier.channel)["send"] = die
    with pytest.raises(Killed):
        await send_some(carrier, world.clock.now)
    assert isinstance(channel, Noting)
    assert channel.got == []


class Stuck(Noting):
    """A channel that never comes back."""

    async def send(self, item: Outgoing, now: object) -> None:
        self.got.append(item)
        await asyncio.Event().wait()


async def test_each_channel_has_a_job_of_its_own_and_none_waits_for_another(
    real_world: World,
) -> None:
    world = real_world
    await begin(world, "wecom_app", "sms")
    await reachable(world, "liaison", APP, "wangfang")
    stuck, sms = Stuck(), Noting()
    await decide(world, {APP: stuck, SMS: sms})
    timetable = {job.name: job for job in jobs(world.vault, {APP: stuck, SMS: sms}, LINK)}
    hanging = asyncio.ensure_future(timetable["send_wecom_app"].take(world.clock.now))
    try:
        while not stuck.got:
            await asyncio.sleep(0.01)
        async with asyncio.timeout(5):
            assert await timetable["send_sms"].take(world.clock.now)
        assert world.people["colleague"].phone in [item.address for item in sms.got]
        assert await states(world, "liaison") == [("wecom_app", "waiting")]
    finally:
        hanging.cancel()


async def test_the_slots_of_an_address_are_counted_by_one_at_a_time(real_world: World) -> None:
    now = real_world.clock.now
    await fetch("INSERT INTO pace (channel, key) VALUES ('sms', $1)", b"k")

    async def other() -> list[datetime]:
        async with transaction():
            taken: list[datetime] = (await sending.paces("sms", [b"k"]))[b"k"]["taken"]
            return taken

    async with transaction():
        await sending.paces("sms", [b"k"])
        waiting = asyncio.create_task(other(), context=contextvars.Context())
        await asyncio.sleep(0.3)
        assert not waiting.done()
        await sending.set_slots("sms", {b"k": [now]})
    assert await waiting == [now]
