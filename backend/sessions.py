"""Signing in, refreshing and signing out."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import asyncpg

from backend import second_factor
from backend.problems import Problem
from backend.settings import Settings
from backend.store import audit, invitations, people
from backend.store import second_factor as factors
from backend.store.database import transaction
from backend.tables import Session
from backend.vault import Forged, Vault

MAX_FAILURES: Final = 5
FAILURE_WINDOW: Final = timedelta(minutes=15)

# argon2 takes a core and 19 MiB for some 30 ms: more at once would only slow down the filing.
_hashing = asyncio.Semaphore(2)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a device keeps: the short-lived access token and the one that renews it."""

    access_token: str
    refresh_token: str
    expires_in: int


async def hash_password(vault: Vault, password: str) -> str:
    """Off the event loop."""
    async with _hashing:
        return await asyncio.to_thread(vault.hash_password, password)


async def check_password(vault: Vault, password_hash: str | None, password: str) -> bool:
    """Off the event loop."""
    async with _hashing:
        return await asyncio.to_thread(vault.check_password, password_hash, password)


@dataclass(frozen=True, slots=True)
class Proof:
    """What somebody signs in with; `code` is of the second factor, None when none was given."""

    phone: str
    password: str
    code: str | None
    device: str


async def sign_in(vault: Vault, settings: Settings, proof: Proof, now: datetime) -> Tokens:
    """Opens a session. Problems: bad_credentials, second_factor_needed, second_factor_wrong,
    locked_out (5 failures in 15 minutes).

    A failure is committed before it is told; asking for the code is none.
    """
    index = vault.index(proof.phone)
    account = await people.account_by_phone(index)
    if await locked_out(index, now):
        raise Problem("locked_out")
    stored = account["password_hash"] if account else None
    right = await check_password(vault, stored, proof.password)
    right = right and account is not None and account["disabled_at"] is None
    second = right and account is not None and await second_factor.asked(account, now)
    if second and proof.code is None:
        raise Problem("second_factor_needed")
    session, wrong = None, "second_factor_wrong" if second else "bad_credentials"
    async with transaction():
        if second and account is not None:
            right, locked = await guessed_code(vault, account["id"], index, proof.code or "", now)
        else:
            locked = await guessed(index, right, now)
        if account is not None and right and not locked:
            session = await open_session(account["id"], index, proof.device, settings, now)
        who = account["id"] if account is not None else None
        result = "done" if session else "refused"
        await audit.write(audit.Entry(now, who, "session.open", f"account:{who}", result=result))
    if session is None:
        raise Problem("locked_out" if locked else wrong)
    return tokens(vault, settings, session, 1, now)


async def reprove(vault: Vault, stored: asyncpg.Record, password: str, now: datetime) -> None:
    """Asks a signed-in person for the password again; guesses count as in `sign_in`."""
    index = stored["phone_index"]
    if await locked_out(index, now):
        raise Problem("locked_out")
    right = await check_password(vault, stored["password_hash"], password)
    async with transaction():
        locked = await guessed(index, right, now)
    if locked or not right:
        raise Problem("locked_out" if locked else "bad_credentials")


async def locked_out(index: bytes, now: datetime) -> bool:
    """Whether too many guesses failed of late."""
    return await people.failures_since(index, now - FAILURE_WINDOW) >= MAX_FAILURES


async def guessed(index: bytes, right: bool, now: datetime) -> bool:
    """Whether the number is locked; a wrong guess is counted.

    Holds the number until the commit, so parallel guesses all count.
    """
    await people.lock_phone(index)
    locked = await locked_out(index, now)
    if locked or not right:
        await people.add_failure(index, now)
    return locked


async def guessed_code(
    vault: Vault, account: UUID, index: bytes, code: str, now: datetime
) -> tuple[bool, bool]:
    """Whether a code of the second factor is right, and whether the number is locked.

    On a locked number no code is spent.
    """
    await people.lock_phone(index)
    right = not await locked_out(index, now) and (
        await second_factor.proved(vault, account, code, now)
    )
    return right, await guessed(index, right, now)


async def open_session(
    account: UUID, index: bytes, device: str, settings: Settings, now: datetime
) -> UUID:
    """A session of a device, for an account that proved itself; gives its id.

    Without a second factor that is required it is good for setting one up and no more.
    """
    await people.forget_failures(index)
    held = await factors.of(account)
    lacking = held["totp_since"] is None and await second_factor.required(account, now)
    session = uuid4()
    await people.add_session(
        Session(
            id=session,
            account=account,
            device=device[:120],
            generation=1,
            created_at=now,
            refreshed_at=now,
            expires_at=now + timedelta(days=settings.session_days),
            enrol_only=lacking,
        )
    )
    return session


def tokens(
    vault: Vault, settings: Settings, session: UUID, generation: int, now: datetime
) -> Tokens:
    """The pair of a session's generation."""
    return Tokens(
        vault.access_token(session, now, settings.access_minutes),
        vault.refresh_token(session, generation),
        settings.access_minutes * 60,
    )


def why_ended(row: asyncpg.Record | None) -> str:
    """Why a device's session is over: a problem, of `end_reason` and `disabled_at`."""
    if row is not None and row["disabled_at"] is not None:
        return "account_disabled"
    revoked = row is not None and row["end_reason"] == "device_revoked"
    return "device_revoked" if revoked else "session_ended"


async def refresh(vault: Vault, settings: Settings, token: str, now: datetime) -> Tokens:
    """The next pair of tokens; the old refresh token is spent.

    A spent token coming back means that two hold it: the whole family ends. Problems:
    token_invalid, and those of `why_ended`.
    """
    try:
        named = vault.read_refresh_token(token)
    except Forged:
        raise Problem("token_invalid") from None
    async with transaction():
        generation = await people.advance_session(
            named.session, named.generation, now, now + timedelta(days=settings.session_days)
        )
        if generation is None:
            ended = await people.end_replayed(named.session, named.generation, now)
            if ended is not None:
                entry = audit.Entry(
                    now,
                    ended["account"],
                    "session.replay",
                    f"session:{named.session}",
                    result="ended",
                )
                await audit.write(entry)
    if generation is None:
        raise Problem(why_ended(await invitations.why_ended(named.session)))
    return tokens(vault, settings, named.session, generation, now)
