"""The record of background work, and who may do it."""

from datetime import datetime

import asyncpg

from backend.store.database import fetch

LEADER_LOCK = 4_711_000


async def ping() -> None:
    """Raises when the database does not answer."""
    await fetch("SELECT 1")


async def started(name: str, now: datetime) -> None:
    """Notes the start of a run."""
    await fetch(
        """INSERT INTO task_run (name, started_at) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET started_at = $2""",
        name,
        now,
    )


async def finished(name: str, now: datetime, failure: str | None) -> None:
    """Notes the end of a run and, if it failed, the kind of failure."""
    await fetch(
        "UPDATE task_run SET finished_at = $2, failure = $3 WHERE name = $1", name, now, failure
    )


async def runs() -> list[asyncpg.Record]:
    """The last run of every task."""
    return await fetch("SELECT name, started_at, finished_at, failure FROM task_run ORDER BY name")
