"""Counting: reporting rates by area and period as of an instant, and the offices' turnaround."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from backend.domain.filing import CERTIFIED_LATER
from backend.domain.regions import Level
from backend.store.database import fetch, fetch_row, fetch_value
from backend.store.facts import standing_parts, standing_sql
from backend.store.filters import Filters

# A filing that read its clock just before closing may still be on its way to its commit.
SETTLING: Final = timedelta(minutes=10)
# How far back the turnaround of reviews looks: a quarter.
TURNAROUND: Final = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which obligations to count: the scopes of the asker, narrowed."""

    scopes: Sequence[str]
    under: str | None = None
    schedule: int | None = None
    period: str | None = None

    def cut(self, where: Filters, region: str) -> Filters:
        """Adds the conditions over `region` and over the table `period p`."""
        where.within(region, self.scopes)
        if self.under is not None:
            where.within(region, [self.under])
        return where.add_if(self.schedule, "p.schedule = ?").add_if(self.period, "p.key = ?")

    def by_village(self, level: Level) -> bool:
        """Whether villages must be counted one by one: a cell is a whole township's."""
        narrow = any(len(key) > Level.TOWNSHIP.digits for key in (*self.scopes, self.under or ""))
        return narrow or level is Level.VILLAGE


_COUNTS = """count(*) FILTER (WHERE standing = 'on_time') AS on_time,
    count(*) FILTER (WHERE standing = 'late') AS late,
    count(*) FILTER (WHERE standing = 'missing') AS missing,
    count(*) FILTER (WHERE standing = 'pending') AS pending,
    count(*) FILTER (WHERE standing = 'exempt') AS exempt,
    count(*) FILTER (WHERE standing IN ('not_due', 'filed_early')) AS not_due,
    count(*) FILTER (WHERE standing = 'filed_early') AS filed_early"""
_SUMS = ", ".join(
    f"sum(x.{name})::int"
    for name in ("on_time", "late", "missing", "pending", "exempt", "not_due", "filed_early")
)


async def by_area(wanted: Wanted, level: Level, as_of: datetime) -> list[asyncpg.Record]:
    """Counts by period and area, in parts to be added up; `level` says which areas.

    Finished cells are added up, everything else is counted from the facts; one statement, so a
    cell that is being reopened is counted once.
    """
    where, digits = Filters(as_of), level.digits
    if wanted.by_village(level):
        wanted.cut(where, "o.region")
        source = "obligation o JOIN period p ON p.id = o.period"
        return await fetch(" UNION ALL ".join(_live(where, digits, source)), *where.args)
    final = wanted.cut(Filters(as_of), "c.township").sql
    source = f"""obligation o JOIN period p ON p.id = o.period
            AND p.id = ANY(ARRAY(SELECT DISTINCT c.period {_UNFINISHED} AND {final}))"""
    wanted.cut(where, "o.region")
    live = " UNION ALL ".join(_live(where, Level.TOWNSHIP.digits, source))
    return await fetch(
        f"""SELECT c.period, left(c.township, {digits}) AS area, sum(c.on_time)::int AS on_time,
            sum(c.late)::int AS late, sum(c.missing)::int AS missing, 0 AS pending,
            sum(c.exempt)::int AS exempt, 0 AS not_due, 0 AS filed_early,
            sum(c.correction_late)::int AS correction_late
        FROM rate_cell c JOIN period p ON p.id = c.period
        WHERE c.final_from <= $1 AND {final} GROUP BY 1, 2
        UNION ALL SELECT x.period, left(x.area, {digits}), {_SUMS}, 0
        FROM ({live}) x JOIN rate_cell c ON c.period = x.period AND c.township = x.area
            AND (c.final_from IS NULL OR c.final_from > $1)
        JOIN period p ON p.id = c.period WHERE {final} GROUP BY 1, 2""",
        *where.args,
    )


_UNFINISHED = """FROM rate_cell c JOIN period p ON p.id = c.period
    WHERE (c.final_from IS NULL OR c.final_from > $1)"""


def _live(where: Filters, digits: int, source: str) -> list[str]:
    return [
        f"""SELECT period, left(region, {digits}) AS area, {_COUNTS}, 0 AS correction_late
            FROM ({part}) standing GROUP BY 1, 2"""
        for part in standing_parts(where, "$1", source)
    ]


_LATE_CORRECTION = """review r JOIN submission s ON s.id = r.submission
    JOIN obligation o ON o.id = r.obligation JOIN period p ON p.id = o.period
    LEFT JOIN LATERAL (
        SELECT a.received_at FROM submission a
        WHERE a.obligation = o.id AND a.revision > s.revision AND a.received_at <= $1
          AND (a.withdrawn_at IS NULL OR a.withdrawn_at > $1)
        ORDER BY a.revision LIMIT 1) answer ON true
    WHERE r.decision = 'return' AND r.at <= $1
      AND r.fix_by < coalesce(answer.received_at, $1)
      AND NOT (o.amended AND coalesce((
        SELECT a.kind = 'exempt' FROM adjustment a
        WHERE a.obligation = o.id AND a.kind <> 'extend' AND a.decided_at <= $1
        ORDER BY a.decided_at DESC, a.id DESC LIMIT 1), false))"""


