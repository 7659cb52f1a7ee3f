"""Circulars: frozen figures, numbers, corrections that name what changed, sheets and pages."""

import asyncio
import io
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import openpyxl
import pypdfium2

from backend.store.database import fetch, to_json
from tests.http.test_rates import CLOSES, one_week
from tests.http.tools import done, duty_of, refused, rows
from tests.world import COUNTY, OTHER_TOWN, TOWN, VACANT, VILLAGE, World

WEEK = "2026-W45"


async def made(world: World, who: str = "county", **body: Any) -> dict[str, Any]:
    """A circular of the week of `one_week`, the day after it has closed."""
    schedule = await one_week(world)
    world.clock.now = CLOSES + timedelta(days=1)
    found: dict[str, Any] = await world.as_(who).post(
        "/circulars", {"schedule": schedule, "period": WEEK, **body}
    )
    return found


async def reviewed(world: World, schedule: int) -> None:
    """王家庄's report is passed by the township."""
    duty = await duty_of(world, VILLAGE, schedule=schedule)
    filed = await world.as_("county").get(f"/obligations/{duty}")
    await world.review("reviewer", filed["filings"][-1]["id"], "pass")


async def file_of(world: World, number: str, ending: str, who: str = "county") -> bytes:
    answer = await world.as_(who).ask("GET", f"/circulars/{number}/circular.{ending}")
    assert answer.status_code == 200, answer.text
    return answer.content


async def test_it_says_what_the_rates_say(world: World) -> None:
    found = await made(world)
    [report] = found["reports"]
    rates = await world.as_("county").get(
        "/rates", schedule=report["schedule"], period=WEEK, as_of=found["as_of"]
    )
    assert report["total"]["counts"] == rates["total"]
    assert [(line["region"], line["name"], line["counts"]) for line in report["lines"]] == [
        (area["region"], area["name"], area["counts"]) for area in rates["areas"]
    ]
    assert [line["region"] for line in report["lines"]] == [TOWN, OTHER_TOWN]
    assert [
        (line["report_band"], line["on_time_band"], line["rank"]) for line in report["lines"]
    ] == [
        ("red", "red", None),
        ("none", "none", None),
    ]
    [missing] = report["unfiled"]
    assert missing == {
        "region": VACANT,
        "name": "赵家沟村民委员会",
        "standing": "missing",
        "duties": 1,
    }
    assert (found["by"], found["county_name"]) == ("孙丽", "示范县")
    assert any("95%" in rule for rule in found["rules"]["told"])


async def test_figures_stay_as_they_were_and_a_late_review_makes_version_two(world: World) -> None:
    found = await made(world)
    number, schedule = found["circular"]["id"], found["reports"][0]["schedule"]
    county = world.as_("county")
    await refused(county, "POST", f"/circulars/{number}/versions", "circular_same", json={})
    await world.as_("county").post(f"/circulars/{number}/versions/1/publish", status=200)
    world.clock.pass_(days=1)
    await reviewed(world, schedule)
    again = await county.get(f"/circulars/{number}")
    assert again["reports"] == found["reports"]
    second = await county.post(f"/circulars/{number}/versions", {"reason": "补录审核"})
    assert (second["version"], second["reason"], second["published_at"]) == (2, "补录审核", None)
    about = {"schedule": schedule, "code": "RETURN_WEEKLY", "period": WEEK}
    town = {**about, "region": TOWN, "name": "城关镇"}
    figures = {change["figure"]: change for change in second["changes"]}
    assert figures["decided"] == {**town, "figure": "decided", "was": 0, "became": 1}
    assert figures["median_workdays"]["was"] is None
    assert set(figures) == {"decided", "median_workdays"}
    assert second["circular"]["document_number"] == found["circular"]["document_number"]
    old = await county.get(f"/circulars/{number}", version=1)
    assert old["reports"] == found["reports"]
    assert old["digest"] == found["digest"] != second["digest"]
    assert [each["version"] for each in second["versions"]] == [2, 1]


async def test_a_waiver_names_the_village_that_left_the_list(world: World) -> None:
    found = await made(world)
    number = found["circular"]["id"]
    body = {"kind": "exempt", "reason": "停电", "period": WEEK, "region": VACANT}
    schedule = found["reports"][0]["schedule"]
    await world.as_("county").post("/adjustments", {**body, "schedule": schedule})
    second = await world.as_("county").post(f"/circulars/{number}/versions", {})
    changed = {(c["region"], c["figure"]): (c["was"], c["became"]) for c in second["changes"]}
    assert changed == {
        (TOWN, "expected"): (3, 2),
        (TOWN, "missing"): (1, 0),
        (TOWN, "exempt"): (0, 1),
        (TOWN, "report_rate"): (0.666667, 1.0),
        (TOWN, "on_time_rate"): (0.333333, 0.5),
        (VACANT, "standing"): ("missing", None),
    }


