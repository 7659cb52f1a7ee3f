"""When reports are owed."""

from datetime import date, timedelta
from typing import Any

from backend.store import forms
from backend.store.database import fetch
from tests.http.examples import new_schedule
from tests.http.tools import contents, done, duty_of, refused
from tests.world import COUNTY, OTHER_TOWN, OTHER_VILLAGE, TOWN, VILLAGE, World


async def body(**changes: Any) -> dict[str, Any]:
    shipped = await forms.shipped("LABOR_MONTHLY")
    assert shipped is not None
    return new_schedule(shipped["id"], **changes)


MONTHLY = {
    "cadence": "monthly",
    "timetable": {"due": {"kind": "workday", "number": 3, "months_after": 1}},
    "starts_on": "2026-11-01",
}


async def test_a_schedule_and_what_it_leads_to(world: World) -> None:
    made = await world.as_("county").post("/schedules", await body(**MONTHLY))
    assert (made["code"], made["scope"], made["steps"]) == ("LABOR_MONTHLY", COUNTY, ["town"])
    assert made["allowance_hours"] == 24
    assert [step["key"] for step in made["ladder"]] == [
        "before_3",
        "before_1",
        "due_day",
        "last_hour",
        "after_1",
        "after_2",
        *("fix_day", "fix_after_1"),
        *("review_day", "review_after_1", "review_after_2"),
    ]
    await world.open()
    found = await world.as_("liaison").get(f"/obligations/{await duty_of(world, VILLAGE)}")
    assert (found["period"], found["due_at"]) == ("2026-11", "2026-12-03T10:00:00Z")


async def test_the_preview_shows_the_next_twelve_periods(world: World) -> None:
    made = await world.as_("county").post("/schedules", await body(**MONTHLY))
    found = await world.as_("liaison").get(f"/schedules/{made['id']}/preview")
    assert [each["period"] for each in found[:3]] == ["2026-11", "2026-12", "2027-01"]
    assert len(found) == 12
    assert found[0]["due_at"] == "2026-12-03T18:00:00+08:00"
    known = [each["calendar_known"] for each in found]
    assert known[0] is True
    assert not any(known[1:])  # the State Council has not published 2027 yet
    weekly = await world.as_("county").post("/schedules", await body(starts_on="2026-12-07"))
    found = await world.as_("county").get(f"/schedules/{weekly['id']}/preview")
    assert found[0]["period"] == "2026-W50"


async def test_the_preview_keeps_what_opening_does(world: World) -> None:
    made = await world.as_("county").post("/schedules", await body(starts_on="2026-11-02"))
    found = await world.as_("county").get(f"/schedules/{made['id']}/preview")
    await world.open()
    stored = await fetch("SELECT key, opens_at, due_at, closes_at FROM period")
    assert len(stored) == 1
    names = ("opens_at", "due_at", "closes_at")
    assert stored[0]["key"] == found[0]["period"]
    for name in names:
        assert (
            stored[0][name].isoformat()
            == (
                world.clock.now.fromisoformat(found[0][name]).astimezone(stored[0][name].tzinfo)
            ).isoformat()
        )


async def test_a_scope_may_be_one_township(world: World) -> None:
    await world.as_("county").post("/schedules", await body(scope=OTHER_TOWN, **MONTHLY))
    await world.open()
    page = await world.as_("county").get("/obligations")
    assert [each["region"] for each in page["items"]] == [OTHER_VILLAGE]
    assert len((await world.as_("elsewhere").get("/schedules"))["items"]) == 1
    for who in ("liaison", "reviewer", "far_county"):
        assert (await world.as_(who).get("/schedules"))["items"] == []


async def test_a_schedule_ends(world: World) -> None:
    made = await world.as_("county").post(
        "/schedules", await body(starts_on="2026-11-02", ends_on="2026-11-10")
    )
    world.clock.set(2026, 11, 25, 10)
    await world.open()
    page = await world.as_("county").get("/obligations", region=VILLAGE)
    assert [each["period"] for each in page["items"]] == ["2026-W45", "2026-W46"]
    await done(
        world.as_("county"), "PATCH", f"/schedules/{made['id']}", 200, json={"ends_on": None}
    )
    await world.open()
    page = await world.as_("county").get("/obligations", region=VILLAGE)
    assert len(page["items"]) == 4


