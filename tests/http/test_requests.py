"""A village asks for more time or a waiver; the township advises, the county decides."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from backend.store.database import fetch
from tests.http.tools import checked_problem, duty_of, refused, report, rows, submit
from tests.world import NEIGHBOUR, OTHER_VILLAGE, TOWN, VILLAGE, World

DUE = datetime(2026, 11, 6, 4, tzinfo=UTC)
MONDAY = "2026-11-09T04:00:00Z"
TUESDAY = "2026-11-10T04:00:00Z"


@pytest.fixture
async def week(world: World) -> World:
    """A weekly report is open in every village, due on Friday at noon."""
    await world.schedule()
    await world.open()
    return world


def body(duty: int, kind: str = "extend", **changes: Any) -> dict[str, Any]:
    """A sound request."""
    wanted = {"due_at": MONDAY} if kind == "extend" else {}
    made = {"id": str(uuid4()), "obligation": duty, "kind": kind, "reason": "洪水断路"}
    return {**made, **wanted, **changes}


async def ask(world: World, who: str, village: str, **changes: Any) -> dict[str, Any]:
    """The request stored."""
    sent = body(await duty_of(world, village), **changes)
    stored: dict[str, Any] = await world.as_(who).post("/requests", sent)
    return stored


async def say(world: World, who: str, asked: dict[str, Any], what: str, **more: Any) -> Any:
    """Advice or a decision."""
    part = "advice" if what in ("support", "oppose") else "decision"
    return await world.as_(who).post(
        f"/requests/{asked['id']}/{part}", {part: what, **more}, status=200
    )


async def duty(world: World, village: str) -> dict[str, Any]:
    page = await world.as_("county").get("/obligations", region=village)
    found: dict[str, Any] = page["items"][0]
    return found


async def heard(world: World, who: str) -> list[dict[str, Any]]:
    await world.deliver()
    page = await world.as_(who).get("/messages")
    return [each["params"] for each in page["items"] if each["kind"] == "request_decided"]


async def test_asked_advised_granted_told(week: World) -> None:
    asked = await ask(week, "liaison", VILLAGE)
    assert (asked["asked_by_name"], asked["period"], asked["region"], asked["due_at"]) == (
        "王芳",
        "2026-W45",
        VILLAGE,
        "2026-11-06T04:00:00Z",
    )
    assert (asked["advice"], asked["decision"]) == (None, None)
    week.clock.pass_(hours=1)
    advised = await say(week, "reviewer", asked, "support", note="路断属实")
    assert (advised["advice"], advised["advice_note"], advised["advised_by_name"]) == (
        "support",
        "路断属实",
        "陈静",
    )
    granted = await say(week, "county", asked, "grant", note="同意")
    assert (granted["decision"], granted["decided_by_name"], granted["granted_due_at"]) == (
        "grant",
        "孙丽",
        MONDAY,
    )
    moved = await duty(week, VILLAGE)
    assert (moved["due_at"], moved["original_due_at"]) == (MONDAY, "2026-11-06T04:00:00Z")
    assert (await duty(week, NEIGHBOUR))["due_at"] == "2026-11-06T04:00:00Z"
    [said] = await heard(week, "liaison")
    assert said == {
        "obligation": asked["obligation"],
        "asked": "extend",
        "decision": "grant",
        "due_at": MONDAY,
    }
    assert await heard(week, "backup") == await heard(week, "colleague") == []
    entries = await fetch("SELECT action FROM audit_entry WHERE action ~ 'request|obligation'")
    assert [row["action"] for row in entries] == [
        "request.ask",
        "request.support",
        "obligation.extend",
        "request.grant",
    ]


async def test_a_grant_shows_as_any_other_extension(week: World) -> None:
    asked = await ask(week, "liaison", VILLAGE)
    await say(week, "county", asked, "grant", due_at=TUESDAY)
    shown = await week.as_("liaison").get(f"/obligations/{asked['obligation']}")
    [moved] = shown["adjustments"]
    assert (moved["kind"], moved["reason"], moved["by"]) == ("extend", "洪水断路", "孙丽")
    assert shown["due_at"] == TUESDAY
    assert (await week.duty())["extended_from"] == "2026-11-06T04:00:00Z"


async def test_a_waiver(week: World) -> None:
    asked = await ask(week, "liaison", VILLAGE, kind="exempt")
    await refused(week.as_("county"), "POST", f"/requests/{asked['id']}/decision", "invalid",
                  json={"decision": "grant", "due_at": MONDAY})  # fmt: skip
    await say(week, "county", asked, "grant")
    week.clock.now = DUE + timedelta(days=8)
    assert (await duty(week, VILLAGE))["standing"] == "exempt"
    assert [said["asked"] for said in await heard(week, "liaison")] == ["exempt"]


async def test_refused_leaves_the_duty_as_it_is_and_it_may_be_asked_again(week: World) -> None:
    first = await ask(week, "liaison", VILLAGE)
    await say(week, "reviewer", first, "oppose")
    await say(week, "county", first, "refuse", note="路已通")
    assert (await duty(week, VILLAGE))["due_at"] == "2026-11-06T04:00:00Z"
    assert await rows("adjustment") == 0
    assert [said["decision"] for said in await heard(week, "liaison")] == ["refuse"]
    second = await ask(week, "backup", VILLAGE)
    listed = await week.as_("liaison").get("/requests")
    assert [each["id"] for each in listed["items"]] == [second["id"], first["id"]]


async def test_sent_again_is_harmless_and_one_at_a_time(week: World) -> None:
    number = await duty_of(week, VILLAGE)
    sent = body(number)
    first = await week.as_("liaison").post("/requests", sent)
    assert await week.as_("liaison").post("/requests", sent) == first
    for who, changed, code in (
        ("liaison", {**sent, "reason": "停电"}, "request_conflict"),
        ("liaison", {**sent, "due_at": TUESDAY}, "request_conflict"),
        ("backup", sent, "request_conflict"),
        ("liaison", body(number), "request_open"),
        ("backup", body(number, "exempt"), "request_open"),
    ):
        await refused(week.as_(who), "POST", "/requests", code, json=changed)
    assert await rows("adjustment_request") == 1
    await say(week, "county", first, "refuse")
    again = await week.as_("liaison").post("/requests", sent)
    assert (again["id"], again["decision"]) == (first["id"], "refuse")


async def test_each_word_is_said_once(week: World) -> None:
    asked = await ask(week, "liaison", VILLAGE)
    path = f"/requests/{asked['id']}"
    await say(week, "lead", asked, "support")
    await refused(week.as_("reviewer"), "POST", f"{path}/advice", "request_advised",
                  json={"advice": "oppose"})  # fmt: skip
    await say(week, "county", asked, "grant")
    for who, part in (("reviewer", {"advice": "oppose"}), ("county", {"decision": "refuse"})):
        [name] = part
        await refused(week.as_(who), "POST", f"{path}/{name}", "request_decided", json=part)
    assert await rows("adjustment") == 1


async def test_what_is_no_longer_owed_needs_no_request(week: World) -> None:
    number = await duty_of(week, VILLAGE)
    client = week.as_("liaison")
    for changes, code in (
        ({"due_at": "2026-11-06T04:00:00Z"}, "extension_not_later"),
        ({"due_at": None}, "invalid"),
        ({"due_at": "2026-11-09T04:00:00"}, "invalid"),
        ({"reason": ""}, "invalid"),
        ({"kind": "restore"}, "invalid"),
        ({"due_at": "9999-12-31T23:59:59Z"}, "invalid"),
    ):
        await refused(client, "POST", "/requests", code, json={**body(number), **changes})
    await submit(week, "liaison", [report(number)])
    await refused(client, "POST", "/requests", "request_not_needed", json=body(number))
    other = await duty_of(week, NEIGHBOUR)
    week.clock.now = DUE + timedelta(days=8)
    await refused(week.as_("colleague"), "POST", "/requests", "period_closed", json=body(other))


async def test_a_grant_that_has_come_too_late_says_so(week: World) -> None:
    asked = await ask(week, "liaison", VILLAGE)
    scope = {"kind": "extend", "reason": "系统故障", "due_at": TUESDAY}
    await week.as_("county").post("/adjustments", {**scope, "obligations": [asked["obligation"]]})
    path = f"/requests/{asked['id']}/decision"
    params = await refused(week.as_("county"), "POST", path, "extension_not_later",
                           json={"decision": "grant"})  # fmt: skip
    assert params["due_at"] == "2026-11-10T04:00:00Z"
    await say(week, "county", asked, "refuse")


async def test_lists_and_filters(week: World) -> None:
    mine = await ask(week, "liaison", VILLAGE)
    theirs = await ask(week, "elsewhere", OTHER_VILLAGE, kind="exempt")
    await say(week, "county", mine, "refuse")
    for who, params, expected in (
        ("county", {}, [theirs, mine]),
        ("monitor", {}, [theirs, mine]),
        ("county", {"open": True}, [theirs]),
        ("county", {"open": False}, [mine]),
        ("county", {"region": TOWN}, [mine]),
        ("county", {"obligation": theirs["obligation"]}, [theirs]),
        ("reviewer", {}, [mine]),
        ("colleague", {}, []),
        ("far_county", {}, []),
    ):
        page = await week.as_(who).get("/requests", **params)
        assert [each["id"] for each in page["items"]] == [each["id"] for each in expected], params
    page = await week.as_("county").get("/requests", limit=1)
    rest = await week.as_("county").get("/requests", limit=1, page=page["next"])
    assert [page["items"][0]["id"], rest["items"][0]["id"]] == [theirs["id"], mine["id"]]


async def test_nobody_acts_beyond_their_area_or_role(week: World) -> None:
    number = await duty_of(week, VILLAGE)
    for who, code in (
        ("colleague", "not_found"),
        ("reviewer", "forbidden"),
        ("county", "forbidden"),
    ):
        await refused(week.as_(who), "POST", "/requests", code, json=body(number))
    asked = await ask(week, "liaison", VILLAGE)
    for who, name, word, code in (
        ("other_reviewer", "advice", "support", "not_found"),
        ("county", "advice", "support", "forbidden"),
        ("liaison", "advice", "support", "forbidden"),
        ("far_county", "decision", "grant", "not_found"),
        ("reviewer", "decision", "grant", "forbidden"),
        ("liaison", "decision", "grant", "forbidden"),
    ):
        path = f"/requests/{asked['id']}/{name}"
        await refused(week.as_(who), "POST", path, code, json={name: word})


async def test_who_has_left_is_told_nothing(week: World) -> None:
    asked = await ask(week, "liaison", VILLAGE)
    await say(week, "county", asked, "refuse")
    await fetch("UPDATE post SET ends_at = $2 WHERE id = $1", week.people["liaison"].post,
                week.clock.now)  # fmt: skip
    assert await heard(week, "liaison") == []


async def test_two_decisions_at_the_same_moment(real_world: World) -> None:
    await real_world.schedule()
    await real_world.open()
    asked = await ask(real_world, "liaison", VILLAGE)
    path = f"/requests/{asked['id']}/decision"
    answers = await asyncio.gather(
        *(
            real_world.as_("county").ask("POST", path, json={"decision": word})
            for word in ("grant", "refuse", "grant", "refuse")
        )
    )
    assert sorted(each.status_code for each in answers) == [200, 409, 409, 409]
    codes = {checked_problem(a)["code"] for a in answers if a.status_code == 409}
    assert codes == {"request_decided"}
    assert await rows("message", "kind = 'request_decided'") == 1
