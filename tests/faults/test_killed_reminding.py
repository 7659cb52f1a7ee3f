"""kill -9 between every two steps of decide, show, claim, send and mark; rivals; a hanging robot.

What decides and sends is a process of its own, and speaks to real services over real sockets.
"""

import asyncio
import multiprocessing
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

import pytest

from backend.domain.channels import Kind
from backend.domain.roles import Role
from backend.store import messages, regions
from backend.store.database import fetch, fetch_row
from backend.tasks import delivering, reminding, sending
from tests.faults import books
from tests.faults.reminding_worker import ANSWERED, BEGIN, Task, not_committed, work
from tests.faults.serving import PATIENCE_S
from tests.receivers import Got, HttpReceiver, http_receiver
from tests.tasks.sending import begin, ladder, robot
from tests.world import GATEWAY_SECRET, SECRET, TOWN, World, add_person

pytestmark = pytest.mark.slow
# The first step is the liaison's; a village that has none is its office's affair at once.
TOLD = {"liaison", "colleague", "station", "elsewhere", "reviewer", "lead"}
AFTER_LEASES = delivering.LEASE + sending.LEASE
UNDER_WAY = "under way"


# Each process is forked from one that has loaded everything and has done nothing yet.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.faults.reminding_worker", "backend.channels.gateway"])


@dataclass
class Worker:
    """One process of tests/faults/reminding_worker.py."""

    process: BaseProcess
    line: Connection

    async def says(self) -> Any:
        """The point it has come to, or at its end how many messages it sent."""
        async with asyncio.timeout(PATIENCE_S):
            while not self.line.poll():
                await asyncio.sleep(0.005)
        return self.line.recv()

    def go_on(self) -> None:
        """Lets it go on from where it stopped."""
        self.line.send(None)

    async def kill(self) -> None:
        """kill -9, and waits until the database knows it."""
        self.process.kill()
        self.process.join()
        async with asyncio.timeout(PATIENCE_S):
            while await fetch(
                """SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
                AND backend_type = 'client backend' AND pid <> pg_backend_pid()
                AND state <> 'idle'"""
            ):
                await asyncio.sleep(0.01)


@pytest.fixture
def gateway() -> Iterator[HttpReceiver]:
    """The county's SMS gateway."""
    with http_receiver() as service:
        yield service


@asynccontextmanager
async def worker(
    world: World, gateway: HttpReceiver, wecom: str = "", **more: Any
) -> AsyncIterator[Worker]:
    """Starts one at the world's time; leaves none behind."""
    environment = {
        "CUNBAO_DATABASE_URL": world.url,
        "CUNBAO_SECRET_KEY": SECRET,
        "CUNBAO_GATEWAY_URL": gateway.address,
        "CUNBAO_GATEWAY_SECRET": GATEWAY_SECRET,
        "CUNBAO_WECOM_URL": wecom,
    }
    ours, its = FORKS.Pipe()
    process = FORKS.Process(target=work, args=(Task(environment, world.clock.now, **more), its))
    process.start()
    its.close()
    started = Worker(process, ours)
    try:
        yield started
    finally:
        await started.kill()
        ours.close()


def whole(service: HttpReceiver) -> list[Got]:
    """What came in, but for what was cut off in the middle by a sender's death."""
    return [got for got in service.got if len(got.body) == int(got.headers["content-length"])]


async def arrived(service: HttpReceiver, count: int) -> None:
    """Waits until so many requests have come in."""
    async with asyncio.timeout(PATIENCE_S):
        while len(whole(service)) < count:
            await asyncio.sleep(0.01)


def keys_by_number(gateway: HttpReceiver) -> dict[str, list[str]]:
    """The key of every SMS that came, by phone number."""
    found = defaultdict(list)
    for got in whole(gateway):
        assert got.headers["idempotency-key"] == got.json["delivery"]
        found[got.json["to"]].append(got.json["delivery"])
    return dict(found)


async def nothing_waits(world: World) -> None:
    """All that was decided has gone, none of it is still in anybody's hands."""
    waiting = await messages.waiting()
    assert waiting is not None
    assert waiting["waiting"] == 0
    assert await fetch("SELECT id FROM obligation WHERE remind_at <= $1", world.clock.now) == []
    await books.check(world.url)


async def marked() -> list[str]:
    """The keys of the SMS that are known to have gone."""
    rows = await fetch("SELECT id FROM delivery WHERE channel = 'sms' AND sent_at IS NOT NULL")
    return sorted(str(row["id"]) for row in rows)


DECIDED = {"decided"}
TAKEN = DECIDED | {"taken"}
SHOWN = DECIDED | {"shown"}
CLAIMED = SHOWN | {"claimed"}
ARRIVED = CLAIMED | {"arrived"}
# What others can see of the work of a process killed there.
POINTS = {
    not_committed("decided"): set(),
    "decided": DECIDED,
    not_committed("taken"): DECIDED,
    "taken": TAKEN,
    not_committed("shown"): TAKEN,
    "shown": SHOWN,
    not_committed("claimed"): SHOWN,
    "claimed": CLAIMED,
    UNDER_WAY: ARRIVED,
    ANSWERED: ARRIVED,
    "marked": ARRIVED | {"marked"},
}