async def test_a_change_counts_from_the_next_period(world: World) -> None:
    made = await world.as_("county").post("/schedules", await body(starts_on="2026-11-02"))
    await world.open()
    path, client = f"/schedules/{made['id']}", world.as_("county")
    changes = {
        "timetable": {"due": {"kind": "weekday", "number": 3, "at": "17:00"}},
        "title": {"zh": "新名", "en": "New"},
        "allowance_hours": 0,
    }
    found = await done(client, "PATCH", path, 200, json=changes)
    assert found["timetable"]["due"] == {"kind": "weekday", "number": 3, "at": "17:00"}
    world.clock.set(2026, 11, 9, 10)
    await world.open()
    page = await client.get("/obligations", region=VILLAGE)
    assert [each["due_at"] for each in page["items"]] == [
        "2026-11-06T04:00:00Z",
        "2026-11-11T09:00:00Z",
    ]
    assert {each["title"]["zh"] for each in page["items"]} == {"新名"}
    untouched = await done(client, "PATCH", path, 200, json={})
    assert untouched == found


async def test_the_steps_come_in_their_order(world: World) -> None:
    made = await world.as_("county").post(
        "/schedules", await body(steps=["county", "town"], ladder=[])
    )
    assert (made["steps"], made["ladder"]) == (["town", "county"], [])


async def test_a_ladder_of_ones_own(world: World) -> None:
    ladder = [{"key": "once", "offset_hours": -2, "audience": ["liaison", "county"]}]
    await world.as_("county").post("/schedules", await body(starts_on="2026-11-02", ladder=ladder))
    await world.open()
    world.clock.set(2026, 11, 6, 10)
    await world.remind()
    for who, told in (("liaison", 1), ("county", 1), ("backup", 0), ("reviewer", 1)):
        assert len((await world.as_(who).get("/messages"))["items"]) == told, who


async def test_what_makes_no_schedule(world: World) -> None:
    before = await contents()
    due = {"kind": "weekday", "number": 5}
    step = {"key": "a", "offset_hours": -1, "audience": ["liaison"]}
    long_past = (date(2026, 11, 2) - timedelta(days=367)).isoformat()
    cases: list[tuple[dict[str, Any], str]] = [
        ({"form": 999_999}, "not_found"),
        ({"scope": "990102"}, "not_found"),
        ({"scope": "99"}, "not_found"),
        ({"scope": "990101999"}, "not_found"),
        ({"ends_on": "2026-11-01"}, "schedule_dates"),
        ({"timetable": {}}, "timetable_invalid"),
        ({"timetable": {"due": {**due, "number": 8}}}, "timetable_invalid"),
        ({"timetable": {"due": {**due, "at": "25:00"}}}, "timetable_invalid"),
        ({"timetable": {"due": due, "grace": 1}}, "timetable_invalid"),
        ({"timetable": {"due": due, "closes_workdays_after": -1}}, "timetable_invalid"),
        ({"cadence": "monthly"}, "timetable_invalid"),
        ({"ladder": [step, step]}, "ladder_invalid"),
        ({"ladder": [{**step, "audience": ["all"]}]}, "ladder_invalid"),
        ({"ladder": [1]}, "invalid"),
        ({"cadence": "daily"}, "invalid"),
        ({"starts_on": "0001-01-01"}, "invalid"),
        ({"starts_on": "9999-12-31"}, "invalid"),
        ({"starts_on": long_past}, "invalid"),
        ({"ends_on": "9999-12-31"}, "invalid"),
        ({"steps": []}, "invalid"),
        ({"steps": ["town", "county", "town"]}, "invalid"),
        ({"allowance_hours": 169}, "invalid"),
        ({"allowance_hours": "24"}, "invalid"),
        ({"title": {"zh": "只有中文"}}, "invalid"),
        ({"form": 2**31}, "invalid"),
        ({"colour": "red"}, "invalid"),
    ]
    for changes, code in cases:
        sent = {**await body(), **changes}
        await refused(world.as_("county"), "POST", "/schedules", code, json=sent)
    assert await contents() == before


