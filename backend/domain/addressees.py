"""Who is meant by an audience, among those who hold a post at this moment."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from backend.domain.reminders import Audience
from backend.domain.roles import Role


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who holds a post at a place."""

    account: UUID
    role: Role
    is_backup: bool = False


_FIELD = (Role.LIAISON, Role.STATION)
_OFFICE = (Role.REVIEWER, Role.OFFICE_LEAD)


def addressees(
    audience: Collection[Audience],
    village: Sequence[Holder],
    township: Sequence[Holder],
    county: Sequence[Holder],
) -> list[UUID]:
    """The accounts a step reaches, each once.

    A village without a liaison is answered for by its B角, and without either by the township:
    a duty is never nobody's.
    """
    primary = [h.account for h in village if h.role in _FIELD and not h.is_backup]
    backup = [h.account for h in village if h.role in _FIELD and h.is_backup]
    office = [h.account for h in township if h.role in _OFFICE]
    meant: list[UUID] = []
    if Audience.LIAISON in audience:
        meant += primary or backup or office
    if Audience.BACKUP in audience:
        meant += backup
    if Audience.TOWNSHIP in audience:
        meant += office
    if Audience.COUNTY in audience:
        meant += [h.account for h in county if h.role is Role.COUNTY_OPS]
    return list(dict.fromkeys(meant))
