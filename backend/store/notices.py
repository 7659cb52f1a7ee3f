"""Notices: published, corrected, withdrawn, read; who of their readers has, and who has not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from backend.store.database import fetch, fetch_row, fetch_value, to_json
from backend.store.filters import Filters

# A phone keeps so many, as long as they are of use.
MOST_SYNCED: Final = 30
_KEEP: Final = timedelta(days=365)
_KEEP_WITHDRAWN: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class NewFile:
    """A content that goes along, sent before by tus."""

    sha256: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Words:
    """What one version says."""

    title: str
    body: str
    confirm_by: datetime | None
    files: Sequence[NewFile]


_SHOWN = """n.id, n.number, n.office, n.scopes, n.version, n.published_at, n.withdrawn_at,
    r.name AS office_name, v.title, v.body, v.confirm_by, v.at AS version_at,
    (SELECT jsonb_agg(jsonb_build_object('id', f.id, 'name', f.name, 'size', f.size,
            'sha256', f.sha256, 'kind', m.kind, 'refused', m.refused, 'pages', m.pages)
            ORDER BY f.position)
        FROM notice_file f LEFT JOIN media_object m ON m.sha256 = f.sha256
        WHERE f.notice = n.id AND f.version = n.version)::text AS files,
    (SELECT d.read_at FROM notice_read d WHERE d.notice = n.id AND d.version = n.version
        AND d.account = $1) AS read_at"""
_FROM = """notice n JOIN notice_version v ON v.notice = n.id AND v.version = n.version
    JOIN region r ON r.key = n.office"""
# Above or below: a county's notice concerns the township, and the other way round.
_TOUCHES = """EXISTS (SELECT 1 FROM unnest(n.scopes) AS s, unnest($2::text[]) AS own
    WHERE starts_with(own, s) OR starts_with(s, own))"""
_POSTED = """p.role IN ('liaison', 'station') AND p.starts_at <= $1
    AND (p.ends_at IS NULL OR p.ends_at > $1)"""
_ADDRESSED = "EXISTS (SELECT 1 FROM unnest(n.scopes) AS s WHERE starts_with(p.region, s))"


async def within(
    number: UUID, account: UUID, scopes: Sequence[str], *, hold: bool = False
) -> asyncpg.Record | None:
    """A notice that concerns one of the scopes, with when the account has read this version."""
    held = " FOR UPDATE OF n" if hold else ""
    return await fetch_row(
        f"SELECT {_SHOWN} FROM {_FROM} WHERE n.id = $3 AND {_TOUCHES}{held}",
        account,
        list(scopes),
        number,
    )


async def page(
    account: UUID, scopes: Sequence[str], after: int | None, limit: int
) -> list[asyncpg.Record]:
    """Notices that concern the scopes, newest first."""
    where = Filters(account, list(scopes)).add(_TOUCHES).add_if(after, "n.number < ?")
    return await fetch(
        f"""SELECT {_SHOWN} FROM {_FROM} WHERE {where.sql}
        ORDER BY n.number DESC LIMIT {where.param(limit)}""",
        *where.args,
    )


async def for_phone(account: UUID, villages: Sequence[str], now: datetime) -> list[asyncpg.Record]:
    """What a phone keeps: the newest notices to its villages."""
    return await fetch(
        f"""SELECT {_SHOWN} FROM {_FROM} WHERE n.published_at > $3 AND {_TOUCHES}
          AND (n.withdrawn_at IS NULL OR n.withdrawn_at > $4)
        ORDER BY n.published_at DESC, n.number DESC LIMIT $5""",
        account,
        list(villages),
        now - _KEEP,
        now - _KEEP_WITHDRAWN,
        MOST_SYNCED,
    )


async def publish(
    number: UUID, office: str, scopes: Sequence[str], words: Words, account: UUID, now: datetime
) -> bool:
    """Stores a notice; False when the id is known."""
    new = await fetch_value(
        """INSERT INTO notice (id, office, scopes, version, published_at)
        VALUES ($1, $2, $3, 1, $4) ON CONFLICT (id) DO NOTHING RETURNING true""",
        number,
        office,
        list(scopes),
        now,
    )
    if new:
        await _word(number, 1, words, account, now)
    return bool(new)


async def correct(number: UUID, version: int, words: Words, account: UUID, now: datetime) -> None:
    """Puts a new version in the place of the one before."""
    await _word(number, version, words, account, now)
    await fetch("UPDATE notice SET version = $2 WHERE id = $1", number, version)


async def _word(number: UUID, version: int, words: Words, account: UUID, now: datetime) -> None:
    await fetch(
        """INSERT INTO notice_version (notice, version, title, body, confirm_by, at, account)
        VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        number,
        version,
        words.title,
        words.body,
        words.confirm_by,
        now,
        account,
    )
    await fetch(
        """INSERT INTO notice_file (notice, version, position, sha256, name, size, at)
        SELECT $1, $2, f.position, f.sha256, f.name, f.size, $6
        FROM unnest($3::text[], $4::text[], $5::int[]) WITH ORDINALITY
            AS f(sha256, name, size, position)""",
        number,
        version,
        [each.sha256 for each in words.files],
        [each.name for each in words.files],
        [each.size for each in words.files],
        now,
    )


