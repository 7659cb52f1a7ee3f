"""The working calendar, and what a county says differently."""

from typing import Any

from tests.http.test_submissions import opened
from tests.http.tools import contents, done, refused
from tests.world import World


async def day(world: World, who: str, date: str) -> dict[str, Any]:
    year = await world.as_(who).get("/calendar", year=int(date[:4]))
    [found] = [each for each in year["days"] if each["date"] == date]
    assert isinstance(found, dict)
    return found


async def test_the_published_arrangement_is_there(world: World) -> None:
    year = await world.as_("liaison").get("/calendar", year=2026)
    assert (year["seeded"], len(year["days"])) == (True, 365)
    assert sum(each["is_workday"] for each in year["days"]) == 248
    assert (await day(world, "liaison", "2026-02-14"))["is_workday"] is True
    assert (await day(world, "liaison", "2026-02-20"))["is_workday"] is False


async def test_a_year_not_known_yet_says_so(world: World) -> None:
    assert await world.as_("county").get("/calendar", year=2031) == {
        "year": 2031,
        "seeded": False,
        "days": [],
    }


async def test_the_countys_word_counts_for_the_county(world: World) -> None:
    client = world.as_("county")
    for note in ("停电", "全县停电"):
        await done(
            client, "PUT", "/calendar/2026-11-06", 204, json={"is_workday": False, "note": note}
        )
    for who in ("county", "liaison", "reviewer"):
        found = await day(world, who, "2026-11-06")
        assert (found["is_workday"], found["note"], found["source"]) == (
            False,
            "全县停电",
            "county",
        )
    assert (await day(world, "outsider", "2026-11-06"))["is_workday"] is True
    assert (await day(world, "upper", "2026-11-06"))["is_workday"] is True
    duty = await opened(world)
    found = await world.as_("county").get(f"/obligations/{duty}")
    assert found["due_at"] == "2026-11-09T04:00:00Z"  # rolled forward over the day off
    await done(client, "DELETE", "/calendar/2026-11-06", 204)
    assert (await day(world, "county", "2026-11-06"))["is_workday"] is True
    await refused(client, "DELETE", "/calendar/2026-11-06", "not_found")
    again = await world.as_("county").get(f"/obligations/{duty}")
    assert again["due_at"] == found["due_at"]  # an opened period keeps its deadline


async def test_days_that_are_none(world: World) -> None:
    before = await contents()
    client, body = world.as_("county"), {"is_workday": True}
    cases = {
        "2026-02-30": "not_found",
        "tomorrow": "not_found",
        "9999-12-31": "invalid",
        "0001-01-01": "invalid",
    }
    for date, code in cases.items():
        await refused(client, "PUT", f"/calendar/{date}", code, json=body)
    for wrong in ({}, {"is_workday": "yes"}, {"is_workday": 1}, {**body, "note": "x" * 201}):
        await refused(client, "PUT", "/calendar/2026-11-06", "invalid", json=wrong)
    for year in (1999, 2200, "x", ""):
        await refused(client, "GET", "/calendar", "invalid", params={"year": year})
    await refused(world.as_("reviewer"), "PUT", "/calendar/2026-11-06", "forbidden", json=body)
    assert await contents() == before
