"""Small regular chores: sealing the audit, finishing rate cells, forgetting old log-in failures."""

from datetime import datetime, timedelta

from backend.domain.retention import RetentionRule
from backend.sessions import FAILURE_WINDOW
from backend.store import audit, people, rates, retention
from backend.store.database import transaction


async def seal_some(key: bytes, now: datetime) -> bool:
    """Seals a batch of audit entries; False when all are sealed."""
    async with transaction():
        return await audit.seal(key, now) > 0


async def finish_cells(now: datetime) -> bool:
    """Makes some cells of closed periods final; False when none is ready."""
    async with transaction():
        return await rates.finish_cells(now) > 0


async def forget_failures(now: datetime) -> bool:
    """Deletes log-in failures that no longer count."""
    async with transaction():
        before = now - FAILURE_WINDOW - timedelta(hours=1)
        removed = await people.forget_failures(None, before)
        await retention.note(RetentionRule.SIGN_IN_FAILURES, removed, now)
    return False
