"""Importing rosters for real: all or nothing, the difference first, nobody ever deleted."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from backend.faulty_rows import faulty_rows
from backend.problems import Problem
from backend.roster_import import ROSTER, county_of, holders
from backend.store import audit, imports
from backend.store.database import fetch, fetch_row, from_json
from backend.succession import succeed
from tests.http.tools import contents, rows
from tests.rosters import HEADER, bring, id_number, pensioner, roster_file, roster_workbook
from tests.world import COUNTY, FAR_VILLAGE, NEIGHBOUR, OTHER_VILLAGE, VACANT, VILLAGE, World


def counts(**found: int) -> dict[str, int]:
    return {"new": 0, "changed": 0, "moved": 0, "back": 0, "same": 0, "gone": 0} | found


async def person(world: World, order: int, insurance: str = "resident") -> Mapping[str, Any]:
    row = await fetch_row(
        "SELECT * FROM beneficiary WHERE id_number_index = $1 AND insurance_type = $2",
        world.vault.id_number_index(id_number(order)),
        insurance,
    )
    assert row is not None
    return dict(row)


async def places(world: World, order: int) -> list[tuple[str, date, date | None]]:
    found = await person(world, order)
    kept = await fetch(
        "SELECT * FROM beneficiary_place WHERE beneficiary = $1 ORDER BY id", found["id"]
    )
    return [(row["region"], row["from_on"], row["until_on"]) for row in kept]


async def test_a_first_roster(world: World, tmp_path: Path) -> None:
    listed = [pensioner(n, household_no=f"H{n // 2}", monthly_amount="187.5") for n in range(5)]
    report = await bring(world, roster_file(tmp_path, listed))
    assert (report.outcome, report.rows, report.counts) == ("imported", 5, counts(new=5))
    found = await person(world, 3)
    assert (found["name"], found["region"], found["household"]) == ("张桂3", VILLAGE, "H1")
    assert (found["monthly_fen"], found["pay_status"]) == (18750, "normal")
    assert world.vault.unseal(found["id_number_sealed"]) == id_number(3)
    assert "13800000003" in world.vault.unseal(found["private_sealed"])
    assert await places(world, 3) == [(VILLAGE, date(2026, 11, 2), None)]
    [entry] = await audit.page([COUNTY], audit.Wanted("roster.import"), None, 2)
    assert json.loads(entry["detail"])["new"] == 5


async def test_nothing_personal_is_kept_in_clear(world: World, tmp_path: Path) -> None:
    await bring(world, roster_file(tmp_path, [pensioner(1), pensioner(2, id_no=id_number(2))]))
    await bring(world, roster_file(tmp_path, [pensioner(1), pensioner(3, phone="1")]))
    for table in ("beneficiary", "import_batch", "import_fault", "roster_change", "audit_entry"):
        for row in await fetch(f"SELECT t::text AS text FROM {table} t"):
            for secret in (id_number(1), id_number(3), "13800000001"):
                assert secret not in row["text"], table
                assert secret.encode().hex() not in row["text"], table


async def test_the_same_again_changes_nothing(world: World, tmp_path: Path) -> None:
    path = roster_file(tmp_path, [pensioner(n) for n in range(4)])
    await bring(world, path)
    before = await fetch("SELECT * FROM beneficiary ORDER BY id")
    world.clock.pass_(days=1)
    assert (await bring(world, path)).counts == counts(same=4)
    assert await fetch("SELECT * FROM beneficiary ORDER BY id") == before


async def test_what_differs_is_written_and_told(world: World, tmp_path: Path) -> None:
    await bring(world, roster_file(tmp_path, [pensioner(n) for n in range(5)]))
    world.clock.pass_(days=3)
    later = [
        pensioner(0, monthly_amount="200", pay_status="suspended", stopped_from="2026-10"),
        pensioner(1, region_code=NEIGHBOUR),
        pensioner(2, phone="13900000000"),
        pensioner(4),
        pensioner(9),
    ]
    report = await bring(world, roster_file(tmp_path, later))
    assert report.counts == counts(new=1, changed=2, moved=1, same=1, gone=1)
    told = await imports.changes(report.batch, None, None, 10)
    assert [(row["kind"], row["name"], row["line"]) for row in told] == [
        ("changed", "张桂0", 2),
        ("moved", "张桂1", 3),
        ("changed", "张桂2", 4),
        ("gone", "张桂3", None),
    ]
    assert told[0]["fields"] == ["monthly_fen", "pay_status", "stopped_from"]
    assert told[2]["fields"] == ["private_digest"]
    assert (await person(world, 0))["stopped_from"] == date(2026, 10, 1)
    assert "13900000000" in world.vault.unseal((await person(world, 2))["private_sealed"])
    assert (await person(world, 3))["gone_on"] == date(2026, 11, 5)


async def test_a_move_keeps_where_somebody_was(world: World, tmp_path: Path) -> None:
    for village in (VILLAGE, NEIGHBOUR, OTHER_VILLAGE):
        await bring(world, roster_file(tmp_path, [pensioner(1, region_code=village)]))
        world.clock.pass_(days=10)
    assert await places(world, 1) == [
        (VILLAGE, date(2026, 11, 2), date(2026, 11, 12)),
        (NEIGHBOUR, date(2026, 11, 12), date(2026, 11, 22)),
        (OTHER_VILLAGE, date(2026, 11, 22), None),
    ]


async def test_who_is_gone_comes_back(world: World, tmp_path: Path) -> None:
    await bring(world, roster_file(tmp_path, [pensioner(1), pensioner(2)]))
    first = await person(world, 1)
    assert (await bring(world, roster_file(tmp_path, [pensioner(2)]))).counts == counts(
        same=1, gone=1
    )
    assert (await bring(world, roster_file(tmp_path, [pensioner(2)]))).counts == counts(same=1)
    back = await bring(world, roster_file(tmp_path, [pensioner(1), pensioner(2)]))
    assert back.counts == counts(back=1, same=1)
    assert (await person(world, 1))["id"] == first["id"]
    assert (await person(world, 1))["gone_on"] is None


async def test_insurances_that_are_not_listed_are_left_alone(world: World, tmp_path: Path) -> None:
    both = [pensioner(1), pensioner(1, insurance_type="遗属"), pensioner(2, insurance_type="gov")]
    assert (await bring(world, roster_file(tmp_path, both))).counts == counts(new=3)
    assert (await bring(world, roster_file(tmp_path, [pensioner(1)]))).counts == counts(same=1)
    assert (await person(world, 2, "gov"))["gone_on"] is None
    assert (await person(world, 1, "survivor"))["gone_on"] is None


async def test_columns_that_are_not_there_say_nothing(world: World, tmp_path: Path) -> None:
    full = pensioner(1, household_no="H7", pay_status="suspended", monthly_amount="100")
    await bring(world, roster_file(tmp_path, [full]))
    path = roster_file(tmp_path, [pensioner(1)], HEADER[:5])
    assert (await bring(world, path)).counts == counts(same=1)
    found = await person(world, 1)
    assert (found["household"], found["pay_status"]) == ("H7", "suspended")
    empty = roster_file(tmp_path, [pensioner(1)], (*HEADER[:5], "household_no"))
    assert (await bring(world, empty)).counts == counts(changed=1)
    assert (await person(world, 1))["household"] == ""


async def test_a_newer_proof_of_life_is_not_forgotten(world: World, tmp_path: Path) -> None:
    told = {"last_cert_date": "2026-01-05", "last_cert_method": "上门", "cert_due": "2027-01-31"}
    await bring(world, roster_file(tmp_path, [pensioner(1, **told)]))
    await fetch(
        "UPDATE beneficiary SET certified_on = '2026-10-01', certified_by = 'counter', "
        "due_told = NULL"
    )
    assert (await bring(world, roster_file(tmp_path, [pensioner(1, **told)]))).counts == counts(
        same=1
    )
    found = await person(world, 1)
    assert (found["certified_on"], found["due_told"]) == (date(2026, 10, 1), None)
    newer = {"last_cert_date": "2026-11-01", "cert_due": "2027-11-30"}
    await bring(world, roster_file(tmp_path, [pensioner(1, **newer)]))
    found = await person(world, 1)
    assert (found["certified_on"], found["certified_by"]) == (date(2026, 11, 1), None)
    assert found["due_told"] == date(2027, 11, 30)


async def test_a_dry_run_shows_and_changes_nothing(world: World, tmp_path: Path) -> None:
    await bring(world, roster_file(tmp_path, [pensioner(1), pensioner(2)]))
    before = await contents()
    path = roster_file(tmp_path, [pensioner(1, region_code=NEIGHBOUR), pensioner(3)])
    report = await bring(world, path, dry_run=True)
    assert (report.outcome, report.counts) == ("shown", counts(new=1, moved=1, gone=1))
    [moved, gone] = await imports.changes(report.batch, None, None, 10)
    assert (moved["was_region"], moved["region"], gone["kind"]) == (VILLAGE, NEIGHBOUR, "gone")
    after = await contents()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"import_batch", "roster_change"}
    assert (await bring(world, path)).counts == report.counts


async def test_faults_of_any_row_let_nothing_in(world: World, tmp_path: Path) -> None:
    await bring(world, roster_file(tmp_path, [pensioner(1)]))
    before = await contents()
    bad = [
        pensioner(1, name="李改"),
        pensioner(2, id_no=id_number(2)[:-1] + "*"),
        pensioner(3, region_code="990101100299"),
        pensioner(4, region_code=FAR_VILLAGE),
        pensioner(5),
        pensioner(5, phone="1", monthly_amount="-3"),
        pensioner(5),
    ]
    report = await bring(world, roster_file(tmp_path, bad))
    assert (report.outcome, report.rows, report.counts) == ("rejected", 7, {"faulty": 5})
    after = await contents()
    assert {name for name in before if before[name] != after[name]} == {
        "import_batch",
        "import_fault",
    }
    told = {
        row["line"]: [tuple(fault) for fault in from_json(row["faults"])]
        for row in await imports.faults(report.batch, None, 10)
    }
    assert told == {
        3: [("id_no", "not_digits")],
        4: [("region_code", "region_unknown")],
        5: [("region_code", "other_county")],
        7: [("monthly_amount", "not_an_amount"), ("phone", "not_a_phone")],
        8: [("id_no", "twice")],
    }


async def test_faulty_rows_come_back_as_a_sheet(world: World, tmp_path: Path) -> None:
    bad = [pensioner(1), pensioner(2, phone="=1+1"), pensioner(3, id_no="1", name="")]
    report = await bring(world, roster_file(tmp_path, bad))
    sheet = tmp_path / "faulty.xlsx"
    assert await faulty_rows(report.batch, HEADER, ROSTER, world.vault, sheet, "zh") == 2
    [header, second, third] = CalamineWorkbook.from_path(sheet).get_sheet_by_index(0).to_python()
    assert header == ["错误原因", "原行号", *HEADER]
    assert second[:4] == ["phone不是电话号码", 3, "张桂2", id_number(2)]
    assert second[header.index("phone")] == "=1+1"
    assert third[:4] == ["name未填写；id_no应为18位", 4, "", "1"]


async def test_as_many_faulty_rows_come_back_as_there_are(world: World, tmp_path: Path) -> None:
    bad = [pensioner(1, id_no=str(n)) for n in range(2_300)]
    report = await bring(world, roster_file(tmp_path, bad))
    sheet = tmp_path / "faulty.xlsx"
    assert await faulty_rows(report.batch, HEADER, ROSTER, world.vault, sheet, "en") == 2_300
    found = CalamineWorkbook.from_path(sheet).get_sheet_by_index(0).to_python()
    assert [row[1] for row in found[1:]] == list(range(2, 2_302))
    assert found[2_300][0] == "id_no has not 18 characters"


async def test_faulty_rows_are_kept_until_the_next_list(world: World, tmp_path: Path) -> None:
    for _ in range(2):
        await bring(world, roster_file(tmp_path, [pensioner(2, phone="1")]))
        assert await rows("import_fault") == 1
    await bring(world, roster_file(tmp_path, [pensioner(2)]))
    assert await rows("import_fault") == 0


async def test_many_gone_at_once_must_be_said_aloud(world: World, tmp_path: Path) -> None:
    await bring(world, roster_file(tmp_path, [pensioner(n) for n in range(30)]))
    part = roster_file(tmp_path, [pensioner(n) for n in range(9)])
    with pytest.raises(Problem) as refused:
        await bring(world, part)
    assert (refused.value.code, refused.value.params) == (
        "roster_many_gone",
        {"gone": 21, "of": 30},
    )
    assert await rows("beneficiary", "gone_on IS NOT NULL") == 0
    assert (await bring(world, part, dry_run=True)).counts == counts(same=9, gone=21)
    assert (await bring(world, part, gone_ok=True)).counts == counts(same=9, gone=21)


async def test_a_merged_village_leads_to_its_successor(world: World, tmp_path: Path) -> None:
    await fetch(
        "UPDATE region SET valid_to = '2026-10-01', successor = $2 WHERE key = $1",
        VACANT,
        NEIGHBOUR,
    )
    await bring(world, roster_file(tmp_path, [pensioner(1, region_code=VACANT)]))
    assert (await person(world, 1))["region"] == NEIGHBOUR
    await fetch("UPDATE region SET successor = NULL WHERE key = $1", VACANT)
    report = await bring(world, roster_file(tmp_path, [pensioner(1, region_code=VACANT)]))
    [row] = await imports.faults(report.batch, None, 5)
    assert from_json(row["faults"]) == [["region_code", "region_over"]]


async def test_a_merger_takes_the_pensioners_along(world: World, tmp_path: Path) -> None:
    listed = [pensioner(1, region_code=VACANT), pensioner(2, region_code=NEIGHBOUR)]
    await bring(world, roster_file(tmp_path, listed))
    world.clock.pass_(days=3)
    await succeed(VACANT, NEIGHBOUR, None, [COUNTY], world.clock.now)
    assert (await person(world, 1))["region"] == NEIGHBOUR
    assert await places(world, 1) == [
        (VACANT, date(2026, 11, 2), date(2026, 11, 5)),
        (NEIGHBOUR, date(2026, 11, 5), None),
    ]
    assert await places(world, 2) == [(NEIGHBOUR, date(2026, 11, 2), None)]
    # The insurance still lists the old code.
    assert (await bring(world, roster_file(tmp_path, listed))).counts == counts(same=2)


def test_successors_in_a_ring_lead_nowhere() -> None:
    ring = [
        {"key": "a", "valid_to": 1, "successor": "b"},
        {"key": "b", "valid_to": 1, "successor": "a"},
    ]
    assert holders(ring) == {"a": None, "b": None}


async def test_a_workbook_says_the_same(world: World, tmp_path: Path) -> None:
    row = pensioner(1)
    typed: dict[str, Any] = {
        **row,
        "benefit_start": date(2012, 3, 1),
        "monthly_amount": 187.5,
        "phone": int(row["phone"]),
        "region_code": int(row["region_code"]),
    }
    await bring(world, roster_file(tmp_path, [{**row, "monthly_amount": "187.50"}]))
    report = await bring(world, roster_workbook(tmp_path, [typed]))
    assert report.counts == counts(same=1)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "list_unreadable"),
        (b"\xd0\xcf\x11\xe0", "list_unreadable"),
        (b"name,id_no\n", "columns_missing"),
        (",".join((*HEADER, "姓名")).encode(), "column_twice"),
        (",".join(HEADER).encode(), "roster_empty"),
        (",".join(HEADER).encode() + b'\n"', "list_unreadable"),
    ],
)
async def test_files_that_are_no_roster(
    world: World, tmp_path: Path, content: bytes, code: str
) -> None:
    before = await contents()
    path = tmp_path / "roster.csv"
    path.write_bytes(content)
    with pytest.raises(Problem) as refused:
        await bring(world, path)
    assert refused.value.code == code
    assert await contents() == before


async def test_the_county_is_told_by_the_first_sound_row(tmp_path: Path) -> None:
    listed = [pensioner(1, region_code="x"), pensioner(2, region_code=FAR_VILLAGE)]
    assert await county_of(roster_file(tmp_path, listed)) == "990102"
    with pytest.raises(Problem) as refused:
        await county_of(roster_file(tmp_path, listed[:1]))
    assert refused.value.code == "roster_without_village"


villages = st.sampled_from([VILLAGE, NEIGHBOUR, OTHER_VILLAGE])
rosters = st.lists(
    st.dictionaries(
        st.integers(0, 4),
        st.tuples(villages, st.sampled_from(["", "100", "200"])),
        min_size=1,
    ),
    min_size=1,
    max_size=4,
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rosters)
async def test_after_any_lists_the_last_one_is_true(
    world: World, tmp_path: Path, history: list[dict[int, tuple[str, str]]]
) -> None:
    await fetch("DELETE FROM roster_change")
    await fetch("DELETE FROM beneficiary_place")
    await fetch("DELETE FROM beneficiary")
    for listed in history:
        world.clock.pass_(days=1)
        people = [
            pensioner(n, region_code=village, monthly_amount=amount)
            for n, (village, amount) in listed.items()
        ]
        path = roster_file(tmp_path, people)
        shown = await bring(world, path, dry_run=True)
        assert (await bring(world, path)).counts == shown.counts
    present = {
        row["name"]: (row["region"], row["monthly_fen"])
        for row in await fetch("SELECT * FROM beneficiary WHERE gone_on IS NULL")
    }
    assert present == {
        f"张桂{n}": (village, int(amount) * 100 if amount else None)
        for n, (village, amount) in history[-1].items()
    }
    ever = {n for listed in history for n in listed}
    assert await rows("beneficiary") == len(ever)
    for n in ever:
        stays = await places(world, n)
        assert all(a[2] == b[1] for a, b in pairwise(stays))
        assert stays[-1][2] is None
        assert all(a[0] != b[0] for a, b in pairwise(stays))
        assert stays[0][1] >= date(2026, 11, 2) + timedelta(days=1)
