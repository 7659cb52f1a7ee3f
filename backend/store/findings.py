"""What was found of pensioners: codes for photos, one finding with all a reviewer needs, deaths."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from backend.store.accepting import LOCAL
from backend.store.database import fetch, fetch_row, fetch_value
from backend.store.filters import Filters

_SEEN_AT = "coalesce(s.corrected_at, s.received_at)"


async def code_of(account: UUID, since: datetime) -> asyncpg.Record | None:
    """The newest code given to somebody since an instant."""
    return await fetch_row(
        """SELECT code, issued_at FROM cert_code WHERE account = $1 AND issued_at >= $2
        ORDER BY issued_at DESC LIMIT 1""",
        account,
        since,
    )


async def add_code(account: UUID, code: str, now: datetime) -> None:
    """Gives out a code."""
    await fetch(
        "INSERT INTO cert_code (account, code, issued_at) VALUES ($1, $2, $3)", account, code, now
    )


async def codes_before(account: UUID, code: str, seen_at: datetime) -> list[asyncpg.Record]:
    """When this code was given to somebody before an instant."""
    return await fetch(
        """SELECT code, issued_at FROM cert_code
        WHERE account = $1 AND code = $2 AND issued_at <= $3""",
        account,
        code,
        seen_at,
    )


async def seen_by(account: UUID, seen_at: datetime, around: timedelta) -> list[asyncpg.Record]:
    """Whom a collector certified around an instant: (beneficiary, seen_at), as the phones say."""
    return await fetch(
        f"""SELECT o.beneficiary, {_SEEN_AT} AS seen_at
        FROM submission s JOIN obligation o ON o.id = s.obligation
        WHERE s.filed_by = $1 AND s.answers->>'method' IS NOT NULL AND o.beneficiary IS NOT NULL
          AND s.received_at >= $2 AND {_SEEN_AT} BETWEEN $2 AND $3""",
        account,
        seen_at - around,
        seen_at + around,
    )


async def one(submission: UUID, scopes: Sequence[str]) -> asyncpg.Record | None:
    """A certification in the area: what was filed, of whom, and the window it answers."""
    where = Filters().add("s.id = ?", submission).within("o.holder", scopes)
    return await fetch_row(
        f"""SELECT s.id, s.obligation, s.revision, s.answers::text AS answers, s.remark,
            s.attachments::text AS attachments, s.filed_by, c.name AS filed_by_name, s.on_behalf,
            s.received_at, {_SEEN_AT} AS seen_at, s.withdrawn_at, o.stage, o.newest, o.second,
            o.holder, (o.opens_at {LOCAL})::date AS opens_on,
            (o.original_due_at {LOCAL})::date AS due_on,
            (o.original_closes_at {LOCAL})::date AS closes_on,
            b.id AS beneficiary, b.pay_status, b.stopped_from, b.region, b.group_no, b.household
        FROM submission s JOIN obligation o ON o.id = s.obligation
        JOIN beneficiary b ON b.id = o.beneficiary LEFT JOIN account c ON c.id = s.filed_by
        WHERE {where.sql}""",
        *where.args,
    )


async def last_accepted(beneficiary: UUID, before: UUID) -> asyncpg.Record | None:
    """The newest accepted certification of a pensioner handed in before another."""
    return await fetch_row(
        f"""SELECT s.id, s.answers::text AS answers, s.attachments::text AS attachments,
            s.received_at, {_SEEN_AT} AS seen_at
        FROM obligation o JOIN submission s ON s.id = o.newest
        WHERE o.beneficiary = $1 AND o.stage = 'accepted' AND s.id <> $2
          AND s.received_at < (SELECT received_at FROM submission WHERE id = $2)
        ORDER BY s.received_at DESC LIMIT 1""",
        beneficiary,
        before,
    )


async def household(beneficiary: UUID, scopes: Sequence[str]) -> list[asyncpg.Record]:
    """Everybody at a pensioner's door who is still listed, themselves among them, with the newest
    duty of each that has opened. Who has no household in the roster lives alone here.
    """
    where = Filters(beneficiary).within("b.region", scopes)
    return await fetch(
        f"""SELECT b.id, b.name, b.id_number_sealed, b.born_on, b.insurance_type, b.pay_status,
            b.certified_on, o.id AS obligation, o.stage, o.due_at, o.newest
        FROM beneficiary door JOIN beneficiary b ON b.id = door.id
            OR door.household <> '' AND b.region = door.region AND b.group_no = door.group_no
            AND b.household = door.household AND b.gone_on IS NULL
        LEFT JOIN LATERAL (SELECT d.id, d.stage, d.due_at, d.newest FROM obligation d
            WHERE d.beneficiary = b.id AND d.exempt_at IS NULL
            ORDER BY d.opens_at DESC LIMIT 1) o ON true
        WHERE door.id = $1 AND {where.sql} ORDER BY b.born_on, b.id""",
        *where.args,
    )


async def deaths(
    scopes: Sequence[str],
    under: str | None,
    since: date | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[asyncpg.Record]:
    """Deaths that villages report, of each the newest standing word, newest first.

    `first_at` is when it was first reported, whatever has been corrected since.
    """
    where = Filters().within("o.holder", scopes)
    if under is not None:
        where.within("o.holder", [under])
    where.add_if(since, f"(s.received_at {LOCAL})::date >= ?")
    if after is not None:
        where.add("(s.received_at, s.id) < (?, ?)", *after)
    return await fetch(
        f"""SELECT s.id, s.obligation, s.answers->>'happened_on' AS happened_on, s.received_at,
            o.stage, o.holder, r.name AS region_name, b.id AS beneficiary, b.name, b.pay_status,
            (SELECT min(f.counted_at) FROM submission f WHERE f.obligation = o.id
             AND f.withdrawn_at IS NULL AND f.answers->>'result' = 'death') AS first_at
        FROM submission s JOIN obligation o ON o.newest = s.id
        JOIN beneficiary b ON b.id = o.beneficiary JOIN region r ON r.key = o.holder
        WHERE s.answers->>'result' = 'death' AND {where.sql}
        ORDER BY s.received_at DESC, s.id DESC LIMIT {where.param(limit)}""",
        *where.args,
    )


async def accepted_between(scope: str, from_on: date, to_on: date) -> list[UUID]:
    """Accepted certifications of an area that were handed in between two days."""
    where = Filters(from_on, to_on).within("o.holder", [scope])
    rows = await fetch(
        f"""SELECT s.id FROM obligation o JOIN submission s ON s.id = o.newest
        WHERE o.beneficiary IS NOT NULL AND o.stage = 'accepted'
          AND s.received_at >= $1::date::timestamp {LOCAL}
          AND s.received_at < ($2::date + 1)::timestamp {LOCAL} AND {where.sql}""",
        *where.args,
    )
    return [row["id"] for row in rows]


async def add_sample(values: Sequence[Any], drawn: Sequence[UUID]) -> bool:
    """Keeps a draw: (id, region, from_on, to_on, size, drawn_from, seed, account, at).

    False when the id is known, whose draw stays as it is.
    """
    return bool(
        await fetch_value(
            """WITH sample AS (
                INSERT INTO cert_sample (id, region, from_on, to_on, size, drawn_from, seed,
                                         account, at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                ON CONFLICT (id) DO NOTHING RETURNING id),
            item AS (
                INSERT INTO cert_sample_item (sample, position, submission)
                SELECT sample.id, d.position, d.id
                FROM sample, unnest($10::uuid[]) WITH ORDINALITY AS d(id, position))
            SELECT EXISTS (SELECT FROM sample)""",
            *values,
            list(drawn),
        )
    )


_SAMPLE = """SELECT c.id, c.region, g.name AS region_name, c.from_on, c.to_on, c.size,
    c.drawn_from, c.seed, c.at, a.name AS by_name, n.items, n.checked, n.wrong
    FROM cert_sample c JOIN region g ON g.key = c.region LEFT JOIN account a ON a.id = c.account
    CROSS JOIN LATERAL (SELECT count(*)::int AS items, count(i.ok)::int AS checked,
        (count(*) FILTER (WHERE NOT i.ok))::int AS wrong
        FROM cert_sample_item i WHERE i.sample = c.id) n"""


async def samples(
    scopes: Sequence[str], after: tuple[datetime, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """Draws of the area, newest first."""
    where = Filters().within("c.region", scopes)
    if after is not None:
        where.add("(c.at, c.id) < (?, ?)", *after)
    return await fetch(
        f"""{_SAMPLE} WHERE {where.sql} ORDER BY c.at DESC, c.id DESC
        LIMIT {where.param(limit)}""",
        *where.args,
    )


async def sample_within(sample: UUID, scopes: Sequence[str]) -> asyncpg.Record | None:
    """A draw of the area."""
    where = Filters().add("c.id = ?", sample).within("c.region", scopes)
    return await fetch_row(f"{_SAMPLE} WHERE {where.sql}", *where.args)


async def sample_items(sample: UUID) -> list[asyncpg.Record]:
    """What was drawn, in the order of the draw."""
    return await fetch(
        """SELECT i.submission, i.ok, i.note, i.at, o.holder, b.id AS beneficiary, b.name,
            s.answers->>'result' AS result, s.answers->>'method' AS method, s.received_at
        FROM cert_sample_item i JOIN submission s ON s.id = i.submission
        JOIN obligation o ON o.id = s.obligation JOIN beneficiary b ON b.id = o.beneficiary
        WHERE i.sample = $1 ORDER BY i.position""",
        sample,
    )


async def record_check(
    sample: UUID, submission: UUID, ok: bool, note: str, account: UUID, now: datetime
) -> bool:
    """What the auditor found of one that was drawn; False when it was not."""
    found = await fetch_value(
        """UPDATE cert_sample_item SET ok = $3, note = $4, account = $5, at = $6
        WHERE sample = $1 AND submission = $2 RETURNING true""",
        sample,
        submission,
        ok,
        note,
        account,
        now,
    )
    return bool(found)
