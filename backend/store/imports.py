"""Batches of lists read, and the rows that could not be taken."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from backend.store.database import copy_rows, fetch, fetch_row, fetch_value, to_json
from backend.store.filters import Filters

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Batch:
    """A list as it was read, and what became of it."""

    kind: str
    county: str
    source: str
    account: UUID | None
    at: datetime
    file_sha256: bytes
    dry_run: bool
    outcome: str
    rows: int
    header: Sequence[str]
    counts: Mapping[str, int]


async def add(batch: Batch) -> int:
    """Writes the batch down and gives its number; the faulty rows of the one before it go."""
    await fetch(
        """DELETE FROM import_fault f USING import_batch b
        WHERE b.id = f.batch AND b.county = $1 AND b.kind = $2""",
        batch.county,
        batch.kind,
    )
    number: int = await fetch_value(
        """INSERT INTO import_batch (kind, county, source, account, at, file_sha256, dry_run,
            outcome, rows, header, counts)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id""",
        batch.kind,
        batch.county,
        batch.source,
        batch.account,
        batch.at,
        batch.file_sha256,
        batch.dry_run,
        batch.outcome,
        batch.rows,
        to_json(batch.header),
        to_json(batch.counts),
    )
    return number


async def set_counts(number: int, counts: Mapping[str, int]) -> None:
    """What became of the rows, once it is known."""
    await fetch("UPDATE import_batch SET counts = $2 WHERE id = $1", number, to_json(counts))


async def set_undone(number: int, counts: Mapping[str, int]) -> None:
    """Marks a list as undone."""
    await fetch(
        "UPDATE import_batch SET outcome = 'undone', counts = $2 WHERE id = $1",
        number,
        to_json(counts),
    )


async def stage_faults() -> None:
    """A place for faulty rows until their batch is known."""
    await fetch("DROP TABLE IF EXISTS fault_stage")
    await fetch(
        """CREATE TEMP TABLE fault_stage (line int, faults jsonb, cells_sealed bytea)
        ON COMMIT DROP"""
    )


async def put_faults(rows: Sequence[tuple[int, str, bytes]]) -> None:
    """Adds faulty rows as (line, faults as JSON, cells sealed)."""
    await copy_rows("fault_stage", ("line", "faults", "cells_sealed"), rows)


async def keep_faults(batch: int) -> None:
    """Makes the staged rows those of a batch."""
    await fetch(
        """INSERT INTO import_fault (batch, line, faults, cells_sealed)
        SELECT $1, line, faults, cells_sealed FROM fault_stage""",
        batch,
    )


_BATCH = """SELECT b.id, b.kind, b.county, b.source, b.account, b.at, b.file_sha256, b.dry_run,
    b.outcome, b.rows, b.header::text AS header, b.counts::text AS counts, b.undoable
    FROM import_batch b"""


async def page(
    scopes: Sequence[str],
    kind: str | None,
    after: int | None,
    limit: int,
    of_accounts: Sequence[bool] = (False, True),
) -> list[asyncpg.Record]:
    """Batches of the counties, newest first, older than the number `after`: those of accounts
    (True), others (False).
    """
    where = Filters().within("b.county", scopes).add_if(kind, "b.kind = ?")
    where.add("(b.kind = 'accounts') = ANY(?)", list(of_accounts))
    where.add_if(after, "b.id < ?")
    return await fetch(
        f"{_BATCH} WHERE {where.sql} ORDER BY b.id DESC LIMIT {where.param(limit)}", *where.args
    )


async def within(number: int, scopes: Sequence[str]) -> asyncpg.Record | None:
    """A batch of one of the counties."""
    where = Filters().add("b.id = ?", number).within("b.county", scopes)
    return await fetch_row(f"{_BATCH} WHERE {where.sql}", *where.args)


async def faults(batch: int, after: int | None, limit: int) -> list[asyncpg.Record]:
    """The faulty rows of a batch in the order of the file, below the line `after`."""
    where = Filters().add("batch = ?", batch).add_if(after, "line > ?")
    return await fetch(
        f"""SELECT line, faults::text AS faults, cells_sealed FROM import_fault
        WHERE {where.sql} ORDER BY line LIMIT {where.param(limit)}""",
        *where.args,
    )


async def all_faults(batch: int) -> AsyncIterator[list[asyncpg.Record]]:
    """All of them, some at a time."""
    after: int | None = None
    while rows := await faults(batch, after, _PAGE):
        yield rows
        after = rows[-1]["line"]


async def changes(batch: int, kind: str | None, after: int | None, limit: int) -> list[Any]:
    """What a roster changes, in the order of their writing, with whom it is about."""
    where = Filters().add("c.batch = ?", batch).add_if(kind, "c.kind = ?")
    where.add_if(after, "c.id > ?")
    return await fetch(
        f"""SELECT c.id, c.beneficiary, b.name, c.kind, c.line, c.fields, c.region, c.was_region
        FROM roster_change c JOIN beneficiary b ON b.id = c.beneficiary
        WHERE {where.sql} ORDER BY c.id LIMIT {where.param(limit)}""",
        *where.args,
    )
