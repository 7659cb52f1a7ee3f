"""Where certifications stand, in SQL, and whom they are about.

The same rule as `domain.certification.states` for the facts of now; a test holds them together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from backend.domain.certification.words import Result
from backend.domain.regions import Level
from backend.store.database import fetch
from backend.store.filters import Filters
from backend.store.rounds import REACH

_SETTLES: Final = ", ".join(f"'{result.value}'" for result in Result if result.settles)
# Over `obligation o`: its newest collection `s`, and since when its pensioner is doubted, `d`.
# A collection that settled something after a doubt was raised has answered it.
FACTS: Final = f"""LEFT JOIN submission s ON s.id = o.newest
    LEFT JOIN LATERAL (SELECT max(h.at) AS at FROM match_hit h
        WHERE h.beneficiary = o.beneficiary AND h.outcome = 'suspect' AND h.cleared_at IS NULL
          AND h.at <= $1 AND NOT (o.stage = 'accepted' AND s.received_at > h.at
            AND s.answers->>'result' IN ({_SETTLES}))) d ON true"""
# A visit under way, then a doubt, then an answer, then the clock; `$1` is now.
STATE: Final = f"""CASE
    WHEN o.stage IN ('town', 'county', 'returned') AND (d.at IS NULL OR s.received_at > d.at)
        THEN CASE o.stage WHEN 'returned' THEN 'returned' ELSE 'collected' END
    WHEN d.at IS NOT NULL THEN 'suspect'
    WHEN o.stage = 'accepted'
        AND (o.matched_at IS NOT NULL OR s.answers->>'result' IN ({_SETTLES})) THEN 'passed'
    WHEN o.opens_at > $1 THEN 'not_due'
    WHEN o.due_at >= $1 THEN 'due' ELSE 'overdue' END"""
STATES: Final = ("due", "collected", "returned", "passed", "suspect", "overdue")


async def of_duties(
    ids: Sequence[int], scopes: Sequence[str], now: datetime
) -> dict[int, asyncpg.Record]:
    """Whom the duties are about and where their certifications stand, by the number of the duty.

    Only those held in the scopes; waived ones have no state.
    """
    where = Filters(now, list(ids)).within("o.holder", scopes)
    rows = await fetch(
        f"""SELECT o.id AS obligation, b.id, b.name, b.id_number_sealed, b.born_on,
            b.insurance_type, b.group_no, b.household, b.risk_tags, b.pay_status, o.visit_from,
            o.visit_to, CASE WHEN o.exempt_at IS NULL THEN {STATE} END AS state,
            ARRAY(SELECT DISTINCT h.kind FROM match_hit h WHERE h.beneficiary = b.id
                AND h.outcome = 'suspect' AND h.cleared_at IS NULL ORDER BY h.kind) AS doubts
        FROM obligation o JOIN beneficiary b ON b.id = o.beneficiary {FACTS}
        WHERE o.id = ANY($2) AND {where.sql}""",
        *where.args,
    )
    return {row["obligation"]: row for row in rows}


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose windows: the area, perhaps one insurance, and those due from one instant to another."""

    scopes: Sequence[str]
    under: str | None = None
    insurance: str | None = None
    due: tuple[datetime, datetime] | None = None


def _windows(asked: Asked, now: datetime) -> tuple[Filters, str]:
    """Windows opened and not closed, and those closed without an answer; `$1` is now."""
    where = Filters(now, now - REACH).within("o.holder", asked.scopes)
    if asked.under is not None:
        where.within("o.holder", [asked.under])
    where.add_if(asked.insurance, "b.insurance_type = ?")
    if asked.due is not None:
        where.add("o.due_at >= ? AND o.due_at < ?", *asked.due)
    return (
        where,
        f"""FROM obligation o JOIN beneficiary b ON b.id = o.beneficiary {FACTS}
        WHERE o.opens_at <= $1 AND o.exempt_at IS NULL AND b.gone_on IS NULL
          AND o.closes_at >= $2 AND {where.sql}
          AND (o.closes_at >= $1 OR NOT EXISTS (SELECT 1 FROM obligation n
            WHERE n.beneficiary = o.beneficiary AND n.schedule = o.schedule
              AND n.opens_at > o.opens_at))""",
    )


_TO_SUSPEND: Final = "closes_at < $1 AND pay_status = 'normal' AND state <> 'passed'"


async def progress(asked: Asked, level: Level, now: datetime) -> list[asyncpg.Record]:
    """How far certifying has come by area: windows opened and not closed, and those closed without
    an answer. `to_suspend`: closed, unanswered and still paid.
    """
    where, source = _windows(asked, now)
    return await fetch(
        f"""SELECT left(holder, {level.digits}) AS area, count(*)::int AS asked,
            {", ".join(f"(count(*) FILTER (WHERE state = '{s}'))::int AS {s}" for s in STATES)},
            (count(*) FILTER (WHERE {_TO_SUSPEND}))::int AS to_suspend
        FROM (SELECT o.holder, o.closes_at, b.pay_status, {STATE} AS state {source}) found
        WHERE closes_at >= $1 OR state <> 'passed' GROUP BY 1""",
        *where.args,
    )


_DOUBTED: Final = """EXISTS (SELECT 1 FROM match_hit h WHERE h.beneficiary = o.beneficiary
    AND h.outcome = 'suspect' AND h.cleared_at IS NULL)"""
_UNSETTLED: Final = f"""(o.stage = 'none' OR o.stage = 'accepted' AND o.matched_at IS NULL
    AND (s.answers->>'result' IN ({_SETTLES})) IS NOT TRUE)"""
# What holds for every window in a state, and an index or one column can tell.
_AT_LEAST: Final = {
    "not_due": "o.opens_at > $1",
    "due": f"o.due_at >= $1 AND {_UNSETTLED}",
    "collected": "o.stage IN ('town', 'county')",
    "returned": "o.stage = 'returned'",
    "passed": "o.closes_at >= $1 AND o.stage = 'accepted'",
    "suspect": _DOUBTED,
    "overdue": f"o.due_at < $1 AND {_UNSETTLED}",
}


async def page(
    asked: Asked,
    state: str | None,
    to_suspend: bool,
    after: tuple[str, int] | None,
    limit: int,
    now: datetime,
) -> list[asyncpg.Record]:
    """The windows behind a number of `progress`, in order of village."""
    where, source = _windows(asked, now)
    more = f" AND {_AT_LEAST[state]}" if state is not None else ""
    if to_suspend:
        more += " AND o.closes_at < $1 AND b.pay_status = 'normal'"
    if after is not None:
        more += f" AND (o.holder, o.id) > ({where.param(after[0])}, {where.param(after[1])})"
    cut = f" AND state = {where.param(state)}" if state is not None else ""
    cut += f" AND {_TO_SUSPEND}" if to_suspend else ""
    return await fetch(
        f"""SELECT found.id, found.holder, r.name AS region_name, found.opens_at, found.due_at,
            found.closes_at
        FROM (SELECT o.id, o.holder, o.opens_at, o.due_at, o.closes_at, b.pay_status,
            {STATE} AS state {source}{more}) found JOIN region r ON r.key = found.holder
        WHERE (closes_at >= $1 OR state <> 'passed'){cut}
        ORDER BY found.holder, found.id LIMIT {where.param(limit)}""",
        *where.args,
    )
