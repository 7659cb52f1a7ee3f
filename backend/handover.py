"""Handing a village's post over: one ends, one begins, at the same instant and in one transaction.

Duties belong to the village and not to a person, so nothing is moved; history keeps its names.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import asyncpg

from backend import access, appointments, invitations
from backend.domain.roles import Action, Actor, Role
from backend.problems import Problem
from backend.store import audit, people
from backend.vault import Vault

_LATEST: Final = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class Successor:
    """Who takes over: by phone number somebody known in the area, or else a new person."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The new post and its link for first use; `known` when the successor had an account."""

    account: UUID
    post: UUID
    known: bool
    issued: invitations.Issued


async def hand_over(
    actor: Actor,
    vault: Vault,
    old: asyncpg.Record,
    to: Successor,
    at: datetime | None,
    hashed: str,
    life: timedelta,
) -> HandedOver:
    """Ends the post at `at` (None: now), gives it on from there, and issues a link.

    `hashed` is of a password nobody knows. Asked again after a lost answer it gives a new link.
    Problems: handover_day, handover_to_oneself, phone_taken, post_over.
    """
    begins = at or actor.now
    if not actor.now <= begins <= actor.now + _LATEST:
        raise Problem("handover_day")
    account, known = await _successor(actor, vault, old, to, hashed)
    if account == old["id"]:
        raise Problem("handover_to_oneself")
    ended = await people.end_post(old["post"], begins)
    held = await people.post_of(account, old["role"], old["region"], actor.now)
    if not ended and held is None:
        raise Problem("post_over")
    if ended:
        about = {"at": begins.isoformat()}
        await audit.write(
            audit.by(actor, "post.end", f"post:{old['post']}", old["region"], **about)
        )
        await _sign_out(actor, old, begins)
    if held is None:
        wish = appointments.Wish(Role(old["role"]), old["region"], old["is_backup"], begins)
        held = await appointments.appoint(actor, account, wish)
    issued = await invitations.issue(vault, actor, account, old["region"], life)
    return HandedOver(account, held, known, issued)


async def _successor(
    actor: Actor, vault: Vault, old: asyncpg.Record, to: Successor, hashed: str
) -> tuple[UUID, bool]:
    """Problem phone_taken: the number is of somebody outside the area, or of another name."""
    there = await people.account_by_phone(vault.index(to.phone))
    if there is None:
        newcomer = appointments.Newcomer(uuid4(), to.name, to.phone, hashed, old["region"])
        await appointments.open_account(actor, vault, newcomer)
        return newcomer.account, False
    known = await people.account_within(there["id"], actor.scopes(Action.SEE_PEOPLE))
    if known is None or known["name"] != to.name or known["disabled_at"] is not None:
        raise Problem("phone_taken")
    return there["id"], True


async def _sign_out(actor: Actor, old: asyncpg.Record, at: datetime) -> None:
    """At once for who has no other post; of a later day, the end of the post shuts them out."""
    if at <= actor.now and not await people.posts_not_over(old["id"], actor.now):
        await people.end_sessions(actor.now, "device_revoked", account=old["id"])


async def post_to_hand_over(actor: Actor, number: UUID) -> asyncpg.Record:
    """A village's post that the asker may appoint. Problem not_found for any other."""
    found = await access.post_to_end(actor, number)
    if found["role"] not in {Role.LIAISON, Role.STATION}:
        raise Problem("not_found")
    return found
