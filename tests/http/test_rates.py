"""Rates: what each level sees, that sums hold, that a past instant keeps its answer."""

from datetime import datetime, timedelta
from typing import Any

from backend.tasks import housekeeping
from tests.http.tools import duty_of, refused, report, submit
from tests.world import (
    COUNTY,
    NEIGHBOUR,
    OTHER_TOWN,
    OTHER_VILLAGE,
    TOWN,
    VACANT,
    VILLAGE,
    World,
)

DUE = datetime.fromisoformat("2026-11-06T12:00:00+08:00")
CLOSES = datetime.fromisoformat("2026-11-13T12:00:00+08:00")
PARTS = ("on_time", "late", "missing", "pending")


async def one_week(world: World) -> int:
    """王家庄 on time, 李家屯 late, 赵家沟 (vacant) never, 刘家桥 waived a day after due."""
    schedule = await world.schedule()
    await world.open()
    await submit(world, "liaison", [report(await duty_of(world, VILLAGE))])
    world.clock.now = DUE + timedelta(hours=1)
    await submit(world, "colleague", [report(await duty_of(world, NEIGHBOUR))])
    world.clock.now = DUE + timedelta(days=1)
    body = {"kind": "exempt", "reason": "整村搬迁", "schedule": schedule, "period": "2026-W45"}
    await world.as_("county").post("/adjustments", {**body, "region": OTHER_VILLAGE})
    return schedule


async def asked(world: World, who: str = "county", **params: Any) -> dict[str, Any]:
    """The rates, with the sum rule checked everywhere."""
    found: dict[str, Any] = await world.as_(who).get("/rates", **params)
    cells = [found["total"], *(area["counts"] for area in found["areas"])]
    for period in found["periods"]:
        cells += [period["counts"], *(area["counts"] for area in period["areas"])]
    for counts in cells:
        assert counts["expected"] == sum(counts[part] for part in PARTS)
    for name in (*PARTS, "expected", "exempt", "not_due"):
        assert found["total"][name] == sum(area["counts"][name] for area in found["areas"])
    return found


def shown(counts: dict[str, Any]) -> dict[str, int]:
    """What is not zero among the counts."""
    return {name: counts[name] for name in (*PARTS, "exempt", "not_due") if counts[name]}


async def test_each_level_adds_up(world: World) -> None:
    await one_week(world)
    by_level = {
        level: {
            area["region"]: shown(area["counts"])
            for area in (await asked(world, level=level, period="2026-W45"))["areas"]
        }
        for level in ("county", "township", "village")
    }
    town = {"on_time": 1, "late": 1, "pending": 1}
    assert by_level["county"] == {COUNTY: {**town, "exempt": 1}}
    assert by_level["township"] == {TOWN: town, OTHER_TOWN: {"exempt": 1}}
    assert by_level["village"] == {
        VILLAGE: {"on_time": 1},
        NEIGHBOUR: {"late": 1},
        VACANT: {"pending": 1},
        OTHER_VILLAGE: {"exempt": 1},
    }
    total = (await asked(world))["total"]
    assert (total["report_rate"], total["on_time_rate"]) == (0.666667, 0.333333)


async def test_names_and_periods_stand_beside_the_numbers(world: World) -> None:
    schedule = await one_week(world)
    found = await asked(world, schedule=schedule, period="2026-W45")
    assert [area["name"] for area in found["areas"]] == ["城关镇", "河口镇"]
    [period] = found["periods"]
    assert (period["period"], period["code"]) == ("2026-W45", "RETURN_WEEKLY")
    assert period["counts"] == found["total"]
    for nothing in ({"schedule": schedule + 1}, {"period": "2026-W44"}):
        empty = await asked(world, **nothing)
        assert (empty["total"]["expected"], empty["periods"]) == (0, [])
        assert empty["total"]["report_rate"] is None


async def test_any_past_instant_gives_what_was_true_then(world: World) -> None:
    await one_week(world)
    world.clock.now = CLOSES + timedelta(seconds=1)
    expected = {
        "2026-11-01T00:00:00Z": {},
        "2026-11-02T00:00:00Z": {"not_due": 4},
        "2026-11-06T03:59:59Z": {"not_due": 4},
        "2026-11-06T04:00:00Z": {"on_time": 1, "pending": 3},
        "2026-11-06T05:00:00Z": {"on_time": 1, "late": 1, "pending": 2},
        "2026-11-07T04:00:00Z": {"on_time": 1, "late": 1, "pending": 1, "exempt": 1},
        "2026-11-13T04:00:00Z": {"on_time": 1, "late": 1, "pending": 1, "exempt": 1},
        "2026-11-13T04:00:01Z": {"on_time": 1, "late": 1, "missing": 1, "exempt": 1},
    }
    before = {at: await asked(world, as_of=at) for at in expected}
    assert {at: shown(found["total"]) for at, found in before.items()} == expected
    while await housekeeping.finish_cells(world.clock.now):
        pass
    world.clock.pass_(days=30)
    for at, found in before.items():
        assert await asked(world, as_of=at) == found  # also once summarised, and a month later


