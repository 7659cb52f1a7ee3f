"""What a county has set for its sheets; a rule is replaced by a newer one, never changed."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from backend.store.database import fetch, fetch_row, from_json, to_json


async def in_force(county: str, kind: str, at: datetime) -> Any:
    """The content of the newest rule of a kind set by an instant, or None."""
    row = await newest(county, kind, at)
    return None if row is None else from_json(row["content"])


async def newest(county: str, kind: str, at: datetime) -> asyncpg.Record | None:
    """The same with when it was set, and by whom."""
    return await fetch_row(
        """SELECT r.content::text AS content, r.at, a.name AS by_name
        FROM county_rule r LEFT JOIN account a ON a.id = r.account
        WHERE r.county = $1 AND r.kind = $2 AND r.at <= $3 ORDER BY r.at DESC, r.id DESC LIMIT 1""",
        county,
        kind,
        at,
    )


async def put(county: str, kind: str, content: Any, account: UUID, now: datetime) -> None:
    """Sets a rule from now on."""
    await fetch(
        """INSERT INTO county_rule (county, kind, content, account, at)
        VALUES ($1, $2, $3, $4, $5)""",
        county,
        kind,
        to_json(content),
        account,
        now,
    )
