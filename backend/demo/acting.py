"""The demo's people as those who act, without a session."""

from datetime import datetime
from uuid import UUID

from backend.demo.changes import REQUEST
from backend.demo.people import NAMED, named_phone
from backend.domain.roles import Actor, HeldPost, Role
from backend.store import people
from backend.vault import Vault


def acting(account: UUID, name: str, role: Role, region: str, now: datetime) -> Actor:
    """Somebody in a post."""
    return Actor(account, name, UUID(int=0), (HeldPost(UUID(int=0), role, region),), now, REQUEST)


async def named(vault: Vault, role: Role, now: datetime) -> Actor:
    """The named person of that role."""
    number, name, region = next(
        (n, name, places[0]) for n, (each, name, places) in enumerate(NAMED) if each is role
    )
    row = await people.account_by_phone(vault.index(named_phone(number)))
    assert row is not None
    return acting(row["id"], name, role, region, now)
