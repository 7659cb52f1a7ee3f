"""Several processes on one database: one leads, another follows, and nothing is done twice."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from backend.clock import system_clock
from backend.store import messages
from backend.store.database import fetch, transaction
from backend.store.tasks import LEADER_LOCK
from backend.tasks import delivering, opening, reminding
from tests.faults import books
from tests.faults.serving import Server, killed_at_last
from tests.faults.shifted import SHIFT
from tests.world import DEFAULT_LADDER, World

# 09:00 on a due day in China.
DUE_DAY = datetime.fromisoformat("2026-11-06T09:00+08:00")
VILLAGES_OF_THE_COUNTY, WEEKS = 4, 5


async def leaders(url: str) -> list[str]:
    """Which processes hold the lead, by the name they gave their connections."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            """SELECT a.application_name AS name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
            WHERE l.locktype = 'advisory' AND l.objid = $1 AND l.granted
              AND a.datname = current_database()""",
            LEADER_LOCK,
        )
        return [row["name"] for row in rows]
    finally:
        await connection.close()


async def until(true: Callable[[], Awaitable[Any]], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not await true():
            await asyncio.sleep(0.1)


async def opened(schedule: int) -> int:
    """How many obligations a schedule has, each checked to be the only one of its kind."""
    rows = await fetch(
        """SELECT count(*) AS n FROM obligation WHERE schedule = $1
        GROUP BY period, region""",
        schedule,
    )
    assert all(row["n"] == 1 for row in rows)
    return len(rows)


async def told() -> list[int]:
    """How many reminders each account can read, for those that can read any."""
    rows = await fetch(
        """SELECT count(*) AS n FROM message
        WHERE kind = 'reminder' AND delivered_at IS NOT NULL GROUP BY account"""
    )
    return [row["n"] for row in rows]


async def wait_for_reminder(world: World) -> None:
    """A digest that has waited long enough."""
    world.clock.now = DUE_DAY - timedelta(minutes=1)
    await world.open()
    world.clock.now = DUE_DAY
    assert await reminding.remind_some(world.clock.now)
    assert await told() == []


@pytest.mark.slow
async def test_the_leader_is_killed_and_the_other_takes_over(
    real_world: World, tmp_path: Path
) -> None:
    await real_world.schedule()
    await wait_for_reminder(real_world)
    shift = (DUE_DAY + timedelta(minutes=2) - system_clock()).total_seconds()
    servers = {
        name: Server(
            {
                "CUNBAO_DATABASE_URL": f"{real_world.url}&application_name={name}",
                "CUNBAO_HOME": str(tmp_path / name),
                SHIFT: str(shift),
            },
            program=("-m", "tests.faults.shifted"),
        )
        for name in ("first", "second")
    }
    with ExitStack() as stack:
        for server in servers.values():
            stack.enter_context(killed_at_last(server))
        await asyncio.gather(*(server.start() for server in servers.values()))
        await until(told, 15)
        [leader] = await leaders(real_world.url)
        [follower] = set(servers) - {leader}

        # Work piles up while nobody does it: the leader dies before its next minute.
        later = await real_world.schedule(
            starts_on=date(2026, 10, 5), created_at=datetime.fromisoformat("2026-10-01T00:00Z")
        )
        servers[leader].kill()
        begun = asyncio.get_running_loop().time()
        await until(lambda: opened(later), 20)
        assert asyncio.get_running_loop().time() - begun < 15
        await until(lambda: _is(opened(later), VILLAGES_OF_THE_COUNTY * WEEKS), 10)
        assert await leaders(real_world.url) == [follower]

        await servers[leader].start()
        await asyncio.sleep(1)
        assert await leaders(real_world.url) == [follower]
    assert await opened(later) == VILLAGES_OF_THE_COUNTY * WEEKS
    assert set(await told()) == {1}
    await books.check(real_world.url)


async def _is(number: Awaitable[int], expected: int) -> bool:
    return await number == expected


async def test_openers_at_the_same_time_open_once(real_world: World) -> None:
    for _ in range(3):
        await real_world.schedule(scope="99", starts_on=date(2026, 10, 5), created_at=LONG_AGO)

    async def open_all() -> None:
        await opening.freeze_periods(real_world.clock.now)
        while await opening.open_one(real_world.clock.now):
            pass

    await asyncio.gather(*(open_all() for _ in range(5)))
    await open_all()
    [rows] = await fetch(
        """SELECT count(*) AS n, count(DISTINCT (period, region)) AS distinct_n,
        (SELECT sum(change_no) FROM region) AS changes FROM obligation"""
    )
    assert rows["n"] == rows["distinct_n"] == rows["changes"] == 3 * 5 * 5
    await books.check(real_world.url)


LONG_AGO = datetime.fromisoformat("2026-01-01T00:00Z")


async def _drain(take: Callable[[datetime], Awaitable[bool]], now: datetime) -> None:
    while await take(now):
        pass


deliver = partial(delivering.deliver_some, ())


async def test_reminders_decided_and_sent_by_several_come_once(real_world: World) -> None:
    for _ in range(8):
        await real_world.schedule(ladder=DEFAULT_LADDER)
    await real_world.open()
    now = real_world.clock.set(2026, 11, 9, 9, 0)  # overdue: for colleagues and offices as well
    await asyncio.gather(*(_drain(reminding.remind_some, now) for _ in range(5)))
    later = now + reminding.GATHER
    await asyncio.gather(*(_drain(deliver, later) for _ in range(5)))

    assert set(await told()) == {1}
    params = await fetch(
        """SELECT DISTINCT (m.params->>'duties')::int AS duties FROM message m
        JOIN account a ON a.id = m.account WHERE a.name IN ('王芳', '赵敏', '刘洋')"""
    )
    assert [row["duties"] for row in params] == [8]
    await books.check(real_world.url)


async def test_deciding_and_sending_at_the_same_time_loses_nothing(real_world: World) -> None:
    """Duties whose step comes a second later each, while digests are being sent all the time."""
    for second in range(12):
        steps = [{**DEFAULT_LADDER[1], "key": f"due_day_{second}"}]
        await real_world.schedule(ladder=steps)
    await real_world.open()
    rows = await fetch("SELECT id FROM obligation ORDER BY id")
    now = real_world.clock.set(2026, 11, 6, 9, 0)
    for number, row in enumerate(rows):
        at = now + timedelta(seconds=number)
        await fetch("UPDATE obligation SET remind_at = $2 WHERE id = $1", row["id"], at)

    async def decide() -> None:
        for second in range(len(rows)):
            await reminding.remind_some(now + timedelta(seconds=second))

    async def send() -> None:
        for second in range(len(rows) * 3):
            await deliver(now + timedelta(seconds=second + 20))

    await asyncio.gather(decide(), send(), send())
    await _drain(deliver, now + timedelta(minutes=10))
    said = await fetch(
        """SELECT m.account, n.value::bigint AS duty FROM message m,
        jsonb_array_elements_text(m.params->'obligations') AS n(value)
        WHERE m.delivered_at IS NOT NULL"""
    )
    decided = await fetch("SELECT account, obligation AS duty FROM reminder")
    assert sorted(map(tuple, said)) == sorted(map(tuple, decided))
    assert {duty for _, duty in map(tuple, said)} == {row["id"] for row in rows}


async def test_what_a_dead_process_had_taken_comes_once_and_later(real_world: World) -> None:
    await real_world.schedule()
    await wait_for_reminder(real_world)
    now = DUE_DAY + timedelta(minutes=1)
    async with transaction():
        taken = await messages.claim_deliveries(now, now + delivering.LEASE, 100)
    assert taken
    await _drain(deliver, now + timedelta(minutes=4))
    assert await told() == []
    later = now + delivering.LEASE
    await asyncio.gather(*(_drain(deliver, later) for _ in range(3)))
    assert set(await told()) == {1}
    assert len(await told()) == len(taken)


async def test_a_process_that_slept_through_its_lease_changes_nothing(real_world: World) -> None:
    await real_world.schedule()
    await wait_for_reminder(real_world)
    now = DUE_DAY + timedelta(minutes=1)
    claimed = await delivering.claim(now)
    assert claimed
    await _drain(deliver, now + delivering.LEASE)
    before = await fetch("SELECT id, delivered_at, dropped_at, params FROM message ORDER BY id")
    await real_world.file("liaison", obligation=(await real_world.duty())["id"])
    await delivering.show(claimed, (), now)
    mine = [row["id"] for row in before]
    after = await fetch(
        "SELECT id, delivered_at, dropped_at, params FROM message WHERE id = ANY($1) ORDER BY id",
        mine,
    )
    assert after == before