async def unsent(number: UUID, account: UUID, contents: Sequence[str]) -> list[str]:
    """Of some SHA-256: those the account has not sent, nor an earlier version of it named."""
    rows = await fetch(
        """SELECT c FROM unnest($3::text[]) AS c WHERE NOT EXISTS (
            SELECT 1 FROM media_object m WHERE m.sha256 = c AND m.erased_at IS NULL
            AND (EXISTS (SELECT 1 FROM media_upload u WHERE u.sha256 = c AND u.account = $2)
                OR EXISTS (SELECT 1 FROM notice_file f WHERE f.sha256 = c AND f.notice = $1)))""",
        number,
        account,
        list(contents),
    )
    return [row["c"] for row in rows]


async def withdraw(number: UUID, now: datetime) -> None:
    """Takes a notice back; who has not been told of it yet never is."""
    await fetch("UPDATE notice SET withdrawn_at = $2 WHERE id = $1", number, now)
    await _unsay(number, now)


async def _unsay(number: UUID, now: datetime) -> None:
    await fetch(
        """WITH over AS (
            UPDATE message SET dropped_at = $2 WHERE kind = 'notice' AND delivered_at IS NULL
            AND dropped_at IS NULL AND params->>'notice' = $1 RETURNING id)
        UPDATE delivery d SET dropped_at = $2 FROM over
        WHERE d.message = over.id AND d.sent_at IS NULL""",
        str(number),
        now,
    )


async def tell(number: UUID, params: dict[str, Any], not_before: datetime, now: datetime) -> None:
    """One word to each reader, in the place of one about the same notice that still waits."""
    await _unsay(number, now)
    await fetch(
        f"""WITH told AS (
            INSERT INTO message (id, account, kind, region, params, slot_at, created_at)
            SELECT gen_random_uuid(), p.account, 'notice', min(p.region), $3::jsonb, $4, $1
            FROM notice n JOIN post p ON {_POSTED} AND {_ADDRESSED}
            JOIN account a ON a.id = p.account AND a.disabled_at IS NULL
            WHERE n.id = $2 GROUP BY p.account
            RETURNING id)
        INSERT INTO delivery (message, channel, not_before, attempts)
        SELECT id, 'in_app', $4, 0 FROM told""",
        now,
        number,
        to_json(params),
        not_before,
    )


async def touch_readers(number: UUID, now: datetime) -> None:
    """Lets the phones of all readers hear of it."""
    await fetch(
        f"""UPDATE account SET change_no = change_no + 1 WHERE id IN (
            SELECT a.id FROM account a WHERE a.id IN (
                SELECT p.account FROM notice n JOIN post p ON {_POSTED} AND {_ADDRESSED}
                WHERE n.id = $2) ORDER BY a.id FOR NO KEY UPDATE)""",
        now,
        number,
    )


