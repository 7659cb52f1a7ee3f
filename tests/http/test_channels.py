"""The call list of an office, and how the channels do."""

from backend.domain.channels import Kind
from backend.domain.sending import SPREAD
from backend.store.database import fetch
from tests.http.tools import done, refused, rows
from tests.tasks.sending import BUSY, Noting, Services, decide, ladder, send, sms_sent
from tests.world import NEIGHBOUR, TOWN, World


async def test_the_call_list_of_an_office(world: World) -> None:
    to = await unreachable(world)
    reviewer = world.as_("reviewer")
    (entry,) = (await reviewer.get("/call-list"))["items"]
    number = world.people["liaison"].phone
    assert entry["phone"] == f"{number[:3]}****{number[-4:]}"
    assert (entry["region"], entry["channel"]) == (TOWN, "sms")
    assert entry["region_name"] == "城关镇"
    assert number not in str(entry)
    assert (await world.as_("other_reviewer").get("/call-list"))["items"] == []
    assert len((await world.as_("county").get("/call-list", region=TOWN))["items"]) == 1
    path = f"/call-list/{entry['id']}/done"
    await refused(world.as_("other_reviewer"), "POST", path, "not_found", json={"note": "已告知"})
    await done(reviewer, "POST", path, 204, json={"note": "换了号码，已告知"})
    await refused(reviewer, "POST", path, "call_done", json={"note": "已告知"})
    assert (await reviewer.get("/call-list"))["items"] == []
    (past,) = (await reviewer.get("/call-list", done=True))["items"]
    assert past["note"] == "换了号码，已告知"
    assert await rows("audit_entry", "action = 'call.done'") == 1
    assert to[Kind.SMS].got


async def unreachable(world: World) -> Services:
    """The liaison's number answers nothing until all attempts are used up."""
    await world.schedule(ladder=ladder("sms"))
    await world.open()
    world.clock.set(2026, 11, 5, 9, 0)
    number = world.people["liaison"].phone
    to = {Kind.SMS: Noting(say=lambda item: BUSY if item.address == number else None)}
    await decide(world, to)
    for _ in range(6):
        await send(world, to)
        world.clock.pass_(hours=0.5)
    return to


async def test_the_call_list_page_by_page(world: World) -> None:
    await unreachable(world)
    await fetch(
        """INSERT INTO call_entry (region, account, channel, reason, since)
        SELECT $1, id, 'sms', 'unreachable', $2 FROM account WHERE name IN ('李强', '何静')""",
        NEIGHBOUR[:9],
        world.clock.now,
    )
    names, page = [], None
    while True:
        query = {"limit": 1, **({"page": page} if page else {})}
        found = await world.as_("lead").get("/call-list", **query)
        names += [item["name"] for item in found["items"]]
        page = found["next"]
        if page is None:
            break
    assert len(names) == 3
    assert names[0] == "王芳"


async def test_how_the_channels_do(world: World) -> None:
    await unreachable(world)
    found = await world.as_("monitor").get("/channels")
    items = {item["channel"]: item for item in found["items"]}
    assert set(items) == set(Kind)
    assert items["in_app"]["sent"] > 0
    assert items["sms"]["failed"] == 1
    assert items["sms"]["sent"] == items["in_app"]["sent"] - 1
    assert (items["sms"]["waiting"], items["sms"]["oldest_seconds"]) == (0, 0)
    assert items["feishu"] == {**dict.fromkeys(items["feishu"], 0), "channel": "feishu",
                               "configured": False}  # fmt: skip
    far = await world.as_("far_county").get("/channels")
    assert {item["sent"] for item in far["items"]} == {0}


async def test_how_long_the_oldest_has_waited(world: World) -> None:
    await sms_sent(world)
    await fetch("UPDATE delivery SET sent_at = NULL WHERE channel = 'sms'")
    world.clock.pass_(minutes=10)
    items = (await world.as_("county").get("/channels"))["items"]
    (sms,) = (item for item in items if item["channel"] == "sms")
    assert sms["sent"] == 0
    assert sms["waiting"] > 0
    assert sms["oldest_seconds"] == 600 + SPREAD.total_seconds()
