"""What people are told, in the list they read it from."""

from typing import Any
from uuid import uuid4

from backend.store.database import fetch
from tests.http.tools import done, duty_of, refused, report, rows, submit
from tests.world import NEIGHBOUR, OTHER_VILLAGE, VACANT, VILLAGE, World

NAMES = ("王芳", "赵敏", "陈静", "王家庄", "李家屯", "139")


async def messages(world: World, who: str, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.as_(who).get("/messages", **params))["items"]
    return found


async def reminded(world: World, who: str) -> list[int]:
    """How many duties each reminder named, oldest first."""
    found = [m for m in await messages(world, who) if m["kind"] == "reminder"]
    return [message["params"]["duties"] for message in reversed(found)]


async def at(world: World, *local: int) -> None:
    """Lets the reminders of a moment go out."""
    world.clock.set(*local)
    await world.remind()


async def test_each_step_reaches_the_holder_once(world: World) -> None:
    await world.schedule()
    await world.open()
    for _ in range(2):
        await at(world, 2026, 11, 5, 8, 59)
        assert await reminded(world, "liaison") == []
    for minute in (0, 1, 30):
        await at(world, 2026, 11, 5, 9, minute)
        assert await reminded(world, "liaison") == [1]
        assert await reminded(world, "backup") == []
    for hour in (9, 10, 20):
        await at(world, 2026, 11, 6, hour)
    assert await reminded(world, "liaison") == [1, 1]
    await at(world, 2026, 11, 9, 9)  # overdue: the B角 and the office as well
    await at(world, 2026, 11, 9, 15)
    assert await reminded(world, "liaison") == [1, 1, 1]
    assert await reminded(world, "backup") == [1]
    newest = (await messages(world, "liaison"))[0]
    assert newest["params"]["overdue"] == 1
    assert newest["text"].startswith("有1项待报，其中1项已逾期")


async def test_a_reminder_names_counts_and_nobody(world: World) -> None:
    await world.schedule()
    await world.open()
    await at(world, 2026, 11, 9, 9)
    english = {"accept-language": "en"}
    for who in ("liaison", "reviewer"):
        [message] = await messages(world, who)
        page = await done(world.as_(who), "GET", "/messages", 200, headers=english)
        assert "still to be filed" in page["items"][0]["text"]
        for text in (message["text"], page["items"][0]["text"], str(message["params"])):
            assert not any(name in text for name in NAMES)


async def test_everything_due_in_one_slot_is_one_message(world: World) -> None:
    for _ in range(3):
        await world.schedule()
    await world.open()
    await at(world, 2026, 11, 5, 9)
    assert await reminded(world, "liaison") == [3]
    assert await reminded(world, "station") == [3]
    # Vacant 赵家沟's three, straight to the office.
    assert await reminded(world, "reviewer") == [3]
    await at(world, 2026, 11, 9, 9)
    [newest, _] = await messages(world, "reviewer")
    assert (newest["params"]["duties"], newest["params"]["villages"]) == (9, 3)
    assert await reminded(world, "other_reviewer") == [3]
    assert await reminded(world, "far_reviewer") == []
    assert await reminded(world, "county") == []


async def test_only_what_is_outstanding(world: World) -> None:
    schedule = await world.schedule()
    await world.open()
    await submit(world, "liaison", [report(await duty_of(world, VILLAGE))])
    waiver = {"kind": "exempt", "reason": "停电", "schedule": schedule, "period": "2026-W45"}
    await world.as_("county").post("/adjustments", {**waiver, "region": OTHER_VILLAGE})
    for day in (5, 6, 9):
        await at(world, 2026, 11, day, 9)
    assert await reminded(world, "liaison") == []
    assert await reminded(world, "elsewhere") == []
    assert await reminded(world, "colleague") == [1, 1, 1]


async def test_filed_between_decision_and_delivery(world: World) -> None:
    await world.schedule()
    await world.schedule()
    await world.open()
    world.clock.set(2026, 11, 5, 9)
    await world.remind_only()
    [first, _] = (await world.as_("liaison").get("/obligations"))["items"]
    await submit(world, "liaison", [report(first["id"])])
    await submit(world, "colleague", [report(n) for n in await duties(world, NEIGHBOUR)])
    world.clock.pass_(minutes=1)
    await world.deliver()
    assert await reminded(world, "liaison") == [1]
    assert await reminded(world, "colleague") == []


async def duties(world: World, village: str) -> list[int]:
    page = await world.as_("county").get("/obligations", region=village)
    return [item["id"] for item in page["items"]]


async def test_a_returned_report_is_not_called_outstanding(world: World) -> None:
    await world.schedule()
    await world.open()
    [filed] = await submit(world, "liaison", [report(await duty_of(world, VILLAGE))])
    await world.review("reviewer", filed["id"], "return", defects=[{"text": "请核实"}])
    for day in (5, 6, 9):
        await at(world, 2026, 11, day, 9)
    assert await reminded(world, "liaison") == []


async def test_an_extension_moves_the_steps(world: World) -> None:
    schedule = await world.schedule()
    await world.open()
    later = {"kind": "extend", "due_at": "2026-11-11T12:00:00+08:00", "reason": "系统故障"}
    scope = {"schedule": schedule, "period": "2026-W45", "region": VILLAGE}
    await world.as_("county").post("/adjustments", {**later, **scope})
    for day in (5, 6, 9):
        await at(world, 2026, 11, day, 9)
        assert await reminded(world, "liaison") == []
    for day in (10, 11, 12):
        await at(world, 2026, 11, day, 9)
    assert await reminded(world, "liaison") == [1, 1, 1]


