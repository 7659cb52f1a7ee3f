"""The clock of background work: who leads, and what a job that fails does to the others."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any

import asyncpg
import pytest

from backend.store.database import fetch
from backend.store.tasks import LEADER_LOCK
from backend.tasks import scheduler
from backend.tasks.scheduler import Job
from tests.world import Clock, World


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "RETRY_SECONDS", 0.05)


class Work:
    """A job that counts how often it is taken."""

    def __init__(self, found: int = 0, failure: Exception | None = None) -> None:
        self.left, self.failure, self.taken = found, failure, 0

    async def __call__(self, now: datetime) -> bool:
        self.taken += 1
        if self.failure is not None:
            raise self.failure
        self.left -= 1
        return self.left > 0


@asynccontextmanager
async def leading(url: str, **work: Work) -> AsyncIterator[None]:
    """A process that would run these jobs, each every second."""
    timetable = [Job(name, 1, take) for name, take in work.items()]
    task = asyncio.create_task(scheduler._lead(url, Clock(), timetable))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(true: Callable[[], Any]) -> None:
    """Waits for something that must come about soon."""
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)


async def leader(url: str) -> int | None:
    """The database process that holds the lead."""
    connection = await asyncpg.connect(url)
    try:
        found: int | None = await connection.fetchval(
            """SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())""",
            LEADER_LOCK,
        )
        return found
    finally:
        await connection.close()


async def test_a_job_runs_until_it_finds_nothing(fresh: str) -> None:
    busy, idle = Work(found=5), Work()
    await scheduler.run(Job("busy", 1, busy), Clock())
    await scheduler.run(Job("idle", 1, idle), Clock())
    assert (busy.taken, idle.taken) == (5, 1)


async def test_a_job_that_fails_shows_and_stops_no_other(fresh: str) -> None:
    bad, good = Work(failure=ZeroDivisionError()), Work()
    async with leading(fresh, bad=bad, good=good):
        await until(lambda: bad.taken > 1 and good.taken > 1)
    rows = {row["name"]: row for row in await fetch("SELECT * FROM task_run")}
    assert rows["bad"]["failure"] == "ZeroDivisionError"
    assert rows["good"]["failure"] is None
    assert rows["good"]["finished_at"] >= rows["good"]["started_at"]


async def test_a_job_that_works_again_is_no_longer_called_failed(fresh: str) -> None:
    work = Work(failure=ZeroDivisionError())
    await scheduler.run(Job("work", 1, work), Clock())
    work.failure = None
    await scheduler.run(Job("work", 1, work), Clock())
    assert [row["failure"] for row in await fetch("SELECT failure FROM task_run")] == [None]


async def test_the_others_go_on_when_the_record_itself_fails(fresh: str) -> None:
    """Without its table of runs the work is still done."""
    await fetch("ALTER TABLE task_run RENAME TO elsewhere")
    work = Work()
    async with leading(fresh, work=work):
        await asyncio.sleep(0.3)
    await fetch("ALTER TABLE elsewhere RENAME TO task_run")
    async with leading(fresh, work=work):
        await until(lambda: work.taken)


async def test_one_of_many_leads_and_another_follows(fresh: str) -> None:
    first, second = Work(), Work()
    async with leading(fresh, work=first):
        await until(lambda: first.taken)
        async with leading(fresh, work=second):
            await asyncio.sleep(0.3)
            assert second.taken == 0
            connection = await asyncpg.connect(fresh)
            await connection.execute("SELECT pg_terminate_backend($1)", await leader(fresh))
            await connection.close()
            before = first.taken, second.taken
            await until(lambda: (first.taken, second.taken) > before)
            assert await leader(fresh) is not None


async def test_the_lead_is_free_when_a_process_ends(fresh: str) -> None:
    first, second = Work(), Work()
    async with leading(fresh, work=first):
        await until(lambda: first.taken)
    taken = first.taken
    async with leading(fresh, work=second):
        await until(lambda: second.taken)
    assert first.taken == taken


@pytest.mark.parametrize(
    "error",
    [ConnectionRefusedError(), asyncpg.CannotConnectNowError(), asyncpg.InternalClientError()],
)
async def test_no_failure_to_connect_ends_the_candidature(
    fresh: str, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    connect, tries = asyncpg.connect, []

    async def refused(*args: Any) -> Any:
        tries.append(args)
        if len(tries) < 3:
            raise error
        return await connect(*args)

    monkeypatch.setattr(asyncpg, "connect", refused)
    work = Work()
    async with leading(fresh, work=work):
        await until(lambda: work.taken)


async def test_every_job_of_the_timetable_runs(real_world: World) -> None:
    """In a database that is all in order none of them fails."""
    await real_world.schedule()
    jobs = scheduler.jobs(real_world.vault, {}, None)
    for job in jobs:
        await scheduler.run(job, real_world.clock)
    runs = await fetch("SELECT name, failure, finished_at FROM task_run")
    assert {row["name"] for row in runs} == {
        job.name for job in scheduler.jobs(real_world.vault, {}, None)
    }
    assert all(row["failure"] is None and row["finished_at"] for row in runs)
