"""Contents that have arrived, what reports name of them, and what was found in them."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from backend.store.database import fetch, fetch_row
from backend.store.filters import Filters
from backend.store.gathering import Gathering

_PAGE = 1000
_SEEN = """a.id, a.submission, a.position, a.county, a.region, a.beneficiary, a.account, a.sha256,
    a.name, a.size, a.evidence, a.from_gallery, a.filed_at, a.arrived_at, a.held_at,
    s.receipt, r.name AS village, m.kind, m.bytes, m.width, m.height, m.pages, m.advice,
    m.examined_at, m.refused, m.erased_at"""
_FROM = """attachment a JOIN submission s ON s.id = a.submission JOIN region r ON r.key = a.region
    LEFT JOIN media_object m ON m.sha256 = a.sha256 AND a.arrived_at IS NOT NULL"""


async def sent_by(account: UUID, sha256: str, length: int) -> bool:
    """Whether the account has sent the content, and it is still here; waits for its erasure."""
    return await _sent.ask((account, sha256, length))


async def _which_sent(asked: Sequence[tuple[UUID, str, int]]) -> list[bool]:
    rows = await fetch(
        """SELECT i.number, found.sha256 IS NOT NULL AS sent
        FROM unnest((SELECT $1::uuid[]), $2::text[], $3::int[])
            WITH ORDINALITY AS i(account, sha256, length, number)
        LEFT JOIN LATERAL (
            SELECT m.sha256 FROM media_upload u JOIN media_object m USING (sha256)
            WHERE u.account = i.account AND u.sha256 = i.sha256 AND m.bytes = i.length
                AND m.erased_at IS NULL FOR SHARE OF m) found ON true
        ORDER BY i.number""",
        *(list(column) for column in zip(*asked, strict=True)),
    )
    return [row["sent"] for row in rows]


_sent = Gathering(_which_sent)


async def arrived(account: UUID, sha256: str, length: int, now: datetime) -> None:
    """A content is stored: notes who sent it, and what it is waited for by. May be repeated."""
    await fetch(
        """WITH stored AS (
            INSERT INTO media_object (sha256, bytes, stored_at, attempts, advice)
            VALUES ($1, $2, $4, 0, '{}')
            ON CONFLICT (sha256) DO UPDATE SET stored_at = $4, erased_at = NULL, examined_at = NULL,
                refused = NULL, attempts = 0 WHERE media_object.erased_at IS NOT NULL),
        sent AS (
            INSERT INTO media_upload (sha256, account, at) VALUES ($1, $3, $4)
            ON CONFLICT (sha256, account) DO NOTHING)
        UPDATE attachment SET arrived_at = $4
        WHERE sha256 = $1 AND account = $3 AND arrived_at IS NULL""",
        sha256,
        length,
        account,
        now,
    )


async def meet(now: datetime) -> None:
    """Joins what was filed with what was sent at the same moment: neither saw the other."""
    await fetch(
        """UPDATE attachment a SET arrived_at = $1 FROM media_upload u
        WHERE a.arrived_at IS NULL AND u.sha256 = a.sha256 AND u.account = a.account""",
        now,
    )


async def within(number: int, own: Sequence[str], pensioners: Sequence[str]) -> (
    asyncpg.Record | None
):  # fmt: skip
    """An attachment of the villages `own`; one about a pensioner, of those of `pensioners`."""
    where = Filters(number)
    about = where.under("a.region", pensioners)
    other = where.under("a.region", own)
    return await fetch_row(
        f"""SELECT {_SEEN} FROM {_FROM} WHERE a.id = $1
        AND CASE WHEN a.beneficiary IS NULL THEN {other} ELSE {about} END""",
        *where.args,
    )


async def of_submissions(submissions: Sequence[UUID]) -> list[asyncpg.Record]:
    """The attachments of some submissions, in the order they were named."""
    return await fetch(
        f"""SELECT {_SEEN} FROM {_FROM} WHERE a.submission = ANY($1)
        ORDER BY a.submission, a.position""",
        list(submissions),
    )


async def missing(
    scopes: Sequence[str], under: str | None, before: datetime, limit: int
) -> list[asyncpg.Record]:
    """Those named before an instant whose content has not come, oldest first."""
    where = Filters(before, limit).within("a.region", scopes)
    if under is not None:
        where.within("a.region", [under])
    return await fetch(
        f"""SELECT {_SEEN} FROM {_FROM}
        WHERE a.arrived_at IS NULL AND a.filed_at < $1 AND {where.sql}
        ORDER BY a.filed_at, a.id LIMIT $2""",
        *where.args,
    )


async def tell_missing(before: datetime, now: datetime) -> None:
    """One word in the app to each who filed before an instant and whose bytes have not come; again
    only when more is missing.
    """
    await fetch(
        """WITH told AS (
            INSERT INTO message (id, account, kind, region, params, slot_at, created_at)
            SELECT gen_random_uuid(), a.account, 'photos_missing', a.region,
                jsonb_build_object('photos', count(*)), $2, $2
            FROM attachment a JOIN submission s ON s.id = a.submission
            WHERE a.arrived_at IS NULL AND a.filed_at < $1 AND s.withdrawn_at IS NULL
            GROUP BY a.account, a.region HAVING NOT EXISTS (
                SELECT 1 FROM message m WHERE m.account = a.account AND m.region = a.region
                AND m.kind = 'photos_missing' AND m.created_at > max(a.filed_at) + ($2 - $1))
            RETURNING id)
        INSERT INTO delivery (message, channel, not_before, attempts)
        SELECT id, 'in_app', $2, 0 FROM told""",
        before,
        now,
    )


async def tell_refused(since: datetime, now: datetime) -> None:
    """One word in the app to each who filed what was refused since an instant, unless it was
    reviewed, replaced or withdrawn meanwhile; again only for what is found bad later.
    """
    await fetch(
        """WITH told AS (
            INSERT INTO message (id, account, kind, region, params, slot_at, created_at)
            SELECT gen_random_uuid(), a.account, 'photos_refused', a.region,
                jsonb_build_object('photos', count(*), 'obligation', o.id), $2, $2
            FROM media_object m JOIN attachment a USING (sha256)
            JOIN obligation o ON o.newest = a.submission AND o.stage IN ('town', 'county')
            WHERE m.refused IS NOT NULL AND m.erased_at IS NULL AND m.examined_at > $1
                AND a.arrived_at IS NOT NULL
            GROUP BY a.account, a.region, o.id, a.submission HAVING NOT EXISTS (
                SELECT 1 FROM message t WHERE t.account = a.account AND t.region = a.region
                AND t.kind = 'photos_refused' AND t.params->'obligation' = to_jsonb(o.id)
                AND t.created_at >= max(greatest(m.examined_at, a.filed_at, a.arrived_at)))
            RETURNING id)
        INSERT INTO delivery (message, channel, not_before, attempts)
        SELECT id, 'in_app', $2, 0 FROM told""",
        since,
        now,
    )


async def to_examine(now: datetime, lease: timedelta) -> asyncpg.Record | None:
    """Takes the oldest content that nobody has read yet, for a while."""
    return await fetch_row(
        """UPDATE media_object SET claimed_until = $2, attempts = attempts + 1 WHERE sha256 = (
            SELECT sha256 FROM media_object WHERE examined_at IS NULL AND refused IS NULL
            AND erased_at IS NULL AND (claimed_until IS NULL OR claimed_until < $1)
            ORDER BY stored_at LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING sha256, bytes, attempts""",
        now,
        now + lease,
    )


async def give_back(sha256: str, until: datetime) -> None:
    """It could not be read now; not its own fault, so it does not count as an attempt."""
    await fetch(
        "UPDATE media_object SET claimed_until = $2, attempts = attempts - 1 WHERE sha256 = $1",
        sha256,
        until,
    )


async def refuse(sha256: str, reason: str, now: datetime) -> None:
    """It is no photo or paper that may be shown, and why."""
    await fetch(
        "UPDATE media_object SET refused = $2, examined_at = $3 WHERE sha256 = $1",
        sha256,
        reason,
        now,
    )


async def describe(
    sha256: str,
    kind: str,
    size: tuple[int, int],
    pages: int,
    advice: Sequence[str],
    likeness: tuple[int, bytes] | None,
    now: datetime,
) -> None:
    """What was found in it."""
    await fetch(
        """UPDATE media_object SET kind = $2, width = $3, height = $4, pages = $5, advice = $6,
            like_key = $7, like_full = $8, examined_at = $9 WHERE sha256 = $1""",
        sha256,
        kind,
        *size,
        pages,
        list(advice),
        *(likeness or (None, None)),
        now,
    )


async def known(keys: Sequence[str]) -> list[str]:
    """Of some SHA-256: those whose content should be stored."""
    rows = await fetch(
        "SELECT sha256 FROM media_object WHERE sha256 = ANY($1) AND erased_at IS NULL", list(keys)
    )
    return [row["sha256"] for row in rows]


async def all_stored() -> AsyncIterator[list[str]]:
    """Every SHA-256 whose content should be stored, some at a time."""
    last = ""
    while rows := await fetch(
        """SELECT sha256 FROM media_object WHERE erased_at IS NULL AND sha256 > $1
        ORDER BY sha256 LIMIT $2""",
        last,
        _PAGE,
    ):
        yield [row["sha256"] for row in rows]
        last = rows[-1]["sha256"]


async def over_age(before: datetime, limit: int) -> list[str]:
    """Contents that everything naming them is older than an instant, and nothing holds."""
    rows = await fetch(
        """SELECT m.sha256 FROM media_object m WHERE m.erased_at IS NULL AND m.stored_at < $1
        AND NOT EXISTS (SELECT 1 FROM attachment a WHERE a.sha256 = m.sha256
            AND (a.filed_at >= $1 OR a.held_at IS NOT NULL))
        AND NOT EXISTS (SELECT 1 FROM notice_file f JOIN notice n ON n.id = f.notice
            WHERE f.sha256 = m.sha256 AND (f.at >= $1 OR n.withdrawn_at IS NULL))
        ORDER BY m.stored_at LIMIT $2 FOR UPDATE OF m SKIP LOCKED""",
        before,
        limit,
    )
    return [row["sha256"] for row in rows]


async def erase(contents: Sequence[str], now: datetime) -> None:
    """Notes that no byte is kept; what was found in it goes as well."""
    await fetch(
        """UPDATE media_object SET erased_at = $2, like_key = NULL, like_full = NULL, advice = '{}'
        WHERE sha256 = ANY($1)""",
        list(contents),
        now,
    )
    await fetch("DELETE FROM media_upload WHERE sha256 = ANY($1)", list(contents))


async def hold(number: int, at: datetime | None) -> None:
    """Keeps an attachment in spite of its age, or (None) no longer."""
    await fetch("UPDATE attachment SET held_at = $2 WHERE id = $1", number, at)
