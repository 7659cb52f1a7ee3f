"""Offices publish notices; villages read them, and offices see who has."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from tests.http.photographs import named, read_all, send
from tests.http.tools import refused, rows
from tests.pictures import saved, scene
from tests.world import COUNTY, OTHER_TOWN, OTHER_VILLAGE, TOWN, VILLAGE, Client, World


def notice(**changes: Any) -> dict[str, Any]:
    """The body of a township's notice."""
    said = {"title": "城乡居民养老保险认证", "body": "第一段。\n\n第二段。"}
    return {"id": str(uuid4()), "office": TOWN, **said, **changes}


async def published(world: World, who: str = "lead", **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = await world.as_(who).post("/notices", notice(**changes))
    return found


async def listed(world: World, who: str) -> list[str]:
    page = await world.as_(who).get("/notices")
    return [each["id"] for each in page["items"]]


async def read(world: World, who: str, found: dict[str, Any], **changes: Any) -> None:
    body = {"version": found["version"], "read_at": world.clock.now.isoformat(), **changes}
    await world.as_(who).post(f"/notices/{found['id']}/read", body, 204)


async def kept(world: World, who: str, cursor: str | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = await world.as_(who).get("/sync", cursor=cursor or "")
    return answer


async def told(world: World, who: str) -> list[str]:
    await world.deliver()
    page = await world.as_(who).get("/messages")
    return [each["text"] for each in page["items"] if each["kind"] == "notice"]


async def test_everybody_below_sees_it_and_nobody_else(world: World) -> None:
    found = await published(world)
    for who in ("liaison", "backup", "colleague", "station", "reviewer", "county", "monitor"):
        assert await listed(world, who) == [found["id"]], who
    for who in ("elsewhere", "outsider", "other_reviewer", "far_county"):
        assert await listed(world, who) == [], who
        await refused(world.as_(who), "GET", f"/notices/{found['id']}", "not_found")


async def test_to_one_village_it_is_the_others_of_the_township_who_do_not_see_it(
    world: World,
) -> None:
    found = await published(world, "county", office=COUNTY, scopes=[VILLAGE, OTHER_TOWN])
    assert await listed(world, "liaison") == await listed(world, "elsewhere") == [found["id"]]
    assert await listed(world, "colleague") == []
    assert await listed(world, "reviewer") == [found["id"]]


async def test_an_office_speaks_for_itself_and_its_own_area(world: World) -> None:
    lead = world.as_("lead")
    await refused(lead, "POST", "/notices", "not_found", json=notice(office=COUNTY))
    await refused(lead, "POST", "/notices", "notice_scope", json=notice(scopes=[OTHER_VILLAGE]))
    past = (world.clock.now - timedelta(hours=1)).isoformat()
    await refused(lead, "POST", "/notices", "confirm_by_past", json=notice(confirm_by=past))
    await refused(world.as_("liaison"), "POST", "/notices", "forbidden", json=notice())


async def test_sent_again_it_is_one_notice(world: World) -> None:
    body = notice()
    first = await world.as_("lead").post("/notices", body)
    assert await world.as_("lead").post("/notices", body) == first
    assert await rows("notice") == 1
    await refused(
        world.as_("lead"), "POST", "/notices", "notice_conflict", json={**body, "title": "另一份"}
    )


async def test_readers_are_told_once_in_the_app(world: World) -> None:
    by = world.clock.now + timedelta(days=2)
    await published(world, confirm_by=by.isoformat())
    assert await told(world, "liaison") == ["收到1份新通知，请在11月4日10:00前确认阅读。"]
    assert await told(world, "elsewhere") == []
    assert await told(world, "reviewer") == []


async def test_at_night_word_of_it_waits_for_the_morning(world: World) -> None:
    world.clock.set(2026, 11, 2, 22, 0)
    found = await published(world)
    assert await told(world, "liaison") == []
    assert [each["id"] for each in (await kept(world, "liaison"))["notices"]] == [found["id"]]
    world.clock.set(2026, 11, 3, 8, 0)
    assert await told(world, "liaison") == ["收到1份新通知，请查看。"]


async def test_phones_get_it_once_and_hear_of_every_change(world: World) -> None:
    before = (await kept(world, "liaison"))["cursor"]
    found = await published(world)
    answer = await kept(world, "liaison", before)
    assert [(n["title"], n["body"]) for n in answer["notices"]] == [(found["title"], found["body"])]
    await told(world, "liaison")
    later = await kept(world, "liaison", answer["cursor"])
    assert "notices" not in later
    assert len(later["messages"]) == 1
    await read(world, "liaison", found)
    after = await kept(world, "liaison", later["cursor"])
    assert after["notices"][0]["read_at"] == "2026-11-02T02:00:00Z"
    await world.as_("lead").post(f"/notices/{found['id']}/withdraw", None, 204)
    [over] = (await kept(world, "liaison", after["cursor"]))["notices"]
    assert over["withdrawn_at"]
    assert over["body"] == ""


async def test_who_has_read_is_seen_by_village_and_by_name(world: World) -> None:
    found = await published(world)
    told_at = world.clock.now.isoformat()
    world.clock.pass_(hours=3)
    await read(world, "liaison", found, read_at=told_at)
    await read(world, "liaison", found)
    path = f"/notices/{found['id']}"
    counts = await world.as_("reviewer").get(f"{path}/villages")
    assert [(each["name"][:3], each["readers"], each["read"]) for each in counts] == [
        ("王家庄", 2, 1),
        ("李家屯", 2, 0),
        ("赵家沟", 0, 0),
    ]
    [mine] = (await world.as_("reviewer").get(f"{path}/readers", read=True))["items"]
    assert (mine["name"], mine["read_at"], mine["received_at"]) == (
        "王芳",
        "2026-11-02T02:00:00Z",
        "2026-11-02T05:00:00Z",
    )
    others = (await world.as_("county").get(f"{path}/readers", read=False))["items"]
    assert {each["name"] for each in others} == {"赵敏", "李强", "何静"}
    await refused(world.as_("liaison"), "GET", f"{path}/readers", "forbidden")


async def test_a_township_sees_its_own_readers_of_a_county_notice(world: World) -> None:
    found = await published(world, "county", office=COUNTY)
    path = f"/notices/{found['id']}"
    counts = await world.as_("other_reviewer").get(f"{path}/villages")
    assert [each["region"] for each in counts] == [OTHER_VILLAGE]
    names = (await world.as_("other_reviewer").get(f"{path}/readers"))["items"]
    assert [each["name"] for each in names] == ["刘洋"]
    await refused(world.as_("reviewer"), "POST", f"{path}/withdraw", "not_found")


async def test_a_reading_counts_neither_before_the_notice_nor_in_the_future(world: World) -> None:
    found = await published(world)
    await read(world, "liaison", found, read_at="2026-01-01T00:00:00Z")
    await read(world, "backup", found, read_at="2030-01-01T00:00:00Z")
    page = await world.as_("reviewer").get(f"/notices/{found['id']}/readers", read=True)
    assert {each["read_at"] for each in page["items"]} == {"2026-11-02T02:00:00Z"}


async def test_a_correction_is_read_anew_and_keeps_the_first_version(world: World) -> None:
    found = await published(world)
    await read(world, "liaison", found)
    words = {"title": "更正", "body": "改为12月。"}
    corrected = await world.as_("lead").ask("PUT", f"/notices/{found['id']}", json=words)
    assert (corrected.json()["version"], corrected.json()["title"]) == (2, "更正")
    mine = await world.as_("liaison").get(f"/notices/{found['id']}")
    assert mine["read_at"] is None
    assert await rows("notice_version") == 2
    # The first word was not delivered yet: one message, about the newest version.
    assert await told(world, "liaison") == ["有1份通知已更正，请查看。"]


async def test_withdrawn_before_it_was_told_nobody_hears_of_it(world: World) -> None:
    found = await published(world)
    await world.as_("lead").post(f"/notices/{found['id']}/withdraw", None, 204)
    await world.as_("lead").post(f"/notices/{found['id']}/withdraw", None, 204)
    assert await told(world, "liaison") == []
    words = {"title": "更正", "body": "改。"}
    await refused(
        world.as_("lead"), "PUT", f"/notices/{found['id']}", "notice_withdrawn", json=words
    )


async def test_what_goes_along_is_given_to_readers_of_this_session_alone(world: World) -> None:
    anybody = Client(world, None)
    photo = saved(scene())
    file = {key: named(photo)[key] for key in ("sha256", "name", "size")}
    await refused(world.as_("county"), "POST", "/notices", "file_not_sent",
                  json=notice(office=COUNTY, files=[file]))  # fmt: skip
    await send(world, "county", photo)
    found = await published(world, "county", office=COUNTY, files=[file])
    assert found["files"][0]["whole"] is None
    await read_all(world)
    [mine] = (await world.as_("liaison").get(f"/notices/{found['id']}"))["files"]
    whole = await anybody.ask("GET", mine["whole"].removeprefix("/api/v1"))
    assert whole.content == photo
    assert "attachment" in whole.headers["content-disposition"]
    picture = await anybody.ask("GET", mine["picture"].removeprefix("/api/v1"))
    assert picture.headers["content-type"] == "image/jpeg"
    # An address of one kind does not serve for the other, and none for long.
    token = mine["whole"].rpartition("/")[2]
    await refused(anybody, "GET", f"/pictures/{token}", "not_found")
    world.clock.pass_(minutes=6)
    await refused(anybody, "GET", f"/notice-files/{token}", "not_found")
