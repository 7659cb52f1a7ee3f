"""What was removed on which day, and by which rule."""

from datetime import date, datetime

import asyncpg

from backend.domain.calendar import local_day
from backend.domain.retention import RetentionRule
from backend.store.database import fetch


async def note(rule: RetentionRule, removed: int, now: datetime) -> None:
    """Adds to what a rule removed today; nothing removed is nothing to note."""
    if removed == 0:
        return
    await fetch(
        """INSERT INTO retention_day (rule, day, removed, at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (rule, day)
        DO UPDATE SET removed = retention_day.removed + $3, at = $4""",
        rule.value,
        local_day(now),
        removed,
        now,
    )


async def since(day: date) -> list[asyncpg.Record]:
    """What was removed from a day on, newest first."""
    return await fetch(
        """SELECT rule, day, removed, at FROM retention_day WHERE day >= $1
        ORDER BY day DESC, rule""",
        day,
    )