async def test_numbers_follow_each_other_by_county_and_year(world: World) -> None:
    first = await made(world)
    assert first["circular"]["document_number"] == "示范县人社通报〔2026〕1号"
    county, body = world.as_("county"), {"schedule": first["circular"]["schedule"], "period": WEEK}
    params = await refused(county, "POST", "/circulars", "circular_made", json=body)
    assert params["circular"] == first["circular"]["id"]
    empty = {"period": "2026-10"}
    await refused(county, "POST", "/circulars", "circular_empty", json=empty)
    await refused(county, "POST", "/circulars", "invalid", json={"period": WEEK})
    later = {**body, "as_of": (world.clock.now + timedelta(seconds=1)).isoformat()}
    await refused(county, "POST", "/circulars", "as_of_future", json=later)
    await done(county, "PUT", "/county-rules/mark", 204, json={"mark": "示人社监"})
    await world.open()
    second = await county.post("/circulars", {**body, "period": "2026-W46"})
    assert second["circular"]["document_number"] == "示人社监〔2026〕2号"
    assert (await county.get("/county-rules/mark"))["mark"] == "示人社监"
    listed = await county.get("/circulars", year=2026)
    assert {each["number"] for each in listed["items"]} == {1, 2}
    assert await rows("circular") == 2


async def test_one_circular_on_all_monthly_reports(world: World) -> None:
    timetable = {
        "due": {"kind": "workday", "number": 3, "months_after": 1},
        "closes_workdays_after": 5,
    }
    for code in ("POVERTY_MONTHLY", "LABOR_MONTHLY"):
        first = {"starts_on": date(2026, 11, 1)}
        await world.schedule(code, cadence="monthly", timetable=timetable, **first)
    await world.schedule()
    world.clock.set(2026, 12, 2, 9, 0)
    await world.open()
    world.clock.set(2026, 12, 20, 9, 0)
    found = await world.as_("monitor").post("/circulars", {"period": "2026-11", "ranked": True})
    assert [report["code"] for report in found["reports"]] == ["LABOR_MONTHLY", "POVERTY_MONTHLY"]
    assert [line["rank"] for line in found["reports"][0]["lines"]] == [1, 1]
    number = found["circular"]["id"]
    book = openpyxl.load_workbook(io.BytesIO(await file_of(world, number, "xlsx")))
    assert book.sheetnames[:2] == ["返乡农民工周报 2026-11", "返乡农民工周报 2026-11 2"]
    assert [cell.value for cell in book.worksheets[0]["P"][3:6]] == ["名次", 1, 1]
    assert "名次" in text_of(await file_of(world, number, "pdf"))


async def test_offices_read_what_is_published_and_outsiders_nothing(world: World) -> None:
    found = await made(world)
    number = found["circular"]["id"]
    for who in ("reviewer", "lead", "other_reviewer", "auditor", "far_county", "far_reviewer"):
        assert (await world.as_(who).get("/circulars"))["items"] == []
        await refused(world.as_(who), "GET", f"/circulars/{number}", "not_found")
    county = world.as_("county")
    published = await county.post(f"/circulars/{number}/versions/1/publish", status=200)
    assert published["published_at"] is not None
    path = f"/circulars/{number}/versions/1/publish"
    await refused(county, "POST", path, "circular_published")
    await refused(county, "POST", path.replace("/1/", "/2/"), "not_found")
    world.clock.pass_(days=1)
    await reviewed(world, found["reports"][0]["schedule"])
    await county.post(f"/circulars/{number}/versions", {})
    for who in ("reviewer", "other_reviewer", "auditor"):
        seen = await world.as_(who).get(f"/circulars/{number}")
        assert (seen["version"], len(seen["versions"])) == (1, 1), "version 2 is a draft"
        assert seen["circular"]["version"] == 1
        await refused(
            world.as_(who), "GET", f"/circulars/{number}", "not_found", params={"version": 2}
        )
    for who in ("far_county", "far_reviewer"):
        for path in ("", "/circular.pdf", "/circular.xlsx"):
            await refused(world.as_(who), "GET", f"/circulars/{number}{path}", "not_found")
    assert await file_of(world, number, "pdf", "other_reviewer")
    for who in ("reviewer", "auditor"):
        await refused(world.as_(who), "POST", f"/circulars/{number}/versions", "forbidden", json={})
    for who in ("liaison", "upper"):
        await refused(world.as_(who), "GET", f"/circulars/{number}", "forbidden")
    elsewhere = {"schedule": found["circular"]["schedule"], "period": WEEK}
    await refused(world.as_("far_county"), "POST", "/circulars", "not_found", json=elsewhere)
    await refused(
        world.as_("far_county"), "POST", f"/circulars/{number}/versions", "not_found", json={}
    )
    await refused(county, "GET", f"/circulars/{uuid4()}", "not_found")


