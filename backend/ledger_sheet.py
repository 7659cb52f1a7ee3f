"""The ledger as a sheet that can be read in again, written in parts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from backend.domain.ledger.rows import COLUMNS
from backend.domain.masking import masked_id_number, masked_name
from backend.domain.regions import code_of
from backend.store import residents
from backend.store.residents import Wanted, facts_of
from backend.vault import Vault
from backend.written_sheets import Sheet

_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose people, and whether names, numbers and phones are in full."""

    scopes: Sequence[str]
    under: str | None
    full: bool


async def write(sheet: Sheet, whose: Whose, vault: Vault) -> int:
    """Writes everybody listed, holding some thousand at a time; gives how many they are."""
    written, after = 0, None
    while rows := await residents.page(whose.scopes, Wanted(whose.under), after, _AT_ONCE):
        await asyncio.to_thread(_add, sheet, rows, vault, whose.full)
        written += len(rows)
        after = (rows[-1]["region"], rows[-1]["id"])
    await asyncio.to_thread(sheet.close)
    return written


def _add(sheet: Sheet, rows: Sequence[asyncpg.Record], vault: Vault, full: bool) -> None:
    sheet.add(_cells(row, vault, full) for row in rows)


def _cells(row: asyncpg.Record, vault: Vault, full: bool) -> list[str]:
    facts = facts_of(row)
    number = vault.unseal(row["id_number_sealed"])
    if full and row["phone_sealed"] is not None:
        facts["phone"] = vault.unseal(row["phone_sealed"])
    special = {
        "name": facts["name"] if full else masked_name(facts["name"]),
        "id_no": number if full else masked_id_number(number),
        "region_code": code_of(row["region"]),
    }
    return [_cell({**facts, **special}[name]) for name in COLUMNS]


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ";".join(value)
    return "" if value is None else str(value)
