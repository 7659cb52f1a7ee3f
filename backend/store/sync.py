"""What changed for a phone since its cursor."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from backend.store.database import fetch
from backend.store.filings import LAST_ACCEPTED


async def heads(account: UUID, villages: Sequence[str]) -> tuple[int, dict[str, int]]:
    """The newest change number of the account's messages and of each village."""
    rows = await fetch(
        """SELECT NULL AS key, change_no FROM account WHERE id = $1
        UNION ALL SELECT key, change_no FROM region WHERE key = ANY($2)""",
        account,
        list(villages),
    )
    numbers = {row["key"]: row["change_no"] for row in rows}
    return numbers.pop(None, 0), numbers


_OBLIGATION = f"""SELECT o.id, o.schedule, sc.title::text AS title, f.code, p.form,
    p.key AS period, p.starts_on, p.ends_on, o.holder, o.region, o.opens_at, o.due_at, o.closes_at,
    o.original_due_at, o.exempt_at, o.matched_at, o.beneficiary, o.visit_from, o.visit_to, o.stage,
    o.fix_by, p.allowance_hours,
    s.id AS submission, s.revision, s.receipt, s.kind, s.answers::text AS answers,
    s.reasons::text AS reasons, s.remark, s.received_at, s.counted_at, s.counted_by, s.on_behalf,
    o.first_counted_at, v.defects::text AS defects, v.remark AS review_remark,
    CASE WHEN o.stage IN ('none', 'returned') THEN ({LAST_ACCEPTED}) END AS last
    FROM since JOIN obligation o ON o.holder = since.key AND o.change_no > since.change_no
    JOIN period p ON p.id = o.period JOIN schedule sc ON sc.id = o.schedule
    JOIN form f ON f.id = p.form LEFT JOIN submission s ON s.id = o.newest
    LEFT JOIN LATERAL (SELECT r.defects, r.remark FROM review r WHERE r.submission = o.newest
        ORDER BY r.at DESC LIMIT 1) v ON o.stage = 'returned'"""


async def obligations(since: dict[str, int], closed_after: datetime) -> list[asyncpg.Record]:
    """Obligations of each village changed after its number, nearest deadline first.

    A village sent whole (-1) comes without what closed before `closed_after`: a phone has no more
    use for that, unless somebody may still come to be certified; but what becomes of something it
    was sent once, it always hears.
    """
    return await fetch(
        f"""WITH since AS (
            SELECT * FROM unnest($1::text[], $2::bigint[]) AS s(key, change_no))
        {_OBLIGATION} WHERE since.change_no >= 0 OR o.closes_at >= $3
            OR o.stage IN ('returned', 'town', 'county')
            OR o.beneficiary IS NOT NULL AND o.stage = 'none' AND o.exempt_at IS NULL
                AND o.closes_at >= $3::timestamptz - interval '1 year'
        ORDER BY o.due_at, o.id""",
        list(since),
        list(since.values()),
        closed_after,
    )


_SINCE = "unnest($1::text[], $2::bigint[]) AS since(key, change_no)"
_LISTED = "b.gone_on IS NULL AND b.pay_status <> 'terminated'"


async def pensioners(since: dict[str, int]) -> list[asyncpg.Record]:
    """Pensioners listed in each village that changed after its number, by household."""
    return await fetch(
        f"""SELECT b.id, b.region, b.name, b.id_number_sealed, b.born_on, b.insurance_type,
            b.group_no, b.household, b.live_type, b.pay_status, b.certified_on, b.risk_tags,
            ARRAY(SELECT DISTINCT h.kind FROM match_hit h WHERE h.beneficiary = b.id
                AND h.outcome = 'suspect' AND h.cleared_at IS NULL ORDER BY h.kind) AS doubts
        FROM {_SINCE} JOIN beneficiary b ON b.region = since.key
            AND b.change_no > since.change_no
        WHERE {_LISTED} ORDER BY b.region, b.group_no, b.household, b.id""",
        list(since),
        list(since.values()),
    )


async def removed_pensioners(since: dict[str, int], villages: Sequence[str]) -> list[UUID]:
    """Who left each village after its number, or its list; not who is listed in another of them."""
    rows = await fetch(
        f"""SELECT b.id FROM {_SINCE} JOIN beneficiary b ON b.region = since.key
            AND b.change_no > since.change_no
        WHERE since.change_no >= 0 AND NOT ({_LISTED})
        UNION SELECT b.id FROM {_SINCE} JOIN beneficiary_place p ON p.region = since.key
            AND p.until_on IS NOT NULL AND p.change_no > since.change_no
        JOIN beneficiary b ON b.id = p.beneficiary
        WHERE since.change_no >= 0 AND NOT (b.region = ANY($3) AND {_LISTED}) ORDER BY 1""",
        list(since),
        list(since.values()),
        list(villages),
    )
    return [row["id"] for row in rows]


async def removed_obligations(since: dict[str, int], villages: Sequence[str]) -> list[int]:
    """Duties that another village answers for since the number of each village."""
    rows = await fetch(
        f"""SELECT DISTINCT o.id FROM {_SINCE} JOIN obligation_move m ON m.was = since.key
            AND m.change_no > since.change_no
        JOIN obligation o ON o.id = m.obligation
        WHERE since.change_no >= 0 AND o.holder <> ALL($3) ORDER BY 1""",
        list(since),
        list(since.values()),
        list(villages),
    )
    return [row["id"] for row in rows]


async def villages(keys: Sequence[str]) -> list[asyncpg.Record]:
    """Names of the villages and of their townships."""
    return await fetch(
        """SELECT r.key, r.name, t.key AS township, t.name AS township_name,
            coalesce(t.office_phone, '') AS office_phone
        FROM region r LEFT JOIN region t ON t.key = r.parent
        WHERE r.key = ANY($1) ORDER BY r.key""",
        list(keys),
    )


async def forms(ids: Sequence[int]) -> list[asyncpg.Record]:
    """Definitions by form id, as JSON text."""
    return await fetch(
        """SELECT id, version, definition::text AS definition FROM form
        WHERE id = ANY($1) ORDER BY id""",
        list(ids),
    )


async def messages(account: UUID, after: int, limit: int) -> list[asyncpg.Record]:
    """The account's newest messages that came after a change number."""
    return await fetch(
        """SELECT id, kind, params::text AS params, delivered_at, read_at FROM message
        WHERE account = $1 AND delivered_at IS NOT NULL AND change_no > $2
        ORDER BY change_no DESC LIMIT $3""",
        account,
        after,
        limit,
    )
