"""The tree of regions: look-ups, import, mergers and new codes."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import asyncpg

from backend.store.database import fetch, fetch_row, fetch_value
from backend.store.filters import Filters

_COLUMNS = "key, code, name, level, parent, valid_from, valid_to, successor, office_phone"


async def within(key: str, scopes: Sequence[str]) -> asyncpg.Record | None:
    """A region in one of the scopes."""
    where = Filters().add("key = ?", key).within("key", scopes)
    return await fetch_row(f"SELECT {_COLUMNS} FROM region WHERE {where.sql}", *where.args)


async def page(
    scopes: Sequence[str],
    under: str | None,
    level: str | None,
    name: str | None,
    after: str | None,
    limit: int,
) -> list[asyncpg.Record]:
    """Regions in code order; `name` finds part of a name."""
    where = Filters().within("key", scopes).add_if(level, "level = ?").add_if(after, "key > ?")
    where.add_if(name, "position(? in name) > 0")
    if under is not None:
        where.within("key", [under])
    return await fetch(
        f"SELECT {_COLUMNS} FROM region WHERE {where.sql} ORDER BY key LIMIT {where.param(limit)}",
        *where.args,
    )


async def names(keys: Sequence[str]) -> dict[str, str]:
    """Names by key."""
    rows = await fetch("SELECT key, name FROM region WHERE key = ANY($1)", list(keys))
    return {row["key"]: row["name"] for row in rows}


async def known(keys: Sequence[str]) -> dict[str, asyncpg.Record]:
    """Which of the keys exist, with level and name."""
    rows = await fetch(f"SELECT {_COLUMNS} FROM region WHERE key = ANY($1)", list(keys))
    return {row["key"]: row for row in rows}


async def set_office_phone(township: str, number: str) -> None:
    """What the villages of a township call; their phones hear of it at the next sync."""
    await fetch("UPDATE region SET office_phone = $2 WHERE key = $1", township, number)
    await fetch(
        """UPDATE region SET change_no = change_no + 1 WHERE key IN (
            SELECT key FROM region WHERE parent = $1 ORDER BY key FOR NO KEY UPDATE)""",
        township,
    )


async def lock(*keys: str) -> None:
    """Holds the rows, in code order, so that what is stamped follows commit order."""
    await fetch(
        "SELECT key FROM region WHERE key = ANY($1) ORDER BY key FOR NO KEY UPDATE", list(keys)
    )


async def bump(key: str) -> int:
    """The village's next change number; the row stays locked until the commit."""
    number: int = await fetch_value(
        "UPDATE region SET change_no = change_no + 1 WHERE key = $1 RETURNING change_no", key
    )
    return number


async def upsert(rows: Sequence[tuple[Any, ...]]) -> None:
    """Adds regions and renames known ones; rows are (key, code, name, level, parent)."""
    columns = list(zip(*rows, strict=True))
    await fetch(
        """INSERT INTO region (key, code, name, level, parent)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
        ON CONFLICT (key) DO UPDATE SET name = excluded.name WHERE region.name <> excluded.name""",
        *columns,
    )


async def touch(keys: Sequence[str]) -> None:
    """Tells phones that the names of these regions change: of villages, and of townships above.

    Takes the villages' locks in code order, as filing does.
    """
    await fetch(
        """UPDATE region SET change_no = change_no + 1 WHERE key IN (
            SELECT key FROM region WHERE level = 'village' AND (key = ANY($1) OR parent = ANY($1))
            ORDER BY key FOR NO KEY UPDATE)""",
        list(keys),
    )


async def succeed(old: str, new: str, on: date, now: datetime) -> int:
    """Ends `old` in favour of `new`, which answers for its duties and keeps its people.

    What was expected of `old` stays recorded under its key; gives how many duties changed hands.
    """
    await fetch(
        "UPDATE region SET valid_to = $2, successor = $3, change_no = change_no + 1 WHERE key = $1",
        old,
        on,
        new,
    )
    change_no = await bump(new)
    await _move_posts(old, new, now)
    moved = await fetch(
        "UPDATE obligation SET holder = $2, change_no = $3 WHERE holder = $1 RETURNING id",
        old,
        new,
        change_no,
    )
    return len(moved)


async def _move_posts(old: str, new: str, now: datetime) -> None:
    """Ends the posts at `old` and gives their holders the same at `new`, once."""
    await fetch(
        """WITH ended AS (
            UPDATE post SET ends_at = greatest($3, starts_at)
            WHERE region = $1 AND (ends_at IS NULL OR ends_at > $3)
            RETURNING account, role, is_backup, greatest($3, starts_at) AS begins)
        INSERT INTO post (id, account, role, region, is_backup, starts_at)
        SELECT gen_random_uuid(), account, role, $2::text, bool_and(is_backup), min(begins)
        FROM ended
        WHERE NOT EXISTS (SELECT 1 FROM post p WHERE p.account = ended.account
                          AND p.role = ended.role AND p.region = $2::text AND p.ends_at IS NULL)
        GROUP BY account, role""",
        old,
        new,
        now,
    )


async def counties() -> list[str]:
    """Keys of all counties in force, in code order."""
    rows = await fetch(
        "SELECT key FROM region WHERE level = 'county' AND valid_to IS NULL ORDER BY key"
    )
    return [row["key"] for row in rows]
