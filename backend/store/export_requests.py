"""Requests to take personal data out in plain text."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from backend.store.database import fetch, fetch_row, fetch_value, to_json
from backend.store.filters import Filters

_SHOWN = """SELECT q.id, q.number, q.region, q.kind, q.filter::text AS filter, q.purpose,
    q.asked_by, q.asked_at, q.approved, q.decided_by, q.decided_at, q.used_at,
    asker.name AS asked_by_name, decider.name AS decided_by_name
    FROM export_request q JOIN account asker ON asker.id = q.asked_by
    LEFT JOIN account decider ON decider.id = q.decided_by"""


async def add(
    number: UUID,
    region: str,
    kind: str,
    wanted: Mapping[str, Any],
    purpose: str,
    account: UUID,
    now: datetime,
) -> bool:
    """Stores a request; False when the id is known."""
    return bool(
        await fetch_value(
            """INSERT INTO export_request (id, region, kind, filter, purpose, asked_by, asked_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING true""",
            number,
            region,
            kind,
            to_json(wanted),
            purpose,
            account,
            now,
        )
    )


async def one(number: UUID) -> asyncpg.Record | None:
    """A request, held until the commit."""
    return await fetch_row(f"{_SHOWN} WHERE q.id = $1 FOR UPDATE OF q", number)


async def page(
    scopes: Sequence[str], account: UUID, after: int | None, limit: int
) -> list[asyncpg.Record]:
    """One's own, and those of the area where one may approve; newest first."""
    where = Filters(account)
    where.add(f"(q.asked_by = $1 OR {where.under('q.region', scopes)})")
    where.add_if(after, "q.number < ?")
    return await fetch(
        f"{_SHOWN} WHERE {where.sql} ORDER BY q.number DESC LIMIT {where.param(limit)}",
        *where.args,
    )


async def decide(number: UUID, account: UUID, now: datetime, *, approved: bool) -> None:
    """Keeps what the second person said."""
    await fetch(
        """UPDATE export_request SET approved = $4, decided_by = $2, decided_at = $3
        WHERE id = $1""",
        number,
        account,
        now,
        approved,
    )


async def use(number: UUID, now: datetime) -> None:
    """It is fetched now, and never again."""
    await fetch("UPDATE export_request SET used_at = $2 WHERE id = $1", number, now)
