"""Long workbooks are read as ordinary ones are, in whatever way their rows are written."""

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from backend import long_workbook, sheets
from backend.long_workbook import Damaged, NoSheet

Rows = Sequence[Sequence[Any]]


def book(rows: Rows, *, shared: bool = True, **options: Any) -> bytes:
    """A workbook with the rows on its second sheet, the first one being hidden."""
    content = io.BytesIO()
    made = xlsxwriter.Workbook(content, {"constant_memory": not shared, **options})
    hidden, sheet = made.add_worksheet("说明"), made.add_worksheet("名单")
    sheet.activate()
    hidden.hide()
    day = made.add_format({"num_format": "yyyy-mm-dd"})
    moment = made.add_format({"num_format": 'yyyy"年"m"月"d"日" hh:mm'})
    for line, row in enumerate(rows):
        for at, value in enumerate(row):
            if isinstance(value, datetime):
                sheet.write_datetime(line, at, value, moment)
            elif isinstance(value, date):
                sheet.write_datetime(line, at, value, day)
            elif isinstance(value, str) and not value.startswith("="):
                sheet.write_string(line, at, value)
            elif value is not None:
                sheet.write(line, at, value)
    made.close()
    return content.getvalue()


def trimmed(rows: list[tuple[int, list[str]]]) -> dict[int, list[str]]:
    """Without empty rows and what is empty at their ends."""
    found = {}
    for line, cells in rows:
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            found[line] = cells
    return found


def from_the_left(rows: dict[int, list[str]]) -> dict[int, list[str]]:
    """Without the columns before the first one that is used, which the library leaves out."""
    first = min((next(at for at, c in enumerate(row) if c) for row in rows.values()), default=0)
    return {line: row[first:] for line, row in rows.items()}


def long(content: bytes) -> dict[int, list[str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return trimmed(list(long_workbook.rows(archive)))


def ordinary(content: bytes) -> dict[int, list[str]]:
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    rows = enumerate(workbook.get_sheet_by_index(1).iter_rows(), 1)
    return trimmed([(line, [sheets._text(cell) for cell in row]) for line, row in rows])


def changed(content: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one of its parts changed."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(result, "w") as new:
        for name in old.namelist():
            found = old.read(name)
            new.writestr(name, change(found) if name == part else found)
    return result.getvalue()


MIXED: Rows = [
    ["姓名", "身份证号", "<&>\"'", " leading", "two\nlines", "a\tb"],
    ["张桂兰", 12, 12.5, -3, 1e15, 13800000001],
    [],
    [None, None, date(2026, 11, 2), datetime(2026, 11, 2, 18, 30), True, False],
    ["", "x", None, None, None, "&#38;"],
    ["=1+1", '="a"&"b"', "990101194806150024", "0012"],
]


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("since_1904", [True, False])
def test_every_kind_of_cell(shared: bool, since_1904: bool) -> None:
    content = book(MIXED, shared=shared, default_date_format=None, date_1904=since_1904)
    found = long(content)
    assert found == ordinary(content)
    assert found[4] == ["", "", "2026-11-02", "2026-11-02 18:30:00", "True", "False"]
    assert found[1][2:5] == ["<&>\"'", " leading", "two\nlines"]


texts = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]))
numbers = st.integers(-(10**9), 10**12)
cells: st.SearchStrategy[Any] = st.one_of(
    st.none(), texts, numbers, st.booleans(), st.dates(date(1905, 1, 1))
)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(cells, max_size=6), max_size=8), st.booleans())
def test_both_readers_agree(rows: Rows, shared: bool) -> None:
    content = book(rows, shared=shared)
    assert from_the_left(long(content)) == from_the_left(ordinary(content))


def test_rows_written_in_other_ways() -> None:
    """Prefixes, runs, pronunciations, no positions: what some programs write."""
    sheet = """<?xml version="1.0"?><x:worksheet xmlns:x="http://schemas.openxmlformats.org/\
spreadsheetml/2006/main"><x:sheetViews><x:sheetView/></x:sheetViews><x:sheetData>
<x:row r="3"><x:c r="B3" t="s"><x:v>0</x:v></x:c></x:row>
<x:row><x:c t="inlineStr"><x:is><x:r><x:t>a</x:t></x:r><x:r><x:t>b</x:t></x:r></x:is></x:c>
<x:c><x:v>7</x:v></x:c></x:row></x:sheetData></x:worksheet>"""
    texts = """<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si>\
<r><t>张</t></r><r><t>三</t></r><rPh sb="0" eb="1"><t>zhang</t></rPh></si></sst>"""
    content = changed(book([["x"]]), "xl/worksheets/sheet2.xml", lambda _: sheet.encode())
    content = changed(content, "xl/sharedStrings.xml", lambda _: texts.encode())
    assert long(content) == {3: ["", "张三"], 4: ["ab", "7"]}


def test_signs_that_xml_writes_otherwise() -> None:
    for shared in (True, False):
        assert long(book([["<&amp;>\"'", 1]], shared=shared)) == {1: ["<&amp;>\"'", "1"]}


def test_pieces_are_cut_between_rows() -> None:
    rows = [[f"{line} 王家庄村民委员会" * 9, line] for line in range(6000)]
    for shared in (True, False):
        found = long(book(rows, shared=shared))
        assert found == {n + 1: [text, str(line)] for n, (text, line) in enumerate(rows)}


SHEET = "xl/worksheets/sheet2.xml"


@pytest.mark.parametrize(
    ("part", "change"),
    [
        (SHEET, lambda b: b[: len(b) // 2]),
        (SHEET, lambda b: b""),
        (SHEET, lambda b: b.replace(b"?>", b'?><!DOCTYPE x [<!ENTITY a "b">]>', 1)),
        (SHEET, lambda b: b.replace(b'r="A1"', b'r="XFE1"')),
        (SHEET, lambda b: b.replace(b'r="A1"', b'r="a1"')),
        (SHEET, lambda b: b.replace(b'<row r="1"', b'<row r="one"')),
        (SHEET, lambda b: b.replace(b"<v>0</v>", b"<v>99</v>")),
        (SHEET, lambda b: b.replace(b"<v>0</v>", b"<v>-1</v>")),
        (SHEET, lambda b: b.replace(b"<v>0</v>", b"<v>x</v>")),
        ("xl/workbook.xml", lambda b: b[:-9]),
        ("xl/workbook.xml", lambda b: b.replace(b"?>", b"?><!DOCTYPE x>", 1)),
        ("xl/styles.xml", lambda b: b"<"),
        ("xl/sharedStrings.xml", lambda b: b"<sst><si></sst>"),
    ],
)
def test_damaged_ones(part: str, change: Callable[[bytes], bytes]) -> None:
    content = changed(book([["x", "y"], ["z"]]), part, change)
    with pytest.raises(Damaged):
        long(content)


def test_no_visible_sheet() -> None:
    content = changed(
        book([["x"]]), "xl/workbook.xml", lambda b: b.replace(b"<sheet ", b'<sheet state="hidden" ')
    )
    content = changed(
        content, "xl/workbook.xml", lambda b: b.replace(b' state="hidden" r:id', b" r:id")
    )
    with pytest.raises(NoSheet):
        long(content)
