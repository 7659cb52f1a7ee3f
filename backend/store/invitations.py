"""Invitations, and the devices of an account."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from backend.store.database import fetch, fetch_row, fetch_value
from backend.store.filters import Filters
from backend.tables import Invitation

_COLUMNS = """i.id, i.account, i.secret_digest, i.created_at, i.expires_at, i.redeemed_at,
    i.revoked_at, a.name, a.phone_sealed, a.disabled_at"""
_OPEN = "i.redeemed_at IS NULL AND i.revoked_at IS NULL"


async def add(invitation: Invitation) -> None:
    """Inserts it; those before it of the same account open nothing any more."""
    await fetch("SELECT id FROM account WHERE id = $1 FOR NO KEY UPDATE", invitation.account)
    await fetch(
        """UPDATE invitation i SET revoked_at = $2
        WHERE account = $1 AND redeemed_at IS NULL AND revoked_at IS NULL""",
        invitation.account,
        invitation.created_at,
    )
    await Invitation.insert(invitation)


async def by_id(number: UUID) -> asyncpg.Record | None:
    """An invitation with its account."""
    return await fetch_row(
        f"""SELECT {_COLUMNS} FROM invitation i JOIN account a ON a.id = i.account
        WHERE i.id = $1""",
        number,
    )


async def redeem(number: UUID, now: datetime) -> bool:
    """Spends it; False when another was faster, or it opens nothing any more."""
    return bool(
        await fetch_value(
            f"""UPDATE invitation i SET redeemed_at = $2
            WHERE id = $1 AND {_OPEN} AND expires_at > $2 RETURNING true""",
            number,
            now,
        )
    )


async def revoke(number: UUID, now: datetime) -> bool:
    """Makes it open nothing; False when it had been used or revoked."""
    return bool(
        await fetch_value(
            f"UPDATE invitation i SET revoked_at = $2 WHERE id = $1 AND {_OPEN} RETURNING true",
            number,
            now,
        )
    )


async def page(
    scopes: Sequence[str],
    under: str | None,
    now: datetime,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[asyncpg.Record]:
    """Invitations that could still be used, newest first, of people with a post in the scopes."""
    held = Filters(now).within("p.region", scopes)
    if under is not None:
        held.within("p.region", [under])
    where = Filters(*held.args)
    if after is not None:
        where.add("(i.created_at, i.id) < (?, ?)", *after)
    return await fetch(
        f"""SELECT {_COLUMNS} FROM invitation i JOIN account a ON a.id = i.account
        WHERE {_OPEN} AND i.expires_at > $1 AND {where.sql} AND EXISTS (
            SELECT 1 FROM post p WHERE p.account = i.account
            AND (p.ends_at IS NULL OR p.ends_at > $1) AND {held.sql})
        ORDER BY i.created_at DESC, i.id DESC LIMIT {where.param(limit)}""",
        *where.args,
    )


async def devices(account: UUID, now: datetime) -> list[asyncpg.Record]:
    """Sessions in force, the one seen last first."""
    return await fetch(
        """SELECT id, device, created_at, refreshed_at FROM session
        WHERE account = $1 AND ended_at IS NULL AND expires_at > $2
        ORDER BY refreshed_at DESC, id LIMIT 200""",
        account,
        now,
    )


async def why_ended(session: UUID) -> asyncpg.Record | None:
    """Why a session ended, if it did, and whether its account is disabled."""
    return await fetch_row(
        """SELECT s.end_reason, a.disabled_at FROM session s JOIN account a ON a.id = s.account
        WHERE s.id = $1""",
        session,
    )


async def disable(account: UUID, now: datetime | None) -> bool:
    """Disables an account, or with None enables it; False when it was so already."""
    return bool(
        await fetch_value(
            """UPDATE account SET disabled_at = $2
            WHERE id = $1 AND (disabled_at IS NULL) <> ($2::timestamptz IS NULL)
            RETURNING true""",
            account,
            now,
        )
    )
