"""Accounts, posts, sessions, failed log-ins."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from backend.domain.calendar import local_day
from backend.store.database import fetch, fetch_row, fetch_value
from backend.store.filters import Filters
from backend.store.gathering import Gathering
from backend.tables import Account, Post, Session

# As many rows as one statement takes.
_INSERTED = 1_000


async def actor_rows(session: UUID, now: datetime) -> list[asyncpg.Record]:
    """The session with its account and posts in force at `now`: a row a post, at least one."""
    return await _asking.ask((session, now))


async def _actors(asked: Sequence[tuple[UUID, datetime]]) -> list[list[asyncpg.Record]]:
    # The sub-select hides how many ask: one plan serves any number, and is kept.
    rows = await fetch(
        """SELECT i.number, s.account, s.ended_at, s.expires_at, s.end_reason, s.enrol_only,
                  a.name, a.disabled_at,
                  p.id, p.role, p.region, p.is_backup
        FROM unnest((SELECT $1::uuid[]), $2::timestamptz[])
            WITH ORDINALITY AS i(session, now, number)
        JOIN session s ON s.id = i.session JOIN account a ON a.id = s.account
        LEFT JOIN post p ON p.account = a.id AND p.starts_at <= i.now
                        AND (p.ends_at IS NULL OR p.ends_at > i.now)""",
        [session for session, _ in asked],
        [now for _, now in asked],
    )
    found: list[list[asyncpg.Record]] = [[] for _ in asked]
    for row in rows:
        found[row["number"] - 1].append(row)
    return found


_asking = Gathering(_actors)


async def add_account(account: Account) -> None:
    """Inserts it; a taken phone number raises asyncpg's UniqueViolationError."""
    await Account.insert(account)


async def add_people(accounts: Sequence[Account], posts: Sequence[Post]) -> None:
    """Inserts many accounts with posts; a taken phone or post raises UniqueViolationError."""
    for start in range(0, len(accounts), _INSERTED):
        await Account.insert(*accounts[start : start + _INSERTED])
    for start in range(0, len(posts), _INSERTED):
        await Post.insert(*posts[start : start + _INSERTED])


async def by_phones(
    indices: Sequence[bytes], scopes: Sequence[str], now: datetime
) -> list[asyncpg.Record]:
    """Whose phones these are; `idle` who never signed in and holds no post, `elsewhere` who has
    never held one in the scopes but holds others.
    """
    where = Filters(list(indices), now)
    return await fetch(
        f"""SELECT a.id, a.name, a.phone_index,
            EXISTS (SELECT 1 FROM post p WHERE p.account = a.id) AND NOT EXISTS (
                SELECT 1 FROM post p
                WHERE p.account = a.id AND {where.under("p.region", scopes)}) AS elsewhere,
            NOT EXISTS (SELECT 1 FROM session s WHERE s.account = a.id) AND NOT EXISTS (
                SELECT 1 FROM post p
                WHERE p.account = a.id AND (p.ends_at IS NULL OR p.ends_at > $2)) AS idle
        FROM account a WHERE a.phone_index = ANY($1)""",
        *where.args,
    )


async def posts_held(accounts: Sequence[UUID], now: datetime) -> list[asyncpg.Record]:
    """Account, role and region of every post that these hold, or are going to hold."""
    return await fetch(
        """SELECT account, role, region FROM post
        WHERE account = ANY($1) AND (ends_at IS NULL OR ends_at > $2)""",
        list(accounts),
        now,
    )


async def rename(account: UUID, name: str) -> None:
    """Gives somebody another name."""
    await fetch("UPDATE account SET name = $2 WHERE id = $1", account, name)


async def account_by_phone(index: bytes) -> asyncpg.Record | None:
    """Credentials by the keyed index of the phone number."""
    return await fetch_row(
        """SELECT id, password_hash, disabled_at, totp_sealed, totp_since FROM account
        WHERE phone_index = $1""",
        index,
    )


