"""Opening accounts and giving posts, by a person in the API or by the operator."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import asyncpg

from backend import sessions
from backend.domain import passwords
from backend.domain.regions import level_of
from backend.domain.roles import POSTED_AT, Actor, Role, appointing_action
from backend.problems import Problem
from backend.store import audit, people, regions
from backend.tables import Account, Post
from backend.vault import Vault


@dataclass(frozen=True, slots=True)
class Wish:
    """A post to give."""

    role: Role
    region: str
    is_backup: bool
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody to get an account, and the region of their first post."""

    account: UUID
    name: str
    phone: str
    password_hash: str
    region: str


def account_of(person: Newcomer, vault: Vault, now: datetime) -> Account:
    """The account as it is written."""
    return Account(
        id=person.account,
        phone_sealed=vault.seal(person.phone),
        phone_index=vault.index(person.phone),
        name=person.name,
        password_hash=person.password_hash,
        created_at=now,
    )


def post_of(account: UUID, wish: Wish) -> Post:
    """The post as it is written."""
    return Post(
        id=uuid4(),
        account=account,
        role=wish.role.value,
        region=wish.region,
        is_backup=wish.is_backup,
        starts_at=wish.starts_at,
    )


async def password_hash(vault: Vault, password: str, roles: Iterable[Role], phone: str) -> str:
    """The hash of a password strong enough for all of the roles. Refusal weak_password."""
    passwords.check(password, max(map(passwords.minimum_length, roles)), phone)
    return await sessions.hash_password(vault, password)


async def first_hash(vault: Vault, password: str | None, role: Role, phone: str) -> str:
    """The same for a newcomer; without a password, the hash of one that nobody knows."""
    if password is None:
        return await sessions.hash_password(vault, secrets.token_urlsafe(32))
    return await password_hash(vault, password, [role], phone)


async def open_account(actor: Actor, vault: Vault, person: Newcomer) -> None:
    """Inserts the account. Problem phone_taken."""
    try:
        await people.add_account(account_of(person, vault, actor.now))
    except asyncpg.UniqueViolationError:
        raise Problem("phone_taken") from None
    subject = f"account:{person.account}"
    await audit.write(audit.by(actor, "account.open", subject, person.region))


async def check_place(actor: Actor, role: Role, region: str) -> None:
    """Whether the actor may give that post. Problems: not_found, role_level, region_over."""
    place = await regions.within(region, actor.scopes(appointing_action(role)))
    if place is None:
        raise Problem("not_found")
    if level_of(region) not in POSTED_AT[role]:
        raise Problem("role_level")
    if place["valid_to"] is not None:
        raise Problem("region_over")


async def appoint(actor: Actor, account: UUID, wish: Wish) -> UUID:
    """Gives a post. Problems: post_held, and those of `check_place`."""
    await check_place(actor, wish.role, wish.region)
    if await people.post_of(account, wish.role, wish.region, actor.now) is not None:
        raise Problem("post_held")
    post = post_of(account, wish)
    number: UUID = post.id
    try:
        await people.add_post(post)
    except asyncpg.UniqueViolationError:
        raise Problem("post_held") from None
    await audit.write(
        audit.by(actor, "post.begin", f"post:{number}", wish.region, role=wish.role.value)
    )
    return number
