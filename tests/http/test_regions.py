"""The tree, and villages that merge or get a new code."""

from typing import Any

from tests.http.test_rates import asked, shown
from tests.http.tools import contents, done, duty_of, refused, report, submit
from tests.world import (
    COUNTY,
    FAR_TOWN,
    NEIGHBOUR,
    OTHER_TOWN,
    OTHER_VILLAGE,
    TOWN,
    VACANT,
    VILLAGE,
    World,
)

NEW = "990101100299"


async def keys(world: World, who: str, **params: Any) -> list[str]:
    page = await world.as_(who).get("/regions", **params)
    return [each["key"] for each in page["items"]]


async def change(world: World, kind: str, old: str, new: str, **more: str) -> dict[str, Any]:
    found: dict[str, Any] = await world.as_("county").post(
        "/regions/changes", {"kind": kind, "old": old, "new": new, **more}
    )
    return found


async def test_everybody_sees_their_part_of_the_tree(world: World) -> None:
    county = [COUNTY, TOWN, VILLAGE, NEIGHBOUR, VACANT, OTHER_TOWN, OTHER_VILLAGE]
    assert await keys(world, "county") == county
    assert await keys(world, "sysadmin") == county
    assert await keys(world, "reviewer") == [TOWN, VILLAGE, NEIGHBOUR, VACANT]
    assert await keys(world, "liaison") == [VILLAGE]
    assert len(await keys(world, "upper")) == 11
    assert await keys(world, "county", level="township") == [TOWN, OTHER_TOWN]
    assert await keys(world, "county", under=OTHER_TOWN) == [OTHER_TOWN, OTHER_VILLAGE]
    assert await keys(world, "county", under=OTHER_TOWN, level="county") == []
    assert await keys(world, "county", name="家沟") == [VACANT]
    assert await keys(world, "county", name="%") == []


async def test_the_tree_is_read_page_by_page(world: World) -> None:
    page = await world.as_("county").get("/regions", limit=4)
    rest = await world.as_("county").get("/regions", limit=4, page=page["next"])
    assert len(page["items"]) == 4
    assert len({each["key"] for each in page["items"] + rest["items"]}) == 7
    assert rest["next"] is None


async def test_one_region(world: World) -> None:
    found = await world.as_("liaison").get(f"/regions/{VILLAGE}")
    assert (found["code"], found["level"], found["parent"]) == (VILLAGE, "village", TOWN)
    for who, key in (("liaison", NEIGHBOUR), ("county", FAR_TOWN), ("county", "990101999")):
        await refused(world.as_(who), "GET", f"/regions/{key}", "not_found")
    await refused(world.as_("county"), "GET", "/regions/one", "invalid")


async def test_a_merger_hands_duties_and_people_over(world: World) -> None:
    await world.schedule()
    await world.open()
    old, other = await duty_of(world, VILLAGE), await duty_of(world, NEIGHBOUR)
    made = await change(world, "merge", VILLAGE, NEIGHBOUR)
    assert made == {"successor": NEIGHBOUR, "duties": 1}
    ended = await world.as_("county").get(f"/regions/{VILLAGE}")
    assert (ended["valid_to"], ended["successor"]) == ("2026-11-02", NEIGHBOUR)
    synced = await world.as_("liaison").get("/sync")
    assert [village["key"] for village in synced["villages"]] == [NEIGHBOUR]
    assert {duty["id"] for duty in synced["obligations"]} == {old, other}
    assert (await world.as_("backup").get("/me"))["posts"][0]["is_backup"] is True
    outcomes = await submit(world, "colleague", [report(old), report(other)])
    assert [outcome["outcome"] for outcome in outcomes] == ["created", "created"]
    [entry, _] = (await world.as_("reviewer").get("/reviews"))["items"]
    assert (await world.review("reviewer", entry["submission"], "pass"))["outcome"] == "done"
    # What was expected of 王家庄 stays its own, so the past keeps its denominators.
    world.clock.set(2026, 11, 7, 10)
    found = await asked(world, level="village", period="2026-W45")
    assert {area["region"] for area in found["areas"]} == {
        VILLAGE,
        NEIGHBOUR,
        VACANT,
        OTHER_VILLAGE,
    }
    assert shown(found["total"]) == {"on_time": 2, "pending": 2}
    world.clock.set(2026, 11, 9, 10)
    await world.open()
    page = await world.as_("county").get("/obligations", period="2026-W46")
    assert [each["region"] for each in page["items"]] == [NEIGHBOUR, VACANT, OTHER_VILLAGE]


async def test_whoever_served_both_serves_the_merged_village_once(world: World) -> None:
    account = str(world.people["liaison"].account)
    post = {"role": "liaison", "region": NEIGHBOUR}
    await world.as_("lead").post("/posts", {"account": account, "post": post})
    await change(world, "merge", VILLAGE, NEIGHBOUR)
    posts = (await world.as_("liaison").get("/me"))["posts"]
    assert [each["region"] for each in posts] == [NEIGHBOUR]


