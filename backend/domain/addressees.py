"""Who is meant by an audience, among those who hold a post at this moment."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from backend.domain.ladder import Audience
from backend.domain.reviews import ReviewStep
from backend.domain.roles import Role


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who holds a post at a place; `away` is on dated leave from it today."""

    account: UUID
    role: Role
    is_backup: bool = False
    away: bool = False


_FIELD = (Role.LIAISON, Role.STATION)


def addressees(
    audience: Collection[Audience],
    village: Sequence[Holder],
    township: Sequence[Holder],
    county: Sequence[Holder],
    *,
    overdue: bool = False,
) -> list[UUID]:
    """The accounts that a step about a village's own duty reaches, each once.

    While the liaison is on leave the B角 answers, and once the duty is `overdue` the B角 is told
    of every step as well: by then the liaison has missed what went before. Nobody at the post is
    the township's affair at once, and so is everybody's leave: a duty is never nobody's.
    """
    field = [h for h in village if h.role in _FIELD and not h.away]
    primary = [h.account for h in field if not h.is_backup]
    backup = [h.account for h in field if h.is_backup]
    vacant = not any(h.role in _FIELD and not h.is_backup for h in village)
    office = _office(township)
    meant: list[UUID] = []
    if Audience.LIAISON in audience:
        meant += primary or backup
        if vacant or not field:
            meant += office
    if Audience.BACKUP in audience or (Audience.LIAISON in audience and overdue):
        meant += backup
    if Audience.TOWNSHIP in audience:
        meant += office
    if Audience.LEAD in audience:
        meant += _of(township, Role.OFFICE_LEAD) or office
    if Audience.COUNTY in audience:
        meant += _of(county, Role.COUNTY_OPS)
    return list(dict.fromkeys(meant))


def reviewing(
    audience: Collection[Audience],
    waits_for: ReviewStep,
    township: Sequence[Holder],
    county: Sequence[Holder],
    filers: Collection[UUID],
) -> list[UUID]:
    """The accounts that a step about a review reaches, each once: those whom it waits for first.

    Nobody reviews what they filed: where that leaves no reviewer the lead is told at once, and
    where it leaves nobody the county. What waits for the county is the county's at every step.
    """
    above = _of(county, Role.COUNTY_OPS)
    if waits_for is ReviewStep.COUNTY:
        return _without(above, filers) or above
    leads = _without(_of(township, Role.OFFICE_LEAD), filers)
    meant: list[UUID] = []
    if Audience.TOWNSHIP in audience:
        meant += _without(_of(township, Role.REVIEWER), filers) or leads or above
    if Audience.LEAD in audience:
        meant += leads or above
    if Audience.COUNTY in audience:
        meant += above
    return list(dict.fromkeys(meant))


def _of(holders: Iterable[Holder], *roles: Role) -> list[UUID]:
    return [holder.account for holder in holders if holder.role in roles]


def _office(township: Iterable[Holder]) -> list[UUID]:
    return _of(township, Role.REVIEWER, Role.OFFICE_LEAD)


def _without(accounts: Iterable[UUID], filers: Collection[UUID]) -> list[UUID]:
    return [account for account in accounts if account not in filers]