async def test_everybody_sees_their_own_share_also_once_summarised(world: World) -> None:
    await one_week(world)
    world.clock.now = CLOSES + timedelta(days=1)
    shares = {
        "liaison": {"on_time": 1},
        "colleague": {"late": 1},
        "reviewer": {"on_time": 1, "late": 1, "missing": 1},
        "other_reviewer": {"exempt": 1},
        "county": {"on_time": 1, "late": 1, "missing": 1, "exempt": 1},
        "upper": {"on_time": 1, "late": 1, "missing": 1, "exempt": 1},
        "far_county": {},
    }
    for _ in range(2):
        for who, share in shares.items():
            assert shown((await asked(world, who))["total"]) == share, who
            by_county = await asked(world, who, level="county")
            assert shown(by_county["total"]) == share, who
        for region, share in ((VILLAGE, {"on_time": 1}), (TOWN, shares["reviewer"])):
            for level in ("county", "township", "village"):
                cut = await asked(world, region=region, level=level)
                assert shown(cut["total"]) == share, (region, level)
        while await housekeeping.finish_cells(world.clock.now):
            pass


async def test_every_number_opens_to_its_villages(world: World) -> None:
    schedule = await one_week(world)
    world.clock.now = CLOSES + timedelta(days=1)
    for at in ("2026-11-03T00:00:00Z", "2026-11-06T06:00:00Z", "2026-11-15T00:00:00Z"):
        if datetime.fromisoformat(at) > world.clock.now:
            world.clock.now = datetime.fromisoformat(at)
        for region in (COUNTY, TOWN, OTHER_TOWN, VILLAGE):
            filters: dict[str, Any] = {
                "schedule": schedule,
                "period": "2026-W45",
                "region": region,
                "as_of": at,
            }
            total = (await asked(world, **filters))["total"]
            for standing in (*PARTS, "exempt", "not_due"):
                wanted = [standing, "filed_early"] if standing == "not_due" else [standing]
                page = await world.as_("county").get("/obligations", standing=wanted, **filters)
                assert len(page["items"]) == total[standing], (at, region, standing)
                assert {item["standing"] for item in page["items"]} <= set(wanted)


async def test_the_turnaround_of_the_township(world: World) -> None:
    await world.schedule()
    await world.open()
    first, second = [
        (await submit(world, who, [report((await world.duty(who))["id"])]))[0]["id"]
        for who in ("liaison", "colleague")
    ]
    world.clock.set(2026, 11, 3, 10)
    await world.review("reviewer", first, "pass")
    world.clock.set(2026, 11, 5, 10)
    await world.review("reviewer", second, "return", defects=[{"text": "请核实"}])
    (town,) = await world.as_("county").get("/rates/turnaround")
    assert (town["region"], town["decided"], town["in_time"]) == (TOWN, 2, 1)
    assert (town["name"], town["median_workdays"]) == ("城关镇", 2.0)
    then = await world.as_("county").get("/rates/turnaround", as_of="2026-11-04T00:00:00Z")
    assert [(area["decided"], area["median_workdays"]) for area in then] == [(1, 1.0)]
    assert await world.as_("reviewer").get("/rates/turnaround", level="village", region=TOWN)
    params = {"level": "village"}
    await refused(world.as_("upper"), "GET", "/rates/turnaround", "forbidden", params=params)


async def test_only_aggregates_for_those_above_the_county(world: World) -> None:
    await one_week(world)
    assert (await asked(world, "upper", region=TOWN))["areas"][0]["region"] == TOWN
    for params in ({"level": "village"}, {"region": VILLAGE}, {"level": "village", "region": TOWN}):
        await refused(world.as_("upper"), "GET", "/rates", "forbidden", params=params)


async def test_instants_are_past_and_have_a_zone(world: World) -> None:
    client = world.as_("county")
    for path in ("/rates", "/obligations"):
        cases = {
            "2026-11-02T02:00:01Z": "as_of_future",
            "9999-12-31T23:59:59Z": "invalid",
            "0001-01-01T00:00:00+14:00": "invalid",
            "2026-11-02T02:00:00": "invalid",
            "yesterday": "invalid",
        }
        for at, code in cases.items():
            await refused(client, "GET", path, code, params={"as_of": at})
        await client.get(path, as_of="2026-11-02T10:00:00+08:00")
