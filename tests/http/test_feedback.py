"""A village writes to its offices; whoever is asked first stays with it."""

from typing import Any
from uuid import uuid4

from tests.http.tools import refused, rows
from tests.world import NEIGHBOUR, VILLAGE, World


def written(world: World, **changes: Any) -> dict[str, Any]:
    """The body of a complaint to the township."""
    return {
        "id": str(uuid4()),
        "kind": "complaint",
        "text": "报表太多，重复填写。",
        "region": VILLAGE,
        "to": "township",
        "written_at": world.clock.now.isoformat(),
        **changes,
    }


async def sent(world: World, who: str = "liaison", **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = await world.as_(who).post("/feedback", written(world, **changes))
    return found


async def seen(world: World, who: str) -> list[str]:
    return [each["id"] for each in (await world.as_(who).get("/feedback"))["items"]]


async def act(world: World, who: str, found: dict[str, Any], what: str, body: Any = None) -> Any:
    return await world.as_(who).post(f"/feedback/{found['id']}/{what}", body, 200)


async def heard(world: World, who: str) -> list[str]:
    await world.deliver()
    page = await world.as_(who).get("/messages")
    return [each["text"] for each in page["items"] if each["kind"] == "feedback"]


async def test_the_sender_the_township_and_the_county_see_it(world: World) -> None:
    found = await sent(world)
    for who in ("liaison", "reviewer", "lead", "county"):
        assert await seen(world, who) == [found["id"]], who
    for who in ("backup", "colleague", "other_reviewer", "far_county", "outsider"):
        assert await seen(world, who) == [], who
        await refused(world.as_(who), "GET", f"/feedback/{found['id']}", "not_found")


async def test_past_the_township_the_county_alone_sees_it(world: World) -> None:
    found = await sent(world, to="county")
    assert await seen(world, "reviewer") == []
    assert await seen(world, "county") == [found["id"]]
    await refused(world.as_("reviewer"), "POST", f"/feedback/{found['id']}/take", "not_found")


async def test_for_a_village_not_ones_own_nothing_is_sent(world: World) -> None:
    body = written(world, region=NEIGHBOUR)
    await refused(world.as_("liaison"), "POST", "/feedback", "not_found", json=body)
    await refused(world.as_("reviewer"), "POST", "/feedback", "forbidden", json=body)


async def test_sent_again_it_arrives_once(world: World) -> None:
    body = written(world)
    first = await world.as_("liaison").post("/feedback", body)
    assert await world.as_("liaison").post("/feedback", body) == first
    assert await rows("feedback") == 1
    assert await heard(world, "lead") == ["有1条新的投诉建议，请及时接办。"]
    other = {**body, "text": "别的"}
    await refused(world.as_("liaison"), "POST", "/feedback", "feedback_conflict", json=other)
    stolen = {**body, "region": NEIGHBOUR}
    await refused(world.as_("colleague"), "POST", "/feedback", "feedback_conflict", json=stolen)


async def test_taken_answered_and_told(world: World) -> None:
    found = await sent(world)
    cursor = (await world.as_("liaison").get("/sync"))["cursor"]
    world.clock.pass_(hours=1)
    taken = await act(world, "reviewer", found, "take")
    assert (taken["state"], taken["holder_name"], taken["held_since"]) == (
        "taken",
        "陈静",
        "2026-11-02T03:00:00Z",
    )
    answer = {"text": "已合并两张报表。"}
    await refused(
        world.as_("lead"), "POST", f"/feedback/{found['id']}/answer", "feedback_held", json=answer
    )
    done = await act(world, "reviewer", found, "answer", answer)
    assert done["state"] == "answered"
    assert [(s["act"], s["by_name"], s["text"]) for s in done["steps"]] == [
        ("taken", "陈静", ""),
        ("answered", "陈静", "已合并两张报表。"),
    ]
    [mine] = (await world.as_("liaison").get("/sync", cursor=cursor))["feedback"]
    assert mine["steps"][-1]["text"] == "已合并两张报表。"
    assert await heard(world, "liaison") == ["您的投诉建议已答复，请查看。"]
    await refused(world.as_("lead"), "POST", f"/feedback/{found['id']}/take", "feedback_answered")


async def test_taken_over_by_a_colleague_who_then_answers(world: World) -> None:
    found = await sent(world)
    await act(world, "reviewer", found, "take")
    assert (await act(world, "lead", found, "take"))["holder_name"] == "周涛"
    assert (await act(world, "lead", found, "answer", {"text": "好的"}))["state"] == "answered"


async def test_passed_on_the_county_has_it_and_the_township_sees_on(world: World) -> None:
    found = await sent(world)
    reason = {"reason": "涉及全县报表"}
    passed = await act(world, "reviewer", found, "pass-on", reason)
    assert (passed["state"], passed["office_name"], passed["holder_name"]) == (
        "waiting",
        "示范县",
        None,
    )
    assert await seen(world, "reviewer") == [found["id"]]
    path = f"/feedback/{found['id']}"
    await refused(
        world.as_("reviewer"), "POST", f"{path}/answer", "not_found", json={"text": "好" * 2}
    )
    await refused(world.as_("county"), "POST", f"{path}/pass-on", "feedback_top", json=reason)
    assert await heard(world, "liaison") == ["您的投诉建议已转上级办理。"]
    assert (await act(world, "county", found, "answer", {"text": "明年合并。"}))[
        "state"
    ] == "answered"
    assert await rows("audit_entry", "action LIKE 'feedback.%'") == 3


async def test_the_office_has_two_days_to_take_it_on_and_ten_to_answer(world: World) -> None:
    found = await sent(world)
    assert found["act_by"] is None

    async def due(who: str = "reviewer") -> Any:
        return (await world.as_(who).get("/feedback"))["items"][0]["act_by"]

    assert await due() == "2026-11-04T18:00:00+08:00"
    assert await due("liaison") is None
    await act(world, "reviewer", found, "take")
    assert await due() == "2026-11-16T18:00:00+08:00"
    world.clock.set(2026, 11, 10, 9, 0)
    passed = await act(world, "reviewer", found, "pass-on", {"reason": "全县的事"})
    assert passed["act_by"] == "2026-11-12T18:00:00+08:00"
    answered = await act(world, "county", found, "answer", {"text": "已答复。"})
    assert answered["act_by"] is None
