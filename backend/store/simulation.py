"""What a simulation needs to know: when anything is due next, who was told, and all facts."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from backend.store.database import fetch, fetch_row

_WAITING = "sent_at IS NULL AND failed_at IS NULL AND dropped_at IS NULL"
_DUE = "min(greatest(not_before, coalesce(claimed_until, not_before)))"


async def next_due() -> asyncpg.Record:
    """When the ladder, the app and the channels have something to do next, each None for never."""
    row = await fetch_row(
        f"""SELECT (SELECT min(remind_at) FROM obligation) AS remind,
            (SELECT {_DUE} FROM delivery WHERE channel = 'in_app' AND {_WAITING}) AS deliver,
            (SELECT {_DUE} FROM delivery WHERE channel <> 'in_app' AND {_WAITING}) AS send"""
    )
    assert row is not None
    return row


_TOLD = """SELECT r.obligation, r.concern, r.round, r.step, r.account, o.holder, m.delivered_at
    FROM reminder r JOIN message m ON m.id = r.message JOIN obligation o ON o.id = r.obligation"""


async def told_in_app(messages: Sequence[UUID]) -> list[asyncpg.Record]:
    """What messages that were shown speak of, and when; a row a step and duty."""
    return await fetch(
        f"{_TOLD} WHERE m.id = ANY($1) AND m.delivered_at IS NOT NULL ORDER BY r.id",
        list(messages),
    )


async def told_by_channel(deliveries: Sequence[int]) -> list[asyncpg.Record]:
    """The same of deliveries beyond the app."""
    return await fetch(
        f"""{_TOLD} WHERE m.id IN (SELECT message FROM delivery WHERE id = ANY($1))
        ORDER BY r.id""",
        list(deliveries),
    )


_FACTS = {
    "obligations": """SELECT o.id, o.schedule, p.key, o.region, o.holder, o.opens_at, o.due_at,
        o.closes_at, o.stage, o.revisions, p.steps ? 'county' AS two_offices
        FROM obligation o JOIN period p ON p.id = o.period
        ORDER BY o.schedule, p.key, o.region""",
    "submissions": """SELECT obligation, revision, id, received_at, counted_at, counted_by,
        filed_by, on_behalf FROM submission ORDER BY obligation, revision""",
    "reviews": """SELECT obligation, submission, step, decision, account, at, fix_by FROM review
        ORDER BY obligation, at""",
    "reminders": """SELECT r.obligation, r.concern, r.step, r.round, r.account, r.message,
        r.held_back, r.decided_at, r.deadline FROM reminder r
        ORDER BY r.obligation, r.step, r.round, r.account""",
    "messages": """SELECT id, account, kind, region, slot_at, delivered_at, dropped_at,
        (SELECT sum(coalesce((params->>said)::int, 0))::int
         FROM unnest(ARRAY['duties', 'to_correct', 'to_review']) AS said) AS said
        FROM message ORDER BY account, created_at, slot_at, kind, region, params::text""",
    "deliveries": """SELECT d.id, d.message, d.channel, d.address, m.account, d.not_before,
        d.attempts, d.sent_at, d.failed_at, d.dropped_at, d.failure
        FROM delivery d JOIN message m ON m.id = d.message
        ORDER BY m.account, m.created_at, m.slot_at, d.channel, d.id""",
    "posts": """SELECT region, account, role, is_backup, starts_at, ends_at FROM post
        ORDER BY region, account, starts_at""",
    "calls": """SELECT region, account, channel, reason, since, done_at FROM call_entry
        ORDER BY region, account, since""",
}


async def facts() -> dict[str, list[asyncpg.Record]]:
    """Every fact of a county, by kind, in an order that depends on nothing but them."""
    return {name: await fetch(sql) for name, sql in _FACTS.items()}


async def look_at_tables(names: str) -> None:
    """Shows the planner what has become of tables that were empty."""
    await fetch(f"ANALYZE {names}")
