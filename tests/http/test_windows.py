"""Whom a number of the progress is about: /certification/windows."""

from typing import Any

from tests.http.test_certification_duties import certify, counts, progress, three
from tests.http.tools import refused
from tests.tasks.certified import matched, pensioner, roster, set_cycle
from tests.world import OTHER_TOWN, OTHER_VILLAGE, TOWN, VILLAGE, World

PATH = "/certification/windows"


async def listed(world: World, who: str = "county", **more: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await world.as_(who).get(PATH, **more))["items"]
    return items


def names(items: list[dict[str, Any]]) -> list[str]:
    """In whatever order they stand within a village."""
    return sorted(each["pensioner"]["name"] for each in items)


async def test_every_number_has_its_people(world: World) -> None:
    await three(world)
    await certify(world, 1)
    await matched(world, [2], "alive", "2026-11-01")
    await matched(world, [3], "deceased", "2026-11-02")
    found = (await progress(world))["total"]
    assert found == counts(asked=3, collected=1, passed=1, suspect=1)
    for state in ("due", "collected", "returned", "passed", "suspect", "overdue"):
        assert len(await listed(world, standing=state)) == found[state], state
    assert len(await listed(world)) == found["asked"]
    assert await listed(world, standing="not_due") == []
    [doubted] = await listed(world, standing="suspect")
    assert (doubted["region"], doubted["pensioner"]["name"]) == (OTHER_VILLAGE, "张*3")
    assert doubted["pensioner"]["doubts"] == ["deceased"]
    assert "19480" not in str(doubted), "masked"


async def test_pages_go_on_from_village_to_village(world: World) -> None:
    await three(world)
    county, seen, page = world.as_("county"), [], None
    while True:
        more: dict[str, Any] = {} if page is None else {"page": page}
        found = await county.get(PATH, limit=1, **more)
        seen += found["items"]
        page = found["next"]
        if page is None:
            break
    assert [each["region"] for each in seen] == [VILLAGE, VILLAGE, OTHER_VILLAGE]
    assert len({each["obligation"] for each in seen}) == 3


async def test_who_sees_whom(world: World) -> None:
    await three(world)
    assert names(await listed(world, "reviewer")) == ["张*1", "张*2"]
    assert names(await listed(world, "county", region=OTHER_TOWN)) == ["张*3"]
    assert names(await listed(world, "elsewhere")) == ["张*3"]
    assert await listed(world, "far_county") == []
    await refused(world.as_("reviewer"), "GET", PATH, "not_found", params={"region": OTHER_TOWN})
    for who in ("monitor", "upper"):
        await refused(world.as_(who), "GET", PATH, "forbidden")


async def test_a_month_and_those_whose_pension_waits(world: World) -> None:
    await set_cycle(world, suspend_after=1)
    await roster(world, [pensioner(1), pensioner(2, pay_status="suspended")])
    world.clock.set(2027, 2, 1, 9, 0)
    assert names(await listed(world, to_suspend=True)) == ["张*1"]
    assert len(await listed(world, standing="overdue", due="2026-12")) == 2
    assert (await progress(world, due="2026-12"))["total"]["overdue"] == 2
    assert (await progress(world, due="2026-12", region=TOWN))["total"]["to_suspend"] == 1
    assert (await progress(world, due="2026-11"))["total"] == counts()
    assert await listed(world, due="2027-01") == []
    assert await listed(world, due="2026-12", insurance_type="gov") == []
