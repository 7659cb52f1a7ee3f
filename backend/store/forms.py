"""Forms and schedules."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import asyncpg

from backend.domain.form_definition import FormDefinition
from backend.domain.forms import parse_definition
from backend.store.database import fetch, fetch_row, fetch_value, from_json, to_json
from backend.store.filters import Filters

_FORM = """SELECT f.id, f.owner, f.code, f.version, f.definition::text AS definition,
    f.created_at, f.published_at FROM form f"""

# Published forms never change, so each process parses one only once.
_parsed: dict[int, FormDefinition] = {}


async def definitions(ids: Sequence[int]) -> dict[int, FormDefinition]:
    """Published forms by id, parsed and compiled."""
    unknown = [i for i in set(ids) if i not in _parsed]
    if unknown:
        rows = await fetch(f"{_FORM} WHERE f.id = ANY($1) AND f.published_at IS NOT NULL", unknown)
        for row in rows:
            _parsed[row["id"]] = parse_definition(from_json(row["definition"]))
    return {i: _parsed[i] for i in ids}


def _visible(where: Filters, scopes: Sequence[str]) -> Filters:
    """Shipped forms, and those of a county that holds or lies in one of the scopes."""
    marks = " OR ".join(
        f"(f.owner ^@ {p} OR {p} ^@ f.owner)" for p in (where.param(s) for s in scopes)
    )
    return where.add(f"(f.owner = ''{' OR ' + marks if marks else ''})")


async def page(
    scopes: Sequence[str], code: str | None, published: bool | None, after: int | None, limit: int
) -> list[asyncpg.Record]:
    """Forms in order of id."""
    where = _visible(Filters(), scopes).add_if(code, "f.code = ?").add_if(after, "f.id > ?")
    if published is not None:
        where.add(f"f.published_at IS {'NOT ' if published else ''}NULL")
    return await fetch(
        f"{_FORM} WHERE {where.sql} ORDER BY f.id LIMIT {where.param(limit)}", *where.args
    )


async def visible(form: int, scopes: Sequence[str]) -> asyncpg.Record | None:
    """A form that somebody with these scopes may see."""
    where = _visible(Filters().add("f.id = ?", form), scopes)
    return await fetch_row(f"{_FORM} WHERE {where.sql}", *where.args)


async def add(
    owner: str, definition: dict[str, Any], now: datetime, by: Any, *, published: bool = False
) -> asyncpg.Record:
    """The next version of a code, as a draft unless `published`."""
    code = definition["code"]
    await fetch("SELECT pg_advisory_xact_lock(hashtextextended($1, 11))", f"{owner}/{code}")
    row = await fetch_row(
        """INSERT INTO form (owner, code, version, definition, created_at, created_by, published_at)
        SELECT $1::text, $2::text, coalesce(max(version), 0) + 1, $3::jsonb, $4::timestamptz, $5,
               CASE WHEN $6 THEN $4 END
        FROM form WHERE owner = $1 AND code = $2 RETURNING id, version""",
        owner,
        code,
        to_json(definition),
        now,
        by,
        published,
    )
    assert row is not None
    return row


async def shipped(code: str) -> asyncpg.Record | None:
    """The newest shipped version of a code."""
    return await fetch_row(
        f"{_FORM} WHERE f.owner = '' AND f.code = $1 ORDER BY f.version DESC LIMIT 1", code
    )


async def replace_draft(form: int, definition: dict[str, Any]) -> bool:
    """Changes a draft; False when it has been published."""
    return bool(
        await fetch_value(
            """UPDATE form SET definition = $2, code = $3
            WHERE id = $1 AND published_at IS NULL RETURNING true""",
            form,
            to_json(definition),
            definition["code"],
        )
    )


async def discard_draft(form: int) -> bool:
    """Deletes a draft, which nothing can use yet; False when it has been published."""
    return bool(
        await fetch_value(
            "DELETE FROM form WHERE id = $1 AND published_at IS NULL RETURNING true", form
        )
    )


async def publish(form: int, now: datetime) -> bool:
    """Publishes a draft; False when it already was."""
    return bool(
        await fetch_value(
            """UPDATE form SET published_at = $2
            WHERE id = $1 AND published_at IS NULL RETURNING true""",
            form,
            now,
        )
    )


_SCHEDULE = """SELECT s.id, s.scope, s.form, f.code, f.version, s.title::text AS title, s.cadence,
    s.timetable::text AS timetable, s.steps::text AS steps, s.ladder::text AS ladder,
    s.ladder_since, s.hold_back, s.allowance_hours, s.starts_on, s.ends_on, s.created_at,
    s.insurance_type
    FROM schedule s JOIN form f ON f.id = s.form"""


async def schedules(
    scopes: Sequence[str], after: int | None = None, limit: int = 1000
) -> list[asyncpg.Record]:
    """Schedules that touch one of the scopes, in order of id."""
    where = Filters().add_if(after, "s.id > ?")
    marks = [f"(s.scope ^@ {p} OR {p} ^@ s.scope)" for p in (where.param(x) for x in scopes)]
    where.add(f"({' OR '.join(marks) or 'false'})")
    return await fetch(
        f"{_SCHEDULE} WHERE {where.sql} ORDER BY s.id LIMIT {where.param(limit)}", *where.args
    )


async def running(on: date) -> list[asyncpg.Record]:
    """Every schedule of reports that has not ended before a day, in order of id."""
    return await fetch(
        f"""{_SCHEDULE} WHERE (s.ends_on IS NULL OR s.ends_on >= $1)
          AND s.insurance_type IS NULL ORDER BY s.id""",
        on,
    )


async def schedule(number: int) -> asyncpg.Record | None:
    """A schedule by id."""
    return await fetch_row(f"{_SCHEDULE} WHERE s.id = $1", number)


async def add_schedule(values: dict[str, Any], by: Any = None) -> int:
    """Inserts a schedule; keys are the columns, JSON columns as values.

    Its ladder is in force at once, as version 1.
    """
    columns = list(values)
    number: int = await fetch_value(
        f"""WITH made AS (
            INSERT INTO schedule ({", ".join(columns)})
            VALUES ({", ".join(f"${i + 2}" for i in range(len(columns)))})
            RETURNING id, ladder, ladder_since, created_at)
        INSERT INTO ladder (schedule, version, steps, created_at, created_by, published_at,
                            published_by)
        SELECT id, 1, ladder, created_at, $1::uuid, greatest(created_at, ladder_since), $1
        FROM made RETURNING schedule""",
        by,
        *(_column(value) for value in values.values()),
    )
    return number


async def change_schedule(number: int, values: dict[str, Any]) -> None:
    """Sets the columns given; periods already frozen keep what they had."""
    columns = ", ".join(f"{name} = ${i + 2}" for i, name in enumerate(values))
    await fetch(
        f"UPDATE schedule SET {columns} WHERE id = $1",
        number,
        *(_column(value) for value in values.values()),
    )


def _column(value: Any) -> Any:
    return to_json(value) if isinstance(value, dict | list) else value