async def mark_read(number: UUID, version: int, account: UUID, at: datetime, now: datetime) -> None:
    """Notes the first reading of a version; the account's other phones hear of it."""
    await fetch(
        """WITH new AS (
            INSERT INTO notice_read (notice, version, account, read_at, received_at)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (notice, account, version) DO NOTHING
            RETURNING account)
        UPDATE account SET change_no = change_no + 1 WHERE id IN (SELECT account FROM new)""",
        number,
        version,
        account,
        at,
        now,
    )


async def version_at(number: UUID, version: int) -> datetime | None:
    """When a version was published."""
    at: datetime | None = await fetch_value(
        "SELECT at FROM notice_version WHERE notice = $1 AND version = $2", number, version
    )
    return at


_READERS = f"""FROM notice n JOIN post p ON {_POSTED} AND {_ADDRESSED}
    JOIN account a ON a.id = p.account AND a.disabled_at IS NULL
    JOIN region g ON g.key = p.region
    LEFT JOIN notice_read d ON d.notice = n.id AND d.version = n.version AND d.account = a.id
    WHERE n.id = $2"""


async def counts(number: UUID, scopes: Sequence[str], now: datetime) -> list[asyncpg.Record]:
    """Readers and those who have read, by village of the scopes to which a notice goes.

    A village where nobody holds a post has no reader, and is listed.
    """
    where = Filters(now, number)
    posts, places = where.under("p.region", scopes), where.under("g.key", scopes)
    return await fetch(
        f"""WITH reader AS (SELECT p.region, count(DISTINCT a.id)::int AS readers,
                count(DISTINCT d.account)::int AS read {_READERS} AND {posts} GROUP BY p.region)
        SELECT g.key AS region, g.name, coalesce(e.readers, 0) AS readers,
            coalesce(e.read, 0) AS read
        FROM notice n JOIN region g ON g.level = 'village' AND g.valid_to IS NULL AND {places}
            AND EXISTS (SELECT 1 FROM unnest(n.scopes) AS s WHERE starts_with(g.key, s))
        LEFT JOIN reader e ON e.region = g.key
        WHERE n.id = $2 ORDER BY g.key""",
        *where.args,
    )


async def readers(
    number: UUID,
    scopes: Sequence[str],
    *,
    under: str | None,
    read: bool | None,
    after: tuple[str, UUID] | None,
    limit: int,
    now: datetime,
) -> list[asyncpg.Record]:
    """Who holds a post that a notice goes to, by village, and when they have read it."""
    where = Filters(now, number).within("p.region", scopes)
    if under is not None:
        where.within("p.region", [under])
    where.add_if(read, "(d.account IS NOT NULL) = ?")
    if after is not None:
        where.add("(p.region, p.id) > (?, ?)", *after)
    return await fetch(
        f"""SELECT p.id AS post, p.region, g.name AS village, a.id AS account, a.name, p.role,
            p.is_backup, d.read_at, d.received_at
        {_READERS} AND {where.sql} ORDER BY p.region, p.id LIMIT {where.param(limit)}""",
        *where.args,
    )


async def file_within(number: int, account: UUID, scopes: Sequence[str]) -> asyncpg.Record | None:
    """A file of a notice that stands and concerns one of the scopes."""
    return await fetch_row(
        f"""SELECT f.id, f.name, f.sha256, n.office AS region, m.kind, m.examined_at, m.refused,
            m.erased_at, $1::uuid AS asker
        FROM notice_file f JOIN notice n ON n.id = f.notice AND n.version = f.version
        LEFT JOIN media_object m ON m.sha256 = f.sha256
        WHERE f.id = $3 AND n.withdrawn_at IS NULL AND {_TOUCHES}""",
        account,
        list(scopes),
        number,
    )