async def test_a_successor_gets_what_comes_next(world: World) -> None:
    await world.schedule()
    await world.open()
    await at(world, 2026, 11, 5, 9)
    await hand_over(world)
    await at(world, 2026, 11, 6, 9)
    assert await reminded(world, "colleague") == [1, 2]  # her own and 王家庄's
    assert await reminded(world, "liaison") == [1]


async def hand_over(world: World) -> None:
    """王芳's post goes to 李强 of the next village."""
    lead, person = world.as_("lead"), world.people["colleague"]
    await lead.post(f"/posts/{world.people['liaison'].post}/end", status=204)
    post = {"role": "liaison", "region": VILLAGE}
    await lead.post("/posts", {"account": str(person.account), "post": post})


async def test_handing_over_between_decision_and_delivery(world: World) -> None:
    """The step is not lost: who left hears nothing, who came does."""
    await world.schedule()
    await world.open()
    await submit(world, "colleague", [report(await duty_of(world, NEIGHBOUR))])
    world.clock.set(2026, 11, 5, 9)
    await world.remind_only()
    await hand_over(world)
    world.clock.pass_(minutes=1)
    await world.deliver()
    await world.remind()
    assert await reminded(world, "liaison") == []
    assert await reminded(world, "colleague") == [1]


async def test_a_step_for_several_is_not_lost_by_a_hand_over(world: World) -> None:
    await world.schedule()
    await world.open()
    await submit(world, "colleague", [report(await duty_of(world, NEIGHBOUR))])
    world.clock.set(2026, 11, 9, 9)
    await world.remind_only()
    await hand_over(world)
    world.clock.pass_(minutes=1)
    await world.deliver()
    await world.remind()
    assert await reminded(world, "backup") == [1]
    assert await reminded(world, "colleague") == [1]
    # Nor does it trouble those whom it had reached before.
    assert await rows("message", "account = $1", world.people["backup"].account) == 1


async def test_a_vacant_post_is_the_offices_at_once_and_the_b_roles(world: World) -> None:
    await world.schedule()
    await world.open()
    for village in (NEIGHBOUR, VACANT):
        await fetch("UPDATE obligation SET exempt_at = now() WHERE region = $1", village)
    lead = world.as_("lead")
    await lead.post(f"/posts/{world.people['liaison'].post}/end", status=204)
    await at(world, 2026, 11, 5, 9)
    assert (await reminded(world, "backup"), await reminded(world, "reviewer")) == ([1], [1])
    await lead.post(f"/posts/{world.people['backup'].post}/end", status=204)
    await at(world, 2026, 11, 6, 9)
    assert (await reminded(world, "backup"), await reminded(world, "reviewer")) == ([1], [1, 1])


async def test_never_in_quiet_hours_nor_on_days_off(world: World) -> None:
    await world.schedule()
    await world.open()
    for moment in ((5, 20, 31), (5, 23, 0), (6, 7, 59)):
        await at(world, 2026, 11, *moment)
        assert await reminded(world, "liaison") == []
    await at(world, 2026, 11, 6, 8, 0)  # late, but the step of the day before is not lost
    assert await reminded(world, "liaison") == [1]
    for day in (7, 8):
        await at(world, 2026, 11, day, 10)
        assert await reminded(world, "liaison") == [1]


async def test_a_delivery_that_waited_into_the_night_waits_for_the_morning(world: World) -> None:
    await world.schedule()
    await world.open()
    world.clock.set(2026, 11, 5, 20, 29)
    await world.remind_only()
    for moment in ((5, 20, 31), (6, 3, 0), (6, 7, 59)):
        world.clock.set(2026, 11, *moment)
        await world.deliver()
        assert await reminded(world, "liaison") == [], moment
    world.clock.set(2026, 11, 6, 8, 0)
    await world.deliver()
    assert await reminded(world, "liaison") == [1]


async def test_messages_are_read_page_by_page_and_marked(world: World) -> None:
    await world.schedule()
    await world.open()
    for day in (5, 6, 9):
        await at(world, 2026, 11, day, 9)
    client = world.as_("liaison")
    page = await client.get("/messages", limit=2)
    rest = await client.get("/messages", limit=2, page=page["next"])
    found = page["items"] + rest["items"]
    assert [m["delivered_at"][:10] for m in found] == ["2026-11-09", "2026-11-06", "2026-11-05"]
    number = found[0]["id"]
    for _ in range(2):
        await done(client, "POST", f"/messages/{number}/read", 204)
        world.clock.pass_(hours=1)
    [read, *unread] = await messages(world, "liaison")
    assert read["read_at"] == "2026-11-09T01:00:00Z"
    assert [m["id"] for m in await messages(world, "liaison", unread=True)] == [
        m["id"] for m in unread
    ]
    for who, message in (("colleague", number), ("liaison", uuid4())):
        await refused(world.as_(who), "POST", f"/messages/{message}/read", "not_found")


async def test_what_is_not_delivered_yet_is_not_there(world: World) -> None:
    await world.schedule()
    await world.open()
    world.clock.set(2026, 11, 5, 9)
    await world.remind_only()
    assert await messages(world, "liaison") == []
    [waiting] = await fetch(
        "SELECT id FROM message WHERE account = $1", world.people["liaison"].account
    )
    path = f"/messages/{waiting['id']}/read"
    await refused(world.as_("liaison"), "POST", path, "not_found")
