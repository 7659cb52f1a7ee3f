"""A roster in the database: staged whole, compared with what is known, then written in sets."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, Final

import asyncpg

from backend.store import undoing
from backend.store.database import copy_rows, fetch, fetch_value

# Field of the list → column that keeps it, for those a list may leave out and so say nothing of.
OPTIONAL: Final = {
    "benef_id": "number",
    "group_no": "group_no",
    "household_no": "household",
    "live_type": "live_type",
    "monthly_amount": "monthly_fen",
    "pay_status": "pay_status",
    "stopped_from": "stopped_from",
    "risk_tags": "risk_tags",
    "ref_photo_id": "ref_photo",
}
# Fields sealed together: a list with any of them says all of them.
PRIVATE: Final = (
    "phone",
    "contact_name",
    "contact_phone",
    "contact_relation",
    "hukou_addr",
    "live_addr",
    "bank_name",
    "bank_tail4",
)
_ALWAYS: Final = ("name", "benefit_start", "certified_on", "certified_by", "due_told")
STAGED: Final = (
    "line",
    "id_number_index",
    "id_number_sealed",
    "born_on",
    "insurance_type",
    "region",
    "private_sealed",
    "private_digest",
    *_ALWAYS,
    *OPTIONAL.values(),
)


async def villages(county: str) -> list[asyncpg.Record]:
    """All villages of a county, in force or not, with who came after them."""
    return await fetch(
        """SELECT key, valid_to, successor FROM region
        WHERE level = 'village' AND key >= $1 AND key < $1 || ':'""",
        county,
    )


async def hold(county: str) -> None:
    """Makes whoever changes the pensioners of a county wait for each other until the commit."""
    await fetch("SELECT pg_advisory_xact_lock(4711021, hashtext($1))", county)


async def try_hold(county: str) -> bool:
    """The same for those who can come again: False while another is at it."""
    held: bool = await fetch_value(
        "SELECT pg_try_advisory_xact_lock(4711021, hashtext($1))", county
    )
    return held


async def stage() -> None:
    """An empty place for the rows, shaped as the table they go to."""
    await fetch("DROP TABLE IF EXISTS roster_stage")
    columns = ", ".join(c for c in STAGED if c != "line")
    await fetch(
        f"""CREATE TEMP TABLE roster_stage ON COMMIT DROP AS
        SELECT 0 AS line, {columns}, NULL::uuid AS beneficiary, ''::text AS kind,
            '{{}}'::varchar[] AS fields, ''::varchar AS was_region
        FROM beneficiary WHERE false"""
    )


async def put(rows: Sequence[tuple[Any, ...]]) -> None:
    """Adds rows, in the order of `STAGED`."""
    await copy_rows("roster_stage", STAGED, rows)


async def compare(county: str, listed: Collection[str]) -> dict[str, int]:
    """Finds out what each row means, and counts: new, changed, moved, back, same, gone.

    `listed` are the fields the file has. A proof of life known here and newer than the roster's
    stays, and then the due day that the roster names belongs to an older one.
    """
    await fetch("ANALYZE roster_stage")
    await fetch(_MATCH, county)
    compared = _columns(listed)
    differing = ", ".join(
        f"CASE WHEN b.{c} IS DISTINCT FROM s.{c} THEN '{c}' END" for c in compared
    )
    await fetch(
        f"""UPDATE roster_stage s SET was_region = b.region,
            fields = array_remove(ARRAY[{differing}]::varchar[], NULL),
            kind = CASE WHEN b.gone_on IS NOT NULL THEN 'back'
                        WHEN b.region <> s.region THEN 'moved'
                        WHEN {" OR ".join(f"b.{c} IS DISTINCT FROM s.{c}" for c in compared)}
                        THEN 'changed' ELSE 'same' END
        FROM beneficiary b WHERE b.id = s.beneficiary"""
    )
    await fetch(
        """UPDATE roster_stage SET kind = 'new', beneficiary = gen_random_uuid()
        WHERE beneficiary IS NULL"""
    )
    counts = dict.fromkeys(("new", "changed", "moved", "back", "same"), 0)
    rows = await fetch("SELECT kind, count(*) AS n FROM roster_stage GROUP BY kind")
    counts |= {row["kind"]: row["n"] for row in rows}
    counts["gone"] = await fetch_value(f"SELECT count(*) {_GONE}", county)
    return counts


def _columns(listed: Collection[str]) -> list[str]:
    """The columns that the file speaks of."""
    optional = [column for field, column in OPTIONAL.items() if field in listed]
    private = ["private_digest"] if not set(PRIVATE).isdisjoint(listed) else []
    return ["region", *_ALWAYS, *optional, *private]


_NEWER = "b.certified_on > coalesce(s.certified_on, '-infinity'::date)"
_MATCH = f"""
UPDATE roster_stage s SET beneficiary = b.id,
    certified_on = CASE WHEN {_NEWER} THEN b.certified_on ELSE s.certified_on END,
    certified_by = CASE WHEN {_NEWER} THEN b.certified_by
                        WHEN s.certified_on = b.certified_on
                        THEN coalesce(s.certified_by, b.certified_by) ELSE s.certified_by END,
    due_told = CASE WHEN {_NEWER} THEN b.due_told ELSE s.due_told END
