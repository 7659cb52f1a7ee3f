"""Empty sheets to be filled in: the headings that a list is read by."""

import io
from typing import Final

import xlsxwriter

from backend.lists import Headings

_ABOUT: Final = ("列 Column", "必填 Required")


def template(headings: Headings) -> bytes:
    """A workbook with the Chinese heading of each field, and a sheet that says what is required."""
    names = _names(headings)
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        text = book.add_format({"num_format": "@"})
        bold = book.add_format({"bold": True, "bg_color": "#e6ecf3", "num_format": "@"})
        rows = book.add_worksheet("名单")
        rows.freeze_panes(1, 0)
        # As text: a spreadsheet would take the zeros off the front of a number.
        rows.set_column(0, len(names) - 1, 18, text)
        rows.write_row(0, 0, names.values(), bold)
        about = book.add_worksheet("说明")
        about.write_row(0, 0, _ABOUT, bold)
        for line, (field, name) in enumerate(names.items(), 1):
            about.write_row(line, 0, (name, "✓" if field in headings.required else ""), text)
    return file.getvalue()


def _names(headings: Headings) -> dict[str, str]:
    """Of several headings that mean one field the first in Chinese, or else the first."""
    found: dict[str, str] = {}
    for heading, field in headings.fields.items():
        if field not in found or (found[field].isascii() and not heading.isascii()):
            found[field] = heading
    return found
