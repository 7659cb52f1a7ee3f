"""People of the ledger: read by area, one by one, for counting; changed by phones."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from backend.domain.calendar import local_day
from backend.domain.ledger.changes import Applied, Known, Person
from backend.domain.ledger.fields import EMPTY
from backend.store import regions
from backend.store.database import fetch, fetch_row, fetch_value, from_json, to_json
from backend.store.filters import Filters

_COLUMNS: Final = """r.id, r.county, r.region, r.id_number_sealed, r.born_on, r.female,
    r.phone_sealed, r.facts::text AS facts, r.stamps::text AS stamps, r.changed_at, r.gone_on"""
_ROW: Final = f"""SELECT {_COLUMNS}, v.name AS region_name
    FROM resident r JOIN region v ON v.key = r.region"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is cut to; None leaves it whole. Who is gone is listed only when asked for."""

    under: str | None = None
    status: str | None = None
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Sealed:
    """What of a person is kept sealed, with the index that finds or compares it."""

    text: bytes
    index: bytes


def facts_of(row: asyncpg.Record) -> dict[str, Any]:
    """All fields of a person; what was never said is empty."""
    return {**EMPTY, **from_json(row["facts"])}


def person_of(row: asyncpg.Record) -> Person:
    """The person as the rules see them."""
    stamps = {name: datetime.fromisoformat(at) for name, at in from_json(row["stamps"]).items()}
    return Person(
        row["id"],
        row["region"],
        row["born_on"],
        row["female"],
        facts_of(row),
        stamps,
        row["gone_on"] is not None,
    )


