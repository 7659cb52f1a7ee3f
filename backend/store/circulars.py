"""Circulars: what they are made of, their numbers, their versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from backend.domain.regions import Level
from backend.store.database import fetch, fetch_row, fetch_value
from backend.store.facts import standing_sql
from backend.store.filters import Filters


async def periods(
    county: str, schedule: int | None, key: str, as_of: datetime
) -> list[asyncpg.Record]:
    """The county's opened periods with a key: of one schedule, or of all monthly ones."""
    where = Filters(county, key, as_of).add_if(schedule, "s.id = ?")
    if schedule is None:
        where.add("s.cadence = 'monthly'")
    return await fetch(
        f"""SELECT p.id, p.key, p.schedule, p.due_at, p.closes_at, s.title::text AS title, f.code
        FROM period p JOIN schedule s ON s.id = p.schedule JOIN form f ON f.id = p.form
        WHERE (starts_with(s.scope, $1) OR starts_with($1, s.scope)) AND p.key = $2
          AND p.opens_at <= $3 AND {where.sql} ORDER BY f.code, s.id""",
        *where.args,
    )


async def turnaround(
    period: int, county: str, level: Level, as_of: datetime
) -> list[asyncpg.Record]:
    """How a period was reviewed by the townships: decided, in time, median working days."""
    where = Filters(period, as_of).within("o.region", [county])
    return await fetch(
        f"""SELECT left(o.region, {level.digits}) AS area, count(*)::int AS decided,
            (count(*) FILTER (WHERE r.in_time))::int AS in_time,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY r.waited_workdays) AS median_workdays
        FROM obligation o JOIN review r ON r.obligation = o.id
        WHERE o.period = $1 AND r.step = 'town' AND r.at <= $2 AND {where.sql} GROUP BY 1""",
        *where.args,
    )


async def unfiled(period: int, county: str, as_of: datetime) -> list[asyncpg.Record]:
    """The villages that had filed nothing although it was due, in order of code."""
    where = Filters(as_of, period).add("o.period = $2").within("o.region", [county])
    return await fetch(
        f"""SELECT x.region, r.name, count(*)::int AS duties,
            CASE WHEN bool_or(x.standing = 'missing') THEN 'missing' ELSE 'pending' END AS standing
        FROM ({standing_sql(where, "$1")}) x LEFT JOIN region r ON r.key = x.region
        WHERE x.standing IN ('missing', 'pending') GROUP BY 1, 2 ORDER BY 1""",
        *where.args,
    )


async def on_subject(county: str, schedule: int | None, period: str) -> UUID | None:
    """The circular the county has on this subject."""
    found: UUID | None = await fetch_value(
        """SELECT id FROM circular
        WHERE county = $1 AND schedule IS NOT DISTINCT FROM $2 AND period = $3""",
        county,
        schedule,
        period,
    )
    return found


async def next_number(county: str, year: int) -> int:
    """The number that follows, for who holds the county."""
    number: int = await fetch_value(
        "SELECT coalesce(max(number), 0) + 1 FROM circular WHERE county = $1 AND year = $2",
        county,
        year,
    )
    return number


async def add(values: Sequence[Any]) -> None:
    """Keeps a circular: (id, county, year, number, mark, schedule, period, account, at)."""
    await fetch(
        """INSERT INTO circular (id, county, year, number, mark, schedule, period, account, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        *values,
    )


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A version to keep; figures and changes as JSON."""

    circular: UUID
    version: int
    as_of: datetime
    ranked: bool
    figures: str
    changes: str
    reason: str
    account: UUID
    at: datetime


async def add_version(new: NewVersion) -> None:
    """Keeps a version."""
    await fetch(
        """INSERT INTO circular_version (circular, version, as_of, ranked, figures, changes, reason,
                                         account, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        *(new.circular, new.version, new.as_of, new.ranked, new.figures, new.changes),
        *(new.reason, new.account, new.at),
    )


async def publish(circular: UUID, version: int, account: UUID, now: datetime) -> bool:
    """Publishes a version; False when it was published before."""
    rows = await fetch(
        """UPDATE circular_version SET published_at = $3, published_by = $4
        WHERE circular = $1 AND version = $2 AND published_at IS NULL RETURNING id""",
        circular,
        version,
        now,
        account,
    )
    return bool(rows)


@dataclass(frozen=True, slots=True)
class Reader:
    """Where drafts are seen, and of which counties what is published."""

    drafts: Sequence[str]
    counties: Sequence[str]


def _seen(reader: Reader, where: Filters) -> str:
    """Circulars with their newest version that the reader may see."""
    own = where.under("c.county", reader.drafts)
    where.add(f"({own} OR c.county = ANY(?))", list(reader.counties))
    return f"""SELECT c.id, c.county, c.year, c.number, c.mark, c.schedule, c.period, c.at, {own}
            AS own, v.version, v.as_of, v.ranked, v.published_at, a.name AS by_name
        FROM circular c LEFT JOIN account a ON a.id = c.account
        JOIN LATERAL (SELECT n.version, n.as_of, n.ranked, n.published_at FROM circular_version n
            WHERE n.circular = c.id AND (n.published_at IS NOT NULL OR {own})
            ORDER BY n.version DESC LIMIT 1) v ON true WHERE {where.sql}"""


async def within(circular: UUID, reader: Reader) -> asyncpg.Record | None:
    """A circular, where some version of it may be seen."""
    where = Filters().add("c.id = ?", circular)
    return await fetch_row(_seen(reader, where), *where.args)


async def hold(circular: UUID) -> None:
    """Holds a circular until the commit, so that two corrections follow each other."""
    await fetch("SELECT id FROM circular WHERE id = $1 FOR NO KEY UPDATE", circular)


async def page(
    reader: Reader, year: int | None, after: tuple[datetime, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """Circulars that may be seen, newest first."""
    where = Filters().add_if(year, "c.year = ?")
    if after is not None:
        where.add("(c.at, c.id) < (?, ?)", *after)
    sql = _seen(reader, where)
    return await fetch(
        f"{sql} ORDER BY c.at DESC, c.id DESC LIMIT {where.param(limit)}", *where.args
    )


async def version(circular: UUID, number: int) -> asyncpg.Record | None:
    """One version, whole."""
    return await fetch_row(
        """SELECT version, as_of, ranked, figures::text AS figures, changes::text AS changes,
            reason, at, published_at
        FROM circular_version WHERE circular = $1 AND version = $2""",
        circular,
        number,
    )


async def versions(circular: UUID, drafts: bool) -> list[asyncpg.Record]:
    """All versions, newest first; without `drafts` those that are published."""
    return await fetch(
        """SELECT v.version, v.as_of, v.reason, v.at, v.published_at, a.name AS by_name,
            jsonb_array_length(v.changes) AS changes
        FROM circular_version v LEFT JOIN account a ON a.id = v.account
        WHERE v.circular = $1 AND (v.published_at IS NOT NULL OR $2) ORDER BY v.version DESC""",
        circular,
        drafts,
    )
