"""The cells of a worksheet as text."""

import re
import zipfile
from array import array
from collections.abc import Iterator
from datetime import datetime, timedelta
from xml.etree.ElementTree import Element
from xml.sax.saxutils import unescape

from backend.long_workbook.parts import Damaged, Piece, local, pieces

# How most programs write rows, without line feeds, numbered characters, comments or formulas.
_ROW = re.compile(rb'<row r="(\d+)"[^>]*>(.*?)</row>')
_CELL = re.compile(
    rb'<c r="([A-Z]+)\d+"(?: s="(\d+)")?(?: t="(\w+)")?'
    rb"(?:/>|>(?:<v>([^<]*)</v>|<is><t(?: xml:space=\"preserve\")?>([^<]*)</t></is>)?</c>)"
)
_QUOTES = {"&quot;": '"', "&apos;": "'"}
_UNUSUAL = (b"\r", b"\n", b"&#", b"<!")
_MOST_COLUMNS = 16_384


class Texts:
    """The shared texts, one after the other in one buffer."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._ends = array("Q", [0])

    def add(self, text: str) -> None:
        self._buffer += text.encode()
        self._ends.append(len(self._buffer))

    def __getitem__(self, at: int) -> str:
        if not 0 <= at < len(self._ends) - 1:
            raise Damaged
        return self._buffer[self._ends[at] : self._ends[at + 1]].decode()


def _plain(text: bytes) -> str:
    plain = text.decode()
    return unescape(plain, _QUOTES) if "&" in plain else plain


def text_of(element: Element) -> str:
    """Texts may be cut into runs; what tells their pronunciation is no part of them."""
    parts = []
    for child in element:
        name = local(child.tag)
        if name == "t":
            parts.append(child.text or "")
        elif name == "r":
            parts.append(text_of(child))
    return "".join(parts)


class Sheet:
    """Reads the cells of one worksheet."""

    def __init__(self, texts: Texts, dates: frozenset[str], epoch: datetime) -> None:
        self._texts = texts
        self._dates = dates
        self._epoch = epoch
        self._columns: dict[str, int] = {}

    def read(self, archive: zipfile.ZipFile, path: str) -> Iterator[tuple[int, list[str]]]:
        """All rows, in the order of the file."""
        line = 0
        try:
            for piece in pieces(archive, path, "sheetData", "row"):
                found = self._usual(piece.content) or list(self._any(piece, line))
                line = found[-1][0] if found else line
                yield from found
        except (ValueError, OverflowError, IndexError) as error:
            raise Damaged from error

    def _any(self, piece: Piece, line: int) -> Iterator[tuple[int, list[str]]]:
        for row in piece.items("sheetData"):
            line = int(row.get("r", line + 1))
            yield line, self._cells(row)

    def _usual(self, content: bytes) -> list[tuple[int, list[str]]] | None:
        """The same four times as fast for rows written in the usual way; None for others."""
        if any(mark in content for mark in _UNUSUAL):
            return None
        rows = _ROW.findall(content)
        if len(rows) != content.count(b"<row"):
            return None
        found = []
        for line, inside in rows:
            cells = _CELL.findall(inside)
            if len(cells) != inside.count(b"<c "):
                return None
            found.append((int(line), self._usual_cells(cells)))
        return found

    def _usual_cells(self, found: list[tuple[bytes, ...]]) -> list[str]:
        cells: list[str] = []
        for letters, style, kind, value, text in found:
            at = self._column(letters.decode())
            if at > len(cells):
                cells.extend([""] * (at - len(cells)))
            if text:
                cells.append(_plain(text))
            elif value:
                cells.append(self._plain(kind.decode() or "n", style.decode(), _plain(value)))
            else:
                cells.append("")
        return cells

    def _cells(self, row: Element) -> list[str]:
        cells: list[str] = []
        for cell in row:
            reference = cell.get("r")
            if reference is not None:
                at = self._column(reference)
                if at > len(cells):
                    cells.extend([""] * (at - len(cells)))
            cells.append(self._value(cell))
        return cells

    def _column(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        at = self._columns.get(letters)
        if at is None:
            at = self._columns[letters] = _number(letters)
        return at

    def _value(self, cell: Element) -> str:
        kind = cell.get("t", "n")
        for child in cell:
            if child.tag.endswith("}v"):
                text = child.text
                return self._plain(kind, cell.get("s", ""), text) if text else ""
            if child.tag.endswith("}is"):
                return text_of(child)
        return ""

    def _plain(self, kind: str, style: str, text: str) -> str:
        if kind == "s":
            return self._texts[int(text)]
        if kind == "b":
            return str(text == "1")
        if kind != "n":
            return text
        number = float(text)
        if (style or "0") in self._dates:
            return self._date(number)
        return str(int(number)) if number.is_integer() else str(number)

    def _date(self, days: float) -> str:
        found = self._epoch + timedelta(seconds=round(days * 86_400))
        return str(found.date() if days.is_integer() else found)


def _number(letters: str) -> int:
    """The column from 0: A is 0, AA is 26."""
    found = 0
    for letter in letters:
        if not "A" <= letter <= "Z":
            raise Damaged
        found = found * 26 + ord(letter) - 64
    if not 1 <= found <= _MOST_COLUMNS:
        raise Damaged
    return found - 1
