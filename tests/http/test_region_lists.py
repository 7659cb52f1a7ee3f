"""A county's townships and villages by a list over HTTP, checked first and taken back."""

from typing import Any

import pytest

from backend.store.database import fetch
from tests.account_lists import hamlet, newcomer, region_bytes
from tests.http.test_account_lists import upload as open_accounts
from tests.http.tools import done, refused, rows
from tests.world import COUNTY, FAR_VILLAGE, TOWN, VILLAGE, World

NEW_TOWN = f"{COUNTY}180"
CSV = {"content-type": "text/csv"}


async def upload(world: World, listed: list[dict[str, str]], **params: Any) -> dict[str, Any]:
    found: dict[str, Any] = await done(
        world.as_("county"),
        "POST",
        "/imports/regions",
        201,
        content=region_bytes(listed),
        params=params,
        headers=CSV,
    )
    return found


async def name(key: str) -> str | None:
    found = await fetch("SELECT name FROM region WHERE key = $1", key)
    return found[0]["name"] if found else None


def township(key: str) -> dict[str, str]:
    county = f"{COUNTY}000000"
    return {"code": f"{key}000", "name": "新乡", "level": "乡镇街道", "parent_code": county}


async def test_checked_first_then_added_and_renamed(world: World) -> None:
    was = await name(VILLAGE)
    listed = [
        hamlet(801),
        township(NEW_TOWN),
        hamlet(802, code=f"{NEW_TOWN}201", parent_code=f"{NEW_TOWN}000"),
        hamlet(803, code=VILLAGE, name="王家庄社区"),
    ]
    shown = await upload(world, listed, dry_run=True)
    assert (shown["outcome"], shown["counts"]) == (
        "shown",
        {"new": 3, "renamed": 1, "unchanged": 0, "ended": 0},
    )
    assert await name(VILLAGE) == was
    assert (await upload(world, listed))["counts"] == shown["counts"]
    assert await name(VILLAGE) == "王家庄社区"
    assert await name(f"{TOWN}801") == "新村801"
    again = await upload(world, listed)
    assert again["counts"] == {"new": 0, "renamed": 0, "unchanged": 4, "ended": 0}


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"code": "99"}, "code", "not_a_code"),
        ({"code": f"{TOWN}000"}, "code", "no_number"),
        ({"level": "乡镇街道"}, "code", "below_level"),
        ({"level": "屯"}, "level", "unknown_word"),
        ({"name": ""}, "name", "missing"),
        ({"name": "村" * 121}, "name", "too_long"),
        ({"name": "\u200b村"}, "name", "unseen_character"),
        ({"parent_code": ""}, "parent_code", "missing"),
        ({"parent_code": "990101999000"}, "parent_code", "not_the_parent"),
        ({"code": "990101999201", "parent_code": "990101999000"}, "parent_code", "parent_unknown"),
        ({"code": FAR_VILLAGE, "parent_code": f"{FAR_VILLAGE[:9]}000"}, "code", "other_county"),
        ({"code": f"{TOWN}802"}, "code", "row_twice"),
    ],
)
async def test_what_is_wrong_with_a_row_is_said_and_nothing_taken(
    world: World, changes: dict[str, str], field: str, reason: str
) -> None:
    before = await rows("region")
    found = await upload(world, [hamlet(802), hamlet(801, **changes)])
    assert (found["outcome"], found["counts"]) == ("rejected", {"faulty": 1})
    [row] = (await world.as_("county").get(f"/imports/{found['id']}/faults"))["items"]
    assert row["line"] == 3
    assert (field, reason) in [(each["field"], each["code"]) for each in row["faults"]]
    assert await rows("region") == before


async def test_taken_back_but_for_what_is_in_use(world: World) -> None:
    """A name comes back, a village nobody used goes, one with a liaison stays and is named."""
    was = await name(VILLAGE)
    taken = await upload(world, [hamlet(801), hamlet(802), hamlet(803, code=VILLAGE, name="社区")])
    await open_accounts(world, [newcomer(1, region_code=f"{TOWN}802")])
    county, undo = world.as_("county"), f"/imports/{taken['id']}/undo"
    said = {"restored": 2, "left": 1}
    assert await done(county, "POST", undo, 200, params={"dry_run": True}) == said
    [left] = (await county.get(f"/imports/{taken['id']}/left"))["items"]
    assert left["region"] == f"{TOWN}802"
    for _ in range(2):
        assert await done(county, "POST", undo, 200) == said
    assert await name(VILLAGE) == was
    assert await name(f"{TOWN}801") is None
    assert await name(f"{TOWN}802") == "新村802"
    # It can come again, by its right name.
    again = await upload(world, [hamlet(801, name="新庄")])
    assert again["counts"]["new"] == 1
    await refused(world.as_("sysadmin"), "POST", undo, "not_found")


async def test_a_township_goes_with_its_villages(world: World) -> None:
    village = hamlet(1, code=f"{NEW_TOWN}201", parent_code=f"{NEW_TOWN}000")
    taken = await upload(world, [township(NEW_TOWN), village])
    await done(world.as_("county"), "POST", f"/imports/{taken['id']}/undo", 200)
    assert await name(NEW_TOWN) is None
    assert await name(f"{NEW_TOWN}201") is None
