"""Calendar feeds: whose secret address a token is, and what is due there."""

from datetime import datetime
from uuid import UUID

import asyncpg

from backend.domain.feeds import Due
from backend.store.database import fetch, fetch_row, from_json
from backend.store.filters import Filters


async def put(post: UUID, token_index: bytes, now: datetime) -> None:
    """Gives the post this address; the one before stops working."""
    await fetch(
        """INSERT INTO calendar_feed (post, token_index, created_at) VALUES ($1, $2, $3)
        ON CONFLICT (post) DO UPDATE SET token_index = $2, created_at = $3""",
        post,
        token_index,
        now,
    )


async def drop(post: UUID) -> None:
    """Takes the post's address back."""
    await fetch("DELETE FROM calendar_feed WHERE post = $1", post)


async def post_of(token_index: bytes, now: datetime) -> asyncpg.Record | None:
    """The post in force at `now` behind an address."""
    return await fetch_row(
        """SELECT p.id, p.region, a.language FROM calendar_feed f
        JOIN post p ON p.id = f.post JOIN account a ON a.id = p.account
        WHERE f.token_index = $1 AND a.disabled_at IS NULL
          AND p.starts_at <= $2 AND (p.ends_at IS NULL OR p.ends_at > $2)""",
        token_index,
        now,
    )


async def due(region: str, now: datetime) -> list[Due]:
    """What is open in the region at `now`, by period, nearest deadline first."""
    where = Filters(now).within("o.holder", [region])
    rows = await fetch(
        f"""SELECT p.id AS period, p.key, s.title::text AS title, o.stage = 'returned' AS returned,
            min(CASE WHEN o.stage = 'returned' THEN coalesce(o.fix_by, o.due_at)
                ELSE o.due_at END) AS at,
            min(o.opens_at) AS since, count(*)::int AS duties
        FROM obligation o JOIN period p ON p.id = o.period JOIN schedule s ON s.id = o.schedule
        WHERE {where.sql} AND o.exempt_at IS NULL
          AND (o.stage = 'returned' OR (o.stage = 'none' AND o.closes_at >= $1))
        GROUP BY p.id, p.key, s.title::text, o.stage ORDER BY at, period, returned""",
        *where.args,
    )
    return [Due(**{**row, "title": from_json(row["title"])}) for row in rows]
