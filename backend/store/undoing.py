"""What a list wrote over, and writing it back: for whom nothing else has changed since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from backend.store.database import fetch, fetch_value


@dataclass(frozen=True, slots=True)
class Kept:
    """A table that lists write to, the columns they may change, and what names a row of it.

    All in SQL of a row `b`: `used` says of one that the list brought whether anybody has used it
    since; `subject` stands for the row, `region` is where it belongs.
    """

    table: str
    columns: Sequence[str]
    name: str
    used: str = "false"
    subject: str = "b.id"
    region: str = "b.region"

    @property
    def state(self) -> str:
        """Those columns of the row `b` as one value."""
        listed = ", ".join([*(f"b.{column}" for column in self.columns), f"{self.used} AS used"])
        return f"to_jsonb((SELECT x FROM (SELECT {listed}) x))"

    @property
    def restored(self) -> str:
        """An assignment of what stood there before, by the row `u`."""
        listed = ", ".join(self.columns)
        record = f"jsonb_populate_record(NULL::{self.table}, u.before)"
        return f"({listed}) = (SELECT {listed} FROM {record})"


PENSIONERS: Final = Kept(
    "beneficiary",
    (
        *("region", "name", "benefit_start", "certified_on", "certified_by", "due_told"),
        *("number", "group_no", "household", "live_type", "monthly_fen", "pay_status"),
        *("stopped_from", "risk_tags", "ref_photo", "private_sealed", "private_digest", "gone_on"),
    ),
    "b.name",
)
RESIDENTS: Final = Kept(
    "resident",
    ("region", "facts", "stamps", "phone_sealed", "phone_index", "gone_on"),
    "b.facts->>'name'",
)
POSTS: Final = Kept(
    "post",
    ("ends_at",),
    "(SELECT a.name FROM account a WHERE a.id = b.account)",
    "EXISTS (SELECT 1 FROM session s WHERE s.account = b.account)",
)
# A region is named by its key alone.
_OF_KEY: Final = "md5({}.key)::uuid"
REGIONS: Final = Kept(
    "region",
    ("name", "valid_to"),
    "b.name",
    """(EXISTS (SELECT 1 FROM post p WHERE p.region = b.key)
        OR EXISTS (SELECT 1 FROM obligation o WHERE o.region = b.key)
        OR EXISTS (SELECT 1 FROM beneficiary p WHERE p.region = b.key)
        OR EXISTS (SELECT 1 FROM resident p WHERE p.region = b.key))""",
    _OF_KEY.format("b"),
    "b.key",
)

# The regions of the keys $2, as an undoing names them.
REGION_IDS: Final = f"SELECT {_OF_KEY.format('k')} FROM unnest($2::text[]) AS k(key)"


async def begin(batch: int) -> None:
    """From now on this list can be undone, and older ones of its kind no more."""
    await fetch(
        """DELETE FROM import_before u USING import_batch old, import_batch new
        WHERE u.batch = old.id AND new.id = $1 AND old.county = new.county
          AND old.kind = new.kind AND old.id <> new.id""",
        batch,
    )
    await fetch("UPDATE import_batch SET undoable = true WHERE id = $1", batch)


async def keep_before(batch: int, kept: Kept, ids: str, *args: Any) -> None:
    """Keeps how the rows of `ids` (a query; $1 is the batch) are, before they are written."""
    await fetch(
        f"""INSERT INTO import_before (batch, subject, before)
        SELECT $1, {kept.subject}, {kept.state} FROM {kept.table} b
        WHERE {kept.subject} IN ({ids})
        ON CONFLICT (batch, subject) DO NOTHING""",
        batch,
        *args,
    )


async def keep_after(batch: int, kept: Kept, new: str | None, *args: Any) -> None:
    """Keeps how the list left them; `new` is a query of the ids that it brought, of $2 and on."""
    if new is not None:
        await fetch(
            f"INSERT INTO import_before (batch, subject) SELECT $1, x FROM ({new}) n(x)",
            batch,
            *args,
        )
    await fetch(
        f"""UPDATE import_before u SET after = {kept.state} FROM {kept.table} b
        WHERE u.batch = $1 AND {kept.subject} = u.subject""",
        batch,
    )


async def is_newest(batch: int) -> bool:
    """Whether no list of its kind was imported after it."""
    later = await fetch_value(
        """SELECT EXISTS (SELECT 1 FROM import_batch new, import_batch old
        WHERE old.id = $1 AND new.id > $1 AND new.county = old.county AND new.kind = old.kind
          AND new.outcome IN ('imported', 'undone'))""",
        batch,
    )
    return not later


async def counted(batch: int, kept: Kept) -> tuple[int, int]:
    """How many are as the list left them, and how many have changed since."""
    [row] = await fetch(
        f"""SELECT count(*) FILTER (WHERE {kept.state} = u.after) AS same, count(*) AS n
        FROM import_before u JOIN {kept.table} b ON {kept.subject} = u.subject
        WHERE u.batch = $1""",
        batch,
    )
    return row["same"], row["n"] - row["same"]


async def left(batch: int, kept: Kept, after: int | None, limit: int) -> list[asyncpg.Record]:
    """Who is (or before an undoing would be) left as they are, having changed since."""
    return await fetch(
        f"""SELECT u.id, u.subject, {kept.name} AS name, {kept.region} AS region
        FROM import_before u JOIN {kept.table} b ON {kept.subject} = u.subject
        WHERE u.batch = $1 AND {kept.state} <> u.after AND u.id > $2 ORDER BY u.id LIMIT $3""",
        batch,
        after or 0,
        limit,
    )


async def restore_pensioners(batch: int, now: datetime, today: date) -> int:
    """Puts pensioners back as they were; those that the list brought are gone from today."""
    state = PENSIONERS.state
    rows = await fetch(
        f"""UPDATE beneficiary b SET {PENSIONERS.restored}, changed_at = $2, change_no = NULL
        FROM import_before u WHERE u.batch = $1 AND b.id = u.subject AND u.before IS NOT NULL
          AND {state} = u.after
        RETURNING b.id, b.region, u.after->>'region' AS was_region""",
        batch,
        now,
    )
    rows += await fetch(
        f"""UPDATE beneficiary b SET gone_on = $3, changed_at = $2, change_no = NULL
        FROM import_before u WHERE u.batch = $1 AND b.id = u.subject AND u.before IS NULL
          AND {state} = u.after
        RETURNING b.id, b.region, b.region AS was_region""",
        batch,
        now,
        today,
    )
    back = [row for row in rows if row["region"] != row["was_region"]]
    await _live_again([(row["id"], row["region"]) for row in back], today)
    await _done(batch, [row["id"] for row in rows])
    return len(rows)


async def _live_again(places: Sequence[tuple[UUID, str]], today: date) -> None:
    ids = [person for person, _ in places]
    await fetch(
        """UPDATE beneficiary_place SET until_on = $2
        WHERE beneficiary = ANY($1) AND until_on IS NULL""",
        ids,
        today,
    )
    await fetch(
        """INSERT INTO beneficiary_place (beneficiary, region, from_on)
        SELECT p.id, p.region, $3 FROM unnest($1::uuid[], $2::text[]) AS p(id, region)""",
        ids,
        [region for _, region in places],
        today,
    )


async def clear_hits(batch: int, account: UUID, now: datetime) -> None:
    """Ends the open suspicions that a list has raised."""
    await fetch(
        """WITH cleared AS (
            UPDATE match_hit SET cleared_at = $3, cleared_by = $2
            WHERE batch = $1 AND outcome = 'suspect' AND cleared_at IS NULL RETURNING beneficiary)
        UPDATE beneficiary b SET change_no = NULL FROM cleared c WHERE b.id = c.beneficiary""",
        batch,
        account,
        now,
    )


_TOUCHED: Final = """SELECT before->>'region' FROM import_before WHERE batch = $1
    UNION SELECT after->>'region' FROM import_before WHERE batch = $1"""
_RESIDENTS: Final = f"""UPDATE resident b SET {RESIDENTS.restored}, changed_at = $2,
        change_no = v.change_no + 1
    FROM import_before u JOIN region v ON v.key = u.before->>'region'
    WHERE u.batch = $1 AND b.id = u.subject AND {RESIDENTS.state} = u.after
    RETURNING b.id"""
_RESIDENTS_NEW: Final = f"""UPDATE resident b SET gone_on = $3, changed_at = $2,
        change_no = v.change_no + 1
    FROM import_before u JOIN region v ON v.key = u.after->>'region'
    WHERE u.batch = $1 AND b.id = u.subject AND u.before IS NULL AND {RESIDENTS.state} = u.after
    RETURNING b.id"""
_MOVED_BACK: Final = """INSERT INTO resident_left (resident, region, change_no)
    SELECT u.subject, u.after->>'region', v.change_no + 1
    FROM import_before u JOIN region v ON v.key = u.after->>'region'
    WHERE u.batch = $1 AND u.subject = ANY($2) AND u.before->>'region' <> u.after->>'region'"""
_HISTORY: Final = """INSERT INTO resident_change (id, resident, region, account, kind, at,
        received_at, steps, outdated, batch)
    SELECT gen_random_uuid(), u.subject, coalesce(u.before, u.after)->>'region', $3, 'update', $4,
        $4, coalesce((SELECT jsonb_agg(jsonb_build_array(k, u.after->'facts'->k,
                u.before->'facts'->k) ORDER BY k)
            FROM jsonb_object_keys(u.after->'facts') k
            WHERE u.after->'facts'->k IS DISTINCT FROM u.before->'facts'->k), '[]'), '{}', $1
    FROM import_before u WHERE u.batch = $1 AND u.subject = ANY($2) AND u.before IS NOT NULL"""


async def restore_residents(batch: int, account: UUID, now: datetime, today: date) -> int:
    """Puts people of the ledger back as they were; those that the list brought leave today."""
    await fetch(
        f"SELECT key FROM region WHERE key IN ({_TOUCHED}) ORDER BY key FOR NO KEY UPDATE", batch
    )
    rows = await fetch(_RESIDENTS, batch, now)
    rows += await fetch(_RESIDENTS_NEW, batch, now, today)
    ids = [row["id"] for row in rows]
    await fetch(_MOVED_BACK, batch, ids)
    await fetch(_HISTORY, batch, ids, account, now)
    await fetch(f"UPDATE region SET change_no = change_no + 1 WHERE key IN ({_TOUCHED})", batch)
    await _done(batch, ids)
    return len(ids)


async def end_posts(batch: int, now: datetime) -> None:
    """Ends the posts that a list gave to people who have not come in since."""
    rows = await fetch(
        f"""UPDATE post b SET ends_at = greatest($2, b.starts_at) FROM import_before u
        WHERE u.batch = $1 AND b.id = u.subject AND {POSTS.state} = u.after RETURNING b.id""",
        batch,
        now,
    )
    await _done(batch, [row["id"] for row in rows])


async def restore_regions(batch: int) -> list[str]:
    """Gives regions their names back and takes away those that the list brought; gives the keys
    of the former. One with others below it stays.
    """
    named = await fetch(
        f"""UPDATE region b SET name = u.before->>'name' FROM import_before u
        WHERE u.batch = $1 AND {REGIONS.subject} = u.subject AND u.before IS NOT NULL
          AND {REGIONS.state} = u.after RETURNING b.key, u.subject""",
        batch,
    )
    await _done(batch, [row["subject"] for row in named])
    while gone := await fetch(
        f"""DELETE FROM region b USING import_before u
        WHERE u.batch = $1 AND {REGIONS.subject} = u.subject AND u.before IS NULL
          AND {REGIONS.state} = u.after
          AND NOT EXISTS (SELECT 1 FROM region c WHERE c.parent = b.key)
        RETURNING u.subject""",
        batch,
    ):
        await _done(batch, [row["subject"] for row in gone])
    return [row["key"] for row in named]


async def _done(batch: int, ids: Sequence[UUID]) -> None:
    await fetch("DELETE FROM import_before WHERE batch = $1 AND subject = ANY($2)", batch, ids)
