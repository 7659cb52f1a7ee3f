"""Small regular chores: sealing the audit, finishing rate cells, forgetting old log-in failures."""

from datetime import datetime, timedelta

from backend.sessions import FAILURE_WINDOW
from backend.store import audit, people, rates
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
        await people.forget_failures(None, now - FAILURE_WINDOW - timedelta(hours=1))
    return False
