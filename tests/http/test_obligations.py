"""What is due: the list, page by page and cut, and everything about one duty."""

from datetime import timedelta
from typing import Any

from tests.http.test_rates import DUE, one_week
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


async def listed(world: World, who: str = "county", **params: Any) -> list[str]:
    """The villages of the obligations listed."""
    page = await world.as_(who).get("/obligations", **params)
    return [item["region"] for item in page["items"]]


async def test_filters_cut_the_list(world: World) -> None:
    schedule = await one_week(world)
    every = [VILLAGE, NEIGHBOUR, VACANT, OTHER_VILLAGE]
    assert await listed(world) == every
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"region": COUNTY}, every),
        ({"region": "99"}, every),
        ({"region": TOWN}, every[:3]),
        ({"region": VACANT}, [VACANT]),
        ({"schedule": schedule}, every),
        ({"schedule": schedule + 1}, []),
        ({"period": "2026-W45"}, every),
        ({"period": "2026-W46"}, []),
        ({"standing": "late"}, [NEIGHBOUR]),
        ({"standing": ["late", "on_time"]}, [VILLAGE, NEIGHBOUR]),
        ({"stage": "town"}, [VILLAGE, NEIGHBOUR]),
        ({"stage": "none", "region": OTHER_TOWN}, [OTHER_VILLAGE]),
    ]
    for params, expected in cases:
        assert await listed(world, **params) == expected, params
    assert await listed(world, "liaison") == [VILLAGE]
    assert await listed(world, "reviewer") == every[:3]


async def test_the_list_is_read_page_by_page(world: World) -> None:
    await one_week(world)
    await world.schedule()
    await world.open()
    seen: list[int] = []
    page: dict[str, Any] = {"next": None}
    while not seen or page["next"]:
        mark = {"page": page["next"]} if page["next"] else {}
        page = await world.as_("county").get("/obligations", limit=3, **mark)
        assert len(page["items"]) <= 3
        seen += [item["id"] for item in page["items"]]
    assert len(seen) == len(set(seen)) == 8
    assert seen == sorted(seen)


async def test_each_shows_both_clocks_and_the_rule_that_decided(world: World) -> None:
    await world.schedule()
    await world.open()
    world.clock.now = DUE + timedelta(hours=3)
    item = report(await duty_of(world, VILLAGE), captured_at=(DUE - timedelta(hours=1)).isoformat())
    await submit(world, "liaison", [item])
    await submit(world, "colleague", [report(await duty_of(world, NEIGHBOUR))])
    page = await world.as_("county").get("/obligations")
    found = {each["region"]: each for each in page["items"]}
    rules = {village: (each["standing"], each["rule"]) for village, each in found.items()}
    assert rules == {
        VILLAGE: ("on_time", "captured_by_due"),
        NEIGHBOUR: ("late", "received_after_due"),
        VACANT: ("pending", "nothing_yet"),
        OTHER_VILLAGE: ("pending", "nothing_yet"),
    }
    assert found[VILLAGE]["counted_at"] == "2026-11-06T03:00:00Z"
    assert found[VILLAGE]["received_at"] == "2026-11-06T07:00:00Z"
    assert found[VACANT]["counted_at"] is None


async def test_one_in_full_now_and_then(world: World) -> None:
    await one_week(world)
    number = await duty_of(world, NEIGHBOUR)
    client = world.as_("county")
    now = await client.get(f"/obligations/{number}")
    assert (now["state"], now["verdict"], now["region_name"]) == (
        "submitted",
        "late",
        "李家屯村民委员会",
    )
    instants = {
        "2026-11-01T00:00:00Z": ("upcoming", "pending"),
        "2026-11-03T00:00:00Z": ("open", "pending"),
        "2026-11-06T04:00:01Z": ("overdue", "pending"),
        "2026-11-06T05:00:00Z": ("submitted", "late"),
    }
    for at, expected in instants.items():
        then = await client.get(f"/obligations/{number}", as_of=at)
        assert (then["state"], then["verdict"]) == expected
        assert len(then["filings"]) == (at == "2026-11-06T05:00:00Z"), at


async def test_a_waiver_shows_its_reason_and_who_gave_it(world: World) -> None:
    await one_week(world)
    found = await world.as_("other_reviewer").get(
        f"/obligations/{await duty_of(world, OTHER_VILLAGE)}"
    )
    [waiver] = found["adjustments"]
    assert (waiver["kind"], waiver["reason"], waiver["by"]) == ("exempt", "整村搬迁", "孙丽")
    assert (found["state"], found["verdict"]) == ("exempt", "exempt")


async def test_nobody_sees_beyond_their_area(world: World) -> None:
    await one_week(world)
    number = await duty_of(world, NEIGHBOUR)
    for who in ("liaison", "outsider", "other_reviewer", "far_county"):
        await refused(world.as_(who), "GET", f"/obligations/{number}", "not_found")
    await refused(world.as_("liaison"), "GET", "/obligations/999999", "not_found")
