"""What the doctor asks the database about itself."""

from datetime import datetime

import asyncpg

from backend.store.database import fetch_row


async def server() -> asyncpg.Record:
    """Its version, like 18.1, and its clock."""
    row = await fetch_row(
        """SELECT split_part(current_setting('server_version'), ' ', 1) AS version,
                  clock_timestamp() AS now"""
    )
    assert row is not None
    return row


async def unsealed(before: datetime) -> int:
    """How many audit entries from before an instant no seal covers."""
    row = await fetch_row(
        "SELECT count(*)::int AS n FROM audit_entry WHERE seal IS NULL AND at < $1", before
    )
    assert row is not None
    number: int = row["n"]
    return number
