"""Villages with who answers for them, and a post handed over in one go."""

import asyncio
from typing import Any

from backend.store.database import fetch
from tests.http.test_reviews import filed
from tests.http.test_submissions import opened
from tests.http.tools import refused, rows, submit
from tests.http.tools import report as a_report
from tests.world import NEIGHBOUR, PASSWORD, VACANT, VILLAGE, World

NEW = {"name": "冯兰", "phone": "13900000088"}


async def villages(world: World, who: str = "lead", **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.as_(who).get("/villages", **asked))["items"]
    return found


def path(world: World, who: str = "colleague") -> str:
    return f"/posts/{world.people[who].post}/handover"


async def test_villages_with_their_people_and_what_they_owe(world: World) -> None:
    await opened(world)
    world.clock.set(2026, 11, 10, 12)
    found = await villages(world)
    assert [each["region"] for each in found] == [VILLAGE, NEIGHBOUR, VACANT]
    assert [each["name"] for each in found[0]["holders"]] == ["王芳", "赵敏"]
    assert [each["is_backup"] for each in found[0]["holders"]] == [False, True]
    assert (found[0]["owed"], found[0]["late"], found[0]["township"]) == (1, 1, "城关镇")
    assert [each["region"] for each in await villages(world, vacant=True)] == [VACANT]
    assert [each["region"] for each in await villages(world, words="李家")] == [NEIGHBOUR]
    assert await villages(world, words="%") == []
    first = await world.as_("lead").get("/villages", limit=2)
    rest = await world.as_("lead").get("/villages", limit=2, page=first["next"])
    assert [each["region"] for each in rest["items"]] == [VACANT]
    assert len(await villages(world, "county")) == 4
    await refused(world.as_("liaison"), "GET", "/villages", "forbidden")


async def test_villages_that_are_late_with_most_come_first(world: World) -> None:
    duty = await opened(world)
    assert (await submit(world, "liaison", [a_report(duty)]))[0]["outcome"] == "created"
    world.clock.set(2026, 11, 10, 12)
    lead, found, page = world.as_("lead"), [], None
    for _ in range(3):
        more: dict[str, Any] = {} if page is None else {"page": page}
        part = await lead.get("/villages", order="late", limit=1, **more)
        found += [(each["region"], each["late"]) for each in part["items"]]
        page = part["next"]
    assert page is None
    assert found == [(NEIGHBOUR, 1), (VACANT, 1), (VILLAGE, 0)]
    by_code = (await lead.get("/villages", limit=1))["next"]
    await refused(lead, "GET", "/villages", "bad_cursor", params={"order": "late", "page": by_code})


async def test_a_post_is_handed_over_in_one_go(world: World) -> None:
    duty, number = await filed(world, "colleague")
    lead, old = world.as_("lead"), world.people["colleague"]
    shown = await lead.get(path(world))
    assert (shown["person"]["name"], shown["other_posts"]) == ("李强", 0)
    assert shown["devices"] == 1
    assert shown["duties"] == []
    done = await lead.post(path(world), NEW)
    assert not done["known"]
    assert done["invitation"]["name"] == "冯兰"
    # Out in the same moment, and what he did stays his.
    await refused(world.as_("colleague"), "GET", "/sync", "device_revoked")
    detail = await world.as_("reviewer").get(f"/obligations/{duty}")
    assert detail["filings"][0]["filed_by"] == "李强"
    held = {each["region"]: each for each in await villages(world)}[NEIGHBOUR]["holders"]
    assert {each["name"] for each in held} == {"冯兰", "何静"}
    history = (await lead.get("/posts", region=NEIGHBOUR, past=True))["items"]
    assert {each["name"] for each in history} == {"李强", "何静", "冯兰"}
    ended = next(each for each in history if each["post"] == str(old.post))
    began = next(each for each in history if each["name"] == "冯兰")
    assert ended["ends_at"] == began["starts_at"]
    token = done["invitation"]["link"].rpartition("/")[2]
    body = {"token": token, "password": PASSWORD, "device": "新手机"}
    pair = await world.anyone.post("/invitations/redeem", body)
    headers = {"authorization": f"Bearer {pair['access_token']}"}
    answer = await world.anyone.ask("GET", "/sync", headers=headers)
    assert answer.status_code == 200
    assert number in answer.text, "the successor sees what was filed"
    assert await rows("audit_entry", "action IN ('post.end', 'post.begin', 'account.open')") == 3


async def test_it_begins_on_the_day_agreed_on(world: World) -> None:
    duty = await opened(world, NEIGHBOUR)
    body = {**NEW, "at": "2026-11-20T00:00:00+08:00"}
    done = await world.as_("lead").post(path(world), body)
    [outcome] = await submit(world, "colleague", [a_report(duty)])
    assert outcome["outcome"] == "created", "until then he reports"
    world.clock.set(2026, 11, 20, 0, 1)
    await refused(world.as_("colleague"), "GET", "/sync", "forbidden")
    [held] = await fetch("SELECT starts_at FROM post WHERE id = $1::uuid", done["post"])
    assert held["starts_at"].isoformat() == "2026-11-19T16:00:00+00:00"


async def test_a_lost_answer_hands_over_once(world: World) -> None:
    lead = world.as_("lead")
    first = await lead.post(path(world), NEW)
    again = await lead.post(path(world), NEW)
    assert (again["account"], again["post"]) == (first["account"], first["post"])
    assert again["known"]
    assert again["invitation"]["link"] != first["invitation"]["link"]
    assert await rows("post", "region = $1", NEIGHBOUR) == 3
    other = {"name": "孟琪", "phone": "13900000089"}
    await refused(lead, "POST", path(world), "post_over", json=other)
    assert await rows("account", "name = '孟琪'") == 0


async def test_two_at_once_leave_one_successor(real_world: World) -> None:
    wishes = [{"name": f"接任{n}", "phone": f"1390000009{n}"} for n in range(2)]
    lead = real_world.as_("lead")
    answers = await asyncio.gather(
        *(lead.ask("POST", path(real_world), json=wish) for wish in wishes)
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert await rows("post", "region = $1 AND ends_at IS NULL", NEIGHBOUR) == 2
    assert await rows("account", "name LIKE '接任_'") == 1


async def test_what_is_refused(world: World) -> None:
    lead, old = world.as_("lead"), world.people["colleague"]
    oneself = {"name": old.name, "phone": old.phone}
    await refused(lead, "POST", path(world), "handover_to_oneself", json=oneself)
    for who in ("outsider", "liaison"):  # another county's; and a neighbour under a wrong name
        taken = {"name": "别人", "phone": world.people[who].phone}
        await refused(lead, "POST", path(world), "phone_taken", json=taken)
    for at in ("2026-11-01T10:00:00+08:00", "2027-06-01T10:00:00+08:00"):
        await refused(lead, "POST", path(world), "handover_day", json={**NEW, "at": at})
    for post in ("reviewer", "outsider", "elsewhere"):
        await refused(lead, "POST", path(world, post), "not_found", json=NEW)
    for who in ("reviewer", "county", "liaison"):
        await refused(world.as_(who), "POST", path(world), "forbidden", json=NEW)
    assert await rows("account", "name = '冯兰'") == 0


async def test_a_neighbour_may_take_it_over_beside_their_own(world: World) -> None:
    body = {"name": "王芳", "phone": world.people["liaison"].phone}
    done = await world.as_("lead").post(path(world), body)
    assert done["known"]
    assert done["account"] == str(world.people["liaison"].account)
