"""The rows of a long workbook (ECMA-376, SpreadsheetML), read some at a time in little memory.

The library that reads ordinary workbooks holds a whole sheet; a roster of a quarter million rows
takes it more than half a gigabyte. Here only the shared texts are held, packed. Used by the
reading process of `backend.sheets` and needs nothing but the standard library.
"""

import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from posixpath import join, normpath

from backend.long_workbook.parts import Damaged, elements, local, pieces
from backend.long_workbook.sheet import Sheet, Texts, text_of

__all__ = ["Damaged", "NoSheet", "rows"]

_EPOCH_1900, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
# Number formats that every program knows as dates without being told (ECMA-376 §18.8.30).
_DATES = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_NOT_FORMAT = re.compile(r'"[^"]*"|\\.|\[(?!h+\]|m+\]|s+\])[^\]]*\]|_.|\*.')
_DATE_LETTERS = re.compile(r"[ymdhs年月日]", re.IGNORECASE)


class NoSheet(Exception):
    """The workbook has no visible sheet."""


def rows(archive: zipfile.ZipFile) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each row of the first visible sheet, as the other reader gives them."""
    path, epoch = _first_sheet(archive)
    names = set(archive.namelist())
    texts = Texts()
    if "xl/sharedStrings.xml" in names:
        for piece in pieces(archive, "xl/sharedStrings.xml", "sst", "si"):
            for text in piece.items("sst"):
                texts.add(text_of(text))
    dates = _date_styles(archive) if "xl/styles.xml" in names else frozenset()
    yield from Sheet(texts, dates, epoch).read(archive, path)


def _first_sheet(archive: zipfile.ZipFile) -> tuple[str, datetime]:
    """Path of the first visible worksheet, and the day its dates count from."""
    targets = {
        attributes.get("Id"): attributes.get("Target", "")
        for tag, attributes in elements(archive, "xl/_rels/workbook.xml.rels")
        if tag == "Relationship" and attributes.get("Type", "").endswith("/worksheet")
    }
    epoch, path = _EPOCH_1900, None
    for tag, attributes in elements(archive, "xl/workbook.xml"):
        if tag == "workbookPr" and attributes.get("date1904") in ("1", "true"):
            epoch = _EPOCH_1904
        if tag == "sheet" and path is None and attributes.get("state", "visible") == "visible":
            link = next((v for k, v in attributes.items() if local(k) == "id"), None)
            path = targets.get(link)
    if path is None:
        raise NoSheet
    return (path[1:] if path.startswith("/") else normpath(join("xl", path))), epoch


def _date_styles(archive: zipfile.ZipFile) -> frozenset[str]:
    """The numbers of the cell styles that show a date."""
    formats: set[str] = {str(number) for number in _DATES}
    styles: list[str] = []
    inside = False
    for tag, attributes in elements(archive, "xl/styles.xml"):
        if tag == "numFmt" and _is_date(attributes.get("formatCode", "")):
            formats.add(attributes.get("numFmtId", ""))
        if tag in ("cellXfs", "cellStyles"):
            inside = tag == "cellXfs"
        elif tag == "xf" and inside:
            styles.append(attributes.get("numFmtId", "0"))
    return frozenset(str(at) for at, number in enumerate(styles) if number in formats)


def _is_date(code: str) -> bool:
    return _DATE_LETTERS.search(_NOT_FORMAT.sub("", code.partition(";")[0])) is not None
