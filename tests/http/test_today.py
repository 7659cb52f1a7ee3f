"""What the office has to do now, in one look, and what villages said on the phone."""

from typing import Any
from uuid import uuid4

from tests.http.test_reviews import DEFECTS, filed
from tests.http.test_submissions import opened
from tests.http.tools import done, refused, rows
from tests.world import NEIGHBOUR, OTHER_VILLAGE, VACANT, VILLAGE, World


async def look(world: World, who: str = "reviewer") -> dict[str, Any]:
    found: dict[str, Any] = await world.as_(who).get("/today")
    return found


def note(region: str = VILLAGE, **more: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "region": region, "note": "说明天上午报", **more}


async def test_late_villages_with_whom_to_call(world: World) -> None:
    await filed(world)
    assert (await look(world))["late"] == []
    world.clock.set(2026, 11, 10, 12)  # the week's report was due the day before
    found = (await look(world))["late"]
    assert [each["region"] for each in found] == [NEIGHBOUR, VACANT]
    neighbour, vacant = found
    assert neighbour["region_name"] == "李家屯村民委员会"
    [duty] = neighbour["duties"]
    assert (duty["period"], duty["count"]) == ("2026-W45", 1)
    assert {each["name"] for each in neighbour["people"]} == {"李强", "何静"}
    assert neighbour["people"][0]["phone"].startswith("139****")
    assert vacant["people"] == []
    elsewhere = (await look(world, "other_reviewer"))["late"]
    assert [each["region"] for each in elsewhere] == [OTHER_VILLAGE]


async def test_a_call_is_noted_once_and_seen_by_colleagues(world: World) -> None:
    await opened(world)
    world.clock.set(2026, 11, 10, 12)
    said = note(will_send_by="2026-11-11T18:00:00+08:00")
    for _ in range(2):
        await done(world.as_("reviewer"), "POST", "/today/calls", 204, json=said)
    assert await rows("call_note") == 1
    assert await rows("audit_entry", "action = 'call.note'") == 1
    late = {each["region"]: each for each in (await look(world, "lead"))["late"]}
    assert late[VILLAGE]["said"] == {
        "at": "2026-11-10T04:00:00Z",
        "will_send_by": "2026-11-11T10:00:00Z",
        "note": "说明天上午报",
        "noted_by": "陈静",
    }
    assert late[NEIGHBOUR]["said"] is None
    world.clock.pass_(hours=1)
    again = note(note="没有人接")
    await done(world.as_("lead"), "POST", "/today/calls", 204, json=again)
    late = {each["region"]: each for each in (await look(world))["late"]}
    assert late[VILLAGE]["said"]["note"] == "没有人接"


async def test_notes_that_are_refused(world: World) -> None:
    reviewer, said = world.as_("reviewer"), note()
    await done(reviewer, "POST", "/today/calls", 204, json=said)
    other = {**said, "note": "别的"}
    await refused(reviewer, "POST", "/today/calls", "call_note_conflict", json=other)
    await refused(world.as_("lead"), "POST", "/today/calls", "call_note_conflict", json=said)
    for by in ("2026-11-02T09:59:00+08:00", "2026-12-20T10:00:00+08:00"):
        past = note(will_send_by=by)
        await refused(reviewer, "POST", "/today/calls", "call_note_past", json=past)
    await refused(reviewer, "POST", "/today/calls", "not_found", json=note(OTHER_VILLAGE))
    await refused(world.as_("liaison"), "POST", "/today/calls", "forbidden", json=note())
    await refused(world.as_("county"), "GET", "/today", "forbidden")
    assert await rows("call_note") == 1


async def test_what_waits_what_was_returned_and_who_is_lacking(world: World) -> None:
    world.clock.set(2026, 11, 2, 10)
    await filed(world)
    duty, number = await filed(world, "colleague")
    await world.review("reviewer", number, "return", defects=DEFECTS)
    world.clock.set(2026, 11, 4, 19)  # beyond two working days
    found = await look(world)
    assert found["to_review"] == {
        "count": 1,
        "overdue": 1,
        "oldest_by": "2026-11-04T18:00:00+08:00",
    }
    [returned] = found["returned"]
    assert (returned["obligation"], returned["region"]) == (duty, NEIGHBOUR)
    assert returned["fix_by"] == "2026-11-04T10:00:00Z"
    [vacant] = found["vacant"]
    assert (vacant["region"], vacant["since"], vacant["owed"]) == (VACANT, None, 2)


async def test_a_village_likely_to_be_late_is_named_with_its_reasons(world: World) -> None:
    await opened(world)
    assert (await look(world))["likely"] == []
    for day in (9, 16, 24):  # nobody sends anything
        world.clock.set(2026, 11, day, 9)
        await world.open()
    found = (await look(world))["likely"]
    assert VACANT in [each["village"]["region"] for each in found]
    for each in found:
        assert each["period"] == "2026-W48"
        assert each["village"]["band"] == "likely"
        assert each["village"]["reasons"][0]["text"]


async def test_a_post_that_ends_leaves_a_vacancy_since_then(world: World) -> None:
    post = world.people["colleague"].post
    for who in (post, world.people["station"].post):
        body = {"ends_at": "2026-11-02T10:00:00+08:00"}
        await done(world.as_("lead"), "POST", f"/posts/{who}/end", 204, json=body)
    world.clock.pass_(minutes=1)
    vacant = {each["region"]: each for each in (await look(world))["vacant"]}
    assert vacant[NEIGHBOUR]["since"] == "2026-11-02T02:00:00Z"
