"""Sheets written in parts, as CSV or a workbook, each marked with who took it out and when."""

import codecs
import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Final, Protocol

import xlsxwriter

from backend.domain.calendar import SHANGHAI
from backend.sheets import REMARK

# What a spreadsheet would take for a formula at the start of a cell.
_FORMULA: Final = ("=", "+", "-", "@", "\t")


@dataclass(frozen=True, slots=True)
class Mark:
    """Who took it out, when, and by which approval (None: it is masked)."""

    who: str
    at: datetime
    approval: str | None = None

    def text(self) -> str:
        """A line for whoever finds the file."""
        when = f"{self.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        what = f"完整信息，审批编号 {self.approval}，请妥善保管" if self.approval else "已脱敏"
        return f"{self.who} 于 {when} 导出，{what}"


# A figure is written as one, so that a spreadsheet can add it up; all else is text.
Cell = str | int | float


class Sheet(Protocol):
    """Takes rows one after the other."""

    def add(self, rows: Iterable[Sequence[Cell]]) -> None: ...

    def close(self) -> None: ...


class CsvSheet:
    """UTF-8 with a byte order mark, as office programs want it."""

    def __init__(self, file: IO[bytes], columns: Sequence[str], mark: Mark) -> None:
        self._file, self._mark = file, mark
        self._file.write(codecs.BOM_UTF8)
        self.add([columns])

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerows([_harmless(cell) for cell in row] for row in rows)
        self._file.write(text.getvalue().encode())

    def close(self) -> None:
        self.add([[f"{REMARK} {self._mark.text()}"]])
        self._file.flush()


class ExcelSheet:
    """A workbook whose texts stay texts, so that no number loses its zeros."""

    def __init__(self, file: IO[bytes], columns: Sequence[str], mark: Mark) -> None:
        self._book = xlsxwriter.Workbook(file, {"constant_memory": True})
        self._book.set_properties({"author": mark.who, "comments": mark.text()})
        self._sheet = self._book.add_worksheet("results")
        self._sheet.freeze_panes(1, 0)
        self._columns = len(columns)
        # On every page that is printed; & begins a code there.
        self._sheet.set_header("&L" + mark.text().replace("&", "&&"))
        about = self._book.add_worksheet("导出说明")
        about.write_string(0, 0, mark.text())
        self._line = 0
        self.add([columns])

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        for row in rows:
            for at, cell in enumerate(row):
                if isinstance(cell, str):
                    self._sheet.write_string(self._line, at, cell)
                else:
                    self._sheet.write_number(self._line, at, cell)
            self._line += 1

    def close(self) -> None:
        self._sheet.autofilter(0, 0, max(self._line - 1, 0), self._columns - 1)
        self._book.close()


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
