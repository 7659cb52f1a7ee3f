"""Periods and obligations."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from backend.domain.periods import Period, Timing
from backend.domain.regions import Level
from backend.store.database import fetch, fetch_row, fetch_value
from backend.store.facts import standing_sql
from backend.store.filters import Filters
from backend.store.reviews import STEPS

# Villages opened at once: filing in one county never waits for the rest of a province.
_CHUNK = Level.COUNTY.digits


async def add_periods(schedule: int, form: int, periods: Sequence[tuple[Period, Timing]]) -> None:
    """Freezes periods as they are first seen; known ones stay as they were."""
    await fetch(
        """INSERT INTO period (schedule, form, steps, allowance_hours, key, starts_on, ends_on,
                               opens_at, due_at, closes_at)
        SELECT $1::int, $2::int, s.steps, s.allowance_hours, p.*
        FROM schedule s, unnest($3::text[], $4::date[], $5::date[],
             $6::timestamptz[], $7::timestamptz[], $8::timestamptz[]) AS p
        WHERE s.id = $1
        ON CONFLICT (schedule, key) DO NOTHING""",
        schedule,
        form,
        [period.key for period, _ in periods],
        [period.start for period, _ in periods],
        [period.end for period, _ in periods],
        [timing.opens_at for _, timing in periods],
        [timing.due_at for _, timing in periods],
        [timing.closes_at for _, timing in periods],
    )


async def newest_period_start(schedule: int) -> Any:
    """The first day of the newest frozen period, or None."""
    return await fetch_value("SELECT max(starts_on) FROM period WHERE schedule = $1", schedule)


async def claim_unopened() -> asyncpg.Record | None:
    """One period whose obligations are not all there yet, oldest first, held until the commit."""
    return await fetch_row(
        """SELECT p.id, p.schedule, p.opens_at, p.due_at, p.closes_at, s.scope, s.ladder::text AS
           ladder, s.ladder_since, p.opened_up_to
        FROM period p JOIN schedule s ON s.id = p.schedule
        WHERE p.opened_at IS NULL ORDER BY p.opens_at, p.id LIMIT 1 FOR UPDATE OF p SKIP LOCKED"""
    )


async def hold_openings() -> None:
    """Waits for openings under way and holds back new ones, so that they see one map of villages.

    Taken before any village, as an opening does. Certifications have a lock of their own.
    """
    await fetch("SELECT id FROM period WHERE opened_at IS NULL ORDER BY id FOR UPDATE")


async def next_chunk(scope: str, after: str) -> str | None:
    """The next county (or part of one) with villages in the scope, after the chunk `after`."""
    value: str | None = await fetch_value(
        f"""SELECT left(min(key), greatest({_CHUNK}, length($1))) FROM region
        WHERE level = 'village' AND key >= $1 AND key < $1 || ':'
          AND ($2 = '' OR key > $2 || ':')""",
        scope,
        after,
    )
    return value


async def open_chunk(period: asyncpg.Record, chunk: str, remind_at: datetime | None) -> int:
    """Opens the period for every village in force under `chunk`, once; gives how many.

    The village rows are taken in code order and their change numbers stamped on what opens.
    """
    opened = await fetch_value(
        """WITH villages AS MATERIALIZED (
            SELECT key FROM region
            WHERE level = 'village' AND key >= $2 AND key < $2 || ':' AND valid_to IS NULL
            ORDER BY key FOR NO KEY UPDATE),
        bumped AS (
            UPDATE region r SET change_no = r.change_no + 1 FROM villages v
            WHERE r.key = v.key AND NOT EXISTS (
                SELECT 1 FROM obligation o WHERE o.period = $1 AND o.region = v.key)
            RETURNING r.key, r.change_no),
        opened AS (
            INSERT INTO obligation (period, schedule, region, holder, opens_at, due_at, closes_at,
                original_due_at, original_closes_at, remind_at, change_no)
            SELECT $1, $3, key, key, $4, $5, $6, $5, $6, $7, change_no
            FROM bumped RETURNING region),
        cells AS (
            INSERT INTO rate_cell (period, township, closes_at)
            SELECT DISTINCT $1::int, left(region, 9), $6::timestamptz FROM opened
            ON CONFLICT (period, township) DO NOTHING)
        SELECT count(*) FROM opened""",
        period["id"],
        chunk,
        period["schedule"],
        period["opens_at"],
        period["due_at"],
        period["closes_at"],
        remind_at,
    )
    await fetch("UPDATE period SET opened_up_to = $2 WHERE id = $1", period["id"], chunk)
    return int(opened)


async def finish_opening(period: int, now: datetime) -> None:
    """Marks a period as opened for everybody."""
    await fetch("UPDATE period SET opened_at = $2 WHERE id = $1", period, now)


async def opened_after(number: int) -> list[asyncpg.Record]:
    """The obligations with higher ids, with the period and form of each, in order of id."""
    return await fetch(
        """SELECT o.id, o.region, o.opens_at, o.due_at, o.closes_at, p.key, p.ends_on, f.code
        FROM obligation o JOIN period p ON p.id = o.period JOIN form f ON f.id = p.form
        WHERE o.id > $1 ORDER BY o.id""",
        number,
    )


_LISTED = f"""SELECT o.id, o.schedule, s.title::text AS title, f.code, p.form, p.key AS period,
    o.region, r.name AS region_name, o.holder, o.opens_at, o.due_at, o.closes_at,
    o.original_due_at, o.original_closes_at, o.exempt_at, o.stage, o.stage_since, o.fix_by,
    o.revisions, p.allowance_hours, {STEPS} AS steps"""
_SOURCE = """obligation o JOIN period p ON p.id = o.period JOIN schedule s ON s.id = o.schedule
    JOIN form f ON f.id = p.form JOIN region r ON r.key = o.region"""


def _in_scope(where: Filters, scopes: Sequence[str]) -> Filters:
    """Who answers for it now may see it, and whoever was set over the village then."""
    here, then = where.under("o.holder", scopes), where.under("o.region", scopes)
    return where.add(f"({here} OR {then})")


async def page(
    scopes: Sequence[str],
    as_of: datetime,
    *,
    under: str | None = None,
    schedule: int | None = None,
    period: str | None = None,
    standing: Sequence[str] | None = None,
    stage: str | None = None,
    held: bool = False,
    beneficiary: UUID | None = None,
    household: str | None = None,
    after: int | None = None,
    limit: int = 100,
) -> list[asyncpg.Record]:
    """Obligations with their standing as of an instant, in order of id; filters as in rates.

    As in the rates a duty belongs to the village it was asked of; `held` asks for those that
    villages answer for now, also on behalf of villages that are no more. Certifications are found
    by their pensioner too, or all those of a household.
    """
    village = "o.holder" if held else "o.region"
    where = Filters(as_of).within(village, scopes)
    if under is not None:
        where.within(village, [under])
    where.add_if(schedule, "o.schedule = ?").add_if(stage, "o.stage = ?")
    where.add_if(after, "o.id > ?").add_if(beneficiary, "o.beneficiary = ?")
    where.add_if(household, "o.beneficiary IN (SELECT id FROM beneficiary WHERE household = ?)")
    if period is not None:
        where.add("o.period IN (SELECT id FROM period WHERE key = ?)", period)
    cut = f"WHERE x.standing = ANY({where.param(list(standing))})" if standing else ""
    return await fetch(
        f"""WITH found AS (
            SELECT x.* FROM ({standing_sql(where, "$1")}) x {cut}
            ORDER BY x.id LIMIT {where.param(limit)})
        {_LISTED}, found.standing, found.due_at AS due_then, found.closes_at AS closes_then,
            first.captured_at, first.corrected_at, first.received_at, first.counted_at,
            first.counted_by
        FROM found JOIN {_SOURCE.replace("obligation o", "obligation o ON o.id = found.id", 1)}
        LEFT JOIN LATERAL (
            SELECT * FROM submission s WHERE s.obligation = o.id AND s.received_at <= $1
              AND (s.withdrawn_at IS NULL OR s.withdrawn_at > $1)
            ORDER BY s.revision LIMIT 1) first ON true
        ORDER BY o.id""",
        *where.args,
    )


async def within(number: int, scopes: Sequence[str]) -> asyncpg.Record | None:
    """An obligation in one of the scopes."""
    where = _in_scope(Filters().add("o.id = ?", number), scopes)
    return await fetch_row(f"{_LISTED} FROM {_SOURCE} WHERE {where.sql}", *where.args)


async def look_again(schedule: int, now: datetime) -> None:
    """Lets the next reminder of every outstanding duty be found anew, by the ladder of now."""
    await fetch(
        """UPDATE obligation SET remind_at = $2
        WHERE schedule = $1 AND (stage = 'none' AND closes_at >= $2
            OR stage IN ('town', 'county', 'returned'))""",
        schedule,
        now,
    )


async def open_periods(schedule: int, scopes: Sequence[str], now: datetime) -> list[asyncpg.Record]:
    """The periods of a schedule that have opened and not closed, oldest first, with how many
    duties the villages in the scopes have in each, and how many of them are outstanding.
    """
    where = Filters(schedule, now).within("o.holder", scopes)
    return await fetch(
        f"""SELECT p.key AS period, p.form, f.version, p.due_at, p.closes_at, counted.*
        FROM period p JOIN form f ON f.id = p.form CROSS JOIN LATERAL (
            SELECT count(*)::int AS duties, (count(*) FILTER (
                WHERE o.stage IN ('none', 'returned') AND o.exempt_at IS NULL))::int AS outstanding
            FROM obligation o WHERE o.period = p.id AND {where.sql}) counted
        WHERE p.schedule = $1 AND p.opens_at <= $2 AND p.closes_at > $2
        ORDER BY p.starts_on""",
        *where.args,
    )
