"""The assessment of a quarter and the subsidy sheet, by the rules the county sets."""

import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import openpyxl

from tests.http.examples import WEIGHTS
from tests.http.test_findings import filed
from tests.http.test_rates import CLOSES, one_week
from tests.http.tools import done, duty_of, refused, report, rows, submit
from tests.tasks.certified import pensioner, roster, set_cycle
from tests.world import COUNTY, NEIGHBOUR, OTHER_COUNTY, OTHER_TOWN, TOWN, VILLAGE, World

QUARTER = "/assessments/2026-Q4"
NOTHING: dict[str, Any] = {}
NOVEMBER: dict[str, Any] = {"from_on": "2026-11-01", "to_on": "2026-11-30"}


async def newest(world: World, village: str, schedule: int) -> str:
    """The newest filing of a village."""
    duty = await duty_of(world, village, schedule=schedule)
    found: str = (await world.as_("county").get(f"/obligations/{duty}"))["filings"][-1]["id"]
    return found


async def a_quarter(world: World) -> int:
    """`one_week`, of which 王家庄's was passed and 李家屯's returned; and two pensioners due this
    year, of whom one is certified.
    """
    schedule = await one_week(world)
    passed, returned = [await newest(world, v, schedule) for v in (VILLAGE, NEIGHBOUR)]
    await world.review("reviewer", passed, "pass")
    defects = [{"text": "请核对本期人数"}]
    await world.review("reviewer", returned, "return", defects=defects)
    await set_cycle(world)
    await roster(world, [pensioner(1), pensioner(2)])
    await world.review("reviewer", await filed(world, 1), "pass")
    return schedule


def town_of(found: dict[str, Any], region: str) -> dict[str, Any]:
    [only] = [each for each in found["townships"] if each["region"] == region]
    return dict(only)


def shares(town: dict[str, Any]) -> dict[str, tuple[int, int]]:
    return {name: (item["part"], item["whole"]) for name, item in town["items"].items()}


async def test_a_quarter_is_weighed_by_what_was_due(world: World) -> None:
    await a_quarter(world)
    world.clock.set(2027, 1, 20, 9, 0)
    found = await world.as_("county").get(QUARTER)
    assert [each["region"] for each in found["townships"]] == [TOWN, OTHER_TOWN]
    town = town_of(found, TOWN)
    assert shares(town) == {
        "on_time": (1, 3),
        "report": (2, 3),
        "first_pass": (1, 2),
        "cert": (1, 2),
        "review_on_time": (2, 3),
    }
    points = {name: item["points"] for name, item in town["items"].items()}
    assert points == {
        "on_time": 13.33,
        "report": 13.33,
        "first_pass": 10.0,
        "cert": 5.0,
        "review_on_time": 6.67,
    }
    assert town["score"] == 48.33
    assert town_of(found, OTHER_TOWN)["score"] is None, "all of it was waived"


async def test_a_past_instant_keeps_its_score_and_its_weights(world: World) -> None:
    await a_quarter(world)
    world.clock.now = CLOSES + timedelta(days=1)
    county, then = world.as_("county"), world.clock.now.isoformat()
    before = await county.get(QUARTER, as_of=then)
    assert before["weights"]["on_time"] == 40
    world.clock.pass_(days=1)
    await done(county, "PUT", "/county-rules/weights", 204, json=WEIGHTS)
    now = await county.get(QUARTER)
    assert (now["weights"]["on_time"], (await county.get("/county-rules/weights"))["by"]) == (
        50,
        "孙丽",
    )
    assert town_of(now, TOWN)["score"] != town_of(before, TOWN)["score"]
    assert await county.get(QUARTER, as_of=then) == before
    wrong = {**WEIGHTS, "cert": 11}
    params = await refused(county, "PUT", "/county-rules/weights", "weights_sum", json=wrong)
    assert params["sum"] == 101
    await refused(county, "GET", "/assessments/2027-Q1", "as_of_future")
    assert await rows("audit_entry", "action = 'county_rule.set'") == 1


async def test_a_false_certification_found_by_a_spot_check_costs_points(world: World) -> None:
    await a_quarter(world)
    auditor = world.as_("auditor")
    body = {"region": COUNTY, "from_on": "2026-11-01", "to_on": "2026-11-30", "size": 5}
    for _ in range(2):  # drawn twice, it is still one
        drawn = await auditor.post("/certification/samples", {**body, "id": str(uuid4())})
        [item] = drawn["items"]
        path = f"/certification/samples/{drawn['sample']['id']}/items/{item['submission']}"
        await done(auditor, "PUT", path, 204, json={"ok": False, "note": "本人已去世"})
    town = town_of(await world.as_("county").get(QUARTER), TOWN)
    assert (town["checked"], town["false_found"], town["deducted"]) == (1, 1, 5)