async def late_corrections(wanted: Wanted, level: Level, as_of: datetime) -> list[asyncpg.Record]:
    """Obligations with a return answered late or not at all by `as_of`, by period and area.

    Those in finished cells are left out where `by_area` takes them from the cells.
    """
    where = wanted.cut(Filters(as_of), "o.region")
    if not wanted.by_village(level):
        final = wanted.cut(Filters(as_of), "c.township").sql
        # Nothing was returned before its period opened: that spares the years that are over.
        where.add(f"r.at >= (SELECT min(p.opens_at) {_UNFINISHED} AND {final})").add(
            """NOT EXISTS (SELECT 1 FROM rate_cell c WHERE c.period = o.period
               AND c.township = left(o.region, 9) AND c.final_from <= $1)"""
        )
    return await fetch(
        f"""SELECT o.period, left(o.region, {level.digits}) AS area,
                   count(DISTINCT o.id)::int AS correction_late
        FROM {_LATE_CORRECTION} AND {where.sql} GROUP BY 1, 2""",
        *where.args,
    )


async def exceeds(wanted: Wanted, most: int) -> bool:
    """Whether more than so many obligations are asked for, one by one."""
    where = wanted.cut(Filters(), "o.region")
    found = await fetch(
        f"""SELECT 1 FROM obligation o JOIN period p ON p.id = o.period
        WHERE {where.sql} LIMIT 1 OFFSET {where.param(most)}""",
        *where.args,
    )
    return bool(found)


async def turnaround(
    scopes: Sequence[str], under: str | None, level: Level, as_of: datetime
) -> list[asyncpg.Record]:
    """How the townships reviewed of late, by area: decided, in time, median working days."""
    where = Filters(as_of, as_of - TURNAROUND).within("r.region", scopes)
    if under is not None:
        where.within("r.region", [under])
    return await fetch(
        f"""SELECT left(r.region, {level.digits}) AS area, count(*)::int AS decided,
            count(*) FILTER (WHERE r.in_time)::int AS in_time,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY r.waited_workdays) AS median_workdays
        FROM review r WHERE r.step = 'town' AND r.at <= $1 AND r.at > $2 AND {where.sql}
        GROUP BY 1 ORDER BY 1""",
        *where.args,
    )


async def periods(wanted: Wanted, as_of: datetime) -> list[asyncpg.Record]:
    """The periods that had opened by `as_of`, newest first, with their schedules' titles."""
    where = Filters(as_of).add("p.opens_at <= $1").add_if(wanted.schedule, "p.schedule = ?")
    where.add_if(wanted.period, "p.key = ?")
    return await fetch(
        f"""SELECT p.id, p.key, p.schedule, p.due_at, p.closes_at, s.title::text AS title, f.code
        FROM period p JOIN schedule s ON s.id = p.schedule JOIN form f ON f.id = p.form
        WHERE {where.sql} ORDER BY p.due_at DESC, p.id""",
        *where.args,
    )


async def finish_cells(now: datetime, limit: int = 200) -> int:
    """Makes cells final: closed, nothing awaiting review or a correction; gives how many.

    Nor while somebody may still come to be certified.
    From then on only an adjustment or a withdrawal can change their counts, and these reopen them.
    """
    cells = await fetch(
        """SELECT c.id, c.period, c.township FROM rate_cell c
        WHERE c.final_from IS NULL AND c.closes_at < $2 AND NOT EXISTS (
            SELECT 1 FROM obligation o WHERE o.period = c.period
            AND o.region >= c.township AND o.region < c.township || ':'
            AND (o.closes_at >= $2 OR o.stage IN ('town', 'county') OR o.fix_by >= $2
                OR o.beneficiary IS NOT NULL AND o.stage = 'none' AND o.closes_at >= $3))
        ORDER BY c.closes_at, c.id LIMIT $1 FOR UPDATE SKIP LOCKED""",
        limit,
        now - SETTLING,
        now - SETTLING - CERTIFIED_LATER,
    )
    for cell in cells:
        await _finish(cell["id"], cell["period"], cell["township"], now)
    return len(cells)


async def _finish(cell: int, period: int, township: str, now: datetime) -> None:
    def where() -> Filters:
        return Filters(now).add("o.period = ?", period).within("o.region", [township])

    all_of, late = where(), where()
    counts = await fetch_row(
        f"SELECT {_COUNTS} FROM ({standing_sql(all_of, '$1')}) standing", *all_of.args
    )
    corrections = await fetch_row(
        f"SELECT count(DISTINCT o.id) AS n FROM {_LATE_CORRECTION} AND {late.sql}", *late.args
    )
    assert counts is not None
    assert corrections is not None
    await fetch(
        """UPDATE rate_cell SET final_from = $2, on_time = $3, late = $4, missing = $5,
           exempt = $6, correction_late = $7 WHERE id = $1""",
        cell,
        now,
        *(counts[name] for name in ("on_time", "late", "missing", "exempt")),
        corrections["n"],
    )


async def reopen_cells(obligations: Sequence[int]) -> None:
    """Makes the cells of these obligations be counted anew, as their facts are changing."""
    await fetch(
        """UPDATE rate_cell c SET final_from = NULL, closes_at = o.closes_at
        FROM (SELECT period, left(region, 9) AS township, max(closes_at) AS closes_at
              FROM obligation WHERE id = ANY($1) GROUP BY 1, 2) o
        WHERE c.period = o.period AND c.township = o.township""",
        list(obligations),
    )


async def mark(scopes: Sequence[str], under: str | None) -> int:
    """A number that grows with every change of a duty in the scopes."""
    where = Wanted(scopes, under).cut(Filters(), "key")
    found = await fetch_value(
        f"SELECT coalesce(sum(change_no), 0)::bigint FROM region WHERE {where.sql}", *where.args
    )
    return int(found)
