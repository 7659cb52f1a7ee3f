"""A million open duties, of which one in twenty needs a step now: the sweep, and the outbox after.

The sweep and the outbox run in a process of their own, whose memory is measured.
"""

import asyncio
import resource
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from multiprocessing import get_context
from time import perf_counter
from typing import Final

from backend.domain.calendar import local_day, local_instant, parse_clock
from backend.domain.roles import Role
from backend.store import calendar
from backend.store.database import fetch, fetch_value
from backend.tasks import delivering, reminding
from tests import databases
from tests.bench import bulk
from tests.bench.figures import Figure

VILLAGES: Final = 50_000
SCHEDULES: Final = 20
TOWNSHIPS: Final = 1_800
IDLE_LOOKS: Final = 60

_OPEN: Final = """INSERT INTO obligation (period, schedule, region, holder, opens_at, due_at,
        closes_at, original_due_at, original_closes_at, remind_at, change_no)
    SELECT p.id, p.schedule, r.key, r.key, p.opens_at, p.due_at, p.closes_at, p.due_at,
        p.closes_at, p.due_at - interval '9 hours', 1
    FROM period p JOIN region r ON r.level = 'village'"""


async def bench(url: str) -> list[Figure]:
    """The sweep, one with nothing to do, and the outbox."""
    async with databases.copy(url) as here:
        async with databases.connected(here, 4):
            now = await _build()
        loop = asyncio.get_running_loop()
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            swept, idle, drained, told, mib = await loop.run_in_executor(pool, _work, here, now)
    of = f"{VILLAGES:,} of {VILLAGES * SCHEDULES:,} duties"
    return [
        Figure("sweep of reminders", [swept], "s", at_most=15, note=of),
        Figure("memory of the sweep", [mib], "MiB", at_most=300),
        Figure("sweep with nothing to do", idle, "ms", at_most=50),
        Figure("outbox, messages in the app", [told / drained], "/s", at_least=1000),
    ]


async def _build() -> datetime:
    """Nine o'clock on a working day; one schedule is due in the afternoon, the others later."""
    regions = [("99", "province"), ("990101", "county")]
    regions += [(f"9901{n // 800 + 1:02}{n % 800 + 100}", "township") for n in range(TOWNSHIPS)]
    towns = [key for key, level in regions if level == "township"]
    regions += [(f"99010{n}", "county") for n in range(2, 10)]
    villages = [f"{towns[n % TOWNSHIPS]}{200 + n // TOWNSHIPS}" for n in range(VILLAGES)]
    regions += [(key, "village") for key in villages]
    wanted = sorted(set(regions), key=lambda pair: len(pair[0]))
    await bulk.add_regions(wanted)
    days = await calendar.load("99")
    day = days.add_workdays(local_day(datetime.fromisoformat("2026-11-02T00:00:00+08:00")), 1)
    nine = parse_clock("09:00")
    assert nine is not None
    now = local_instant(day, nine)
    await bulk.add_people([bulk.Seat(Role.LIAISON, key) for key in villages], now)
    for number in range(SCHEDULES):
        schedule = await bulk.add_schedule("99", "LABOR_MONTHLY", now)
        # `add_months` puts the newest deadline five days on: these are due today, and in ten days.
        due_in = timedelta(hours=9) if number == 0 else timedelta(days=10)
        await bulk.add_months(schedule, now + due_in - timedelta(days=5), [0])
    await fetch(_OPEN)
    await fetch("UPDATE period SET opened_at = opens_at")
    await fetch("VACUUM ANALYZE")
    due = await fetch_value("SELECT count(*) FROM obligation WHERE remind_at <= $1", now)
    assert due == VILLAGES, due
    return now


def _work(url: str, now: datetime) -> tuple[float, list[float], float, int, float]:
    return asyncio.run(_sweep(url, now))


async def _sweep(url: str, now: datetime) -> tuple[float, list[float], float, int, float]:
    async with databases.connected(url, 4):
        swept = await _until_done(partial(reminding.remind_some, now))
        mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        idle = [await _until_done(partial(reminding.remind_some, now)) for _ in range(IDLE_LOOKS)]
        later = now + reminding.GATHER
        drained = await _until_done(partial(delivering.deliver_some, (), later))
        told = await fetch_value("SELECT count(*) FROM message WHERE delivered_at IS NOT NULL")
        assert told == VILLAGES, told
    return swept, [seconds * 1000 for seconds in idle], drained, told, mib


async def _until_done(take: Callable[[], Awaitable[bool]]) -> float:
    started = perf_counter()
    while await take():
        pass
    return perf_counter() - started
