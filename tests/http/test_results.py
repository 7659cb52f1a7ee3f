"""Results for the insurance's own system: who may export what, and what stands in each line."""

import csv
import io
from typing import Any

from python_calamine import CalamineWorkbook

from backend.results_sheet import COLUMNS
from tests.approvals import approval
from tests.http.test_findings import filed
from tests.http.tools import refused, rows
from tests.rosters import id_number
from tests.tasks.certified import matched, pensioner, roster, set_cycle
from tests.world import COUNTY, NEIGHBOUR, OTHER_COUNTY, World

CSV, XLSX = "/certification/results.csv", "/certification/results.xlsx"


async def everybody(world: World) -> None:
    """1 passed, 2 died, 3 matched, 4 waits for review, 5 is doubted, 6 was visited by nobody;
    3 and 6 are suspended since August.
    """
    await set_cycle(world)
    stopped = {"pay_status": "suspended", "stopped_from": "2026-08-01"}
    await roster(
        world,
        [pensioner(n, **(stopped if n in (3, 6) else {})) for n in range(1, 6)]
        + [pensioner(6, region_code=NEIGHBOUR, **stopped)],
    )
    await world.review("reviewer", await filed(world, 1), "pass")
    died = await filed(world, 2, result="death", happened_on="2026-08-20")
    await world.review("reviewer", died, "pass")
    await matched(world, [3], "alive", "2026-11-01")
    await filed(world, 4, result="death", happened_on="2026-08-20")
    await matched(world, [5], "deceased", "2026-11-01")


async def exported(world: World, who: str = "county", **params: Any) -> dict[str, dict[str, str]]:
    """The lines by name."""
    answer = await world.as_(who).ask("GET", CSV, params=params)
    assert answer.status_code == 200, answer.text
    text = answer.content.decode("utf-8-sig")
    text, _, mark = text.rstrip().rpartition("\r\n")
    assert mark.startswith("## ")
    found = list(csv.DictReader(io.StringIO(text)))
    assert all(tuple(row) == COLUMNS for row in found)
    return {row["name"]: row for row in found}


def said(row: dict[str, str]) -> dict[str, str]:
    """What a line says beyond who it is about."""
    about = COLUMNS[: COLUMNS.index("cert_state")]
    return {name: value for name, value in row.items() if value and name not in about}


async def test_a_line_of_each(world: World) -> None:
    await everybody(world)
    found = {name: said(row) for name, row in (await exported(world)).items()}
    visit = {"method": "home_visit", "cert_date": "2026-11-02"}
    assert found == {
        "张*1": {"cert_state": "passed", "result": "pass", **visit},
        "张*2": {
            "cert_state": "passed",
            "result": "death",
            **visit,
            "happened_on": "2026-08-20",
            "terminate_from": "2026-09",
            "overpaid_from": "2026-09",
            "overpaid_to": "2026-11",
            "overpaid_months": "3",
        },
        "张*3": {
            "cert_state": "passed",
            "result": "pass",
            "method": "data_match",
            "cert_date": "2026-11-01",
            "resume_from": "2026-12",
            "back_pay_from": "2026-08",
            "back_pay_to": "2026-11",
            "back_pay_months": "4",
        },
        "张*4": {
            "cert_state": "collected",
            "result": "death",
            **visit,
            "happened_on": "2026-08-20",
        },
        "张*5": {"cert_state": "suspect"},
        "张*6": {"cert_state": "due"},
    }


async def test_silence_suspends_once_the_window_has_closed(world: World) -> None:
    await everybody(world)
    world.clock.set(2027, 1, 2, 9, 0)
    found = await exported(world, as_of="2026-12")
    assert said(found["张*5"]) == {"cert_state": "suspect"}
    found = await exported(world)
    assert said(found["张*5"])["suspend_from"] == "2027-01"
    assert "suspend_from" not in said(found["张*6"]), "who is suspended is not again"


async def test_a_month_gone_by_is_told_as_it_stood(world: World) -> None:
    await set_cycle(world)
    await roster(world, [pensioner(1)])
    submission = await filed(world, 1)
    world.clock.set(2026, 12, 1, 10, 0)
    await world.review("reviewer", submission, "pass")
    assert said((await exported(world, as_of="2026-11"))["张*1"])["cert_state"] == "collected"
    assert said((await exported(world))["张*1"])["cert_state"] == "passed"
    later = {"as_of": "2027-01"}
    await refused(world.as_("county"), "GET", CSV, "as_of_future", params=later)


async def test_in_full_by_two_people_alone(world: World) -> None:
    await everybody(world)
    masked = (await exported(world))["张*1"]
    assert masked["id_no"] == f"9901{'*' * 10}{id_number(1)[-4:]}"
    given = await approval(world)
    auditor = world.as_("auditor")
    await refused(auditor, "GET", CSV, "forbidden", params=given)
    whole = await exported(world, **given)
    assert whole["张桂1"]["id_no"] == id_number(1)
    assert "张*1" in await exported(world, "auditor")
    told = "action = 'results.export' AND (detail->>'full')::bool = $1"
    assert await rows("audit_entry", told, True) == 1
    assert await rows("audit_entry", told, False) == 2
    for who in ("reviewer", "liaison", "monitor"):
        await refused(world.as_(who), "GET", CSV, "forbidden")


async def test_files_say_who_took_them_out_and_when(world: World) -> None:
    await everybody(world)
    answer = await world.as_("county").ask("GET", CSV)
    last = answer.content.decode("utf-8-sig").splitlines()[-1]
    assert last == "## 孙丽 于 2026-11-02 10:00 导出，已脱敏"
    given = await approval(world)
    answer = await world.as_("county").ask("GET", XLSX, params=given)
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    about = str(book.get_sheet_by_name("导出说明").to_python()[0][0])
    assert about.startswith("孙丽 于 2026-11-02 10:00 导出，完整信息，审批编号 ")


async def test_no_further_than_the_asker_reaches(world: World) -> None:
    await everybody(world)
    assert set(await exported(world, region=NEIGHBOUR)) == {"张*6"}
    assert await exported(world, "far_county") == {}
    outside = {"region": OTHER_COUNTY}
    await refused(world.as_("county"), "GET", CSV, "not_found", params=outside)
    assert len(await exported(world, region=COUNTY)) == 6


async def test_the_workbook_says_the_same(world: World) -> None:
    await everybody(world)
    answer = await world.as_("county").ask("GET", XLSX)
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="results-2026-11.xlsx"'
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0)
    header, *lines = sheet.to_python()
    by_csv = await exported(world)
    assert tuple(header) == COLUMNS
    assert {line[1]: [str(cell) for cell in line] for line in lines} == {
        name: list(row.values()) for name, row in by_csv.items()
    }
