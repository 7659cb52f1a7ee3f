"""Importing regions for real: into PostgreSQL, from CSV and from workbooks of every kind."""

import csv
import io
import random
import time
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from backend import region_import, sheets
from backend.region_import import ImportRejected, Result, import_file
from backend.store.database import fetch, fetch_value
from tests.world import COUNTY, NEIGHBOUR, TOWN, VILLAGE, World

HEADER = ("code", "name", "level", "parent_code")
NEW_VILLAGE = ("990101100204", "孙家店村民委员会", "village", "990101100000")
REAL_COUNTY = Path(__file__).parents[3] / "shared" / "data" / "regions-gaomi.csv"
Rows = Sequence[Sequence[object]]


def silent(done: int, total: int) -> None:
    """Progress that nobody looks at."""


def csv_file(folder: Path, rows: Iterable[Sequence[object]]) -> Path:
    text = io.StringIO()
    csv.writer(text).writerows([HEADER, *rows])
    path = folder / "regions.csv"
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def workbook(folder: Path, rows: Rows, first_line: int = 1) -> Path:
    path = folder / "regions.xlsx"
    book = xlsxwriter.Workbook(path)
    hidden, sheet = book.add_worksheet("说明"), book.add_worksheet("区划")
    sheet.activate()
    sheet.set_first_sheet()
    hidden.hide()
    hidden.write(0, 0, "not this one")
    for line, row in enumerate([HEADER, *rows], first_line - 1):
        sheet.write_row(line, 0, row)
    book.close()
    return path


def with_sheet(path: Path, xml: str) -> Path:
    """The workbook with another XML as each of its sheets."""
    parts = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            parts[name] = xml.encode() if "/sheet" in name else archive.read(name)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def county_of(villages: int) -> list[tuple[str, str, str, str]]:
    """A made-up county, 300 villages a township."""
    rows = [("990201000000", "试验县", "county", "")]
    for number in range(villages):
        town, village = f"990201{100 + number // 300}", 200 + number % 300
        if village == 200:
            rows.append((f"{town}000", f"第{town[6:]}镇", "township", "990201000000"))
        rows.append((f"{town}{village}", f"第{number}村", "village", f"{town}000"))
    return rows


async def stored() -> int:
    found: int = await fetch_value("SELECT count(*) FROM region")
    return found


async def test_a_real_county_and_once_more(world: World) -> None:
    if not REAL_COUNTY.exists():
        pytest.skip("the real county's file is not beside the project")
    before = await stored()
    assert await import_file(REAL_COUNTY, silent) == Result(921, 0, 0, 0, ())
    assert await stored() == before + 921
    assert await import_file(REAL_COUNTY, silent) == Result(0, 0, 921, 0, ())
    parents = await fetch(
        """SELECT level, count(*) AS n, count(parent) AS with_parent FROM region
        WHERE key LIKE '370785%' GROUP BY level ORDER BY level"""
    )
    assert [tuple(row) for row in parents] == [
        ("county", 1, 0),
        ("township", 10, 10),
        ("village", 910, 910),
    ]


async def test_ten_thousand_villages_in_seconds(world: World, tmp_path: Path) -> None:
    rows = county_of(10_000)
    file = csv_file(tmp_path, rows)
    calls: list[tuple[int, int]] = []
    started = time.perf_counter()
    result = await import_file(file, lambda done, total: calls.append((done, total)))
    assert result.new == len(rows) == 10_035
    assert time.perf_counter() - started < 10
    assert calls == [(done, 10_035) for done in (0, 5_000, 10_000, 10_035, 10_035)]


async def test_one_audit_entry_under_the_county(world: World, tmp_path: Path) -> None:
    await import_file(csv_file(tmp_path, [NEW_VILLAGE]), silent, world.clock)
    (entry,) = await fetch("SELECT * FROM audit_entry WHERE action = 'region.import'")
    assert (entry["account"], entry["region"], entry["at"]) == (None, COUNTY, world.clock.now)
    assert entry["detail"] == '{"new": 1, "ended": 0, "renamed": 0, "unchanged": 0}'


async def test_an_import_of_two_counties_is_audited_above_them(
    world: World, tmp_path: Path
) -> None:
    other = ("990102100202", "郑家桥村民委员会", "village", "990102100000")
    await import_file(csv_file(tmp_path, [NEW_VILLAGE, other]), silent)
    query = "SELECT region FROM audit_entry WHERE action = 'region.import'"
    assert await fetch_value(query) == "9901"


