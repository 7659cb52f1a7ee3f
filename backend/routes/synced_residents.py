"""What a phone keeps of its village's ledger: enough to find people and to count them."""

from datetime import date
from uuid import UUID

import asyncpg
import msgspec

from backend.domain.ledger.ages import month_of
from backend.domain.ledger.words import Status, Tag, WorkPlace
from backend.domain.masking import masked_id_number
from backend.store.residents import facts_of
from backend.vault import Vault

_KEPT = (
    "name",
    "group_no",
    "household",
    "relation",
    "status",
    "employer",
    "job",
    "work_place",
    "work_region",
    "leave_date",
    "return_date",
    "train_wish",
    "job_wish",
    "tags",
)


class SyncedResident(msgspec.Struct, omit_defaults=True):
    """A person of the village. The number is masked, of the birth only the month is told; phone,
    income and health stay at the server.
    """

    id: UUID
    village: str
    name: str
    id_number: str
    born: str
    status: Status
    female: bool = False
    group_no: str = ""
    household: str = ""
    relation: str = ""
    employer: str = ""
    job: str = ""
    work_place: WorkPlace | None = None
    work_region: str = ""
    leave_date: date | None = None
    return_date: date | None = None
    train_wish: bool = False
    job_wish: bool = False
    tags: list[Tag] = []


def synced_resident(row: asyncpg.Record, vault: Vault) -> SyncedResident:
    facts = facts_of(row)
    return msgspec.convert(
        {
            **{name: facts[name] for name in _KEPT},
            "id": row["id"],
            "village": row["region"],
            "id_number": masked_id_number(vault.unseal(row["id_number_sealed"])),
            "born": month_of(row["born_on"]),
            "female": row["female"],
        },
        SyncedResident,
    )
