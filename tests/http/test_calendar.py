"""The working calendar, and what a county says differently."""

from typing import Any

from backend.seeding import seed
from backend.store.database import fetch
from tests.holidays import NOTICE_OF_2026
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


# A year that no release knows yet: the arrangement of 2026 in the words of its notice.
NOTICE = "".join(
    f"{number}、{name}：{days}。\n"
    for number, name, days in [
        ("一", "元旦", "1月1日至3日放假，共3天"),
        ("二", "春节", "1月23日至30日放假调休，共8天。1月22日（周日）上班"),
        ("三", "清明节", "4月4日放假"),
        ("四", "劳动节", "5月1日至5日放假，共5天"),
        ("五", "端午节", "6月24日放假"),
        ("六", "中秋节", "10月1日放假，与国庆节连休"),
        ("七", "国庆节", "10月2日至8日放假，共7天"),
    ]
)


async def test_a_county_adopts_the_notice_of_a_year(world: World) -> None:
    world.clock.now = world.clock.now.replace(year=2033, month=11, day=20)
    client = world.as_("county")
    schedule = await world.schedule(
        cadence="monthly",
        timetable={"due": {"kind": "day", "number": 25}},
        starts_on=world.clock.now.date().replace(day=1),
    )
    await done(client, "PUT", "/calendar/2034-01-05", 204, json={"is_workday": False, "note": "雪"})
    read = await client.post("/calendar/years/2034/reading", {"notice": NOTICE}, 200)
    assert len(read["days"]) == 3 + 8 + 1 + 1 + 5 + 1 + 1 + 7
    assert [(each["schedule"], each["period"]) for each in read["moved"]] == [(schedule, "2034-01")]
    [moved] = read["moved"]
    assert moved["due_at"].startswith("2034-01-25")
    assert moved["would_be_due_at"].startswith("2034-01-31")
    assert (await client.get("/calendar", year=2034))["seeded"] is False  # nothing was stored
    for _ in range(2):
        await done(client, "PUT", "/calendar/years/2034", 204, json={"notice": NOTICE})
    year = await client.get("/calendar", year=2034)
    assert (year["seeded"], len(year["days"])) == (True, 365)
    assert (await day(world, "liaison", "2034-01-22"))["note"] == "春节调休上班"
    assert (await day(world, "county", "2034-01-05"))["source"] == "county"
    preview = await client.get(f"/schedules/{schedule}/preview")
    assert preview[2]["due_at"] == "2034-01-31T18:00:00+08:00"
    assert (preview[2]["put_off_from"], preview[2]["calendar_known"]) == ("2034-01-25", True)
    assert (await world.as_("outsider").get("/calendar", year=2034))["days"] == []
    said = await fetch("SELECT subject FROM audit_entry WHERE action = $1", "calendar.adopt")
    assert [row["subject"] for row in said] == ["calendar:2034"] * 2


async def test_the_countys_own_word_outlives_a_notice(world: World) -> None:
    client = world.as_("county")
    await done(client, "PUT", "/calendar/years/2034", 204, json={"notice": NOTICE})
    await done(client, "PUT", "/calendar/2034-01-25", 204, json={"is_workday": True, "note": ""})
    assert (await day(world, "county", "2034-01-25"))["is_workday"] is True
    await done(client, "DELETE", "/calendar/2034-01-25", 204)
    found = await day(world, "county", "2034-01-25")
    assert (found["is_workday"], found["source"]) == (False, "notice")
    await refused(client, "DELETE", "/calendar/2034-01-25", "not_found")


async def test_a_release_that_carries_the_year_replaces_the_notice(world: World) -> None:
    client = world.as_("county")
    await done(client, "PUT", "/calendar/years/2026", 204, json={"notice": NOTICE_OF_2026})
    assert (await day(world, "county", "2026-02-20"))["source"] == "notice"
    await seed(world.clock.now)
    assert (await day(world, "county", "2026-02-20"))["source"] not in ("notice", "county")


async def test_a_notice_that_cannot_be_read_changes_nothing(world: World) -> None:
    before = await contents()
    client = world.as_("county")
    for path, method in (("/calendar/years/2034/reading", "POST"), ("/calendar/years/2034", "PUT")):
        problem = await refused(
            client, method, path, "holiday_notice_invalid", json={"notice": NOTICE[40:]}
        )
        assert (problem["reason"], problem["about"]) == ("missing", "元旦")
        for wrong in ({}, {"notice": ""}, {"notice": "x" * 5001}, {"notice": 1}):
            await refused(client, method, path, "invalid", json=wrong)
        await refused(world.as_("reviewer"), method, path, "forbidden", json={"notice": NOTICE})
    await refused(client, "PUT", "/calendar/years/1999", "invalid", json={"notice": NOTICE})
    assert await contents() == before