async def credentials(account: UUID) -> asyncpg.Record:
    """What proves an account, by id."""
    row = await fetch_row(
        "SELECT id, password_hash, phone_sealed, phone_index FROM account WHERE id = $1", account
    )
    assert row is not None
    return row


async def failures_since(phone_index: bytes, since: datetime) -> int:
    """How many log-ins failed for this number since then."""
    count: int = await fetch_value(
        "SELECT count(*) FROM login_failure WHERE phone_index = $1 AND at > $2", phone_index, since
    )
    return count


async def lock_phone(phone_index: bytes) -> None:
    """Makes log-ins with one number wait for each other, so that guesses are counted."""
    await fetch("SELECT pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 7))", phone_index)


async def add_failure(phone_index: bytes, now: datetime) -> None:
    """Notes a failed log-in."""
    await fetch("INSERT INTO login_failure (phone_index, at) VALUES ($1, $2)", phone_index, now)


async def forget_failures(phone_index: bytes | None, before: datetime | None = None) -> int:
    """After a success those of the number; in housekeeping all older ones. Gives how many."""
    where = Filters().add_if(phone_index, "phone_index = ?").add_if(before, "at < ?")
    rows = await fetch(f"DELETE FROM login_failure WHERE {where.sql} RETURNING id", *where.args)
    return len(rows)


async def add_session(session: Session) -> None:
    """Inserts a session."""
    await Session.insert(session)


async def advance_session(
    session: UUID, generation: int, now: datetime, expires_at: datetime
) -> int | None:
    """The next generation, if `generation` is the newest of a session in force; else None."""
    value: int | None = await fetch_value(
        """UPDATE session SET generation = generation + 1, refreshed_at = $3, expires_at = $4
        WHERE id = $1 AND generation = $2 AND ended_at IS NULL AND expires_at > $3
          AND EXISTS (SELECT 1 FROM account a
                      WHERE a.id = session.account AND a.disabled_at IS NULL)
        RETURNING generation""",
        session,
        generation,
        now,
        expires_at,
    )
    return value


async def end_replayed(session: UUID, generation: int, now: datetime) -> asyncpg.Record | None:
    """Ends a running session whose newest generation is past this one; gives its account."""
    return await fetch_row(
        """UPDATE session SET ended_at = $3, end_reason = 'replayed'
        WHERE id = $1 AND generation > $2 AND ended_at IS NULL RETURNING account""",
        session,
        generation,
        now,
    )


async def end_sessions(
    now: datetime,
    reason: str,
    *,
    session: UUID | None = None,
    account: UUID | None = None,
    other_than: UUID | None = None,
) -> asyncpg.Record | None:
    """Ends one session, or all of an account; gives the account of one that was still running."""
    where = Filters(now, reason).add("ended_at IS NULL")
    where.add_if(session, "id = ?").add_if(account, "account = ?").add_if(other_than, "id <> ?")
    return await fetch_row(
        f"UPDATE session SET ended_at = $1, end_reason = $2 WHERE {where.sql} RETURNING account",
        *where.args,
    )


async def add_post(post: Post) -> None:
    """Inserts a post."""
    await Post.insert(post)


async def post_of(account: UUID, role: str, region: str, now: datetime) -> UUID | None:
    """The post of that role that the account holds there, or is going to hold."""
    value: UUID | None = await fetch_value(
        """SELECT id FROM post WHERE account = $1 AND role = $2 AND region = $3
            AND (ends_at IS NULL OR ends_at > $4) ORDER BY starts_at LIMIT 1""",
        account,
        role,
        region,
        now,
    )
    return value


async def end_post(post: UUID, at: datetime) -> bool:
    """Ends it at an instant; False when it ended before that already."""
    return bool(
        await fetch_value(
            """UPDATE post SET ends_at = greatest($2, starts_at)
            WHERE id = $1 AND (ends_at IS NULL OR ends_at > $2) RETURNING true""",
            post,
            at,
        )
    )


