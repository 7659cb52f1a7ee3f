"""Whom a certification duty is about, as offices see it: masked, with what to look out for."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec

from backend.domain.calendar import local_day
from backend.domain.certification.matches import HitKind
from backend.domain.certification.words import CertState, InsuranceType, PayStatus
from backend.domain.identity_numbers import age_on
from backend.domain.masking import masked_id_number, masked_name
from backend.domain.roles import Action, Actor
from backend.store import cert_states
from backend.vault import Vault


class VisitWeek(msgspec.Struct):
    """The days in which the household is suggested to be visited; a suggestion and no duty."""

    first: date
    last: date


class PensionerShown(msgspec.Struct):
    """The pensioner of a duty, as the roster says now; name and number are masked.

    `doubts` are suspicions still open, `state` is where the certification stands, null when the
    duty is waived.
    """

    id: UUID
    name: str
    id_number: str
    age: int
    insurance_type: InsuranceType
    pay_status: PayStatus
    group_no: str
    household: str
    visit: VisitWeek | None
    risk_tags: list[str]
    doubts: list[HitKind]
    state: CertState | None


async def pensioners_of(
    actor: Actor, rows: Sequence[Mapping[str, object]], vault: Vault
) -> dict[int, PensionerShown]:
    """The pensioners of those duties in `rows` of whom the asker may know, by duty."""
    ids = [number for row in rows if isinstance(number := row["id"], int)]
    scopes = actor.scopes(Action.SEE_BENEFICIARIES)
    if not scopes:
        return {}
    found = await cert_states.of_duties(ids, scopes, actor.now)
    return {number: _shown(row, vault, actor.now) for number, row in found.items()}


def _shown(row: asyncpg.Record, vault: Vault, now: datetime) -> PensionerShown:
    return PensionerShown(
        row["id"],
        masked_name(row["name"]),
        masked_id_number(vault.unseal(row["id_number_sealed"])),
        age_on(row["born_on"], local_day(now)),
        InsuranceType(row["insurance_type"]),
        PayStatus(row["pay_status"]),
        row["group_no"],
        row["household"],
        VisitWeek(row["visit_from"], row["visit_to"]) if row["visit_from"] else None,
        list(row["risk_tags"]),
        [HitKind(kind) for kind in row["doubts"]],
        CertState(row["state"]) if row["state"] else None,
    )
