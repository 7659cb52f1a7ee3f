"""What opening, filing and reviewing would have left behind, written by the hundred thousand.

The columns of an obligation and the submissions and reviews that they repeat agree, as they do
when the application writes them.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from backend.store.database import fetch, to_json, transaction

# Of a hundred reports ten are late and three were returned once and corrected the day after.
_OBLIGATIONS: Final = """INSERT INTO obligation (period, schedule, region, holder, opens_at, due_at,
        closes_at, original_due_at, original_closes_at, stage, stage_since, newest, revisions,
        first_counted_at, first_received_at, change_no)
    SELECT p.id, p.schedule, r.key, r.key, p.opens_at, p.due_at, p.closes_at, p.due_at,
        p.closes_at, CASE WHEN at IS NULL THEN 'none' ELSE 'accepted' END,
        at + interval '4 hours' + CASE WHEN luck % 33 = 0 THEN interval '1 day' ELSE '0' END,
        CASE WHEN at IS NOT NULL THEN gen_random_uuid() END,
        CASE WHEN at IS NULL THEN 0 WHEN luck % 33 = 0 THEN 2 ELSE 1 END, at, at, 1
    FROM period p JOIN region r ON r.level = 'village',
        LATERAL (SELECT hashtext(r.key || p.key) & 2147483647 AS luck) l,
        LATERAL (SELECT CASE WHEN luck % 100 >= $2 THEN p.due_at - interval '3 hours'
            + CASE WHEN luck % 10 = 0 THEN interval '2 days' ELSE '0' END END AS at) t
    WHERE p.closes_at < $1 AND p.opened_at IS NULL"""
# As the housekeeping leaves them a while after closing.
_CELLS: Final = """INSERT INTO rate_cell (period, township, closes_at, final_from, on_time, late,
        missing)
    SELECT o.period, left(o.region, 9), p.closes_at, $1,
        count(*) FILTER (WHERE o.first_counted_at <= o.due_at),
        count(*) FILTER (WHERE o.first_counted_at > o.due_at),
        count(*) FILTER (WHERE o.first_counted_at IS NULL)
    FROM obligation o JOIN period p ON p.id = o.period
    WHERE p.closes_at < $1 AND p.opened_at IS NULL GROUP BY 1, 2, 3"""
_OPENED: Final = "UPDATE period SET opened_at = opens_at WHERE closes_at < $1"

_SUBMISSIONS: Final = """INSERT INTO submission (id, obligation, revision, kind, answers, reasons,
        remark, attachments, received_at, counted_at, counted_by, filed_by, digest, change_no)
    SELECT CASE WHEN revision = o.revisions THEN o.newest ELSE gen_random_uuid() END, o.id,
        revision, 'report', $1::jsonb, '{}', '', '[]', at, at, 'received', $2,
        sha256(o.region::bytea), 1
    FROM obligation o, generate_series(1, o.revisions) AS revision,
        LATERAL (SELECT o.first_received_at + (revision - 1) * interval '1 day' AS at) t"""
_REVIEWS: Final = """INSERT INTO review (id, submission, obligation, region, step, decision,
        defects, remark, account, at, fix_by, waited_workdays, in_time, change_no)
    SELECT gen_random_uuid(), s.id, o.id, o.region, 'town',
        CASE WHEN s.revision = o.revisions THEN 'pass' ELSE 'return' END, '[]', '', $1,
        s.received_at + interval '4 hours',
        CASE WHEN s.revision < o.revisions THEN s.received_at + interval '2 days' END,
        (o.id % 40) / 10.0, o.id % 40 < 20, 1
    FROM submission s JOIN obligation o ON o.id = s.obligation WHERE o.stage = 'accepted'"""

_FILED_NOW: Final = """UPDATE obligation SET stage = 'town', stage_since = $1, revisions = 1,
        newest = gen_random_uuid(), first_counted_at = $1, first_received_at = $1
    WHERE stage = 'none' AND opens_at <= $1 AND closes_at > $1 AND id % 100 < $2"""

_FOREIGN: Final = """SELECT conrelid::regclass::text AS place, conname AS name,
        pg_get_constraintdef(oid) AS definition
    FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text = ANY($1)"""
_INDEXES: Final = """SELECT indexrelid::regclass::text AS name,
        pg_get_indexdef(indexrelid) AS definition
    FROM pg_index WHERE indrelid::regclass::text = ANY($1)
        AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)"""


async def add_history(
    now: datetime, answers: dict[str, Any], *, never_filed: int, filed_now: int = 0
) -> None:
    """Closed periods filed and accepted, but for `never_filed` of a hundred reports; of the open
    ones `filed_now` of a hundred await review.
    """
    async with _bare("obligation", "submission", "review"), transaction():
        await fetch(_OBLIGATIONS, now, never_filed)
        await fetch(_CELLS, now)
        await fetch(_OPENED, now)
        await fetch(_FILED_NOW, now, filed_now)
        await fetch(_SUBMISSIONS, to_json(answers), uuid4())
        await fetch(_REVIEWS, uuid4())
    await fetch("VACUUM ANALYZE")


@asynccontextmanager
async def _bare(*tables: str) -> AsyncIterator[None]:
    """Without the indexes and foreign keys that are quicker made afterwards."""
    foreign = await fetch(_FOREIGN, list(tables))
    indexes = await fetch(_INDEXES, list(tables))
    await _run([f"ALTER TABLE {row['place']} DROP CONSTRAINT {row['name']}" for row in foreign])
    await _run([f"DROP INDEX {row['name']}" for row in indexes])
    yield
    await _run([row["definition"] for row in indexes])
    await _run(
        [
            f"ALTER TABLE {row['place']} ADD CONSTRAINT {row['name']} {row['definition']}"
            for row in foreign
        ]
    )


async def _run(statements: Sequence[str]) -> None:
    for statement in statements:
        await fetch(statement)