COLUMNS = """a.id, a.name, a.phone_sealed, a.disabled_at, a.totp_since, a.created_at,
    p.id AS post, p.role, p.region, r.name AS region_name, p.is_backup, p.starts_at, p.ends_at"""
HELD = "FROM post p JOIN account a ON a.id = p.account JOIN region r ON r.key = p.region"
_PERSON = f"SELECT {COLUMNS} {HELD}"
# Who reports for villages at $1, and who for village `r`.
HOLDING = """post p JOIN account a ON a.id = p.account AND a.disabled_at IS NULL
    WHERE p.role IN ('liaison', 'station')
      AND p.starts_at <= $1 AND (p.ends_at IS NULL OR p.ends_at > $1)"""
HELD_NOW = f"SELECT 1 FROM {HOLDING} AND p.region = r.key"
ON_LEAVE_UNTIL = """(SELECT l.ends_on FROM leave l WHERE l.post = p.id
    AND $2 BETWEEN l.starts_on AND l.ends_on AND (p.ends_at IS NULL OR p.ends_at > $1))"""


async def posts_page(
    scopes: Sequence[str],
    under: str | None,
    role: str | None,
    now: datetime,
    past: bool,
    after: tuple[str, UUID] | None,
    limit: int,
) -> list[asyncpg.Record]:
    """Posts with their people, in order of region: those in force now, with `past` also others.

    `on_leave_until` is the last day of the leave that runs now.
    """
    where = Filters(now, local_day(now)).within("p.region", scopes).add_if(role, "p.role = ?")
    if under is not None:
        where.within("p.region", [under])
    if not past:
        where.add("p.starts_at <= $1 AND (p.ends_at IS NULL OR p.ends_at > $1)")
    if after is not None:
        where.add("(p.region, p.id) > (?, ?)", *after)
    return await fetch(
        f"""SELECT {COLUMNS}, {ON_LEAVE_UNTIL} AS on_leave_until {HELD} WHERE {where.sql}
        ORDER BY p.region, p.id LIMIT {where.param(limit)}""",
        *where.args,
    )


async def post_within(post: UUID, scopes: Sequence[str]) -> asyncpg.Record | None:
    """A post in one of the scopes."""
    where = Filters().add("p.id = ?", post).within("p.region", scopes)
    return await fetch_row(f"{_PERSON} WHERE {where.sql}", *where.args)


async def account_within(account: UUID, scopes: Sequence[str]) -> asyncpg.Record | None:
    """An account with some post, past or present, in one of the scopes."""
    where = Filters().add("a.id = ?", account).within("p.region", scopes)
    return await fetch_row(
        f"{_PERSON} WHERE {where.sql} ORDER BY p.starts_at DESC LIMIT 1", *where.args
    )


async def posts_not_over(account: UUID, now: datetime) -> list[asyncpg.Record]:
    """Role and region of every post the account holds, or is going to hold."""
    return await posts_held([account], now)


async def villages_of(account: UUID, scopes: Sequence[str]) -> list[str]:
    """Villages in the scopes that the account reports for, or did."""
    where = Filters().add("account = ?", account).within("region", scopes)
    rows = await fetch(
        f"""SELECT DISTINCT region FROM post
        WHERE role IN ('liaison', 'station') AND {where.sql} ORDER BY region""",
        *where.args,
    )
    return [row["region"] for row in rows]


async def names(accounts: Sequence[UUID]) -> dict[UUID, str]:
    """Names by account."""
    rows = await fetch("SELECT id, name FROM account WHERE id = ANY($1)", list(accounts))
    return {row["id"]: row["name"] for row in rows}


async def set_password(account: UUID, password_hash: str) -> None:
    """Replaces the password."""
    await fetch("UPDATE account SET password_hash = $2 WHERE id = $1", account, password_hash)
