"""The second factor of accounts: its secret, the steps spent, recovery codes."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

import asyncpg

from backend.store.database import fetch, fetch_row, fetch_value
from backend.tables import RecoveryCode


async def of(account: UUID) -> asyncpg.Record:
    """Secret, since when it counts, the last step spent, and how many recovery codes are left."""
    row = await fetch_row(
        """SELECT a.totp_sealed, a.totp_since, a.totp_step, (SELECT count(*)::int
            FROM recovery_code r WHERE r.account = a.id AND r.used_at IS NULL) AS codes_left
        FROM account a WHERE a.id = $1""",
        account,
    )
    assert row is not None
    return row


async def begin(account: UUID, sealed: bytes) -> None:
    """Keeps a secret that does not count yet."""
    await fetch(
        """UPDATE account SET totp_sealed = $2, totp_step = NULL
        WHERE id = $1 AND totp_since IS NULL""",
        account,
        sealed,
    )


async def confirm(account: UUID, step: int, digests: Sequence[bytes], now: datetime) -> bool:
    """Lets the secret count from now on; False when it does already."""
    done = await fetch_value(
        """UPDATE account SET totp_since = $3, totp_step = $2
        WHERE id = $1 AND totp_since IS NULL RETURNING true""",
        account,
        step,
        now,
    )
    if done:
        await RecoveryCode.insert(
            *(RecoveryCode(id=uuid4(), account=account, digest=each) for each in digests)
        )
        await fetch("UPDATE session SET enrol_only = false WHERE account = $1", account)
    return bool(done)


async def spend(account: UUID, step: int) -> bool:
    """Uses a step up; False when it or a later one was used before, also at the same instant."""
    return bool(
        await fetch_value(
            """UPDATE account SET totp_step = $2
            WHERE id = $1 AND (totp_step IS NULL OR totp_step < $2) RETURNING true""",
            account,
            step,
        )
    )


async def spend_recovery(account: UUID, digest: bytes, now: datetime) -> bool:
    """Uses a recovery code up; False when there is none such, or it was used."""
    return bool(
        await fetch_value(
            """UPDATE recovery_code SET used_at = $3
            WHERE account = $1 AND digest = $2 AND used_at IS NULL RETURNING true""",
            account,
            digest,
            now,
        )
    )


async def remove(account: UUID) -> bool:
    """Takes the second factor away; False when there was none."""
    await fetch("DELETE FROM recovery_code WHERE account = $1", account)
    return bool(
        await fetch_value(
            """UPDATE account SET totp_sealed = NULL, totp_since = NULL, totp_step = NULL
            WHERE id = $1 AND totp_since IS NOT NULL RETURNING true""",
            account,
        )
    )


async def is_staff(account: UUID, now: datetime) -> bool:
    """Whether the account holds a post above the villages."""
    return bool(
        await fetch_value(
            """SELECT true FROM post WHERE account = $1 AND role NOT IN ('liaison', 'station')
              AND starts_at <= $2 AND (ends_at IS NULL OR ends_at > $2) LIMIT 1""",
            account,
            now,
        )
    )


async def counties_of_staff(account: UUID, now: datetime) -> list[str]:
    """The counties where the account holds a post above the villages."""
    rows = await fetch(
        """SELECT DISTINCT left(region, 6) AS county FROM post
        WHERE account = $1 AND role NOT IN ('liaison', 'station') AND length(region) >= 6
          AND starts_at <= $2 AND (ends_at IS NULL OR ends_at > $2)""",
        account,
        now,
    )
    return [row["county"] for row in rows]


async def end_sessions_without(county: str, now: datetime) -> None:
    """Signs out the county's staff who have no second factor: they come back to set one up."""
    await fetch(
        """UPDATE session s SET ended_at = $2, end_reason = 'second_factor'
        FROM account a WHERE a.id = s.account AND a.totp_since IS NULL AND s.ended_at IS NULL
          AND EXISTS (SELECT 1 FROM post p WHERE p.account = a.id
            AND left(p.region, 6) = $1 AND p.role NOT IN ('liaison', 'station')
            AND (p.ends_at IS NULL OR p.ends_at > $2))""",
        county,
        now,
    )
