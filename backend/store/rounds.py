"""Going through the pensioners of a county township by township: whose turn it is, what is held."""

from collections.abc import Collection
from datetime import date
from typing import Final

import asyncpg

from backend.domain.filing import CERTIFIED_LATER
from backend.store.database import fetch, fetch_row, fetch_value

# So long after its closing a duty still follows its pensioner, as it may still be filed.
REACH: Final = CERTIFIED_LATER


async def missing_schedules(on: date) -> list[asyncpg.Record]:
    """(county, insurance_type, starts_on) of each cycle taken up by a day and not asked for yet."""
    return await fetch(
        """SELECT c.county, c.insurance_type, min(c.starts_on) AS starts_on FROM cert_cycle c
        WHERE c.starts_on <= $1 AND NOT EXISTS (SELECT 1 FROM schedule s
            WHERE s.scope = c.county AND s.insurance_type = c.insurance_type)
        GROUP BY 1, 2 ORDER BY 1, 2""",
        on,
    )


async def use_form(form: int) -> None:
    """Lets certifications to come be asked for with this form."""
    await fetch(
        "UPDATE schedule SET form = $1 WHERE insurance_type IS NOT NULL AND form <> $1", form
    )


async def schedules(county: str) -> list[asyncpg.Record]:
    """The certification schedules of a county."""
    return await fetch(
        """SELECT id, insurance_type, ladder::text AS ladder, ladder_since FROM schedule
        WHERE scope = $1 AND insurance_type IS NOT NULL AND ends_on IS NULL ORDER BY id""",
        county,
    )


async def counties() -> list[str]:
    """Counties that certify, or of whose pensioners phones have to hear, in code order."""
    rows = await fetch(
        """SELECT scope AS key FROM schedule WHERE insurance_type IS NOT NULL
        UNION SELECT county FROM beneficiary WHERE change_no IS NULL ORDER BY 1"""
    )
    return [row["key"] for row in rows]


async def next_township(county: str, on: date) -> asyncpg.Record | None:
    """The next township to go through, and whether all its pensioners are (`whole`) or only those
    that changed.
    """
    return await fetch_row(
        """SELECT key, whole FROM (
            SELECT left(min(region), 9) AS key, false AS whole FROM beneficiary
            WHERE change_no IS NULL AND region >= $1 AND region < $1 || ':'
            UNION ALL SELECT min(r.key), true FROM region r
            LEFT JOIN cert_round c ON c.township = r.key
            WHERE r.level = 'township' AND r.key >= $1 AND r.key < $1 || ':'
              AND (c.looked_on IS NULL OR c.looked_on < $2)
              AND EXISTS (SELECT 1 FROM schedule s
                WHERE s.scope = $1 AND s.insurance_type IS NOT NULL)) found
        WHERE key IS NOT NULL ORDER BY key, whole DESC LIMIT 1""",
        county,
        on,
    )


async def hold_villages(township: str) -> None:
    """Holds the township's villages and those its pensioners came from, in code order."""
    await fetch(
        """SELECT key FROM region WHERE key IN (
            SELECT key FROM region WHERE level = 'village' AND key >= $1 AND key < $1 || ':'
            UNION SELECT p.region FROM beneficiary b
            JOIN beneficiary_place p ON p.beneficiary = b.id AND p.until_on IS NOT NULL
                AND p.change_no IS NULL
            WHERE b.change_no IS NULL AND b.region >= $1 AND b.region < $1 || ':'
            UNION SELECT o.holder FROM beneficiary b
            JOIN obligation o ON o.beneficiary = b.id AND o.holder <> b.region
            WHERE b.change_no IS NULL AND b.region >= $1 AND b.region < $1 || ':')
        ORDER BY key FOR NO KEY UPDATE""",
        township,
    )


async def any_changed(township: str) -> bool:
    """Whether pensioners of the township changed since the last round."""
    found: bool = await fetch_value(
        """SELECT EXISTS (SELECT 1 FROM beneficiary
            WHERE change_no IS NULL AND region >= $1 AND region < $1 || ':')""",
        township,
    )
    return found


async def stamp(township: str) -> set[str]:
    """Lets phones hear of the pensioners that changed, and of the places they left.

    What is stamped here and elsewhere in a round is the villages' next number, which `finish`
    gives them; they are held meanwhile.
    """
    rows = await fetch(
        """WITH left_behind AS (
            UPDATE beneficiary_place p SET change_no = v.change_no + 1
            FROM beneficiary b, region v
            WHERE b.change_no IS NULL AND b.region >= $1 AND b.region < $1 || ':'
              AND p.beneficiary = b.id AND p.until_on IS NOT NULL AND p.change_no IS NULL
              AND v.key = p.region
            RETURNING p.region),
        told AS (
            UPDATE beneficiary b SET change_no = v.change_no + 1 FROM region v
            WHERE b.change_no IS NULL AND b.region >= $1 AND b.region < $1 || ':'
              AND v.key = b.region
            RETURNING b.region)
        SELECT region FROM left_behind UNION SELECT region FROM told""",
        township,
    )
    return {row["region"] for row in rows}


async def finish(township: str, touched: Collection[str], on: date) -> None:
    """Gives the villages touched their next number, and notes the day of the round."""
    await fetch("UPDATE region SET change_no = change_no + 1 WHERE key = ANY($1)", list(touched))
    await fetch(
        """INSERT INTO cert_round (township, looked_on) VALUES ($1, $2)
        ON CONFLICT (township) DO UPDATE SET looked_on = $2""",
        township,
        on,
    )
