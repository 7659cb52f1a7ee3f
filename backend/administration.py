"""What the operator does from the command line, by the same rules as people in the API."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from backend import appointments, succession
from backend.clock import system_clock
from backend.domain.phones import is_mobile
from backend.domain.roles import Actor, HeldPost, Role
from backend.problems import Problem
from backend.store import audit
from backend.store.database import transaction
from backend.vault import Vault

_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person with a first post."""

    name: str
    phone: str
    password: str
    role: str
    region: str
    is_backup: bool


def _operator(region: str) -> Actor:
    """Whoever holds the machine may do what a sysadmin and the county may, there."""
    posts = tuple(HeldPost(_NOBODY, role, region) for role in (Role.SYSADMIN, Role.COUNTY_OPS))
    return Actor(_NOBODY, "operator", _NOBODY, posts, system_clock(), "operator")


async def create_account(vault: Vault, person: NewPerson) -> UUID:
    """Opens the account. Problems: bad_phone, role_unknown, and those of `appointments`."""
    if not is_mobile(person.phone):
        raise Problem("bad_phone")
    if person.role not in set(Role):
        raise Problem("role_unknown", roles=", ".join(Role))
    role, number = Role(person.role), uuid4()
    hashed = await appointments.password_hash(vault, person.password, [role], person.phone)
    async with transaction():
        actor = _operator(person.region)
        newcomer = appointments.Newcomer(number, person.name, person.phone, hashed, person.region)
        await appointments.open_account(actor, vault, newcomer)
        wish = appointments.Wish(role, person.region, person.is_backup, actor.now)
        await appointments.appoint(actor, number, wish)
    return number


async def succeed(old: str, new: str, name: str | None) -> int:
    """Merges or re-codes a village; gives how many duties changed hands."""
    actor = _operator(old[:6])
    kind = "recode" if name else "merge"
    async with transaction():
        moved = await succession.succeed(old, new, name, [old[:6]], actor.now)
        await audit.write(audit.by(actor, f"region.{kind}", f"region:{old}", old, new=new))
    return moved
