"""A workbook ready for the printer, whose bytes depend on its contents alone."""

import io
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import xlsxwriter

from backend.domain.circulars import Band
from backend.printing.words import COLOURS

_A4: Final = 9
_NAME: Final = re.compile(r"[\[\]:*?/\\']")
_NAME_LENGTH: Final = 31
_GRID: Final = {"border": 1, "border_color": "#BFBFBF", "valign": "vcenter"}


class Book:
    """Sheets with a title, a head that stays, a filter, and rows of text, numbers and rates."""

    def __init__(self, title: str, at: datetime) -> None:
        self._file = io.BytesIO()
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self.book = xlsxwriter.Workbook(self._file, options)
        created = at.astimezone(UTC).replace(tzinfo=None)
        self.book.set_properties({"title": title, "created": created})
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}
        self._names: set[str] = set()

    def format(self, **wanted: Any) -> Any:
        """A cell format; asked for again, the same."""
        key = tuple(sorted(wanted.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format(wanted)
        return self._formats[key]

    def sheet(self, name: str, title: str, notes: Sequence[str], columns: Mapping[str, int]) -> Any:
        """A sheet whose table starts below `head_row`; columns with their widths."""
        sheet = self.book.add_worksheet(self._name(name))
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(0.5, 0.5, 0.7, 0.7)
        sheet.set_footer("&L&A&R第 &P 页，共 &N 页")
        sheet.write_string(0, 0, title, self.format(bold=True, font_size=16))
        for line, note in enumerate(notes, 1):
            sheet.write_string(line, 0, note, self.format(font_color="#595959"))
        head = len(notes) + 1
        style = self.format(**_GRID, bold=True, bg_color="#E8EEF4", text_wrap=True, align="center")
        for at, (heading, width) in enumerate(columns.items()):
            sheet.set_column(at, at, width)
            sheet.write_string(head, at, heading, style)
        sheet.freeze_panes(head + 1, 2)
        sheet.repeat_rows(head)
        return sheet

    def filter(self, sheet: Any, head: int, rows: int, columns: int) -> None:
        """Lets a table of so many rows be filtered by any column."""
        sheet.autofilter(head, 0, head + max(rows, 1), columns - 1)

    def row(
        self, sheet: Any, line: int, cells: Sequence[Any], first: int = 0, **style: Any
    ) -> None:
        """Cells of text, of numbers, or (value, number format); None is a dash."""
        for at, cell in enumerate(cells, first):
            value, shape = cell if isinstance(cell, tuple) else (cell, None)
            more = {"num_format": shape} if shape else {}
            if value is None or isinstance(value, str):
                text = "—" if value is None else value
                sheet.write_string(line, at, text, self.format(**_GRID, **style))
            else:
                sheet.write_number(line, at, value, self.format(**_GRID, **style, **more))

    def banded(self, sheet: Any, line: int, at: int, rate: float | None, band: Band) -> None:
        """A rate on the colour of its band."""
        colour = {"bg_color": COLOURS[band]} if band in COLOURS else {}
        if rate is None:
            sheet.write_string(line, at, "—", self.format(**_GRID))
        else:
            sheet.write_number(line, at, rate, self.format(**_GRID, **colour, num_format="0.00%"))

    def done(self) -> bytes:
        """The file."""
        self.book.close()
        return self._file.getvalue()

    def _name(self, wanted: str) -> str:
        """A sheet's name as the program takes it: short, without signs, no two alike."""
        plain = _NAME.sub(" ", wanted).strip() or "表"
        for number in range(1, 1000):
            end = "" if number == 1 else f" {number}"
            name = plain[: _NAME_LENGTH - len(end)] + end
            if name.casefold() not in self._names:
                break
        self._names.add(name.casefold())
        return name
