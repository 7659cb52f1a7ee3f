"""Certification duties that follow their pensioners: who moved, is gone, is back, was matched.

All of it is about the pensioners of a township that changed since the last round. The villages
are held; what is written carries their next change number.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import asyncpg

from backend.store.database import fetch
from backend.store.rates import reopen_cells
from backend.store.rounds import REACH

GONE: Final = "花名册中已没有此人"
TERMINATED: Final = "待遇已终止"
BACK: Final = "又在花名册中"
DOUBTED: Final = "有疑点，需核实"
CLEARED: Final = "疑点已排除"
BY_MATCH: Final = "数据比对已确认健在"
BY_OTHER: Final = "已另行认证"

# Materialized, as the few that changed are found by their own index.
_WITH = """WITH changed AS MATERIALIZED (
        SELECT * FROM beneficiary b
        WHERE b.change_no IS NULL AND b.region >= $1 AND b.region < $1 || ':')"""
_CHANGED = "changed b JOIN obligation o ON o.beneficiary = b.id WHERE true"
_DOUBTED = """EXISTS (SELECT 1 FROM match_hit h WHERE h.beneficiary = b.id
    AND h.outcome = 'suspect' AND h.cleared_at IS NULL)"""
_PAID = "b.gone_on IS NULL AND b.pay_status <> 'terminated'"
_ASKED = f"(o.doubt IS NULL OR {_DOUBTED})"
# Who decided last on whether anybody has to come at all: an account, or nobody.
_DECIDED_BY = """(SELECT a.account FROM adjustment a WHERE a.obligation = o.id
    AND a.kind <> 'extend' ORDER BY a.decided_at DESC, a.id DESC LIMIT 1)"""


async def move(township: str, now: datetime) -> set[str]:
    """Lets the village where a pensioner lives now answer for what is not settled yet."""
    rows = await fetch(
        f"""{_WITH},
        found AS (
            SELECT o.id, o.holder AS was, b.region AS became FROM {_CHANGED}
              AND o.holder <> b.region AND o.stage <> 'accepted' AND o.closes_at >= $3),
        moved AS (
            UPDATE obligation o SET holder = f.became, change_no = v.change_no + 1
            FROM found f JOIN region v ON v.key = f.became WHERE o.id = f.id),
        noted AS (
            INSERT INTO obligation_move (obligation, was, became, at, change_no)
            SELECT f.id, f.was, f.became, $2, v.change_no + 1
            FROM found f JOIN region v ON v.key = f.was)
        SELECT was AS key FROM found UNION SELECT became FROM found""",
        township,
        now,
        now - REACH,
    )
    return {row["key"] for row in rows}


async def waive(township: str, now: datetime) -> set[str]:
    """Nobody has to be visited who is no longer listed or paid, unless the county said so, nor for
    a doubt that is over.
    """
    found = await fetch(
        f"""{_WITH} SELECT o.id, CASE WHEN {_PAID} THEN $5 WHEN b.gone_on IS NULL THEN $3 ELSE $4
            END AS reason
        FROM {_CHANGED} AND NOT ({_PAID} AND {_ASKED}) AND o.stage IN ('none', 'returned')
          AND o.exempt_at IS NULL AND o.closes_at >= $2
          AND NOT EXISTS (SELECT 1 FROM adjustment a WHERE a.obligation = o.id
            AND a.kind = 'restore' AND a.account IS NOT NULL)""",
        township,
        now,
        TERMINATED,
        GONE,
        CLEARED,
    )
    return await _adjust("exempt", found, now)


async def restore(township: str, now: datetime) -> set[str]:
    """Who is listed again is to be visited, and whose match is doubted since."""
    found = await fetch(
        f"""{_WITH} SELECT o.id, CASE WHEN o.exempt_at IS NULL THEN $3 ELSE $4 END AS reason
        FROM {_CHANGED} AND o.closes_at >= $2 AND {_PAID} AND (
            o.exempt_at IS NOT NULL AND {_DECIDED_BY} IS NULL AND {_ASKED}
            OR o.matched_at IS NOT NULL AND {_DOUBTED})""",
        township,
        now,
        DOUBTED,
        BACK,
    )
    return await _adjust("restore", found, now)


async def unanswered(township: str, now: datetime) -> list[asyncpg.Record]:
    """Duties without anything filed, together where one proof answers all or none of them.

    Pensioners who are certified and not doubted, as `Pensioner`s are told apart. What the county
    restored needs a proof from after its word.
    """
    return await fetch(
        f"""{_WITH} SELECT b.insurance_type, extract(month FROM b.born_on)::int AS month,
            b.benefit_start, b.certified_on, b.due_told, o.opens_at, o.original_due_at,
            o.original_closes_at,
            array_agg(o.id) AS ids
        FROM {_CHANGED} AND o.stage = 'none' AND o.exempt_at IS NULL AND o.closes_at >= $2
          AND b.certified_on IS NOT NULL AND {_PAID} AND NOT {_DOUBTED}
          AND NOT EXISTS (SELECT 1 FROM adjustment a WHERE a.obligation = o.id
            AND a.kind = 'restore' AND a.account IS NOT NULL
            AND (a.decided_at AT TIME ZONE 'Asia/Shanghai')::date >= b.certified_on)
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8""",
        township,
        now - REACH,
    )


async def match(ids: Sequence[int], now: datetime) -> set[str]:
    """Records that a proof of life answers the duties, as of the end of its day, with the row of
    the list that told it.
    """
    found = await fetch(
        """SELECT o.id, CASE b.certified_by WHEN 'data_match' THEN $3 ELSE $4 END AS reason,
            least($2, (b.certified_on + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
                - interval '1 second') AS counted_at,
            (SELECT max(h.id) FROM match_hit h WHERE h.beneficiary = b.id
             AND h.outcome = 'cleared' AND h.happened_on = b.certified_on) AS hit
        FROM obligation o JOIN beneficiary b ON b.id = o.beneficiary WHERE o.id = ANY($1)""",
        list(ids),
        now,
        BY_MATCH,
        BY_OTHER,
    )
    return await _adjust("matched", found, now)


async def _adjust(kind: str, found: Sequence[asyncpg.Record], now: datetime) -> set[str]:
    """Writes adjustments of no account, and where their duties then stand; gives the villages.

    The decision carried out last is the last one, also when its clock was read before another's.
    """
    if not found:
        return set()
    matched = kind == "matched"
    rows = await fetch(
        """WITH item AS (
            SELECT i.*, greatest($3::timestamptz, (SELECT max(a.decided_at) FROM adjustment a
                WHERE a.obligation = i.id)) AS at
            FROM unnest($1::bigint[], $4::text[], $5::timestamptz[], $6::bigint[])
                AS i(id, reason, counted_at, hit)),
        noted AS (
            INSERT INTO adjustment (obligation, kind, decided_at, reason, counted_at, hit)
            SELECT id, $2, at, reason, counted_at, hit FROM item)
        UPDATE obligation o SET amended = true, change_no = v.change_no + 1,
            exempt_at = CASE $2 WHEN 'exempt' THEN i.at END,
            matched_at = CASE $2 WHEN 'matched' THEN i.at END,
            stage = CASE WHEN $2 = 'matched' THEN 'accepted'
                    WHEN o.matched_at IS NOT NULL THEN 'none' ELSE o.stage END,
            remind_at = CASE $2 WHEN 'restore' THEN $3 END
        FROM item i, region v WHERE o.id = i.id AND v.key = o.holder RETURNING o.holder""",
        [row["id"] for row in found],
        kind,
        now,
        [row["reason"] for row in found],
        [row["counted_at"] if matched else None for row in found],
        [row["hit"] if matched else None for row in found],
    )
    await reopen_cells([row["id"] for row in found])
    return {row["holder"] for row in rows}