@pytest.mark.parametrize("renamed", [VILLAGE, TOWN])
async def test_a_new_name_reaches_the_phone(world: World, tmp_path: Path, renamed: str) -> None:
    cursor = (await world.as_("liaison").get("/sync"))["cursor"]
    level, parent = ("village", TOWN) if renamed == VILLAGE else ("township", COUNTY)
    row = (renamed.ljust(12, "0"), "新名字", level, parent.ljust(12, "0"))
    assert (await import_file(csv_file(tmp_path, [row]), silent)).renamed == 1
    synced = await world.as_("liaison").get("/sync", cursor=cursor)
    assert "新名字" in synced["villages"][0].values()


async def test_a_merged_village_stays_as_it_ended(world: World, tmp_path: Path) -> None:
    merge = "UPDATE region SET valid_to = $2, successor = $3 WHERE key = $1"
    await fetch(merge, NEIGHBOUR, date(2026, 10, 1), VILLAGE)
    row = (NEIGHBOUR, "又叫李家屯", "village", "990101100000")
    result = await import_file(csv_file(tmp_path, [row]), silent)
    assert (result.ended, result.renamed) == (1, 0)
    assert result.notes == (f"{NEIGHBOUR} 又叫李家屯: merged or re-coded, left as it is",)
    assert await fetch_value("SELECT name FROM region WHERE key = $1", NEIGHBOUR) != "又叫李家屯"


async def test_one_bad_row_and_nothing_is_imported(fresh: str, tmp_path: Path) -> None:
    rows = [*county_of(5), ("990201100999", "", "village", "990201100000")]
    with pytest.raises(ImportRejected, match="line 9: the name is empty"):
        await import_file(csv_file(tmp_path, rows), silent)
    assert await stored() == 0
    assert await fetch_value("SELECT count(*) FROM audit_entry") == 0


async def test_a_failure_in_the_middle_leaves_nothing(
    fresh: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(region_import, "_CHUNK", 2)

    def break_off(done: int, total: int) -> None:
        if done >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await import_file(csv_file(tmp_path, county_of(5)), break_off)
    assert await stored() == 0


async def test_a_workbook_with_codes_as_numbers(world: World, tmp_path: Path) -> None:
    rows = [(int(NEW_VILLAGE[0]), NEW_VILLAGE[1], "村", 990101100000)]
    assert (await import_file(workbook(tmp_path, rows, first_line=4), silent)).new == 1
    assert (await import_file(csv_file(tmp_path, [NEW_VILLAGE]), silent)).unchanged == 1


def test_lines_of_a_workbook_are_those_on_the_screen(tmp_path: Path) -> None:
    rows = list(sheets.read(workbook(tmp_path, [NEW_VILLAGE], first_line=4)))
    assert [row.line for row in rows] == [4, 5]
    assert rows[1].cells == list(NEW_VILLAGE)


def fault_of(path: Path) -> str:
    with pytest.raises(ImportRejected) as refused:
        region_import.read_rows(path)
    (fault,) = refused.value.faults
    return str(fault)


FAR_CELL = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    '<row r="1"><c r="A1"><v>1</v></c></row>'
    '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
)


def test_a_cell_in_the_last_corner_ends_the_reader_and_not_us(tmp_path: Path) -> None:
    assert "far too wide or long" in fault_of(with_sheet(workbook(tmp_path, []), FAR_CELL))


def test_a_zip_bomb_is_refused_by_its_declared_size(tmp_path: Path) -> None:
    path = workbook(tmp_path, county_of(3))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/media/image1.png", b"")
        archive.infolist()[0].file_size = sheets.MAX_UNPACKED
    assert "unpacks to more than 512 MiB" in fault_of(path)


@pytest.mark.parametrize("kept", [4, 30, 200, 0.5, 0.9, 0.999])
def test_a_workbook_cut_off(tmp_path: Path, kept: float) -> None:
    path = workbook(tmp_path, county_of(50))
    content = path.read_bytes()
    path.write_bytes(content[: int(kept if kept > 1 else kept * len(content))])
    assert "damaged" in fault_of(path)


def test_an_archive_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "photos.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("photo.jpg", b"\xff\xd8\xff")
    assert "damaged" in fault_of(path)


def test_a_workbook_without_a_visible_sheet(tmp_path: Path) -> None:
    path = workbook(tmp_path, [])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    visible = b'sheetId="2"'
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(
        visible, visible + b' state="hidden"'
    )
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert "no visible sheet" in fault_of(path)


@pytest.mark.parametrize("seed", range(12))
def test_damaged_workbooks_give_rows_or_a_clear_fault(tmp_path: Path, seed: int) -> None:
    path = workbook(tmp_path, county_of(3))
    chance, content = random.Random(seed), bytearray(path.read_bytes())
    for _ in range(chance.choice([1, 5, 50])):
        content[chance.randrange(4, len(content))] = chance.randrange(256)
    path.write_bytes(content)
    try:
        region_import.read_rows(path)
    except ImportRejected as refused:
        said = str(refused)
    else:
        said = ""
    assert said.isprintable()
