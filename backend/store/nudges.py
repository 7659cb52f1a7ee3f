"""Nudges 催报: which duties are meant, and the once-a-day word about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import asyncpg

from backend.store.database import fetch
from backend.store.facts import standing_sql
from backend.store.filters import Filters

NUDGE = "nudge"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The duties meant: by number, or by the filters of the list of obligations."""

    ids: Sequence[int] | None = None
    under: str | None = None
    schedule: int | None = None
    period: str | None = None
    standing: Sequence[str] | None = None
    stage: str | None = None


async def chosen(
    scopes: Sequence[str], wanted: Chosen, day: date, now: datetime
) -> list[asyncpg.Record]:
    """The duties meant, in order of id, and whether they were nudged on `day` already.

    Filters find only periods that are open: a nudge about the past would help nobody.
    """
    where = Filters(day).within("o.holder", scopes)
    if wanted.under is not None:
        where.within("o.region", [wanted.under])
    where.add_if(wanted.schedule, "o.schedule = ?").add_if(wanted.stage, "o.stage = ?")
    if wanted.period is not None:
        where.add("o.period IN (SELECT id FROM period WHERE key = ?)", wanted.period)
    if wanted.ids is not None:
        where.add("o.id = ANY(?)", list(wanted.ids))
    else:
        where.add("o.opens_at <= ? AND o.closes_at >= ?", now, now)
    cut = "true"
    if wanted.standing:
        t, standings = where.param(now), where.param(list(wanted.standing))
        cut = f"""o.id IN (SELECT x.id FROM ({standing_sql(where, t)}) x
            WHERE x.standing = ANY({standings}))"""
    return await fetch(
        f"""SELECT o.id, o.holder, o.opens_at, o.due_at, o.closes_at, o.exempt_at, o.stage,
            s.scope, EXISTS (SELECT 1 FROM nudge n WHERE n.obligation = o.id AND n.day = $1)
                AS done_today
        FROM obligation o JOIN schedule s ON s.id = o.schedule
        WHERE {where.sql} AND {cut} ORDER BY o.id""",
        *where.args,
    )


async def claim(obligations: Sequence[int], day: date, account: UUID, now: datetime) -> set[int]:
    """Notes the nudge of each, once a day; gives those that nobody else has nudged meanwhile."""
    rows = await fetch(
        """INSERT INTO nudge (obligation, day, at, account)
        SELECT id, $2, $4, $3 FROM unnest($1::bigint[]) AS i(id) ORDER BY id
        ON CONFLICT (obligation, day) DO NOTHING RETURNING obligation""",
        sorted(obligations),
        day,
        account,
        now,
    )
    return {row["obligation"] for row in rows}


async def tell(
    duties: Mapping[UUID, Sequence[int]], slots: Mapping[UUID, datetime], day: date, now: datetime
) -> None:
    """Queues one digest for each account about its duties, to go at its slot.

    The duties are noted like a ladder's, so that the digest counts, when it is sent, what is
    still outstanding then, and is dropped when nothing is.
    """
    accounts = sorted(duties)
    pairs = [(account, number) for account in accounts for number in duties[account]]
    await fetch(
        """WITH begun AS (
            INSERT INTO message (id, account, kind, params, slot_at, created_at)
            SELECT gen_random_uuid(), i.account, $7::text, '{}', i.slot_at, $6::timestamptz
            FROM unnest($1::uuid[], $2::timestamptz[]) AS i(account, slot_at)
            RETURNING id, account, slot_at),
        queued AS (
            INSERT INTO delivery (message, channel, not_before, attempts)
            SELECT id, 'in_app', slot_at, 0 FROM begun)
        INSERT INTO reminder (obligation, step, account, message, decided_at)
        SELECT i.obligation, $5::text, i.account, b.id, $6::timestamptz
        FROM unnest($3::uuid[], $4::bigint[]) AS i(account, obligation)
        JOIN begun b ON b.account = i.account
        ON CONFLICT (obligation, step, round, account) DO NOTHING""",
        accounts,
        [slots[account] for account in accounts],
        [account for account, _ in pairs],
        [number for _, number in pairs],
        f"{NUDGE}_{day:%Y%m%d}",
        now,
        NUDGE,
    )
