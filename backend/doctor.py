"""Is everything in order? One sentence each, for whoever runs the machine; no secrets in them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from time import perf_counter
from typing import Final

import asyncpg

from backend import migrating, photos
from backend.channels import open_channels
from backend.clock import Clock
from backend.domain.calendar import local_day
from backend.piccolo_conf import DB
from backend.settings import Settings
from backend.store import calendar, database, health, messages, tasks
from backend.tasks.scheduler import Job, jobs
from backend.vault import Vault
from media import StoreError

SLOW_MS: Final = 50
MAX_DIFFERENCE: Final = timedelta(seconds=2)
SEAL_LAG: Final = timedelta(seconds=60)
DELIVERY_LAG: Final = timedelta(minutes=10)
SANE_YEARS: Final = range(2024, 2101)
# The State Council publishes the next year's days off around the beginning of November.
NEXT_YEAR_FROM: Final = (10, 1)

_UNREACHABLE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and one sentence on it."""

    name: str
    level: Level
    line: str


async def examine(config: Settings, clock: Clock) -> list[Finding]:
    """Looks at everything. Opens the database for itself unless the process has it open."""
    if DB.pool is not None:
        return await _examine(config, clock)
    assert config.database_url is not None
    try:
        await database.connect(config.database_url, 2)
    except _UNREACHABLE as error:
        return [_unreachable(error), await _objects(config)]
    try:
        return await _examine(config, clock)
    finally:
        await database.disconnect()


async def _examine(config: Settings, clock: Clock) -> list[Finding]:
    found = [await _guarded("database", _database), await _objects(config)]
    if found[0].level is Level.FAIL:
        return found
    rest: tuple[tuple[str, Callable[[], Awaitable[Finding]]], ...] = (
        ("clock", lambda: _clock(clock)),
        ("calendar", lambda: _calendar(clock())),
        ("audit", lambda: _audit(clock())),
        ("messages", lambda: _messages(clock())),
    )
    found += [await _guarded(name, look) for name, look in rest]
    return found + await _tasks(
        jobs(Vault(config.secret_key), open_channels(config), None), clock()
    )


async def _guarded(name: str, look: Callable[[], Awaitable[Finding]]) -> Finding:
    """A database that fails meanwhile is a finding too."""
    try:
        return await look()
    except _UNREACHABLE as error:
        return Finding(name, Level.FAIL, _unreachable(error).line)


def _unreachable(error: Exception) -> Finding:
    said = "refuses" if isinstance(error, asyncpg.PostgresError) else "does not answer"
    kind = type(error).__name__
    line = f"The database {said} ({kind}): is it running, and is CUNBAO_DATABASE_URL right?"
    return Finding("database", Level.FAIL, line)


async def _database() -> Finding:
    version = (await health.server())["version"]
    lacking = await migrating.pending()
    if lacking:
        line = f"PostgreSQL {version} lacks {lacking} changes of this version: run cunbao migrate."
        return Finding("database", Level.FAIL, line)
    started = perf_counter()
    await tasks.ping()
    ms = (perf_counter() - started) * 1000
    line = f"PostgreSQL {version} answers in {ms:.1f} ms and has all migrations."
    if ms > SLOW_MS:
        line = f"PostgreSQL {version} needs {ms:.0f} ms to answer: people will wait."
    return Finding("database", Level.WARN if ms > SLOW_MS else Level.OK, line)


async def _objects(config: Settings) -> Finding:
    try:
        await photos.open_photos(config, Vault(config.secret_key)).store.check()
    except StoreError as error:
        return Finding("objects", Level.FAIL, f"Photos and papers can't be kept: {error}.")
    return Finding("objects", Level.OK, "Photos and papers can be stored, read and removed.")


async def _clock(clock: Clock) -> Finding:
    before = clock()
    theirs = (await health.server())["now"]
    after = clock()
    difference = abs(theirs - (before + (after - before) / 2))
    if after.year not in SANE_YEARS:
        line = f"The clock says it is the year {after.year}: set it before anybody files."
        return Finding("clock", Level.FAIL, line)
    if difference > MAX_DIFFERENCE:
        line = f"This clock and the database's are {_long(difference)} apart: set both by NTP."
        return Finding("clock", Level.FAIL, line)
    line = f"This clock and the database's agree within {difference.total_seconds():.1f} s."
    return Finding("clock", Level.OK, line)


async def _calendar(now: datetime) -> Finding:
    today = local_day(now)
    wanted = [today.year]
    if (today.month, today.day) >= NEXT_YEAR_FROM:
        wanted.append(today.year + 1)
    seeded = await calendar.arranged_years(calendar.SEED_OWNER)
    missing = [str(year) for year in wanted if year not in seeded]
    if missing:
        line = (
            f"The days off of {' and '.join(missing)} are not known yet: until they are added, "
            "deadlines count Monday to Friday less the fixed holidays."
        )
        return Finding("calendar", Level.WARN, line)
    return Finding("calendar", Level.OK, f"The days off are known until {max(seeded)}.")


async def _audit(now: datetime) -> Finding:
    waiting = await health.unsealed(now - SEAL_LAG)
    if waiting:
        line = f"{waiting} entries of the audit log are not sealed after {_long(SEAL_LAG)}."
        return Finding("audit", Level.WARN, line)
    return Finding("audit", Level.OK, "The audit log is sealed.")


async def _messages(now: datetime) -> Finding:
    row = await messages.waiting()
    if row is None or not row["waiting"]:
        return Finding("messages", Level.OK, "No message waits to be sent.")
    late = now - row["oldest"]
    if late > DELIVERY_LAG:
        line = f"{row['waiting']} messages wait to be sent, the oldest since {_long(late)}."
        return Finding("messages", Level.WARN, line)
    return Finding("messages", Level.OK, f"{row['waiting']} messages wait for their time.")


async def _tasks(timetable: Sequence[Job], now: datetime) -> list[Finding]:
    try:
        runs = {row["name"]: row for row in await tasks.runs()}
    except _UNREACHABLE as error:
        return [Finding("tasks", Level.FAIL, _unreachable(error).line)]
    return [Finding(job.name, *_run(job, runs.get(job.name), now)) for job in timetable]


def _run(job: Job, row: asyncpg.Record | None, now: datetime) -> tuple[Level, str]:
    """How a task is by its last run; stale after five intervals and a minute."""
    if row is None:
        return Level.WARN, "This task has never run; it does while cunbao serve runs."
    age = now - row["started_at"]
    stale = age > timedelta(seconds=5 * job.seconds + 60)
    if row["finished_at"] is None or row["finished_at"] < row["started_at"]:
        line = f"This task began {_long(age)} ago and has not ended"
        return (Level.WARN, f"{line}: is it stuck?") if stale else (Level.OK, f"{line} yet.")
    if stale:
        line = (
            f"This task ran {_long(age)} ago, not every {job.seconds} s: is cunbao serve running?"
        )
        return Level.FAIL, line
    if row["failure"] is not None:
        line = f"This task failed {_long(age)} ago ({row['failure']}); the log says more."
        return Level.FAIL, line
    return Level.OK, f"This task ran {_long(age)} ago."


def _long(time: timedelta) -> str:
    seconds = max(int(time.total_seconds()), 0)
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
