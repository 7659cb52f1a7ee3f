"""What moved or waived obligations, and doing so."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from backend.store.database import fetch
from backend.store.filters import Filters


async def of_obligations(obligations: Sequence[int]) -> list[asyncpg.Record]:
    """What moved or waived the obligations, oldest first."""
    return await fetch(
        """SELECT a.obligation, a.kind, a.decided_at, a.due_at, a.closes_at, a.reason, a.account,
                  a.counted_at, c.name, b.source, h.line
        FROM adjustment a LEFT JOIN account c ON c.id = a.account
        LEFT JOIN match_hit h ON h.id = a.hit LEFT JOIN import_batch b ON b.id = h.batch
        WHERE a.obligation = ANY($1) ORDER BY a.decided_at, a.id""",
        list(obligations),
    )


def _meant(
    scopes: Sequence[str],
    ids: Sequence[int] | None,
    under: str | None,
    schedule: int | None,
    period: str | None,
) -> Filters:
    where = Filters().within("o.region", scopes)
    if under is not None:
        where.within("o.region", [under])
    where.add_if(list(ids) if ids is not None else None, "o.id = ANY(?)")
    where.add_if(schedule, "o.schedule = ?")
    if period is not None:
        where.add("o.period IN (SELECT id FROM period WHERE key = ?)", period)
    return where


async def lock_for_adjusting(
    scopes: Sequence[str],
    *,
    ids: Sequence[int] | None,
    under: str | None,
    schedule: int | None,
    period: str | None,
) -> list[asyncpg.Record]:
    """The obligations meant, with their villages held in code order."""
    where = _meant(scopes, ids, under, schedule, period)
    await fetch(
        f"""SELECT key FROM region WHERE key IN
            (SELECT o.holder FROM obligation o WHERE {where.sql})
        ORDER BY key FOR NO KEY UPDATE""",
        *where.args,
    )
    return await fetch(
        f"""SELECT o.id, o.period, o.region, o.holder, o.due_at, o.closes_at, o.exempt_at,
                   o.matched_at,
                   (SELECT max(a.decided_at) FROM adjustment a WHERE a.obligation = o.id) AS decided
        FROM obligation o WHERE {where.sql} ORDER BY o.id""",
        *where.args,
    )


async def meant(
    scopes: Sequence[str],
    *,
    ids: Sequence[int] | None,
    under: str | None,
    schedule: int | None,
    period: str | None,
) -> list[asyncpg.Record]:
    """The obligations meant, with nothing held: what adjusting them would do is only told."""
    where = _meant(scopes, ids, under, schedule, period)
    return await fetch(
        f"""SELECT o.id, o.holder, o.due_at, o.closes_at, o.exempt_at, o.matched_at
        FROM obligation o WHERE {where.sql} ORDER BY o.holder, o.id""",
        *where.args,
    )


# The newest word on a deadline or a waiver stands until another takes its place.
_STANDING = """((a.kind = 'exempt' AND o.exempt_at = a.decided_at)
    OR (a.kind = 'extend' AND o.due_at = a.due_at AND NOT EXISTS (SELECT 1 FROM adjustment n
        WHERE n.obligation = a.obligation AND n.kind = 'extend' AND n.id > a.id)))"""


async def in_force(
    scopes: Sequence[str],
    *,
    under: str | None,
    kind: str | None,
    after: int | None,
    limit: int,
) -> list[asyncpg.Record]:
    """Extensions and waivers that stand, newest first."""
    where = Filters().add(_STANDING).within("o.holder", scopes)
    if under is not None:
        where.within("o.holder", [under])
    where.add_if(kind, "a.kind = ?").add_if(after, "a.id < ?")
    return await fetch(
        f"""SELECT a.id, a.kind, a.reason, a.decided_at, c.name AS by_name, o.id AS obligation,
            o.holder AS region, r.name AS region_name, s.title::text AS title, p.key AS period,
            o.original_due_at, o.due_at, o.closes_at
        FROM adjustment a JOIN obligation o ON o.id = a.obligation
        JOIN period p ON p.id = o.period JOIN schedule s ON s.id = o.schedule
        JOIN region r ON r.key = o.holder LEFT JOIN account c ON c.id = a.account
        WHERE {where.sql} ORDER BY a.id DESC LIMIT {where.param(limit)}""",
        *where.args,
    )


_STANDS = """WITH bumped AS (
        UPDATE region SET change_no = change_no + 1
        WHERE key IN (SELECT holder FROM obligation WHERE id = ANY($1))
        RETURNING key, change_no)
    UPDATE obligation o SET amended = true, change_no = bumped.change_no,
        due_at = coalesce($3, o.due_at), closes_at = coalesce($4, o.closes_at),
        exempt_at = CASE $2 WHEN 'exempt' THEN $5 WHEN 'restore' THEN NULL
                    ELSE o.exempt_at END,
        stage = CASE WHEN $2 <> 'extend' AND o.matched_at IS NOT NULL THEN 'none'
                ELSE o.stage END,
        matched_at = CASE WHEN $2 = 'extend' THEN o.matched_at END,
        remind_at = $5
    FROM bumped WHERE o.id = ANY($1) AND bumped.key = o.holder"""


async def adjust(
    ids: Sequence[int],
    kind: str,
    *,
    due_at: datetime | None,
    closes_at: datetime | None,
    reason: str,
    account: UUID,
    now: datetime,
) -> None:
    """Records the adjustment of each and stamps their villages' change numbers.

    What the reminders have to say may be another now, so each is looked at again.
    """
    await fetch(
        """INSERT INTO adjustment (obligation, kind, decided_at, due_at, closes_at, reason, account)
        SELECT unnest($1::bigint[]), $2, $3, $4, $5, $6, $7""",
        list(ids),
        kind,
        now,
        due_at,
        closes_at,
        reason,
        account,
    )
    await fetch(_STANDS, list(ids), kind, due_at, closes_at, now)


async def take_back_steps(obligations: Sequence[int]) -> None:
    """Lets steps be decided again whose digest has not been sent: their deadline has moved.

    A nudge by hand stays: the office meant the duty, whatever its deadline.
    """
    await fetch(
        """DELETE FROM reminder r USING message m
        WHERE r.obligation = ANY($1) AND m.id = r.message AND m.kind = 'reminder'
          AND r.concern = 'report' AND m.delivered_at IS NULL AND m.dropped_at IS NULL""",
        list(obligations),
    )