async def test_the_days_from_a_death_to_its_report(world: World) -> None:
    await set_cycle(world)
    await roster(world, [pensioner(1), pensioner(2)])
    await filed(world, 1, result="death", happened_on="2026-10-23")
    await filed(world, 2, result="death", happened_on="2026-10-28")
    town = town_of(await world.as_("county").get(QUARTER), TOWN)
    assert town["death_lag_days"] == 7.5


async def test_each_office_sees_its_own_share_and_outsiders_nothing(world: World) -> None:
    await a_quarter(world)
    for path, params, key in (
        (QUARTER, NOTHING, "townships"),
        ("/subsidies", NOVEMBER, "villages"),
    ):
        mine = await world.as_("reviewer").get(path, **params)
        assert {each["region"][:9] for each in mine[key]} == {TOWN}, path
        theirs = await world.as_("far_county").get(path, **params)
        assert COUNTY not in str(theirs), path
        cut: dict[str, Any] = {**params, "region": OTHER_COUNTY}
        await refused(world.as_("county"), "GET", path, "not_found", params=cut)
        cut["region"] = OTHER_TOWN
        await refused(world.as_("reviewer"), "GET", path, "not_found", params=cut)
        await refused(world.as_("liaison"), "GET", path, "forbidden", params=params)
    narrowed = await world.as_("county").get(QUARTER, region=OTHER_TOWN)
    assert [each["region"] for each in narrowed["townships"]] == [OTHER_TOWN]


async def test_accepted_items_times_the_price(world: World) -> None:
    schedule = await a_quarter(world)
    world.clock.pass_(hours=1)
    duty = await duty_of(world, NEIGHBOUR, schedule=schedule)
    fixed = report(duty, on_behalf_reason="联络员出差")
    [outcome] = await submit(world, "lead", [fixed])
    await world.review("reviewer", outcome["id"], "pass")
    county = world.as_("county")
    prices = [{"code": "RETURN_WEEKLY", "price_fen": 550}]
    await done(county, "PUT", "/county-rules/prices", 204, json={"items": prices})
    assert (await county.get("/county-rules/prices"))["items"] == prices
    twice = {"items": prices * 2}
    await refused(county, "PUT", "/county-rules/prices", "invalid", json=twice)
    found = await county.get("/subsidies", **NOVEMBER)
    assert [(each["code"], each["price_fen"]) for each in found["items"]] == [
        ("CERTIFICATION", None),
        ("RETURN_WEEKLY", 550),
    ]
    assert [(v["region"], v["own"], v["amount_fen"]) for v in found["villages"]] == [
        (VILLAGE, {"CERTIFICATION": 1, "RETURN_WEEKLY": 1}, 550),
        (NEIGHBOUR, {"RETURN_WEEKLY": 0}, 0),
    ]
    assert found["villages"][1]["on_behalf"] == {"RETURN_WEEKLY": 1}
    assert found["total_fen"] == 550
    december: dict[str, Any] = {"from_on": "2026-12-01", "to_on": "2026-12-31"}
    assert (await county.get("/subsidies", **december))["villages"] == []
    turned = {"from_on": "2026-11-30", "to_on": "2026-11-01"}
    await refused(county, "GET", "/subsidies", "invalid", params=turned)


async def test_the_workbooks_say_the_same(world: World) -> None:
    await a_quarter(world)
    county = world.as_("county")
    await done(
        county,
        "PUT",
        "/county-rules/prices",
        204,
        json={"items": [{"code": "CERTIFICATION", "price_fen": 200}]},
    )
    sheet = await opened(world, f"{QUARTER}/assessment.xlsx")
    head, town = [[cell.value for cell in row] for row in sheet["考核 2026-Q4"].iter_rows(4, 5)]
    found = town_of(await county.get(QUARTER), TOWN)
    assert town[head.index("得分")] == found["score"]
    assert town[head.index("按时率（40分）")] == 1 / 3
    book = await opened(world, "/subsidies/subsidies.xlsx", **NOVEMBER)
    lines = [[cell.value for cell in row] for row in book["各村"].iter_rows(5)]
    assert lines[0] == [VILLAGE, "王家庄村民委员会", 1, 1, 0, 2]
    assert (lines[1][1], lines[1][-1]) == ("合计", 2)
    towns = [[cell.value for cell in row] for row in book["各乡镇"].iter_rows(5)]
    assert towns == [[f"{TOWN}000", "城关镇", 2]]
    for did in ("assessment.export", "subsidy.export"):
        assert await rows("audit_entry", "action = $1", did) == 1


async def opened(world: World, path: str, **params: Any) -> Any:
    """A workbook of the API, as a spreadsheet program reads it."""
    answer = await world.as_("county").ask("GET", path, params=params)
    assert answer.status_code == 200, answer.text
    return openpyxl.load_workbook(io.BytesIO(answer.content))