async def seen(gateway: HttpReceiver) -> set[str]:
    """How far the work has come, as the database and the gateway know it."""
    row = await fetch_row(
        """SELECT EXISTS (SELECT 1 FROM reminder) AS decided,
            EXISTS (SELECT 1 FROM delivery
                    WHERE channel = 'in_app' AND claimed_until IS NOT NULL) AS taken,
            EXISTS (SELECT 1 FROM message WHERE delivered_at IS NOT NULL) AS shown,
            EXISTS (SELECT 1 FROM delivery
                    WHERE channel = 'sms' AND claimed_until IS NOT NULL) AS claimed,
            EXISTS (SELECT 1 FROM delivery
                    WHERE channel = 'sms' AND sent_at IS NOT NULL) AS marked"""
    )
    assert row is not None
    return {name for name, holds in row.items() if holds} | (
        {"arrived"} if whole(gateway) else set()
    )


async def killed_at(point: str, world: World, gateway: HttpReceiver) -> None:
    """A worker comes as far as this point and no further."""
    if point == UNDER_WAY:
        gateway.always(hang=True)
    async with worker(world, gateway, stop=point) as victim:
        if point == UNDER_WAY:
            await arrived(gateway, 1)
        else:
            assert await victim.says() == point
    gateway.always()
    gateway.released.set()


@pytest.mark.parametrize("point", POINTS)
async def test_killed_at_any_point_each_message_goes_and_under_one_key(
    real_world: World, gateway: HttpReceiver, point: str
) -> None:
    world = real_world
    await begin(world, "sms")
    await killed_at(point, world, gateway)
    # What ends together is marked together: then nothing is left in hand.
    maybe = {"claimed"} if point == "marked" else set()
    assert await seen(gateway) | maybe == POINTS[point]
    known = await marked()

    world.clock.now += AFTER_LEASES
    async with worker(world, gateway) as heir:
        assert isinstance(await heir.says(), int)
    shown = await fetch("SELECT account FROM message WHERE delivered_at IS NOT NULL")
    told = [world.people[who] for who in TOLD]
    assert sorted(row["account"] for row in shown) == sorted(person.account for person in told)
    keys = keys_by_number(gateway)
    assert keys.keys() == {person.phone for person in told}
    most = 2 if "arrived" in POINTS[point] else 1
    for copies in keys.values():
        assert len(set(copies)) == 1, "a second copy under another key"
        assert len(copies) <= (1 if copies[0] in known else most)
    assert sorted(copies[0] for copies in keys.values()) == await marked()
    await nothing_waits(world)


async def _crowd(world: World) -> None:
    """Thirty villages more with a liaison each, and ten that have none."""
    places = [f"{TOWN}{number}" for number in range(300, 340)]
    await regions.upsert([(key, key, f"村{key[-3:]}", "village", TOWN) for key in places])
    for key in places[:30]:
        await add_person(world, key, f"联络员{key[-3:]}", Role.LIAISON, key)


async def test_rivals_send_each_message_once(real_world: World, gateway: HttpReceiver) -> None:
    world = real_world
    await _crowd(world)
    await begin(world, "sms")
    async with AsyncExitStack() as stack:
        rivals = [
            await stack.enter_async_context(worker(world, gateway, stop=BEGIN, batch=3))
            for _ in range(2)
        ]
        assert [await rival.says() for rival in rivals] == [BEGIN] * 2
        for rival in rivals:
            rival.go_on()
        assert all([await rival.says() for rival in rivals]), "one had nothing to do"
    said = await fetch(
        """SELECT m.account, n.value::bigint AS duty FROM message m,
        jsonb_array_elements_text(m.params->'obligations') AS n(value)
        WHERE m.delivered_at IS NOT NULL"""
    )
    decided = await fetch("SELECT account, obligation AS duty FROM reminder")
    assert sorted(map(tuple, said)) == sorted(map(tuple, decided))
    keys = keys_by_number(gateway)
    told = {who for who, person in world.people.items() if person.phone in keys}
    assert told == TOLD | {f"{TOWN}{number}" for number in range(300, 330)}
    assert sorted(key for copies in keys.values() for key in copies) == await marked()
    await nothing_waits(world)


async def remind_and_show(world: World) -> None:
    """Decides and shows at once, unless the worker has been faster."""
    await reminding.remind_some(world.clock.now)
    await delivering.deliver_some({Kind.SMS}, world.clock.now + reminding.GATHER)


async def test_sms_go_out_while_the_robot_hangs(real_world: World, gateway: HttpReceiver) -> None:
    world = real_world
    by_sms = await world.schedule(ladder=ladder("sms"))
    await begin(world, "wecom_robot")
    await robot(world, TOWN, Kind.WECOM_ROBOT, "robot-key-1")
    await fetch("UPDATE obligation SET remind_at = NULL WHERE schedule = $1", by_sms)
    with http_receiver() as wecom:
        wecom.always(hang=True)
        async with worker(world, gateway, wecom.address, together=True):
            await arrived(wecom, 1)
            await fetch(
                "UPDATE obligation SET remind_at = $2 WHERE schedule = $1", by_sms, world.clock.now
            )
            await remind_and_show(world)
            await arrived(gateway, len(TOLD))
            hanging = await fetch(
                """SELECT attempts, claimed_until IS NOT NULL AS claimed, failure FROM delivery
                WHERE channel = 'wecom_robot'"""
            )
    assert len(wecom.got) == 1
    assert {tuple(row) for row in hanging} == {(1, True, None)}, "the robot had been given up"
    assert len(keys_by_number(gateway)) == len(TOLD)
