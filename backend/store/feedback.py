"""Suggestions and complaints: sent, taken on, passed on, answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from backend.store.database import fetch, fetch_row, fetch_value, to_json
from backend.store.filters import Filters

# A phone keeps so many.
MOST_SYNCED: Final = 50
_SHOWN = """SELECT f.id, f.number, f.kind, f.text, f.region, f.account, f.first_office, f.office,
    f.office_since, f.holder, f.held_since, f.written_at, f.received_at, f.answered_at,
    g.name AS village, o.name AS office_name, a.name AS sender, h.name AS holder_name,
    (SELECT jsonb_agg(jsonb_build_object('act', s.act, 'office_name', t.name, 'by_name', b.name,
            'text', s.text, 'at', s.at) ORDER BY s.id)
        FROM feedback_step s JOIN region t ON t.key = s.office JOIN account b ON b.id = s.account
        WHERE s.feedback = f.id)::text AS steps
    FROM feedback f JOIN region g ON g.key = f.region JOIN region o ON o.key = f.office
    JOIN account a ON a.id = f.account LEFT JOIN account h ON h.id = f.holder"""


@dataclass(frozen=True, slots=True)
class NewFeedback:
    """What somebody of a village wrote, and for which office."""

    id: UUID
    kind: str
    text: str
    region: str
    office: str
    written_at: datetime


async def add(new: NewFeedback, account: UUID, now: datetime) -> bool:
    """Stores it; False when the id is known."""
    return bool(
        await fetch_value(
            """INSERT INTO feedback (id, kind, text, region, account, first_office, office,
                office_since, written_at, received_at)
            VALUES ($1, $2, $3, $4, $5, $6, $6, $8, $7, $8)
            ON CONFLICT (id) DO NOTHING RETURNING true""",
            new.id,
            new.kind,
            new.text,
            new.region,
            account,
            new.office,
            new.written_at,
            now,
        )
    )


def _visible(where: Filters, account: UUID, scopes: Sequence[str]) -> str:
    """One's own, and that of one's office: what it has, or first had."""
    own = where.param(account)
    held, first = where.under("f.office", scopes), where.under("f.first_office", scopes)
    return f"(f.account = {own} OR {held} OR {first})"


async def within(number: UUID, account: UUID, scopes: Sequence[str]) -> asyncpg.Record | None:
    """Something sent by the account, or to an office of the scopes."""
    where = Filters(number)
    seen = _visible(where, account, scopes)
    return await fetch_row(f"{_SHOWN} WHERE f.id = $1 AND {seen}", *where.args)


async def to_act_on(number: UUID, scopes: Sequence[str]) -> asyncpg.Record | None:
    """Something that an office of the scopes has now, held until the commit."""
    where = Filters(number)
    held = where.under("f.office", scopes)
    return await fetch_row(f"{_SHOWN} WHERE f.id = $1 AND {held} FOR UPDATE OF f", *where.args)


async def page(
    account: UUID,
    scopes: Sequence[str],
    *,
    is_open: bool | None,
    after: int | None,
    limit: int,
) -> list[asyncpg.Record]:
    """One's own and one's office's, newest first; `is_open` keeps those unanswered, or the rest."""
    where = Filters()
    where.add(_visible(where, account, scopes)).add_if(after, "f.number < ?")
    where.add_if(is_open, "(f.answered_at IS NULL) = ?")
    return await fetch(
        f"{_SHOWN} WHERE {where.sql} ORDER BY f.number DESC LIMIT {where.param(limit)}",
        *where.args,
    )


async def take(number: UUID, account: UUID, now: datetime) -> None:
    """Notes who has it from now on."""
    await fetch(
        "UPDATE feedback SET holder = $2, held_since = $3 WHERE id = $1", number, account, now
    )


async def pass_on(number: UUID, office: str, now: datetime) -> None:
    """Gives it to another office, where nobody has taken it on yet."""
    await fetch(
        """UPDATE feedback SET office = $2, office_since = $3, holder = NULL, held_since = NULL
        WHERE id = $1""",
        number,
        office,
        now,
    )


async def answer(number: UUID, account: UUID, now: datetime) -> None:
    """Ends it; who answers what nobody had taken on has it from then on."""
    await fetch(
        """UPDATE feedback SET answered_at = $3, holder = coalesce(holder, $2),
            held_since = coalesce(held_since, $3) WHERE id = $1""",
        number,
        account,
        now,
    )


async def step(
    number: UUID, act: str, office: str, account: UUID, text: str, now: datetime
) -> None:
    """Adds to its history; the sender's phone hears of it."""
    await fetch(
        """WITH done AS (
            INSERT INTO feedback_step (feedback, act, office, account, text, at)
            VALUES ($1, $2, $3, $4, $5, $6))
        UPDATE account SET change_no = change_no + 1
        WHERE id = (SELECT account FROM feedback WHERE id = $1)""",
        number,
        act,
        office,
        account,
        text,
        now,
    )


async def tell_office(number: UUID, office: str, now: datetime) -> None:
    """One word to each who can answer it there."""
    await fetch(
        """WITH told AS (
            INSERT INTO message (id, account, kind, region, params, slot_at, created_at)
            SELECT gen_random_uuid(), p.account, 'feedback', $2, $3::jsonb, $1, $1 FROM (
                SELECT DISTINCT account FROM post WHERE region = $2
                AND role IN ('reviewer', 'office_lead', 'county_ops') AND starts_at <= $1
                AND (ends_at IS NULL OR ends_at > $1)) p
            RETURNING id)
        INSERT INTO delivery (message, channel, not_before, attempts)
        SELECT id, 'in_app', $1, 0 FROM told""",
        now,
        office,
        to_json({"feedback": str(number)}),
    )


async def tell_sender(account: UUID, region: str, params: dict[str, Any], now: datetime) -> None:
    """Word of an answer, or of who has it now, while the sender is posted in the village."""
    await fetch(
        """WITH told AS (
            INSERT INTO message (id, account, kind, region, params, slot_at, created_at)
            VALUES (gen_random_uuid(), $1, 'feedback', $2, $3::jsonb, $4, $4) RETURNING id)
        INSERT INTO delivery (message, channel, not_before, attempts)
        SELECT id, 'in_app', $4, 0 FROM told""",
        account,
        region,
        to_json(params),
        now,
    )
