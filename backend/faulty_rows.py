"""The faulty rows of a batch as a workbook, to be mended and sent again."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from backend import lists
from backend.domain.row_faults import RowFault
from backend.lists import Faulty, FaultySheet, Headings
from backend.store import imports
from backend.store.database import from_json
from backend.vault import Vault


async def faulty_rows(
    batch: int, header: Sequence[str], headings: Headings, vault: Vault, path: Path, language: str
) -> int:
    """Writes the workbook and gives how many rows it has."""
    sheet = FaultySheet(path, header, headings, language)
    async for rows in imports.all_faults(batch):
        await asyncio.to_thread(lambda found: sheet.add(_faulty(r, vault) for r in found), rows)
    return await asyncio.to_thread(sheet.close)


def _faulty(row: asyncpg.Record, vault: Vault) -> Faulty:
    faults = [RowFault(row["line"], field, reason) for field, reason in from_json(row["faults"])]
    return Faulty(row["line"], faults, lists.unsealed_cells(vault, row["cells_sealed"]))
