"""The second factor of staff: setting it up, proving it, taking it away."""

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from backend.domain import second_factor as rule
from backend.problems import Problem
from backend.store import county_rules
from backend.store import second_factor as store
from backend.vault import Vault

REQUIRED: Final = "second_factor"
RECOVERY_CODES: Final = 10


@dataclass(frozen=True, slots=True)
class Begun:
    """Told once: the secret, and the address that an authenticator app reads."""

    secret: str
    uri: str


def new_secret() -> str:
    """Fresh, in base32, to be typed where no picture can be taken."""
    return base64.b32encode(secrets.token_bytes(rule.SECRET_BYTES)).decode()


def new_recovery_codes() -> list[str]:
    """Fifty bits each, in two groups of five."""
    drawn = [base64.b32encode(secrets.token_bytes(10)).decode() for _ in range(RECOVERY_CODES)]
    return [f"{code[:5]}-{code[5:10]}" for code in drawn]


async def required(account: UUID, now: datetime) -> bool:
    """Whether a county requires it of this person."""
    for county in await store.counties_of_staff(account, now):
        found = await county_rules.in_force(county, REQUIRED, now)
        if found is not None and found["required"]:
            return True
    return False


async def asked(account: asyncpg.Record, now: datetime) -> bool:
    """Whether a code is needed to sign in: of staff who have it on, not on liaisons' phones."""
    on = account["totp_since"] is not None
    return on and await store.is_staff(account["id"], now)


async def begin(vault: Vault, account: UUID, name: str) -> Begun:
    """A new secret; it counts once a code of it was given. Problem second_factor_on."""
    if (await store.of(account))["totp_since"] is not None:
        raise Problem("second_factor_on")
    secret = new_secret()
    await store.begin(account, vault.seal(secret))
    return Begun(secret, rule.uri(secret, name))


async def confirm(vault: Vault, account: UUID, code: str, now: datetime) -> list[str] | None:
    """The recovery codes, told once; None if wrong. Problems: second_factor_on, _off."""
    held = await store.of(account)
    if held["totp_since"] is not None:
        raise Problem("second_factor_on")
    if held["totp_sealed"] is None:
        raise Problem("second_factor_off")
    step = rule.step_of(vault.unseal(held["totp_sealed"]), code, now, None)
    if step is None:
        return None
    codes = new_recovery_codes()
    digests = [vault.recovery_digest(account, each) for each in codes]
    if not await store.confirm(account, step, digests, now):
        raise Problem("second_factor_on")
    return codes


async def proved(vault: Vault, account: UUID, code: str, now: datetime) -> bool:
    """Whether a code, or a recovery code, is right; it is spent by that."""
    held: asyncpg.Record = await store.of(account)
    if held["totp_since"] is None:
        return False
    given = code.strip().upper().replace(" ", "").replace("-", "")
    if not given.isdigit():
        given = f"{given[:5]}-{given[5:]}"
        return await store.spend_recovery(account, vault.recovery_digest(account, given), now)
    step = rule.step_of(vault.unseal(held["totp_sealed"]), given, now, held["totp_step"])
    return step is not None and await store.spend(account, step)
