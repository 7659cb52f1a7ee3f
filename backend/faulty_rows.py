"""The faulty rows of a batch as a workbook, to be mended and sent again."""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

import asyncpg
import xlsxwriter

from backend import lists
from backend.domain.row_faults import RowFault, told
from backend.lists import Faulty, Headings
from backend.store import imports
from backend.store.database import from_json
from backend.vault import Vault


async def faulty_rows(
    batch: int, header: Sequence[str], headings: Headings, vault: Vault, path: Path, language: str
) -> int:
    """Writes the workbook and gives how many rows it has."""
    sheet = _Sheet(path, header, headings, language)
    async for rows in imports.all_faults(batch):
        await asyncio.to_thread(lambda found: sheet.add(_faulty(r, vault) for r in found), rows)
    return await asyncio.to_thread(sheet.close)


def _faulty(row: asyncpg.Record, vault: Vault) -> Faulty:
    faults = [RowFault(row["line"], field, reason) for field, reason in from_json(row["faults"])]
    return Faulty(row["line"], faults, lists.unsealed_cells(vault, row["cells_sealed"]))


class _Sheet:
    """A workbook of faulty rows as they were, with what is wrong and their line in front.

    Everything is text, so that no cell turns into a formula and no number loses its zeros.
    """

    def __init__(
        self, path: Path, header: Sequence[str], headings: Headings, language: str
    ) -> None:
        self._titles = {headings.fields.get(cell.lower(), ""): cell for cell in header}
        self._language = language
        self._book = xlsxwriter.Workbook(path, {"constant_memory": True})
        self._sheet = self._book.add_worksheet("faults" if language == "en" else "错误")
        self._line = 0
        front = ("reason", "line") if language == "en" else ("错误原因", "原行号")
        for at, cell in enumerate((*front, *header)):
            self._sheet.write_string(0, at, cell)

    def add(self, rows: Iterable[Faulty]) -> None:
        """Adds rows below those that are there."""
        for row in rows:
            self._line += 1
            said = told(row.faults, self._titles, self._language)
            self._sheet.write_string(self._line, 0, said)
            self._sheet.write_number(self._line, 1, row.line)
            for at, cell in enumerate(row.cells, 2):
                self._sheet.write_string(self._line, at, cell)

    def close(self) -> int:
        """Writes the file and gives how many rows it has."""
        self._book.close()
        return self._line