async def test_what_can_not_be_changed_so(world: World) -> None:
    made = await world.as_("county").post("/schedules", await body())
    path, before = f"/schedules/{made['id']}", await contents()
    cases: list[tuple[dict[str, Any], str]] = [
        ({"cadence": "monthly"}, "invalid"),
        ({"scope": TOWN}, "invalid"),
        ({"starts_on": "2026-11-16"}, "invalid"),
        ({"form": 999_999}, "not_found"),
        ({"ends_on": "2026-11-01"}, "schedule_dates"),
        ({"timetable": {"due": {"kind": "day", "number": 5}}}, "timetable_invalid"),
        ({"ladder": []}, "invalid"),  # its versions have a list of their own
    ]
    for changes, code in cases:
        await refused(world.as_("county"), "PATCH", path, code, json=changes)
    assert await contents() == before
    await refused(world.as_("far_county"), "PATCH", path, "not_found", json={})
    await refused(world.as_("far_county"), "GET", f"{path}/preview", "not_found")
    await refused(world.as_("lead"), "PATCH", path, "forbidden", json={})
    await refused(world.as_("county"), "GET", "/schedules/999999/preview", "not_found")


async def test_schedules_page_by_page(world: World) -> None:
    for _ in range(3):
        await world.as_("county").post("/schedules", await body())
    page = await world.as_("county").get("/schedules", limit=2)
    rest = await world.as_("county").get("/schedules", limit=2, page=page["next"])
    assert (len(page["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)


async def test_a_schedule_is_previewed_before_it_is_made(world: World) -> None:
    county = world.as_("county")
    plan = {"scope": COUNTY, **MONTHLY, "timetable": {"due": {"kind": "day", "number": 15}}}
    found = await county.post("/schedules/preview", plan, 200)
    assert len(found) == 12
    # 15 November 2026 is a Sunday.
    assert (found[0]["due_at"][:10], found[0]["put_off_from"]) == ("2026-11-16", "2026-11-15")
    assert (found[1]["due_at"][:10], found[1]["put_off_from"]) == ("2026-12-15", None)
    made = await county.post("/schedules", await body(**{**plan, "ends_on": "2026-12-31"}))
    assert await county.get(f"/schedules/{made['id']}/preview") == found[:2]
    # The first period is the first that begins after the start, as it is when it opens.
    later = await county.post("/schedules/preview", {**plan, "starts_on": "2026-11-02"}, 200)
    assert later[0]["period"] == "2026-12"
    wrong = {**plan, "timetable": {"due": {"kind": "weekday", "number": 5}}}
    await refused(county, "POST", "/schedules/preview", "timetable_invalid", json=wrong)
    elsewhere = {**plan, "scope": "97"}
    await refused(county, "POST", "/schedules/preview", "not_found", json=elsewhere)


async def test_open_periods_keep_the_form_they_were_opened_with(world: World) -> None:
    county, schedule = world.as_("county"), await world.schedule()
    await world.open()
    shipped = await forms.shipped("RETURN_WEEKLY")
    assert shipped is not None
    [period] = await county.get(f"/schedules/{schedule}/periods")
    assert (period["form"], period["version"]) == (shipped["id"], 1)
    assert period["duties"] == period["outstanding"] > 1
    [own] = await world.as_("liaison").get(f"/schedules/{schedule}/periods")
    assert (own["duties"], own["outstanding"]) == (1, 1)
    await world.file("liaison", obligation=await duty_of(world, VILLAGE))
    [own] = await world.as_("liaison").get(f"/schedules/{schedule}/periods")
    assert (own["duties"], own["outstanding"]) == (1, 0)
    await refused(world.as_("outsider"), "GET", f"/schedules/{schedule}/periods", "not_found")
