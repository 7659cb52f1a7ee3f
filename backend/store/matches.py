"""Other offices' lists in the database: staged by identity number, hits kept with their row."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from backend.store import undoing
from backend.store.database import copy_rows, fetch, fetch_value
from backend.store.filters import Filters

_STAGED: Final = ("line", "id_number_index", "name", "kind", "happened_on")


async def stage() -> None:
    """An empty place for the rows of a list."""
    await fetch("DROP TABLE IF EXISTS match_stage")
    await fetch(
        """CREATE TEMP TABLE match_stage (line int, id_number_index bytea, name text, kind text,
            happened_on date) ON COMMIT DROP"""
    )


async def put(rows: Sequence[tuple[Any, ...]]) -> None:
    """Adds rows as (line, index, name, kind, day)."""
    await copy_rows("match_stage", _STAGED, rows)


async def ready() -> int:
    """After the last row: rows are found fast from now on; gives the last one's line."""
    await fetch("CREATE INDEX ON match_stage (line)")
    await fetch("ANALYZE match_stage")
    last: int = await fetch_value("SELECT max(line) FROM match_stage")
    return last


async def unmatched(county: str) -> int:
    """How many rows name nobody of the county's rosters."""
    number: int = await fetch_value(
        """SELECT count(*) FROM match_stage s WHERE NOT EXISTS (SELECT 1 FROM beneficiary b
            WHERE b.county = $1 AND b.id_number_index = s.id_number_index)""",
        county,
    )
    return number


async def matched(county: str, signs_of_life: bool, after: int, last: int) -> list[asyncpg.Record]:
    """Rows behind one line to another, with the pensions of whom they name and their open
    suspicions, in order of line.
    """
    return await fetch(
        """SELECT s.line, s.name AS listed, s.kind, s.happened_on, b.id, b.name, b.pay_status,
            b.gone_on IS NOT NULL AS is_gone, b.certified_on,
            ARRAY(SELECT DISTINCT h.kind FROM match_hit h WHERE h.beneficiary = b.id
                  AND h.outcome = 'suspect' AND h.cleared_at IS NULL) AS doubts
        FROM match_stage s JOIN beneficiary b
            ON b.id_number_index = s.id_number_index AND b.county = $1
        WHERE (s.kind = 'alive') = $2 AND s.line > $3 AND s.line <= $4
        ORDER BY s.line, b.id""",
        county,
        signs_of_life,
        after,
        last,
    )


async def keep_hits(batch: int, hits: Sequence[tuple[Any, ...]], now: datetime) -> None:
    """Writes hits down as (line, beneficiary, kind, day, outcome); phones hear of suspicions."""
    await copy_rows(
        "match_hit",
        ("batch", "line", "beneficiary", "kind", "happened_on", "outcome", "at"),
        [(batch, *hit, now) for hit in hits],
    )
    doubted = [hit[1] for hit in hits if hit[4] == "suspect"]
    await fetch("UPDATE beneficiary SET change_no = NULL WHERE id = ANY($1)", doubted)


async def certify(batch: int, proofs: Sequence[tuple[UUID, date]], now: datetime) -> None:
    """A sign of life is a proof: the due day told for what came before it is over."""
    ids = [person for person, _ in proofs]
    await undoing.keep_before(batch, undoing.PENSIONERS, "SELECT unnest($2::uuid[])", ids)
    await fetch(
        """UPDATE beneficiary b SET certified_on = p.on_day, certified_by = 'data_match',
            due_told = NULL, changed_at = $3, change_no = NULL
        FROM (SELECT id, max(on_day) AS on_day FROM unnest($1::uuid[], $2::date[])
                AS p(id, on_day) GROUP BY id) p
        WHERE b.id = p.id AND (b.certified_on IS NULL OR b.certified_on < p.on_day)""",
        [proof[0] for proof in proofs],
        [proof[1] for proof in proofs],
        now,
    )


async def hits(
    batch: int, outcome: str | None, after: int | None, limit: int
) -> list[asyncpg.Record]:
    """The hits of a batch in the order of their writing, with whom they name."""
    where = Filters().add("h.batch = ?", batch).add_if(outcome, "h.outcome = ?")
    where.add_if(after, "h.id > ?")
    return await fetch(
        f"""SELECT h.id, h.line, h.beneficiary, b.name, b.region, h.kind, h.happened_on,
            h.outcome, h.cleared_at
        FROM match_hit h JOIN beneficiary b ON b.id = h.beneficiary
        WHERE {where.sql} ORDER BY h.id LIMIT {where.param(limit)}""",
        *where.args,
    )


async def hit_within(hit: int, scopes: Sequence[str]) -> Any:
    """The number of a hit on somebody in the area."""
    where = Filters().add("h.id = ?", hit).within("b.region", scopes)
    return await fetch_value(
        f"""SELECT h.id FROM match_hit h JOIN beneficiary b ON b.id = h.beneficiary
        WHERE {where.sql}""",
        *where.args,
    )


async def clear(hit: int, account: UUID, scopes: Sequence[str], now: datetime) -> Any:
    """Ends a suspicion by the county's word; gives the pensioner and village, or None."""
    where = Filters(hit, account, now).within("b.region", scopes)
    rows = await fetch(
        f"""WITH cleared AS (
            UPDATE match_hit h SET cleared_at = $3, cleared_by = $2 FROM beneficiary b
            WHERE h.id = $1 AND b.id = h.beneficiary AND h.outcome = 'suspect'
              AND h.cleared_at IS NULL AND {where.sql}
            RETURNING h.beneficiary, b.region)
        UPDATE beneficiary b SET change_no = NULL FROM cleared c WHERE b.id = c.beneficiary
        RETURNING c.beneficiary, c.region""",
        *where.args,
    )
    return rows[0] if rows else None
