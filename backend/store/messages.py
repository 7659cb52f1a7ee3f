"""The outbox: digests begun, messages shown, deliveries claimed and marked."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from backend.domain.calendar import local_day
from backend.store.concerns import COUNTS, OUTSTANDING, POSTED, STILL_DUE
from backend.store.database import fetch, fetch_row, fetch_value, to_json
from backend.store.filters import Filters

REMINDER = "reminder"


async def holders(regions: Sequence[str], now: datetime) -> list[asyncpg.Record]:
    """Who holds a post at any of these regions at `now`; `away` is who is on leave that day."""
    return await fetch(
        """SELECT p.region, p.account, p.role, p.is_backup, EXISTS (
            SELECT 1 FROM leave l WHERE l.post = p.id AND l.starts_on <= $3 AND l.ends_on >= $3
        ) AS away FROM post p
        JOIN account a ON a.id = p.account AND a.disabled_at IS NULL
        WHERE p.region = ANY($1) AND p.starts_at <= $2 AND (p.ends_at IS NULL OR p.ends_at > $2)""",
        list(regions),
        now,
        local_day(now),
    )


async def digests(accounts: Sequence[UUID], slot_at: datetime, now: datetime) -> dict[UUID, UUID]:
    """The waiting digest of each account, begun where there is none, and held open.

    A digest delivered in the meantime is no longer waiting: then another one is begun.
    """
    found: dict[UUID, UUID] = {}
    while missing := sorted(set(accounts) - set(found)):
        await fetch(
            """WITH begun AS (
                INSERT INTO message (id, account, kind, params, slot_at, created_at)
                SELECT gen_random_uuid(), unnest($1::uuid[]), 'reminder', '{}', $2, $3
                ON CONFLICT (account) WHERE kind = 'reminder' AND closed_at IS NULL
                DO NOTHING
                RETURNING id)
            INSERT INTO delivery (message, channel, not_before, attempts)
            SELECT id, 'in_app', $2, 0 FROM begun""",
            missing,
            slot_at,
            now,
        )
        rows = await fetch(
            """SELECT id, account FROM message WHERE account = ANY($1) AND kind = 'reminder'
               AND closed_at IS NULL ORDER BY account FOR SHARE""",
            missing,
        )
        found.update((row["account"], row["id"]) for row in rows)
    return found


async def claim_deliveries(now: datetime, until: datetime, limit: int) -> list[asyncpg.Record]:
    """Takes deliveries to the app by a lease until `until`; a crash gives them back by itself."""
    return await fetch(
        """WITH claimed AS (
            UPDATE delivery SET claimed_until = $2, attempts = attempts + 1
            WHERE id IN (
                SELECT id FROM delivery
                WHERE channel = 'in_app' AND sent_at IS NULL AND failed_at IS NULL
                  AND dropped_at IS NULL AND not_before <= $1
                  AND (claimed_until IS NULL OR claimed_until <= $1)
                ORDER BY not_before, id LIMIT $3 FOR UPDATE SKIP LOCKED)
            RETURNING id, message, channel, attempts),
        closed AS (
            UPDATE message SET closed_at = coalesce(closed_at, $1)
            WHERE id IN (SELECT message FROM claimed))
        SELECT c.id, c.message, c.channel, c.attempts, m.account, m.kind, m.region,
               m.params::text AS params
        FROM claimed c JOIN message m ON m.id = c.message ORDER BY c.id""",
        now,
        until,
        limit,
    )


async def outstanding(messages: Sequence[UUID], now: datetime) -> list[asyncpg.Record]:
    """What the digests still have to say: what is outstanding at `now`, of villages for which the
    addressee still answers, or is set over, at this moment.
    """
    return await fetch(
        f"""SELECT m.id, {COUNTS}, min(o.holder) AS holder,
            (array_agg(DISTINCT o.id))[1:50] AS obligations
        FROM message m JOIN reminder r ON r.message = m.id JOIN obligation o ON o.id = r.obligation
        WHERE m.id = ANY($1) AND {STILL_DUE} GROUP BY m.id""",
        list(messages),
        now,
    )


async def readdress(messages: Sequence[UUID], now: datetime) -> None:
    """Lets steps be decided again that were meant for somebody whose post has gone since.

    Whoever answers for it now has not been told, so the step is not done.
    """
    await fetch(
        f"""WITH gone AS (
            DELETE FROM reminder r USING message m, obligation o
            WHERE m.id = ANY($1) AND r.message = m.id AND o.id = r.obligation
              AND {OUTSTANDING} AND NOT {POSTED}
            RETURNING r.obligation)
        UPDATE obligation SET remind_at = $2 WHERE id IN (SELECT obligation FROM gone)""",
        list(messages),
        now,
    )


async def still_posted(messages: Sequence[UUID], now: datetime) -> set[UUID]:
    """Of messages about a village: those whose addressee still holds a post there."""
    rows = await fetch(
        """SELECT m.id FROM message m WHERE m.id = ANY($1) AND EXISTS (
            SELECT 1 FROM post p WHERE p.account = m.account AND p.region = m.region
            AND p.starts_at <= $2 AND (p.ends_at IS NULL OR p.ends_at > $2))""",
        list(messages),
        now,
    )
    return {row["id"] for row in rows}


async def deliver(messages: Sequence[tuple[UUID, Any]], now: datetime) -> None:
    """Makes messages visible with what they say; rows are (message, params)."""
    await fetch(
        """WITH item AS (
            SELECT * FROM unnest($1::uuid[], $2::jsonb[]) AS i(id, params)),
        account_change AS (
            UPDATE account SET change_no = change_no + 1
            WHERE id IN (SELECT account FROM message WHERE id = ANY($1))
            RETURNING id, change_no)
        UPDATE message m SET delivered_at = $3, params = i.params, change_no = a.change_no
        FROM item i, account_change a
        WHERE m.id = i.id AND a.id = m.account AND m.delivered_at IS NULL""",
        [message for message, _ in messages],
        [to_json(params) for _, params in messages],
        now,
    )


async def postpone(messages: Mapping[UUID, datetime]) -> None:
    """Gives claimed deliveries back, each until its instant; their digests take more in again."""
    await fetch(
        """WITH item AS (
            SELECT * FROM unnest($1::uuid[], $2::timestamptz[]) AS i(message, at)),
        opened AS (
            UPDATE message m SET closed_at = NULL FROM item i
            WHERE m.id = i.message AND NOT EXISTS (
                SELECT 1 FROM message o WHERE o.account = m.account AND o.kind = m.kind
                AND o.closed_at IS NULL))
        UPDATE delivery d SET not_before = i.at, claimed_until = NULL, attempts = attempts - 1
        FROM item i WHERE d.message = i.message AND d.sent_at IS NULL""",
        list(messages),
        list(messages.values()),
    )


async def drop(messages: Sequence[UUID], now: datetime) -> None:
    """Gives up messages that have become pointless."""
    await fetch(
        "UPDATE message SET dropped_at = $2 WHERE id = ANY($1) AND delivered_at IS NULL",
        list(messages),
        now,
    )


async def mark_sent(deliveries: Sequence[int], now: datetime) -> None:
    """Ends deliveries that arrived."""
    await fetch(
        "UPDATE delivery SET sent_at = $2, claimed_until = NULL WHERE id = ANY($1)",
        list(deliveries),
        now,
    )


async def page(
    account: UUID, unread: bool, after: tuple[datetime, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """An account's messages, newest first; `after` is the last one seen."""
    where = Filters().add("account = ?", account).add("delivered_at IS NOT NULL")
    if unread:
        where.add("read_at IS NULL")
    if after is not None:
        where.add("(delivered_at, id) < (?, ?)", *after)
    return await fetch(
        f"""SELECT id, kind, params::text AS params, delivered_at, read_at FROM message
        WHERE {where.sql} ORDER BY delivered_at DESC, id DESC LIMIT {where.param(limit)}""",
        *where.args,
    )


async def mark_read(message: UUID, account: UUID, now: datetime) -> bool:
    """Notes the first reading; False when the account has no such message."""
    return bool(
        await fetch_value(
            """UPDATE message SET read_at = coalesce(read_at, $3)
            WHERE id = $1 AND account = $2 AND delivered_at IS NOT NULL RETURNING true""",
            message,
            account,
            now,
        )
    )


async def read_before(region: str, instant: datetime) -> None:
    """Marks what was delivered before an instant about villages in a region as read in an hour."""
    where = Filters(instant).within("region", [region])
    await fetch(
        f"""UPDATE message SET read_at = delivered_at + interval '1 hour'
        WHERE delivered_at < $1 AND read_at IS NULL AND {where.sql}""",
        *where.args,
    )


async def waiting() -> asyncpg.Record | None:
    """How many deliveries wait, and since when the oldest: for the metrics."""
    return await fetch_row(
        """SELECT count(*)::int AS waiting, min(not_before) AS oldest FROM delivery
        WHERE sent_at IS NULL AND failed_at IS NULL AND dropped_at IS NULL"""
    )