async def test_a_new_code_keeps_the_history(world: World) -> None:
    await world.schedule()
    await world.open()
    first = await duty_of(world, VILLAGE)
    [filed] = await submit(world, "liaison", [report(first)])
    await world.review("reviewer", filed["id"], "pass")
    made = await change(world, "recode", VILLAGE, NEW, name="王家庄社区居民委员会")
    assert made == {"successor": NEW, "duties": 1}
    assert (await world.as_("county").get(f"/regions/{NEW}"))["name"] == "王家庄社区居民委员会"
    world.clock.set(2026, 11, 9, 10)
    await world.open()
    synced = await world.as_("liaison").get("/sync")
    duties = {duty["period"]: duty for duty in synced["obligations"]}
    assert duties["2026-W46"]["last"]["ret_cum"] == 4  # prefilled from under the old code
    assert duties["2026-W45"]["id"] == first
    again = await submit(
        world, "liaison", [report(duties["2026-W46"]["id"], kind="unchanged", answers={})]
    )
    assert again[0]["outcome"] == "created"


async def test_a_new_code_keeps_the_name_unless_told(world: World) -> None:
    await change(world, "recode", VILLAGE, NEW)
    assert (await world.as_("county").get(f"/regions/{NEW}"))["name"] == "王家庄村民委员会"


async def test_phones_notice(world: World) -> None:
    await world.schedule()
    await world.open()
    before = await world.as_("liaison").get("/sync")
    await change(world, "recode", VILLAGE, NEW)
    after = await world.as_("liaison").get("/sync", cursor=before["cursor"])
    assert [village["key"] for village in after["villages"]] == [NEW]
    assert [duty["village"] for duty in after["obligations"]] == [NEW]


async def test_changes_that_make_no_sense(world: World) -> None:
    before = await contents()
    merge, recode = {"kind": "merge"}, {"kind": "recode"}
    cases: list[tuple[dict[str, Any], str]] = [
        ({**merge, "old": VILLAGE, "new": VILLAGE}, "region_levels_differ"),
        ({**merge, "old": VILLAGE, "new": TOWN}, "region_levels_differ"),
        ({**merge, "old": TOWN, "new": OTHER_TOWN}, "region_levels_differ"),
        ({**merge, "old": VILLAGE, "new": "990101100777"}, "not_found"),
        ({**merge, "old": "990101100777", "new": VILLAGE}, "not_found"),
        ({**merge, "old": VILLAGE, "new": "990102100201"}, "not_found"),
        ({**recode, "old": VILLAGE, "new": NEIGHBOUR}, "region_exists"),
        ({**recode, "old": VILLAGE, "new": "990102100299"}, "not_found"),
        ({**recode, "old": VILLAGE, "new": "990101999299"}, "not_found"),
        ({**recode, "old": VILLAGE, "new": "990101100000"}, "bad_region_code"),
        ({**recode, "old": VILLAGE, "new": "99010110029"}, "bad_region_code"),
        ({**recode, "old": VILLAGE, "new": "9901011002991"}, "invalid"),
        ({**recode, "old": VILLAGE, "new": "99010110029\n"}, "bad_region_code"),
        ({"kind": "split", "old": VILLAGE, "new": NEW}, "invalid"),
        ({**recode, "old": VILLAGE}, "invalid"),
    ]
    for body, code in cases:
        await refused(world.as_("county"), "POST", "/regions/changes", code, json=body)
    assert await contents() == before
    body = {**merge, "old": VILLAGE, "new": NEIGHBOUR}
    await refused(world.as_("far_county"), "POST", "/regions/changes", "not_found", json=body)
    await refused(world.as_("lead"), "POST", "/regions/changes", "forbidden", json=body)
    await change(world, "merge", VILLAGE, NEIGHBOUR)
    await refused(world.as_("county"), "POST", "/regions/changes", "region_over", json=body)
    back = {**merge, "old": NEIGHBOUR, "new": VILLAGE}
    await refused(world.as_("county"), "POST", "/regions/changes", "region_over", json=back)


async def test_an_appointment_to_come_does_not_begin_with_the_merger(world: World) -> None:
    account = str(world.people["elsewhere"].account)
    begins = "2026-12-01T00:00:00Z"
    post = {"role": "liaison", "region": VILLAGE, "starts_at": begins}
    await world.as_("sysadmin").post("/posts", {"account": account, "post": post})
    await change(world, "merge", VILLAGE, NEIGHBOUR)
    posts = (await world.as_("elsewhere").get("/me"))["posts"]
    assert [each["region"] for each in posts] == [OTHER_VILLAGE]
    world.clock.set(2026, 12, 1, 9)
    posts = (await world.as_("elsewhere").get("/me"))["posts"]
    assert {each["region"] for each in posts} == {OTHER_VILLAGE, NEIGHBOUR}


async def test_reminders_follow_the_successor(world: World) -> None:
    await world.schedule()
    await world.open()
    await change(world, "merge", VACANT, NEIGHBOUR)
    world.clock.set(2026, 11, 5, 9)
    await world.remind()
    page = await done(world.as_("colleague"), "GET", "/messages", 200)
    assert [m["params"]["duties"] for m in page["items"]] == [2]
