"""Requests for more time or a waiver: asked, advised on, decided, told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from backend.store.database import fetch, fetch_row, fetch_value, to_json
from backend.store.filters import Filters

_SHOWN = """SELECT q.id, q.number, q.obligation, q.kind, q.reason, q.wanted_due_at, q.asked_by,
    q.asked_at, q.advice, q.advice_note, q.advised_at, q.decision, q.decision_note, q.decided_at,
    q.granted_due_at, asker.name AS asked_by_name, adviser.name AS advised_by_name,
    decider.name AS decided_by_name, o.schedule, s.title::text AS title, p.key AS period,
    o.holder AS region, r.name AS region_name, o.due_at, o.closes_at
    FROM adjustment_request q JOIN obligation o ON o.id = q.obligation
    JOIN period p ON p.id = o.period JOIN schedule s ON s.id = o.schedule
    JOIN region r ON r.key = o.holder
    JOIN account asker ON asker.id = q.asked_by
    LEFT JOIN account adviser ON adviser.id = q.advised_by
    LEFT JOIN account decider ON decider.id = q.decided_by"""


async def add(
    number: UUID,
    obligation: int,
    kind: str,
    reason: str,
    wanted_due_at: datetime | None,
    account: UUID,
    now: datetime,
) -> bool:
    """Stores a request; False when the id is known, or the duty has one that is undecided."""
    return bool(
        await fetch_value(
            """INSERT INTO adjustment_request
                (id, obligation, kind, reason, wanted_due_at, asked_by, asked_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING true""",
            number,
            obligation,
            kind,
            reason,
            wanted_due_at,
            account,
            now,
        )
    )


async def within(number: UUID, scopes: Sequence[str]) -> asyncpg.Record | None:
    """A request about a village in one of the scopes, held until the commit."""
    where = Filters().add("q.id = ?", number).within("o.holder", scopes)
    return await fetch_row(f"{_SHOWN} WHERE {where.sql} FOR UPDATE OF q", *where.args)


async def page(
    scopes: Sequence[str],
    *,
    under: str | None,
    obligation: int | None,
    is_open: bool | None,
    after: int | None,
    limit: int,
) -> list[asyncpg.Record]:
    """Requests, newest first; `is_open` keeps those undecided, or those decided."""
    where = Filters().within("o.holder", scopes).add_if(obligation, "q.obligation = ?")
    if under is not None:
        where.within("o.holder", [under])
    where.add_if(is_open, "(q.decided_at IS NULL) = ?").add_if(after, "q.number < ?")
    return await fetch(
        f"{_SHOWN} WHERE {where.sql} ORDER BY q.number DESC LIMIT {where.param(limit)}",
        *where.args,
    )


async def advise(number: UUID, advice: str, note: str, account: UUID, now: datetime) -> None:
    """Notes the township's word."""
    await fetch(
        """UPDATE adjustment_request SET advice = $2, advice_note = $3, advised_by = $4,
            advised_at = $5 WHERE id = $1""",
        number,
        advice,
        note,
        account,
        now,
    )


async def decide(
    number: UUID,
    decision: str,
    note: str,
    granted_due_at: datetime | None,
    account: UUID,
    now: datetime,
) -> None:
    """Notes the county's word."""
    await fetch(
        """UPDATE adjustment_request SET decision = $2, decision_note = $3, granted_due_at = $4,
            decided_by = $5, decided_at = $6 WHERE id = $1""",
        number,
        decision,
        note,
        granted_due_at,
        account,
        now,
    )


async def tell(account: UUID, region: str, params: dict[str, Any], now: datetime) -> None:
    """Queues word of the decision to the asker, who hears it while posted in the village."""
    await fetch(
        """WITH told AS (
            INSERT INTO message (id, account, kind, region, params, slot_at, created_at)
            VALUES (gen_random_uuid(), $1, 'request_decided', $2, $3::jsonb, $4, $4)
            RETURNING id, slot_at)
        INSERT INTO delivery (message, channel, not_before, attempts)
        SELECT id, 'in_app', slot_at, 0 FROM told""",
        account,
        region,
        to_json(params),
        now,
    )