async def test_the_workbook_opens_with_figures_charts_and_print_set_up(world: World) -> None:
    found = await made(world)
    number = found["circular"]["id"]
    content = await file_of(world, number, "xlsx")
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    table = [[cell.value for cell in row] for row in sheet.iter_rows(5, 7)]
    assert table[0][:9] == [f"{TOWN}000", "城关镇", 3, 1, 1, 1, 0, 0, 2 / 3]
    assert table[1][:9] == [f"{OTHER_TOWN}000", "河口镇", 0, 0, 0, 0, 0, 1, "—"]
    assert table[2][:9] == [f"{COUNTY}000000", "合计", 3, 1, 1, 1, 0, 1, 2 / 3]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("C5", "A4:O6")
    assert (sheet.page_setup.orientation, sheet.print_title_rows) == ("landscape", "$4:$4")
    assert (sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.page_setup.fitToHeight) == (True, 0)
    assert len(sheet._charts) == 2
    villages = book["未报村名单"]
    assert [cell.value for cell in villages[4]][:3] == [VACANT, "赵家沟村民委员会", "城关镇"]
    assert "示范县人社通报〔2026〕1号" in str(sheet["A2"].value)
    assert await file_of(world, number, "xlsx") == content, "the same figures, the same bytes"
    assert await rows("audit_entry", "action = 'circular.export'") == 2


async def test_the_page_says_the_same_and_shows_the_rarest_of_names(world: World) -> None:
    await done(world.as_("county"), "PUT", "/county-rules/mark", 204, json={"mark": "#社$*x_"})
    # The first is in the font though in few others; the second is in hardly any.
    await fetch("UPDATE region SET name = '𬱖家\U000323af沟' WHERE key = $1", VACANT)
    found = await made(world)
    number = found["circular"]["id"]
    text = text_of(await file_of(world, number, "pdf"))
    assert "城关镇31110066.67%" in text
    assert f"𬱖家〔U+323AF〕沟（{VACANT}，漏报）" in text
    assert "草稿" in text
    assert found["digest"] in text
    assert "#社$*x_〔2026〕1号" in text, "what people type is never markup"
    world.clock.pass_(days=1)
    await reviewed(world, found["reports"][0]["schedule"])
    county = world.as_("county")
    await county.post(f"/circulars/{number}/versions", {"reason": "补录审核"})
    await county.post(f"/circulars/{number}/versions/2/publish", status=200)
    text = text_of(await file_of(world, number, "pdf"))
    assert "原因：补录审核" in text
    assert "城关镇已审核01" in text
    assert "草稿" not in text


def text_of(pdf: bytes) -> str:
    """The text of all pages without the spaces between."""
    document = pypdfium2.PdfDocument(pdf)
    pages = [page.get_textpage().get_text_range() for page in document]
    return "".join("".join(pages).split())


async def test_two_at_once_get_numbers_that_follow_each_other(real_world: World) -> None:
    world = real_world
    schedules = [await world.schedule() for _ in range(3)]
    await world.open()
    world.clock.now = CLOSES
    bodies = [{"schedule": each, "period": WEEK} for each in [*schedules, schedules[0]]]
    county = world.as_("county")
    answers = await asyncio.gather(
        *(county.ask("POST", "/circulars", json=body) for body in bodies)
    )
    assert sorted(answer.status_code for answer in answers) == [201, 201, 201, 409]
    made = [answer.json()["circular"] for answer in answers if answer.status_code == 201]
    assert sorted(each["number"] for each in made) == [1, 2, 3]
    number = made[0]["id"]
    both = await asyncio.gather(
        *(
            county.ask("POST", f"/circulars/{number}/versions", json={"ranked": ranked})
            for ranked in (True, True)
        )
    )
    assert sorted(answer.status_code for answer in both) == [201, 409]


async def test_a_paper_that_fails_is_said_to_be_so(world: World) -> None:
    found = await made(world)
    number = found["circular"]["id"]
    change = {"schedule": 1, "code": "A", "period": WEEK, "region": TOWN, "name": "城关镇"}
    unknown = {**change, "figure": "no_such_figure", "was": 1, "became": 2}
    await fetch("UPDATE circular_version SET changes = $1", to_json([unknown]))
    path = f"/circulars/{number}/circular.pdf"
    await refused(world.as_("county"), "GET", path, "unavailable")
