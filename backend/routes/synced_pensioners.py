"""What a phone keeps of its villages' pensioners: as little as is needed at the door."""

from datetime import date
from uuid import UUID

import asyncpg
import msgspec

from backend.domain.certification.matches import HitKind
from backend.domain.certification.words import InsuranceType, LiveType, PayStatus
from backend.domain.masking import masked_id_number
from backend.vault import Vault


class SyncedPensioner(msgspec.Struct, omit_defaults=True):
    """Whom to visit. The name is whole, for in a village half of them share the first character;
    the number is masked, and phone and address are asked for one by one, with a purpose.
    """

    id: UUID
    village: str
    name: str
    id_number: str
    born: int
    insurance_type: InsuranceType
    group_no: str = ""
    household: str = ""
    live_type: LiveType | None = None
    pay_status: PayStatus = PayStatus.NORMAL
    certified_on: date | None = None
    risk_tags: list[str] = []
    doubts: list[HitKind] = []


class Removed(msgspec.Struct, omit_defaults=True):
    """What the phone has to forget: who is no longer listed in its villages, and their duties;
    who left their ledger.
    """

    pensioners: list[UUID] = []
    obligations: list[int] = []
    residents: list[UUID] = []


def synced_pensioner(row: asyncpg.Record, vault: Vault) -> SyncedPensioner:
    return SyncedPensioner(
        row["id"],
        row["region"],
        row["name"],
        masked_id_number(vault.unseal(row["id_number_sealed"])),
        row["born_on"].year,
        InsuranceType(row["insurance_type"]),
        row["group_no"],
        row["household"],
        LiveType(row["live_type"]) if row["live_type"] else None,
        PayStatus(row["pay_status"]),
        row["certified_on"],
        list(row["risk_tags"]),
        [HitKind(kind) for kind in row["doubts"]],
    )
