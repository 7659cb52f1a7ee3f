"""Lists of regions: what is wrong with one, by line and reason, and what importing it writes."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend import sheets
from backend.domain.region_list import Fault, Listed, Plan, Stored, check, keys_asked
from backend.domain.regions import Level
from backend.region_import import ImportRejected, read_rows

COUNTY = Listed(2, "990101000000", "示范县", "county", "", beyond=False)
TOWN = Listed(3, "990101100000", "城关镇", "township", "990101000000", beyond=False)
VILLAGE = Listed(4, "990101100201", "王家庄村民委员会", "village", "990101100000", beyond=False)
TREE = [COUNTY, TOWN, VILLAGE]
HEADER = "code,name,level,parent_code\n"


def faults(*rows: Listed, known: dict[str, Stored] | None = None) -> list[tuple[int, str]]:
    found = check(rows, known or {})
    assert isinstance(found, list), found
    return [(fault.line, fault.reason) for fault in found]


def plan(*rows: Listed, known: dict[str, Stored] | None = None) -> Plan:
    found = check(rows, known or {})
    assert isinstance(found, Plan), [str(fault) for fault in found]
    return found


def written(path: Path, content: str | bytes) -> Path:
    file = path / "regions.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def rejected(path: Path, content: str | bytes) -> tuple[Fault, ...]:
    with pytest.raises(ImportRejected) as caught:
        read_rows(written(path, content))
    return caught.value.faults


def test_a_tree_in_any_order_becomes_regions_in_code_order() -> None:
    found = plan(*reversed(TREE))
    assert [(r.key, r.level, r.parent) for r in found.new] == [
        ("990101", Level.COUNTY, None),
        ("990101100", Level.TOWNSHIP, "990101"),
        ("990101100201", Level.VILLAGE, "990101100"),
    ]
    assert found.counts() == {"new": 3, "renamed": 0, "unchanged": 0, "ended": 0}


def test_known_regions_take_names_and_ended_ones_are_left() -> None:
    other = replace(VILLAGE, line=5, code="990101100202", name="李家屯村民委员会")
    known = {
        "990101": Stored("示范县", ended=False),
        "990101100": Stored("城关", ended=False),
        "990101100202": Stored("李家屯", ended=True),
    }
    found = plan(*TREE, other, known=known)
    assert [r.key for r in found.new] == ["990101100201"]
    assert [(r.key, r.name) for r in found.renamed] == [("990101100", "城关镇")]
    assert [r.key for r in found.unchanged] == ["990101"]
    assert [r.key for r in found.ended] == ["990101100202"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (replace(VILLAGE, code="99010110020"), "not_12_digits"),
        (replace(VILLAGE, code="9.90101E+11"), "not_12_digits"),
        (replace(VILLAGE, code=""), "not_12_digits"),
        (replace(VILLAGE, level="township"), "digits_below_level"),
        (replace(VILLAGE, code="990101100000"), "no_number"),
        (replace(VILLAGE, level="hamlet"), "level_unknown"),
        (replace(VILLAGE, level=""), "level_unknown"),
        (replace(VILLAGE, name=""), "name_missing"),
        (replace(VILLAGE, name="村" * 121), "name_too_long"),
        (replace(VILLAGE, name="王家\x07庄"), "name_unseen_character"),
        (replace(VILLAGE, name="王家\u202e庄"), "name_unseen_character"),
        (replace(VILLAGE, code=TOWN.code, level="township", parent_code=COUNTY.code), "code_twice"),
        (replace(VILLAGE, parent_code=""), "parent_empty"),
        (replace(VILLAGE, parent_code="990101101000"), "parent_differs"),
        (replace(VILLAGE, parent_code=COUNTY.code), "parent_differs"),
        (replace(VILLAGE, code="990101109201", parent_code="990101109000"), "parent_missing"),
        (replace(VILLAGE, beyond=True), "cells_beyond_header"),
    ],
)
def test_a_bad_row_is_named_with_line_and_reason(row: Listed, reason: str) -> None:
    assert faults(COUNTY, TOWN, row) == [(4, reason)]
    assert "line 4: " in str(check([COUNTY, TOWN, row], {})[0])  # type: ignore[index]


def test_every_bad_row_is_named_in_the_order_of_the_lines() -> None:
    nameless = replace(VILLAGE, name="", parent_code="")
    stray = replace(VILLAGE, line=5, code="990101109201", parent_code="990101109000")
    short = replace(VILLAGE, line=6, code="1")
    assert faults(*TREE[:2], short, stray, nameless) == [
        (4, "name_missing"),
        (4, "parent_empty"),
        (5, "parent_missing"),
        (6, "not_12_digits"),
    ]


def test_a_parent_may_be_known_instead_of_listed() -> None:
    found = plan(VILLAGE, known={"990101100": Stored("城关镇", ended=False)})
    assert found.new[0].parent == "990101100"
    assert "990101100" in keys_asked([VILLAGE])


def test_a_county_belongs_to_its_city_or_straight_to_its_province() -> None:
    province = Listed(2, "990000000000", "测试省", "province", "", beyond=False)
    city = Listed(3, "990100000000", "测试市", "city", province.code, beyond=False)
    county = replace(COUNTY, line=4)
    parents = {parent: replace(county, parent_code=parent) for parent in (province.code, city.code)}
    assert plan(province, city, parents[city.code]).new[2].parent == "9901"
    assert plan(province, parents[province.code]).new[1].parent == "99"
    assert faults(province, parents[city.code]) == [(4, "parent_missing")]
    assert faults(replace(province, parent_code=city.code)) == [(2, "parent_unexpected")]


def test_a_city_without_counties_is_listed_at_both_levels_or_keeps_its_one() -> None:
    city = Listed(2, "441900000000", "东莞市", "city", "", beyond=False)
    county = replace(city, line=3, level="county", parent_code=city.code)
    town = Listed(4, "441900003000", "东城街道", "township", county.code, beyond=False)
    assert [r.key for r in plan(city, county, town).new] == ["4419", "441900", "441900003"]
    known = {"4419": Stored("东莞市", ended=False)}
    assert faults(county, town, known=known) == [(3, "level_changed")]
    assert keys_asked([county])[:2] == ["4419", "441900"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_header_and_levels_in_any_column_order(tmp_path: Path, encoding: str) -> None:
    text = (
        "名称,备注,代码,上级代码,级别\r\n"
        "示范县,,990101000000,,县\r\n"
        '"城关镇",老城区,990101100000,990101000000,乡镇街道\r\n'
        "\r\n"
        "王家庄村民委员会,, 990101100201\t,990101100000,村\r\n"
    )
    rows, notes = read_rows(written(tmp_path, text.encode(encoding)))
    assert [row.line for row in rows] == [2, 3, 5]
    assert [row.name for row in rows] == ["示范县", "城关镇", "王家庄村民委员会"]
    assert notes == ('column "备注" is ignored',)
    assert len(plan(*rows).new) == 3


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (b"", 1, "no column code"),
        (HEADER, 0, "no rows"),
        ("code,name,level\n990101000000,a,county\n", 1, "no column parent_code"),
        ("code,name,level,parent_code,代码\n", 1, "comes twice"),
        ("code;name;level;parent_code\n", 1, "no column"),
        (HEADER + '990101000000,"示范县,county,\n', 2, "not well-formed CSV"),
        (HEADER + f"990101000000,{'a' * 200_000},county,\n", 2, "field larger"),
        (HEADER.encode() + b"990101\x00000000,a,county,\n", 0, "zero bytes"),
        (HEADER.encode("utf-16"), 0, "UTF-16"),
        (HEADER.encode() + b"\xff\xff\xff", 0, "neither UTF-8 nor GB18030"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), 0, r"old \.xls"),
    ],
)
def test_a_file_that_is_no_list(tmp_path: Path, content: str | bytes, line: int, said: str) -> None:
    found = rejected(tmp_path, content)
    assert found[0].line == line
    assert said.replace("\\", "") in str(found[0])


def test_limits_of_bytes_and_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = "990101000000,示范县,county,\n"
    monkeypatch.setattr(sheets, "MAX_ROWS", 3)
    assert len(read_rows(written(tmp_path, HEADER + row * 2))[0]) == 2
    assert "more than 3 rows" in str(rejected(tmp_path, HEADER + row * 3)[0])
    monkeypatch.setattr(sheets, "MAX_BYTES", 100)
    assert "larger than" in str(rejected(tmp_path, HEADER + row * 9)[0])


def test_no_file_and_a_folder_are_faults_too(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none", Path("a\x00b"), Path("a" * 5000)):
        with pytest.raises(ImportRejected, match="can't be read"):
            read_rows(path)


def test_the_exception_shows_fifty_faults_and_the_count() -> None:
    shown = str(ImportRejected([Fault(n, "name_missing") for n in range(2, 123)])).splitlines()
    assert len(shown) == 51
    assert (shown[0], shown[-1]) == ("line 2: the name is empty", "… and 71 more")
    assert "more" not in str(ImportRejected([Fault(2, "name_missing")] * 50))


def test_a_message_carries_no_control_characters_and_no_long_values() -> None:
    long = replace(VILLAGE, level="\x1b[2J" + "长" * 500)
    (fault,) = check([COUNTY, TOWN, long], {})  # type: ignore[misc]
    assert str(fault).isprintable()
    assert len(str(fault)) < 200


_cells = st.sampled_from(
    ["", "990101000000", "990101100000", "990101100201", "县", "村", "county", '"', "\x00", "x,y"]
)
_lists = st.lists(st.lists(_cells, max_size=5).map(",".join), max_size=6).map("\n".join)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.one_of(st.binary(max_size=200), _lists.map(lambda text: (HEADER + text).encode())))
def test_any_bytes_give_rows_or_a_clear_fault(tmp_path: Path, content: bytes) -> None:
    try:
        rows, _ = read_rows(written(tmp_path, content))
    except ImportRejected as refused:
        found: Plan | list[Fault] = list(refused.faults)
        assert found
    else:
        found = check(rows, {})
    for fault in found if isinstance(found, list) else ():
        assert str(fault).isprintable()
