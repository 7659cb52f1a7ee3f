"""Other offices' lists: signs of life certify, the rest is to be looked into, nobody is stopped."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from backend.domain.certification.matches import HitKind
from backend.lists import Report
from backend.match_import import Ask, import_match
from backend.problems import Problem
from backend.store import audit, imports, matches
from backend.store.database import fetch, fetch_row, from_json
from tests.http.tools import contents, rows
from tests.rosters import bring, id_number, pensioner, roster_file
from tests.world import COUNTY, OTHER_COUNTY, World

ALIVE = date(2026, 10, 20)


def listed(order: int, **changes: str) -> dict[str, str]:
    return {"id_no": id_number(order), **changes}


async def people(world: World, folder: Path, *changes: Mapping[str, Any]) -> None:
    found = [pensioner(n, **each) for n, each in enumerate(changes)]
    await bring(world, roster_file(folder, found))


async def match(world: World, folder: Path, *found: Mapping[str, str], **about: Any) -> Report:
    path = roster_file(folder, found, ("id_no", "name", "kind", "date"))
    values = {"county": COUNTY, "source": "医保就诊", **about}
    ask = Ask(path, now=world.clock.now, **values)
    return await import_match(ask, world.vault, lambda done, total: None)


def counts(**found: int) -> dict[str, int]:
    names = ("unmatched", "cleared", "suspect", "known", "name_differs", "doubted", "not_paid")
    return dict.fromkeys(names, 0) | found


async def person(world: World, order: int) -> Mapping[str, Any]:
    row = await fetch_row(
        "SELECT * FROM beneficiary WHERE id_number_index = $1",
        world.vault.id_number_index(id_number(order)),
    )
    assert row is not None
    return dict(row)


async def test_signs_of_life_certify(world: World, tmp_path: Path) -> None:
    told = {"last_cert_date": "2026-01-05", "cert_due": "2027-01-31", "last_cert_method": "上门"}
    await people(world, tmp_path, told, {}, {"last_cert_date": "2026-10-25"}, {})
    report = await match(
        world,
        tmp_path,
        listed(0),
        listed(1, date="2026-10-30", name="张桂1"),
        listed(2),
        listed(3, name="王五"),
        listed(9),
        kind=HitKind.ALIVE,
        on=ALIVE,
    )
    assert report.counts == counts(cleared=2, known=1, name_differs=1, unmatched=1)
    first = await person(world, 0)
    assert (first["certified_on"], first["certified_by"]) == (ALIVE, "data_match")
    assert first["due_told"] is None
    assert (await person(world, 1))["certified_on"] == date(2026, 10, 30)
    assert (await person(world, 2))["certified_on"] == date(2026, 10, 25)
    assert (await person(world, 3))["certified_on"] is None
    kept = await matches.hits(report.batch, None, None, 10)
    assert [(row["line"], row["outcome"]) for row in kept] == [
        (2, "cleared"),
        (3, "cleared"),
        (4, "known"),
        (5, "name_differs"),
    ]
    [batch] = await imports.page([COUNTY], "match", None, 1)
    assert (batch["source"], from_json(batch["counts"])) == ("医保就诊", report.counts)
    [entry] = await audit.page([COUNTY], audit.Wanted("match.import"), None, 2)
    assert json.loads(entry["detail"])["cleared"] == 2


@pytest.mark.parametrize("kind", [HitKind.DECEASED, HitKind.CUSTODY, HitKind.MOVED])
async def test_anything_else_is_a_suspicion_and_stops_nothing(
    world: World, tmp_path: Path, kind: HitKind
) -> None:
    await people(world, tmp_path, {}, {"pay_status": "terminated"})
    before = (await contents())["beneficiary"]
    report = await match(world, tmp_path, listed(0), listed(1), kind=kind)
    assert report.counts == counts(suspect=1, not_paid=1)
    assert (await contents())["beneficiary"] == before
    again = await match(world, tmp_path, listed(0), kind=kind)
    assert again.counts == counts(known=1)


async def test_a_sign_of_life_does_not_end_a_suspicion(world: World, tmp_path: Path) -> None:
    await people(world, tmp_path, {}, {})
    both = await match(
        world,
        tmp_path,
        listed(0, kind="健在", date="2026-10-20"),
        listed(0, kind="死亡", date="2026-10-01"),
        listed(1, kind="alive", date="2026-10-01"),
        listed(1, kind="alive", date="2026-10-20"),
        listed(1, kind="alive", date="2026-10-10"),
    )
    assert both.counts == counts(suspect=1, doubted=1, cleared=2, known=1)
    assert (await person(world, 0))["certified_on"] is None
    assert (await person(world, 1))["certified_on"] == date(2026, 10, 20)
    later = await match(world, tmp_path, listed(0), kind=HitKind.ALIVE, on=ALIVE)
    assert later.counts == counts(doubted=1)


async def test_the_county_may_clear_a_suspicion(world: World, tmp_path: Path) -> None:
    await people(world, tmp_path, {})
    report = await match(world, tmp_path, listed(0), kind=HitKind.DECEASED)
    [hit] = await matches.hits(report.batch, "suspect", None, 5)
    by, now = uuid4(), world.clock.now
    assert await matches.clear(hit["id"], by, [OTHER_COUNTY], now) is None
    cleared = await matches.clear(hit["id"], by, [COUNTY], now)
    assert cleared["beneficiary"] == hit["beneficiary"]
    assert await matches.clear(hit["id"], by, [COUNTY], now) is None
    alive = await match(world, tmp_path, listed(0), kind=HitKind.ALIVE, on=ALIVE)
    assert alive.counts == counts(cleared=1)


async def test_both_pensions_of_one_person_are_hit(world: World, tmp_path: Path) -> None:
    found = [pensioner(0), pensioner(0, insurance_type="survivor")]
    await bring(world, roster_file(tmp_path, found))
    report = await match(world, tmp_path, listed(0), kind=HitKind.DECEASED)
    assert report.counts == counts(suspect=2)


async def test_a_list_names_pensioners_of_its_county_only(world: World, tmp_path: Path) -> None:
    await people(world, tmp_path, {})
    report = await match(world, tmp_path, listed(0), kind=HitKind.DECEASED, county=OTHER_COUNTY)
    assert report.counts == counts(unmatched=1)


async def test_a_dry_run_counts_and_changes_nothing(world: World, tmp_path: Path) -> None:
    await people(world, tmp_path, {}, {})
    before = await contents()
    found = (
        listed(0, kind="死亡"),
        listed(0, kind="死亡"),
        listed(1, kind="健在", date="2026-10-20"),
        listed(1, kind="健在", date="2026-10-20"),
    )
    shown = await match(world, tmp_path, *found, dry_run=True)
    after = await contents()
    assert {name for name in before if before[name] != after[name]} == {"import_batch"}
    assert shown.outcome == "shown"
    done = await match(world, tmp_path, *found)
    assert done.counts == shown.counts == counts(suspect=1, cleared=1, known=2)


async def test_faults_of_any_row_let_nothing_in(world: World, tmp_path: Path) -> None:
    await people(world, tmp_path, {})
    report = await match(world, tmp_path, listed(0), {"id_no": "1"}, kind=HitKind.DECEASED)
    assert (report.outcome, report.counts) == ("rejected", {"faulty": 1})
    assert await rows("match_hit") == 0
    [row] = await imports.faults(report.batch, None, 5)
    assert (row["line"], from_json(row["faults"])) == (3, [["id_no", "not_18_characters"]])
    [cells] = await fetch("SELECT cells_sealed FROM import_fault")
    assert from_json(world.vault.unseal(cells[0]))[0] == "1"


async def test_an_empty_list_is_no_list(world: World, tmp_path: Path) -> None:
    with pytest.raises(Problem) as refused:
        await match(world, tmp_path, kind=HitKind.ALIVE)
    assert refused.value.code == "roster_empty"