async def page(
    scopes: Sequence[str], wanted: Wanted, after: tuple[str, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """People of the area in order of village."""
    where = Filters().within("r.region", scopes)
    if wanted.under is not None:
        where.within("r.region", [wanted.under])
    where.add_if(wanted.status, "r.facts->>'status' = ?")
    where.add("r.gone_on IS NOT NULL" if wanted.gone else "r.gone_on IS NULL")
    if after is not None:
        where.add("(r.region, r.id) > (?, ?)", *after)
    return await fetch(
        f"{_ROW} WHERE {where.sql} ORDER BY r.region, r.id LIMIT {where.param(limit)}", *where.args
    )


async def with_number(index: bytes, scopes: Sequence[str]) -> list[asyncpg.Record]:
    """Whoever has or had that number in the area."""
    where = Filters().add("r.id_number_index = ?", index).within("r.region", scopes)
    return await fetch(f"{_ROW} WHERE {where.sql} ORDER BY r.created_at, r.id", *where.args)


async def within(number: UUID, scopes: Sequence[str]) -> asyncpg.Record | None:
    """A person of the area."""
    where = Filters().add("r.id = ?", number).within("r.region", scopes)
    return await fetch_row(f"{_ROW} WHERE {where.sql}", *where.args)


async def history(number: UUID, limit: int) -> list[asyncpg.Record]:
    """What was changed of a person, newest first, with who did it."""
    return await fetch(
        """SELECT c.id, c.kind, c.captured_at, c.at, c.received_at, c.steps::text AS steps,
            c.outdated, c.batch, a.name AS by_name
        FROM resident_change c LEFT JOIN account a ON a.id = c.account
        WHERE c.resident = $1 ORDER BY c.received_at DESC, c.receipt DESC, c.id LIMIT $2""",
        number,
        limit,
    )


async def listed(scopes: Sequence[str], under: str) -> list[asyncpg.Record]:
    """What counting needs of everybody listed in a region of the area."""
    where = Filters().within("r.region", scopes).within("r.region", [under])
    return await fetch(
        f"""SELECT r.born_on, r.female, r.facts->>'status' AS status,
            r.facts->>'work_place' AS work_place,
            coalesce((r.facts->>'train_wish')::bool, false) AS train_wish,
            coalesce((r.facts->>'job_wish')::bool, false) AS job_wish
        FROM resident r WHERE r.gone_on IS NULL AND {where.sql}""",
        *where.args,
    )


async def hold(county: str) -> None:
    """Makes whoever adds people to a county's ledger wait for each other until the commit."""
    await fetch("SELECT pg_advisory_xact_lock(4711022, hashtext($1))", county)


async def villages_of(ids: Collection[UUID], scopes: Sequence[str]) -> set[str]:
    """Where those people of the area live."""
    where = Filters().add("id = ANY(?)", list(ids)).within("region", scopes)
    rows = await fetch(f"SELECT DISTINCT region FROM resident WHERE {where.sql}", *where.args)
    return {row["region"] for row in rows}


async def in_force(villages: Collection[str]) -> set[str]:
    """Which of the regions are villages that have not ended."""
    rows = await fetch(
        """SELECT key FROM region
        WHERE key = ANY($1) AND level = 'village' AND valid_to IS NULL""",
        list(villages),
    )
    return {row["key"] for row in rows}


async def people(ids: Collection[UUID]) -> dict[UUID, Person]:
    """Those people wherever they live, held until the commit."""
    rows = await fetch(f"{_ROW} WHERE r.id = ANY($1) ORDER BY r.id FOR UPDATE OF r", list(ids))
    return {row["id"]: person_of(row) for row in rows}


async def live(county: str, indexes: Collection[bytes]) -> set[bytes]:
    """Which of the numbers somebody listed in the county has."""
    rows = await fetch(
        """SELECT id_number_index FROM resident
        WHERE county = $1 AND id_number_index = ANY($2) AND gone_on IS NULL""",
        county,
        list(indexes),
    )
    return {row["id_number_index"] for row in rows}


async def known(ids: Collection[UUID]) -> dict[UUID, Known]:
    """The changes stored before, by their ids."""
    rows = await fetch(
        """SELECT id, digest, receipt, received_at, outdated FROM resident_change
        WHERE id = ANY($1) AND digest IS NOT NULL""",
        list(ids),
    )
    return {
        row["id"]: Known(row["digest"], row["receipt"], row["received_at"], tuple(row["outdated"]))
        for row in rows
    }


async def record(
    applied: Sequence[Applied],
    numbers: Mapping[UUID, Sealed],
    phones: Mapping[UUID, Sealed],
    account: UUID,
) -> dict[UUID, int]:
    """Stores changes, in their order, of villages that are held; gives the receipts by change.

    `numbers` are those of people who are new, `phones` the newest of whoever got one.
    """
    if not applied:
        return {}
    after = {each.person.id: each for each in applied}
    stamped = {key: await regions.bump(key) for key in sorted({e.person.village for e in applied})}
    for each in after.values():
        person = each.person
        new = numbers.get(person.id)
        values = _values(each, phones.get(person.id), stamped[person.village])
        if new is None:
            await fetch(_UPDATE, person.id, *values)
        else:
            county = person.village[:6]
            born = (county, person.village, new.text, new.index, person.born_on, person.female)
            await fetch(_INSERT, person.id, *values, *born)
    return {each.item.id: await _note(each, account) for each in applied}


def _values(applied: Applied, phone: Sealed | None, change_no: int) -> tuple[Any, ...]:
    person = applied.person
    gone: date | None = local_day(applied.at) if person.gone else None
    stamps = {name: at.isoformat() for name, at in person.stamps.items()}
    return (
        to_json(person.facts),
        to_json(stamps),
        applied.received_at,
        gone,
        change_no,
        phone.text if phone else None,
        phone.index if phone else None,
    )


_UPDATE: Final = """UPDATE resident SET facts = $2, stamps = $3, changed_at = $4, gone_on = $5,
    change_no = $6, phone_sealed = coalesce($7, phone_sealed),
    phone_index = coalesce($8, phone_index) WHERE id = $1"""
_INSERT: Final = """INSERT INTO resident (id, facts, stamps, created_at, changed_at, gone_on,
    change_no, phone_sealed, phone_index, county, region, id_number_sealed, id_number_index,
    born_on, female) VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"""


async def _note(applied: Applied, account: UUID) -> int:
    item = applied.item
    receipt: int = await fetch_value(
        """INSERT INTO resident_change (id, resident, region, account, kind, captured_at, at,
            received_at, receipt, digest, steps, outdated)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, nextval('submission_receipt_seq'), $9, $10, $11)
        RETURNING receipt""",
        item.id,
        item.resident,
        applied.person.village,
        account,
        item.kind.value,
        item.captured_at,
        applied.at,
        applied.received_at,
        item.digest,
        to_json([[step.field, step.was, step.became] for step in applied.steps]),
        list(applied.outdated),
    )
    return receipt


async def follow(old: str, new: str, now: datetime) -> None:
    """Lets the people of a village that ended be those of its successor; both are held."""
    await fetch(
        """UPDATE resident r SET region = $2, changed_at = $3, change_no = v.change_no + 1
        FROM region v WHERE v.key = $2 AND r.region = $1""",
        old,
        new,
        now,
    )


_SINCE: Final = "unnest($1::text[], $2::bigint[]) AS since(key, change_no)"


async def changed(since: Mapping[str, int]) -> list[asyncpg.Record]:
    """People listed in each village that changed after its number, by group and household."""
    return await fetch(
        f"""SELECT {_COLUMNS} FROM {_SINCE}
        JOIN resident r ON r.region = since.key AND r.change_no > since.change_no
        WHERE r.gone_on IS NULL ORDER BY r.region, r.id""",
        list(since),
        list(since.values()),
    )


async def removed(since: Mapping[str, int], villages: Sequence[str]) -> list[UUID]:
    """Who left each village after its number, or the ledger; not who is listed in another."""
    rows = await fetch(
        f"""SELECT r.id FROM {_SINCE}
        JOIN resident r ON r.region = since.key AND r.change_no > since.change_no
        WHERE since.change_no >= 0 AND r.gone_on IS NOT NULL
        UNION SELECT r.id FROM {_SINCE}
        JOIN resident_left l ON l.region = since.key AND l.change_no > since.change_no
        JOIN resident r ON r.id = l.resident
        WHERE since.change_no >= 0 AND NOT (r.region = ANY($3) AND r.gone_on IS NULL) ORDER BY 1""",
        list(since),
        list(since.values()),
        list(villages),
    )
    return [row["id"] for row in rows]
