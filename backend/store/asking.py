"""Opening certification duties, township by township, in sets.

The villages are held by the round under way; what is written carries their next change number.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import asyncpg

from backend.domain.certification.asking import Asked
from backend.domain.certification.cycles import Pensioner, Window
from backend.store.database import fetch

_IN = """b.insurance_type = $2 AND b.region >= $1 AND b.region < $1 || ':'
    AND b.gone_on IS NULL AND b.pay_status <> 'terminated'"""
# All that a window is computed from; a later proof hides when the pension began.
_SAME = """extract(month FROM b.born_on)::int AS month,
    greatest(b.benefit_start, b.certified_on) AS proved_on, b.certified_on IS NOT NULL AS certified,
    coalesce(b.due_told, 'infinity') AS told"""


@dataclass(frozen=True, slots=True)
class Group:
    """Pensioners whose windows are the same, and what they are asked for."""

    like: asyncpg.Record
    asked: Asked
    remind_at: datetime | None = None


async def groups(township: str, insurance: str, whole: bool) -> list[asyncpg.Record]:
    """Pensioners who are paid, together where their windows are the same."""
    return await fetch(
        f"""SELECT DISTINCT {_SAME}, b.due_told FROM beneficiary b
        WHERE {_IN} AND ($3 OR b.change_no IS NULL)""",
        township,
        insurance,
        whole,
    )


def pensioner_of(like: asyncpg.Record) -> Pensioner:
    """One of a group. Of the day of birth only the month is told, and matters."""
    proved_on = like["proved_on"]
    certified_on = proved_on if like["certified"] else None
    return Pensioner(date(1948, like["month"], 1), proved_on, certified_on, like["due_told"])


async def add_periods(schedule: int, windows: Collection[Window], now: datetime) -> None:
    """A period for each due day, frozen when it is first seen; nothing else opens it."""
    first: dict[date, Window] = {}
    for window in windows:
        known = first.get(window.due_on)
        if known is None or window.opens_on < known.opens_on:
            first[window.due_on] = window
    days = sorted(first)
    await fetch(
        """INSERT INTO period (schedule, form, steps, allowance_hours, key, starts_on, ends_on,
                               opens_at, due_at, closes_at, opened_at)
        SELECT s.id, s.form, s.steps, s.allowance_hours, p.due_on::text, p.starts_on, p.due_on,
            p.starts_on::timestamp AT TIME ZONE 'Asia/Shanghai', p.due_at, p.closes_at, $6
        FROM schedule s, unnest($2::date[], $3::date[], $4::timestamptz[], $5::timestamptz[])
            AS p(starts_on, due_on, due_at, closes_at)
        WHERE s.id = $1 ON CONFLICT (schedule, key) DO NOTHING""",
        schedule,
        [first[day].opens_on for day in days],
        days,
        [first[day].timing.due_at for day in days],
        [first[day].timing.closes_at for day in days],
        now,
    )


_CELLS = """cells AS (
        INSERT INTO rate_cell (period, township, closes_at)
        SELECT DISTINCT period, left(holder, 9), closes_at FROM opened
        ON CONFLICT (period, township) DO NOTHING)"""
_OPEN = f"""WITH asked AS (
        SELECT a.*, p.id AS period, p.due_at, p.closes_at
        FROM unnest($5::int[], $6::date[], $7::bool[], $8::date[], $9::date[], $10::date[],
            $11::date[], $12::timestamptz[])
            AS a(month, proved_on, certified, told, opens_on, counts_due, due_on, remind_at)
        JOIN period p ON p.schedule = $3 AND p.key = a.due_on::text),
    person AS MATERIALIZED (
        SELECT b.id, b.region, {_SAME} FROM beneficiary b
        WHERE {_IN} AND ($4 OR b.change_no IS NULL)),
    opened AS (
        INSERT INTO obligation (period, schedule, region, holder, beneficiary, opens_at, due_at,
            closes_at, original_due_at, original_closes_at, remind_at, change_no)
        SELECT a.period, $3, b.region, b.region, b.id,
            a.opens_on::timestamp AT TIME ZONE 'Asia/Shanghai', a.due_at, a.closes_at,
            a.due_at, a.closes_at, a.remind_at, v.change_no + 1
        FROM person b JOIN asked a USING (month, proved_on, certified, told)
        JOIN region v ON v.key = b.region
        WHERE NOT EXISTS (SELECT 1 FROM obligation o
            WHERE o.beneficiary = b.id AND o.schedule = $3 AND (o.period = a.period
                OR o.stage <> 'accepted' AND o.exempt_at IS NULL AND o.closes_at >= $13
                OR o.doubt IS NULL
                    AND (o.original_due_at AT TIME ZONE 'Asia/Shanghai')::date >= a.counts_due
                    AND (o.opens_at AT TIME ZONE 'Asia/Shanghai')::date > a.proved_on))
        ON CONFLICT (period, region, beneficiary) DO NOTHING
        RETURNING holder, period, closes_at),
    {_CELLS}
    SELECT holder, period, count(*)::int AS opened FROM opened GROUP BY 1, 2"""


def _columns(found: Sequence[Group]) -> list[list[Any]]:
    """In the order of `asked`."""
    return [
        [group.like["month"] for group in found],
        [group.like["proved_on"] for group in found],
        [group.like["certified"] for group in found],
        [group.like["told"] for group in found],
        [group.asked.window.opens_on for group in found],
        [group.asked.counts.due_on for group in found],
        [group.asked.window.due_on for group in found],
        [group.remind_at for group in found],
    ]


async def open_duties(
    township: str,
    insurance: str,
    schedule: int,
    found: Sequence[Group],
    whole: bool,
    now: datetime,
) -> list[asyncpg.Record]:
    """Opens what each pensioner is asked for, once; gives (holder, period, opened) of villages.

    Nobody is asked while an earlier duty is still open, nor twice for what a proof has not
    answered yet.
    """
    return await fetch(_OPEN, township, insurance, schedule, whole, *_columns(found), now)


async def doubted(
    township: str, insurance: str, whole: bool, before: datetime
) -> list[asyncpg.Record]:
    """(beneficiary, hit) of whom a suspicion names and no duty asks for that may still be filed:
    each suspicion asks once.
    """
    return await fetch(
        f"""WITH doubted AS (
            SELECT b.id, max(h.id) AS hit FROM beneficiary b
            JOIN match_hit h ON h.beneficiary = b.id AND h.outcome = 'suspect'
                AND h.cleared_at IS NULL
            WHERE {_IN} AND ($3 OR b.change_no IS NULL) GROUP BY b.id)
        SELECT d.id AS beneficiary, d.hit FROM doubted d
        WHERE NOT EXISTS (SELECT 1 FROM obligation o WHERE o.beneficiary = d.id
            AND (o.stage <> 'accepted' AND o.exempt_at IS NULL AND o.closes_at >= $4
                OR o.doubt >= d.hit))""",
        township,
        insurance,
        whole,
        before,
    )


async def open_doubts(
    schedule: int, due_on: date, found: Sequence[asyncpg.Record], now: datetime
) -> set[str]:
    """Asks for a visit to those doubted; gives their villages."""
    rows = await fetch(
        f"""WITH opened AS (
            INSERT INTO obligation (period, schedule, region, holder, beneficiary, opens_at, due_at,
                closes_at, original_due_at, original_closes_at, remind_at, change_no, doubt)
            SELECT p.id, $1, b.region, b.region, b.id, $3, p.due_at, p.closes_at, p.due_at,
                p.closes_at, $3, v.change_no + 1, d.hit
            FROM unnest($4::uuid[], $5::bigint[]) AS d(beneficiary, hit)
            JOIN beneficiary b ON b.id = d.beneficiary
            JOIN period p ON p.schedule = $1 AND p.key = $2::date::text
            JOIN region v ON v.key = b.region
            ON CONFLICT (period, region, beneficiary) DO NOTHING
            RETURNING holder, period, closes_at),
        {_CELLS}
        SELECT DISTINCT holder FROM opened""",
        schedule,
        due_on,
        now,
        [row["beneficiary"] for row in found],
        [row["hit"] for row in found],
    )
    return {row["holder"] for row in rows}


# Who has no household number is a household.
_HOUSEHOLD = "coalesce(nullif(b.household, ''), b.id::text)"
_TO_PLAN = """obligation o JOIN beneficiary b ON b.id = o.beneficiary
    JOIN period p ON p.id = o.period
    WHERE o.period = ANY($1) AND o.holder = ANY($2) AND o.visit_from IS NULL
      AND o.stage = 'none'"""


async def households(periods: Sequence[int], villages: Sequence[str]) -> list[asyncpg.Record]:
    """(holder, period, first and last day, group, household) of duties without a visiting week."""
    return await fetch(
        f"""SELECT DISTINCT o.holder, o.period, p.starts_on, p.ends_on, b.group_no,
            {_HOUSEHOLD} AS household
        FROM {_TO_PLAN}""",
        list(periods),
        list(villages),
    )


async def plan_visits(rows: Sequence[tuple[str, int, str, str, date, date]]) -> None:
    """Keeps the weeks as (holder, period, group, household, first, last day)."""
    columns = list(zip(*rows, strict=True))
    await fetch(
        f"""UPDATE obligation u SET visit_from = w.first, visit_to = w.last
        FROM obligation o JOIN beneficiary b ON b.id = o.beneficiary
        JOIN unnest($3::text[], $4::int[], $5::text[], $6::text[], $7::date[], $8::date[])
            AS w(holder, period, group_no, household, first, last)
            ON w.holder = o.holder AND w.period = o.period AND w.group_no = b.group_no
            AND w.household = {_HOUSEHOLD}
        WHERE u.id = o.id AND o.period = ANY($1) AND o.holder = ANY($2) AND o.visit_from IS NULL
          AND o.stage = 'none'""",
        sorted({row[1] for row in rows}),
        sorted({row[0] for row in rows}),
        *columns,
    )
