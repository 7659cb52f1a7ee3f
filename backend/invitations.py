"""One-use links: issued by an office for a person of its area, spent for a password."""

import base64
import binascii
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import asyncpg

from backend import sessions
from backend.domain import passwords
from backend.domain.roles import Actor, Role
from backend.problems import Problem
from backend.settings import Settings
from backend.store import audit, invitations, people
from backend.store import second_factor as factors
from backend.store.database import transaction
from backend.tables import Invitation
from backend.vault import Vault

_ID_BYTES: Final = 16
_SECRET_BYTES: Final = 26  # with the id a whole number of base64 groups


@dataclass(frozen=True, slots=True)
class Issued:
    """The token is told once, to be shown or sent; nothing can give it again."""

    id: UUID
    token: str
    expires_at: datetime


async def issue(vault: Vault, actor: Actor, account: UUID, region: str, life: timedelta) -> Issued:
    """A new invitation; earlier ones of the account open nothing from now on."""
    number, secret = uuid4(), secrets.token_bytes(_SECRET_BYTES)
    expires_at = actor.now + life
    await invitations.add(
        Invitation(
            id=number,
            account=account,
            secret_digest=vault.invitation_digest(secret),
            created_by=actor.account,
            created_at=actor.now,
            expires_at=expires_at,
        )
    )
    await audit.write(audit.by(actor, "invitation.issue", f"account:{account}", region))
    token = base64.urlsafe_b64encode(number.bytes + secret).decode()
    return Issued(number, token, expires_at)


def _read(token: str) -> tuple[UUID, bytes]:
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Problem("invitation_invalid") from None
    if len(raw) != _ID_BYTES + _SECRET_BYTES:
        raise Problem("invitation_invalid")
    return UUID(bytes=raw[:_ID_BYTES]), raw[_ID_BYTES:]


async def redeem(
    vault: Vault, settings: Settings, token: str, password: str, device: str, now: datetime
) -> sessions.Tokens:
    """Sets the password and signs in; the account's other devices are signed out.

    Problems: invitation_invalid, _used, _revoked, _expired, _over, account_disabled, locked_out,
    weak_password, second_factor_needed (the link stays good).
    """
    number, secret = _read(token)
    row = await _known(vault, number, secret, now)
    account = row["account"]
    async with transaction():
        roles = await _usable(row, now)
        if (await factors.of(account))["totp_since"] is not None:
            # A link sets a password; it is no way around the second factor.
            raise Problem("second_factor_needed")
    phone = vault.unseal(row["phone_sealed"])
    passwords.check(password, max(map(passwords.minimum_length, roles)), phone)
    fresh = await sessions.hash_password(vault, password)
    async with transaction():
        if not await invitations.redeem(number, now):
            raise Problem("invitation_used")
        await _usable(row, now)
        await people.set_password(account, fresh)
        await people.end_sessions(now, "password_reset", account=account)
        opened = await sessions.open_session(account, vault.index(phone), device, settings, now)
        await audit.write(
            audit.Entry(now, account, "invitation.redeem", f"account:{account}"),
            audit.Entry(now, account, "session.open", f"account:{account}"),
        )
    return sessions.tokens(vault, settings, opened, 1, now)


async def _known(vault: Vault, number: UUID, secret: bytes, now: datetime) -> asyncpg.Record:
    """The invitation that the secret opens. Wrong guesses count as at signing in."""
    index = vault.invitation_digest(number.bytes)
    async with transaction():
        row = await invitations.by_id(number)
        expected = row["secret_digest"] if row else bytes(32)
        right = hmac.compare_digest(expected, vault.invitation_digest(secret))
        locked = await sessions.guessed(index, right and row is not None, now)
    if locked:
        raise Problem("locked_out")
    if row is None or not right:
        raise Problem("invitation_invalid")
    return row


async def _usable(row: asyncpg.Record, now: datetime) -> list[Role]:
    """The roles of the account's posts. Problems: those of an invitation that opens nothing."""
    if row["redeemed_at"] is not None:
        raise Problem("invitation_used")
    if row["revoked_at"] is not None:
        raise Problem("invitation_revoked")
    if row["expires_at"] <= now:
        raise Problem("invitation_expired")
    if row["disabled_at"] is not None:
        raise Problem("account_disabled")
    held = await people.posts_not_over(row["account"], now)
    if not held:
        raise Problem("invitation_over")
    return [Role(post["role"]) for post in held]
