"""Deliveries beyond the app: queueing, claiming in order of deadline, pacing, marking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from backend.store.concerns import COUNTS, DEADLINE, STILL_DUE
from backend.store.database import fetch, to_json
from backend.store.filters import Filters

_WAITING = "d.sent_at IS NULL AND d.failed_at IS NULL AND d.dropped_at IS NULL"


async def orders(messages: Sequence[UUID], now: datetime) -> list[asyncpg.Record]:
    """For messages whose steps name channels: the wishes in order, and what was tried so far.

    `under_way` is true while some delivery beyond the app waits, or has gone.
    """
    return await fetch(
        f"""SELECT m.id, m.account, min({DEADLINE}) AS deadline,
            array_agg(array_to_string(r.channels, ' ') ORDER BY r.id) AS wishes,
            ARRAY(SELECT DISTINCT d.channel FROM delivery d
                  WHERE d.message = m.id AND d.address IS NOT NULL) AS tried,
            EXISTS (SELECT 1 FROM delivery d WHERE d.message = m.id AND d.address IS NOT NULL
                    AND d.failed_at IS NULL AND d.dropped_at IS NULL) AS under_way
        FROM message m JOIN reminder r ON r.message = m.id JOIN obligation o ON o.id = r.obligation
        WHERE m.id = ANY($1) AND r.channels IS NOT NULL AND {STILL_DUE}
        GROUP BY m.id""",
        list(messages),
        now,
    )


@dataclass(frozen=True, slots=True)
class Queued:
    """A delivery to be: a message to an address, the deadline that gives it its place, and when
    it may go.
    """

    message: UUID
    channel: str
    address: int
    deadline: datetime
    not_before: datetime


async def queue(wanted: Sequence[Queued]) -> None:
    """Queues deliveries, each message once to each address."""
    await fetch(
        """INSERT INTO delivery (message, channel, address, deadline, not_before, attempts)
        SELECT *, 0 FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::timestamptz[],
            $5::timestamptz[])
        ON CONFLICT (message, channel, address) DO NOTHING""",
        [each.message for each in wanted],
        [each.channel for each in wanted],
        [each.address for each in wanted],
        [each.deadline for each in wanted],
        [each.not_before for each in wanted],
    )


async def candidates(channel: str, now: datetime, limit: int) -> list[asyncpg.Record]:
    """What waits for a channel, nearest deadline first, held until the commit."""
    return await fetch(
        f"""SELECT d.id, d.message, d.attempts, d.deadline, d.address, m.account, m.kind, m.region,
            m.params::text AS params, u.language, a.sealed, a.key,
            a.failed_at IS NOT NULL OR a.removed_at IS NOT NULL AS stopped
        FROM delivery d JOIN message m ON m.id = d.message JOIN account u ON u.id = m.account
        JOIN address a ON a.id = d.address
        WHERE d.channel = $1 AND d.channel <> 'in_app' AND {_WAITING} AND d.not_before <= $2
          AND (d.claimed_until IS NULL OR d.claimed_until <= $2)
        ORDER BY d.deadline, d.id LIMIT $3 FOR UPDATE OF d SKIP LOCKED""",
        channel,
        now,
        limit,
    )


async def still_due(pairs: Sequence[tuple[int, UUID]], now: datetime) -> dict[int, asyncpg.Record]:
    """What the messages of each sending together have to say now; pairs are (sending, message).

    A duty that stands in several of them is counted once. Nothing left, no row.
    """
    rows = await fetch(
        f"""SELECT i.sending, {COUNTS}, array_agg(DISTINCT {DEADLINE}) AS due,
            min(left(o.holder, 6)) AS county, array_agg(DISTINCT m.id) AS messages
        FROM unnest($1::bigint[], $3::uuid[]) AS i(sending, message)
        JOIN message m ON m.id = i.message
        JOIN reminder r ON r.message = m.id JOIN obligation o ON o.id = r.obligation
        WHERE {STILL_DUE} GROUP BY i.sending""",
        [sending for sending, _ in pairs],
        now,
        [message for _, message in pairs],
    )
    return {row["sending"]: row for row in rows}


async def paces(channel: str, keys: Sequence[bytes]) -> dict[bytes, asyncpg.Record]:
    """The slots used by each address, held until the commit: one count for all processes."""
    wanted = sorted(set(keys))
    await fetch(
        """INSERT INTO pace (channel, key) SELECT $1, unnest($2::bytea[])
        ON CONFLICT (channel, key) DO NOTHING""",
        channel,
        wanted,
    )
    rows = await fetch(
        """SELECT key, taken, held_until FROM pace WHERE channel = $1 AND key = ANY($2)
        ORDER BY key FOR UPDATE""",
        channel,
        wanted,
    )
    return {row["key"]: row for row in rows}


async def set_slots(channel: str, taken: Mapping[bytes, Sequence[datetime]]) -> None:
    """Notes the slots used by addresses whose paces are held."""
    await fetch(
        """UPDATE pace SET taken = ARRAY(
            SELECT slot::timestamptz FROM jsonb_array_elements_text(i.taken) AS slot)
        FROM unnest($2::bytea[], $3::jsonb[]) AS i(key, taken)
        WHERE pace.channel = $1 AND pace.key = i.key""",
        channel,
        list(taken),
        [to_json(slots) for slots in taken.values()],
    )


async def hold(channel: str, address: int, until: datetime) -> None:
    """Leaves an address alone until then, as its service asked."""
    await fetch(
        """UPDATE pace SET held_until = greatest(held_until, $3) FROM address a
        WHERE a.id = $2 AND pace.channel = $1 AND pace.key = a.key""",
        channel,
        address,
        until,
    )


async def claim(deliveries: Sequence[int], until: datetime) -> None:
    """Takes deliveries that are held, by a lease: a crash gives them back by itself."""
    await fetch(
        "UPDATE delivery SET claimed_until = $2, attempts = attempts + 1 WHERE id = ANY($1)",
        list(deliveries),
        until,
    )


async def postpone(deliveries: Sequence[int], until: datetime) -> None:
    """Lets deliveries wait: for a free slot, or for the morning."""
    await fetch("UPDATE delivery SET not_before = $2 WHERE id = ANY($1)", list(deliveries), until)


async def drop(deliveries: Sequence[int], now: datetime) -> None:
    """Ends deliveries that have nothing to say any more."""
    await fetch(
        """UPDATE delivery SET dropped_at = $2, claimed_until = NULL
        WHERE id = ANY($1) AND sent_at IS NULL""",
        list(deliveries),
        now,
    )


async def retry(deliveries: Sequence[int], at: datetime, failure: str) -> None:
    """Gives deliveries back, to be tried again at that time."""
    await fetch(
        """UPDATE delivery SET not_before = $2, failure = $3, claimed_until = NULL, sent_at = NULL
        WHERE id = ANY($1) AND failed_at IS NULL AND delivered_at IS NULL""",
        list(deliveries),
        at,
        failure,
    )


async def give_up(deliveries: Sequence[int], failure: str, now: datetime) -> list[UUID]:
    """Ends deliveries that no more attempt would help; gives the messages concerned."""
    rows = await fetch(
        """UPDATE delivery SET failed_at = $3, failure = $2, claimed_until = NULL
        WHERE id = ANY($1) AND failed_at IS NULL AND delivered_at IS NULL RETURNING message""",
        list(deliveries),
        failure,
        now,
    )
    return list({row["message"] for row in rows})


async def unconfigured(
    configured: Sequence[str], now: datetime, limit: int
) -> list[asyncpg.Record]:
    """What waits for a channel that the settings no longer name, held until the commit."""
    return await fetch(
        f"""SELECT d.id, d.message FROM delivery d
        WHERE d.channel <> 'in_app' AND d.channel <> ALL($1) AND {_WAITING}
          AND (d.claimed_until IS NULL OR d.claimed_until <= $2)
        ORDER BY d.id LIMIT $3 FOR UPDATE SKIP LOCKED""",
        list(configured),
        now,
        limit,
    )


async def for_receipts(deliveries: Sequence[int]) -> dict[int, asyncpg.Record]:
    """What the gateway was given, held until the commit, by the number it answers with."""
    rows = await fetch(
        """SELECT id, message, channel, address, attempts, claimed_until, sent_at, delivered_at,
            failed_at
        FROM delivery WHERE id = ANY($1) AND channel IN ('sms', 'voice')
        ORDER BY id FOR UPDATE""",
        list(deliveries),
    )
    return {row["id"]: row for row in rows}


async def mark_delivered(delivery: int, at: datetime) -> None:
    """The service says it has reached the phone; that counts even when our own mark was lost."""
    await fetch(
        """UPDATE delivery SET delivered_at = $2, sent_at = coalesce(sent_at, $2),
            claimed_until = NULL WHERE id = $1 AND delivered_at IS NULL AND failed_at IS NULL""",
        delivery,
        at,
    )


async def health(scopes: Sequence[str], days: int, now: datetime) -> list[asyncpg.Record]:
    """Per channel, how messages to people posted in the scopes fared in the last days."""
    where = Filters(now, timedelta(days=days)).within("p.region", scopes)
    return await fetch(
        f"""SELECT d.channel, count(d.sent_at) FILTER (WHERE d.failed_at IS NULL)::int AS sent,
            count(d.delivered_at)::int AS delivered, count(d.failed_at)::int AS failed,
            count(d.dropped_at)::int AS dropped,
            count(*) FILTER (WHERE {_WAITING} AND m.slot_at <= $1)::int AS waiting,
            greatest(coalesce(extract(epoch FROM $1 - min(m.slot_at) FILTER (WHERE {_WAITING})), 0),
                     0)::int AS oldest_seconds
        FROM delivery d JOIN message m ON m.id = d.message
        WHERE (d.not_before > $1 - $2::interval OR ({_WAITING}))
          AND EXISTS (SELECT 1 FROM post p WHERE p.account = m.account AND {where.sql})
        GROUP BY d.channel""",
        *where.args,
    )
