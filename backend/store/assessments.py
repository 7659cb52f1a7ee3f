"""What the county's sheets count: the quarter of each township, and what villages had accepted."""

from collections.abc import Sequence
from datetime import date, datetime

import asyncpg

from backend.domain.calendar import SHANGHAI
from backend.domain.certification.words import Result
from backend.store.database import fetch
from backend.store.facts import standing_sql
from backend.store.filters import Filters

_SETTLES = ", ".join(f"'{result.value}'" for result in Result if result.settles)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


def _due_in(scopes: Sequence[str], days: tuple[date, date], t: datetime, kind: str) -> Filters:
    """Duties by the day they were first due: an extension moves none to another quarter."""
    where = Filters(t, *map(_midnight, days)).within("o.region", scopes)
    where.add("o.original_due_at >= $2").add("o.original_due_at < $3")
    return where.add(f"o.beneficiary IS {kind}")


async def reports(
    scopes: Sequence[str], days: tuple[date, date], t: datetime
) -> list[asyncpg.Record]:
    """Reports of a quarter by township: expected, on time, filed."""
    where = _due_in(scopes, days, t, "NULL")
    return await fetch(
        f"""SELECT left(x.region, 9) AS area,
            (count(*) FILTER (WHERE x.standing IN ('on_time', 'late', 'missing', 'pending')))::int
                AS expected,
            (count(*) FILTER (WHERE x.standing = 'on_time'))::int AS on_time,
            (count(*) FILTER (WHERE x.standing IN ('on_time', 'late')))::int AS filed
        FROM ({standing_sql(where, "$1")}) x GROUP BY 1""",
        *where.args,
    )


async def first_pass(
    scopes: Sequence[str], days: tuple[date, date], t: datetime
) -> list[asyncpg.Record]:
    """Of the reports of a quarter that the townships reviewed: how many never were returned."""
    where = _due_in(scopes, days, t, "NULL")
    return await fetch(
        f"""SELECT left(o.region, 9) AS area, count(*)::int AS reviewed,
            (count(*) FILTER (WHERE NOT d.returned))::int AS unreturned
        FROM obligation o JOIN LATERAL (SELECT bool_or(r.decision = 'return') AS returned
            FROM review r WHERE r.obligation = o.id AND r.at <= $1) d ON d.returned IS NOT NULL
        WHERE {where.sql} GROUP BY 1""",
        *where.args,
    )


async def certified(
    scopes: Sequence[str], days: tuple[date, date], t: datetime
) -> list[asyncpg.Record]:
    """Certifications due in a quarter by township: how many, and how many were settled: matched,
    or accepted with a finding that settles it. What is accepted stays so.
    """
    where = _due_in(scopes, days, t, "NOT NULL")
    return await fetch(
        f"""SELECT left(x.region, 9) AS area, count(*)::int AS due,
            (count(*) FILTER (WHERE CASE WHEN s.id IS NULL THEN x.counted_at IS NOT NULL
                ELSE o.stage = 'accepted' AND o.stage_since <= $1
                    AND s.answers->>'result' IN ({_SETTLES}) END))::int AS certified
        FROM ({standing_sql(where, "$1")}) x JOIN obligation o ON o.id = x.id
        LEFT JOIN submission s ON s.id = o.newest
        WHERE x.standing IN ('on_time', 'late', 'missing', 'pending') GROUP BY 1""",
        *where.args,
    )


async def reviewed(
    scopes: Sequence[str], days: tuple[date, date], t: datetime
) -> list[asyncpg.Record]:
    """Decisions of the townships in a quarter, and those in time."""
    where = Filters(t, *map(_midnight, days)).within("r.region", scopes)
    return await fetch(
        f"""SELECT left(r.region, 9) AS area, count(*)::int AS decided,
            (count(*) FILTER (WHERE r.in_time))::int AS in_time
        FROM review r WHERE r.step = 'town' AND r.at <= $1 AND r.at >= $2 AND r.at < $3
          AND {where.sql} GROUP BY 1""",
        *where.args,
    )


async def spot_checks(
    scopes: Sequence[str], days: tuple[date, date], t: datetime
) -> list[asyncpg.Record]:
    """Certifications that auditors looked at in a quarter, and those found false, each once."""
    where = Filters(t, *map(_midnight, days)).within("o.region", scopes)
    return await fetch(
        f"""SELECT left(o.region, 9) AS area, count(DISTINCT i.submission)::int AS checked,
            (count(DISTINCT i.submission) FILTER (WHERE NOT i.ok))::int AS wrong
        FROM cert_sample_item i JOIN submission s ON s.id = i.submission
        JOIN obligation o ON o.id = s.obligation
        WHERE i.ok IS NOT NULL AND i.at <= $1 AND i.at >= $2 AND i.at < $3 AND {where.sql}
        GROUP BY 1""",
        *where.args,
    )


async def death_lags(
    scopes: Sequence[str], days: tuple[date, date], t: datetime
) -> list[asyncpg.Record]:
    """The median days from a death to its first report, of those reported in a quarter."""
    where = Filters(t, *map(_midnight, days)).within("o.region", scopes)
    return await fetch(
        f"""SELECT left(d.region, 9) AS area, percentile_cont(0.5) WITHIN GROUP (
                ORDER BY greatest(d.day - d.died_on, 0)) AS days
        FROM (SELECT o.region, min((s.counted_at AT TIME ZONE 'Asia/Shanghai')::date) AS day,
                min((s.answers->>'happened_on')::date) AS died_on
            FROM submission s JOIN obligation o ON o.id = s.obligation
            WHERE s.answers->>'result' = 'death' AND s.received_at <= $1
              AND (s.withdrawn_at IS NULL OR s.withdrawn_at > $1) AND {where.sql}
            GROUP BY o.id, o.region HAVING min(s.counted_at) >= $2 AND min(s.counted_at) < $3) d
        GROUP BY 1""",
        *where.args,
    )


async def townships(scopes: Sequence[str], on: date) -> list[asyncpg.Record]:
    """The townships in force on a day, in order of code."""
    where = Filters(on).within("key", scopes).add("level = 'township'")
    where.add("(valid_from IS NULL OR valid_from <= $1) AND (valid_to IS NULL OR valid_to > $1)")
    return await fetch(f"SELECT key, name FROM region WHERE {where.sql} ORDER BY key", *where.args)


async def accepted(
    scopes: Sequence[str], days: tuple[date, date], t: datetime
) -> list[asyncpg.Record]:
    """What was accepted between two days by village and kind: filed itself, and on its behalf."""
    where = Filters(t, *map(_midnight, days)).within("o.holder", scopes)
    return await fetch(
        f"""SELECT o.holder AS region, r.name, f.code,
            (array_agg(f.definition->'title' ORDER BY f.version DESC))[1]::text AS title,
            (count(*) FILTER (WHERE NOT s.on_behalf))::int AS own,
            (count(*) FILTER (WHERE s.on_behalf))::int AS on_behalf
        FROM obligation o JOIN submission s ON s.id = o.newest
        JOIN period p ON p.id = o.period JOIN form f ON f.id = p.form
        LEFT JOIN region r ON r.key = o.holder
        WHERE o.stage = 'accepted' AND o.stage_since <= $1 AND o.stage_since >= $2
          AND o.stage_since < $3 AND {where.sql} GROUP BY 1, 2, 3 ORDER BY 1, 3""",
        *where.args,
    )
