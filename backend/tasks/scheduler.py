"""The clock of background work: one process among many holds a lock and runs it.

When that process dies its connection goes, the lock is free, and another takes over.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import asyncpg
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from backend.channels import Channels
from backend.clock import Clock, system_clock
from backend.observe import TASKS
from backend.photos import Photos
from backend.store import tasks
from backend.store.tasks import LEADER_LOCK
from backend.tasks import (
    certifying,
    delivering,
    examining,
    housekeeping,
    keeping,
    opening,
    reminding,
)
from backend.tasks.sending import Carrier, pass_over, send_some
from backend.vault import Vault

log = logging.getLogger("cunbao.tasks")
RETRY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Job:
    """A take-one function, called until it finds nothing, every so many seconds."""

    name: str
    seconds: int
    take: Callable[[datetime], Awaitable[bool]]


async def _open(now: datetime) -> bool:
    await opening.freeze_periods(now)
    while await opening.open_one(now):
        pass
    return False


async def _certify(now: datetime) -> bool:
    await certifying.make_schedules(now)
    return await certifying.attend_one(now)


def jobs(vault: Vault, channels: Channels, link: str | None) -> list[Job]:
    """The timetable. Each channel has a job of its own: none waits for another."""
    configured = frozenset(channels)
    carriers = [Carrier(kind, each, vault, link, configured) for kind, each in channels.items()]
    return [
        Job("open", 60, _open),
        Job("certify", 60, _certify),
        Job("remind", 30, reminding.remind_some),
        Job("deliver", 5, partial(delivering.deliver_some, configured)),
        *(Job(f"send_{each.kind}", 5, partial(send_some, each)) for each in carriers),
        Job("pass_over", 60, partial(pass_over, configured)),
        Job("seal", 3, partial(housekeeping.seal_some, vault.audit_key)),
        Job("finish_cells", 60, housekeeping.finish_cells),
        Job("forget_failures", 3600, housekeeping.forget_failures),
    ]


def photo_jobs(photos: Photos) -> list[Job]:
    """What becomes of photos and papers once they have arrived."""
    return [
        Job("examine", 5, partial(examining.examine_one, photos)),
        Job("compare", 5, examining.compare_some),
        Job("tell_missing_photos", 1800, keeping.tell_missing),
        Job("tell_refused_photos", 300, keeping.tell_refused),
        Job("erase", 3600, partial(keeping.erase_some, photos)),
        Job("expire_uploads", 3600, partial(keeping.expire_uploads, photos)),
        Job("sweep_photos", 86_400, partial(keeping.sweep_once, photos)),
    ]


async def run(job: Job, clock: Clock) -> None:
    """Runs a job until it finds no more work, and notes how it went."""
    failure = None
    try:
        await tasks.started(job.name, clock())
        while await job.take(clock()):
            pass
    except Exception as error:
        failure = type(error).__name__
        log.exception("task failed", extra={"task": job.name})
    TASKS.labels(job.name, "failed" if failure else "done").inc()
    with suppress(Exception):
        await tasks.finished(job.name, clock(), failure)


@asynccontextmanager
async def running(database_url: str, clock: Clock, timetable: list[Job]) -> AsyncIterator[None]:
    """Runs the jobs while this process is the one that holds the lock."""
    leading = asyncio.create_task(_lead(database_url, clock, timetable))
    try:
        yield
    finally:
        leading.cancel()
        with suppress(asyncio.CancelledError):
            await leading


async def _lead(database_url: str, clock: Clock, timetable: list[Job]) -> None:
    while True:
        try:
            await _lead_once(database_url, clock, timetable)
        except Exception as error:  # whatever it was, this process must stay a candidate
            log.warning("no lead", extra={"kind": type(error).__name__})
        await asyncio.sleep(RETRY_SECONDS)


async def _lead_once(database_url: str, clock: Clock, timetable: list[Job]) -> None:
    """Holds the lead until the connection goes; returns at once when another has it."""
    connection = await asyncpg.connect(database_url)
    try:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LEADER_LOCK):
            return
        async with _scheduler(clock, timetable):
            log.info("leading")
            while True:
                await asyncio.sleep(RETRY_SECONDS)
                await connection.execute("SELECT 1")
    finally:
        await connection.close(timeout=2)


@asynccontextmanager
async def _scheduler(clock: Clock, timetable: list[Job]) -> AsyncIterator[None]:
    scheduler = AsyncIOScheduler(timezone="UTC")
    for job in timetable:
        scheduler.add_job(
            run,
            IntervalTrigger(seconds=job.seconds),
            args=(job, clock),
            id=job.name,
            next_run_time=system_clock(),  # the jobs are told another time only in tests
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)