FROM beneficiary b
WHERE b.county = $1 AND b.insurance_type = s.insurance_type
  AND b.id_number_index = s.id_number_index
"""
# Insurances that the list does not speak of are left alone.
_GONE = """FROM beneficiary b
    WHERE b.county = $1 AND b.gone_on IS NULL
      AND b.insurance_type IN (SELECT DISTINCT insurance_type FROM roster_stage)
      AND NOT EXISTS (SELECT 1 FROM roster_stage s WHERE s.beneficiary = b.id)"""


async def keep_changes(batch: int, county: str) -> None:
    """Writes down who is changed, moved, back or gone. New ones are only counted."""
    await fetch(
        """INSERT INTO roster_change (batch, beneficiary, kind, line, fields, region, was_region)
        SELECT $1, beneficiary, kind, line, fields, region, was_region FROM roster_stage
        WHERE kind IN ('changed', 'moved', 'back') ORDER BY line""",
        batch,
    )
    await fetch(
        f"""INSERT INTO roster_change (batch, beneficiary, kind, fields, region, was_region)
        SELECT $2, b.id, 'gone', '{{}}', b.region, b.region {_GONE} ORDER BY b.region, b.id""",
        county,
        batch,
    )


async def apply(
    batch: int, county: str, listed: Collection[str], now: datetime, today: date
) -> None:
    """Does what `compare` found, and keeps what it writes over."""
    await undoing.begin(batch)
    written = f"{_WRITTEN} UNION SELECT b.id {_GONE.replace('$1', '$2')}"
    await undoing.keep_before(batch, undoing.PENSIONERS, written, county)
    await fetch(
        f"""UPDATE beneficiary SET gone_on = $2, changed_at = $3, change_no = NULL
        WHERE id IN (SELECT b.id {_GONE})""",
        county,
        today,
        now,
    )
    await _update(_columns(listed), now)
    await _insert(county, now)
    await fetch(
        """UPDATE beneficiary_place p SET until_on = $1 FROM roster_stage s
        WHERE p.beneficiary = s.beneficiary AND p.until_on IS NULL
          AND s.kind <> 'new' AND s.was_region <> s.region""",
        today,
    )
    await fetch(
        """INSERT INTO beneficiary_place (beneficiary, region, from_on, batch)
        SELECT beneficiary, region, $1, $2 FROM roster_stage
        WHERE kind = 'new' OR was_region <> region""",
        today,
        batch,
    )
    new = "SELECT beneficiary FROM roster_stage WHERE kind = 'new'"
    await undoing.keep_after(batch, undoing.PENSIONERS, new)


_WRITTEN = "SELECT beneficiary FROM roster_stage WHERE kind IN ('changed', 'moved', 'back')"


async def _update(columns: Sequence[str], now: datetime) -> None:
    written = [*columns, "private_sealed"] if "private_digest" in columns else columns
    await fetch(
        f"""UPDATE beneficiary b SET {", ".join(f"{c} = s.{c}" for c in written)},
            gone_on = NULL, changed_at = $1, change_no = NULL
        FROM roster_stage s
        WHERE b.id = s.beneficiary AND s.kind IN ('changed', 'moved', 'back')""",
        now,
    )


async def _insert(county: str, now: datetime) -> None:
    columns = ", ".join(column for column in STAGED if column != "line")
    await fetch(
        f"""INSERT INTO beneficiary (id, county, created_at, changed_at, {columns})
        SELECT beneficiary, $1, $2, $2, {columns} FROM roster_stage WHERE kind = 'new'""",
        county,
        now,
    )
