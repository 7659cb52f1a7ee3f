"""Pensioners as they are looked up: by area, by the index of their number, one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import asyncpg

from backend.store.database import fetch, fetch_row
from backend.store.filters import Filters

_ROW = """SELECT b.*, r.name AS region_name,
    ARRAY(SELECT DISTINCT h.kind FROM match_hit h WHERE h.beneficiary = b.id
          AND h.outcome = 'suspect' AND h.cleared_at IS NULL ORDER BY h.kind) AS doubts
    FROM beneficiary b JOIN region r ON r.key = b.region"""
_DOUBTED = """EXISTS (SELECT 1 FROM match_hit h WHERE h.beneficiary = b.id
    AND h.outcome = 'suspect' AND h.cleared_at IS NULL)"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is cut to; None leaves it whole. Who is gone is listed only when asked for."""

    under: str | None = None
    insurance_type: str | None = None
    pay_status: str | None = None
    doubted: bool | None = None
    gone: bool = False


async def page(
    scopes: Sequence[str], wanted: Wanted, after: tuple[str, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """Pensioners of the area in order of village."""
    where = Filters().within("b.region", scopes)
    if wanted.under is not None:
        where.within("b.region", [wanted.under])
    where.add_if(wanted.insurance_type, "b.insurance_type = ?")
    where.add_if(wanted.pay_status, "b.pay_status = ?")
    where.add("b.gone_on IS NOT NULL" if wanted.gone else "b.gone_on IS NULL")
    if wanted.doubted is not None:
        where.add(_DOUBTED if wanted.doubted else f"NOT {_DOUBTED}")
    if after is not None:
        where.add("(b.region, b.id) > (?, ?)", *after)
    return await fetch(
        f"{_ROW} WHERE {where.sql} ORDER BY b.region, b.id LIMIT {where.param(limit)}", *where.args
    )


async def with_number(index: bytes, scopes: Sequence[str]) -> list[asyncpg.Record]:
    """All pensions in the area of the person with that number, gone ones as well."""
    where = Filters().add("b.id_number_index = ?", index).within("b.region", scopes)
    return await fetch(f"{_ROW} WHERE {where.sql} ORDER BY b.insurance_type, b.id", *where.args)


async def within(number: UUID, scopes: Sequence[str]) -> asyncpg.Record | None:
    """A pension in the area."""
    where = Filters().add("b.id = ?", number).within("b.region", scopes)
    return await fetch_row(f"{_ROW} WHERE {where.sql}", *where.args)


async def places(number: UUID) -> list[asyncpg.Record]:
    """Where the pensioner was listed, oldest first."""
    return await fetch(
        """SELECT p.region, r.name AS region_name, p.from_on, p.until_on
        FROM beneficiary_place p JOIN region r ON r.key = p.region
        WHERE p.beneficiary = $1 ORDER BY p.id""",
        number,
    )


async def hits(number: UUID) -> list[asyncpg.Record]:
    """What other offices' lists said of the pensioner, newest first, with their source and row."""
    return await fetch(
        """SELECT h.id, b.source, h.line, h.kind, h.happened_on, h.outcome, h.at, h.cleared_at
        FROM match_hit h JOIN import_batch b ON b.id = h.batch
        WHERE h.beneficiary = $1 ORDER BY h.id DESC LIMIT 100""",
        number,
    )


async def follow(old: str, new: str, on: date, now: datetime) -> None:
    """Lets the pensioners of a village that ended be those of its successor."""
    await fetch(
        """WITH moved AS (
            UPDATE beneficiary SET region = $2, changed_at = $4, change_no = NULL
            WHERE region = $1 RETURNING id),
        left_behind AS (
            UPDATE beneficiary_place SET until_on = $3
            WHERE beneficiary IN (SELECT id FROM moved) AND until_on IS NULL)
        SELECT count(*) FROM moved""",
        old,
        new,
        on,
        now,
    )
    await fetch(
        """INSERT INTO beneficiary_place (beneficiary, region, from_on)
        SELECT b.id, b.region, $2 FROM beneficiary b
        WHERE b.region = $1 AND NOT EXISTS (SELECT 1 FROM beneficiary_place p
            WHERE p.beneficiary = b.id AND p.until_on IS NULL)""",
        new,
        on,
    )
