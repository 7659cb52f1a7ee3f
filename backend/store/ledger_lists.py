"""A sheet of the ledger in the database: staged whole, compared with what is known, then written.

A field that the sheet has no column for stays as it is. Nobody leaves for not being listed.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from backend.store import undoing
from backend.store.database import copy_rows, fetch

STAGED: Final = (
    "line",
    "id_number_index",
    "id_number_sealed",
    "born_on",
    "female",
    "region",
    "phone_sealed",
    "phone_index",
    "facts",
    "leaves",
)
_KINDS: Final = ("new", "changed", "moved", "gone", "same")


async def live(county: str) -> set[bytes]:
    """The numbers of everybody listed in the county."""
    rows = await fetch(
        "SELECT id_number_index FROM resident WHERE county = $1 AND gone_on IS NULL", county
    )
    return {row["id_number_index"] for row in rows}


async def stage() -> None:
    """An empty place for the rows; `leaves` is how somebody leaves the ledger, if they do."""
    await fetch("DROP TABLE IF EXISTS ledger_stage")
    await fetch(
        """CREATE TEMP TABLE ledger_stage (line int, id_number_index bytea, id_number_sealed bytea,
            born_on date, female bool, region varchar COLLATE "C", phone_sealed bytea,
            phone_index bytea, facts jsonb, leaves text, resident uuid, kind text,
            fields varchar[], was_region varchar COLLATE "C") ON COMMIT DROP"""
    )


async def put(rows: Sequence[tuple[Any, ...]]) -> None:
    """Adds rows, in the order of `STAGED`."""
    await copy_rows("ledger_stage", STAGED, rows)


async def compare(county: str) -> dict[str, int]:
    """Finds out what each row means, and counts: new, changed, moved, gone, same."""
    await fetch("ANALYZE ledger_stage")
    await fetch(
        """UPDATE ledger_stage s SET resident = r.id, was_region = r.region,
            fields = ARRAY(SELECT d.key FROM jsonb_each(s.facts) d
                WHERE (r.facts->d.key) IS DISTINCT FROM d.value
                   OR d.key = 'phone' AND d.value <> '""'
                        AND r.phone_index IS DISTINCT FROM s.phone_index
                ORDER BY 1)
        FROM resident r WHERE r.county = $1 AND r.gone_on IS NULL
          AND r.id_number_index = s.id_number_index""",
        county,
    )
    await fetch(
        """UPDATE ledger_stage SET kind = CASE WHEN resident IS NULL THEN 'new'
                WHEN leaves IS NOT NULL THEN 'gone' WHEN was_region <> region THEN 'moved'
                WHEN fields <> '{}' THEN 'changed' ELSE 'same' END,
            resident = coalesce(resident, gen_random_uuid()),
            was_region = coalesce(was_region, region)"""
    )
    rows = await fetch("SELECT kind, count(*) AS n FROM ledger_stage GROUP BY kind")
    return dict.fromkeys(_KINDS, 0) | {row["kind"]: row["n"] for row in rows}


async def keep_changes(batch: int) -> None:
    """Writes down who is changed, moved or gone. New ones are only counted."""
    await fetch(
        """INSERT INTO resident_diff (batch, resident, kind, line, fields, region, was_region)
        SELECT $1, resident, kind, line, fields, region, was_region FROM ledger_stage
        WHERE kind IN ('changed', 'moved', 'gone') ORDER BY line""",
        batch,
    )


async def hold_villages() -> None:
    """Holds every village that the sheet touches, in code order."""
    await fetch(
        """SELECT key FROM region WHERE key IN (
            SELECT region FROM ledger_stage WHERE kind <> 'same'
            UNION SELECT was_region FROM ledger_stage WHERE kind <> 'same')
        ORDER BY key FOR NO KEY UPDATE"""
    )


async def apply(batch: int, county: str, account: UUID | None, now: datetime, on: date) -> None:
    """Does what `compare` found; the villages are held. Phones hear of it under their next number.

    The sheet counts as captured now, so it holds over whatever was changed before.
    """
    await undoing.begin(batch)
    await undoing.keep_before(batch, undoing.RESIDENTS, _WRITTEN)
    await fetch(_HISTORY, batch, account, now)
    await fetch(_INSERT, county, now)
    await fetch(_HISTORY_NEW, batch, account, now)
    await fetch(_LEFT)
    await fetch(_UPDATE, now, on)
    await undoing.keep_after(batch, undoing.RESIDENTS, _NEW)
    await fetch(
        """UPDATE region SET change_no = change_no + 1 WHERE key IN (
            SELECT region FROM ledger_stage WHERE kind <> 'same'
            UNION SELECT was_region FROM ledger_stage WHERE kind <> 'same')"""
    )


_WRITTEN: Final = "SELECT resident FROM ledger_stage WHERE kind IN ('changed', 'moved', 'gone')"
_NEW: Final = "SELECT resident FROM ledger_stage WHERE kind = 'new'"
_STAMPS: Final = """(SELECT coalesce(jsonb_object_agg(k, to_jsonb($%d::timestamptz)), '{}')
    FROM jsonb_object_keys(s.facts) k)"""
_INSERT: Final = f"""INSERT INTO resident (id, county, region, id_number_sealed, id_number_index,
        born_on, female, phone_sealed, phone_index, facts, stamps, created_at, changed_at,
        change_no)
    SELECT s.resident, $1, s.region, s.id_number_sealed, s.id_number_index, s.born_on, s.female,
        s.phone_sealed, s.phone_index, s.facts, {_STAMPS % 2}, $2, $2, v.change_no + 1
    FROM ledger_stage s JOIN region v ON v.key = s.region WHERE s.kind = 'new'"""
_LEFT: Final = """INSERT INTO resident_left (resident, region, change_no)
    SELECT s.resident, s.was_region, v.change_no + 1
    FROM ledger_stage s JOIN region v ON v.key = s.was_region WHERE s.was_region <> s.region"""
_UPDATE: Final = f"""UPDATE resident r SET region = s.region, facts = r.facts || s.facts,
        stamps = r.stamps || {_STAMPS % 1}, changed_at = $1,
        phone_sealed = coalesce(s.phone_sealed, r.phone_sealed),
        phone_index = coalesce(s.phone_index, r.phone_index),
        gone_on = CASE WHEN s.kind = 'gone' THEN $2::date END, change_no = v.change_no + 1
    FROM ledger_stage s JOIN region v ON v.key = s.region
    WHERE r.id = s.resident AND s.kind IN ('changed', 'moved', 'gone')"""
_HISTORY: Final = """INSERT INTO resident_change (id, resident, region, account, kind, at,
        received_at, steps, outdated, batch)
    SELECT gen_random_uuid(), s.resident, s.region, $2, coalesce(s.leaves, 'update'), $3, $3,
        coalesce((SELECT jsonb_agg(jsonb_build_array(f, r.facts->f, s.facts->f) ORDER BY f)
            FROM unnest(s.fields) f), '[]')
        || CASE WHEN s.was_region <> s.region
            THEN jsonb_build_array(jsonb_build_array('region', s.was_region, s.region))
            ELSE '[]' END, '{}', $1
    FROM ledger_stage s JOIN resident r ON r.id = s.resident
    WHERE s.kind IN ('changed', 'moved', 'gone')"""
_HISTORY_NEW: Final = """INSERT INTO resident_change (id, resident, region, account, kind, at,
        received_at, steps, outdated, batch)
    SELECT gen_random_uuid(), s.resident, s.region, $2, 'new', $3, $3,
        (SELECT coalesce(jsonb_agg(jsonb_build_array(d.key, NULL, d.value) ORDER BY d.key), '[]')
         FROM jsonb_each(s.facts) d), '{}', $1
    FROM ledger_stage s WHERE s.kind = 'new'"""


async def changes(batch: int, kind: str | None, after: int | None, limit: int) -> list[Any]:
    """What a sheet changes, in the order of its lines, with whom it is about."""
    found: list[asyncpg.Record] = await fetch(
        """SELECT d.id, d.resident, r.facts->>'name' AS name, d.kind, d.line, d.fields,
            d.region, d.was_region
        FROM resident_diff d JOIN resident r ON r.id = d.resident
        WHERE d.batch = $1 AND ($2::text IS NULL OR d.kind = $2)
          AND ($3::bigint IS NULL OR d.id > $3) ORDER BY d.id LIMIT $4""",
        batch,
        kind,
        after,
        limit,
    )
    return found
