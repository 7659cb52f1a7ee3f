"""First use: links, devices, files handed over, and one's own record."""

import asyncio
import base64
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from backend.store.database import fetch, fetch_value
from media.uploads import content_key
from tests.http.photographs import named, photos, sha256
from tests.http.test_residents import change, new
from tests.http.tools import checked_problem, duty_of, refused, report, rows, submit
from tests.pictures import saved, scene
from tests.world import NEIGHBOUR, PASSWORD, TOWN, VILLAGE, World

PIN = "830264"


async def invite(world: World, whom: str = "liaison", by: str = "lead", **more: Any) -> str:
    """The token of a new link."""
    wanted = {"account": str(world.people[whom].account), **more}
    issued = await world.as_(by).post("/invitations", wanted)
    assert issued["qr_svg"].startswith("<svg")
    before, _, token = issued["link"].partition("#/welcome/")
    assert before.endswith("/"), "the secret stands behind the #"
    return str(token)


async def redeem(world: World, token: str, password: str = PIN) -> httpx.Response:
    body = {"token": token, "password": password, "device": "Linux; Android 10; Redmi 9A"}
    return await world.anyone.ask("POST", "/invitations/redeem", json=body)


async def code(response: httpx.Response) -> str:
    found: str = checked_problem(response)["code"]
    return found


def bearer(pair: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {pair['access_token']}"}


async def sign_in(world: World, who: str, password: str) -> httpx.Response:
    body = {"phone": world.people[who].phone, "password": password}
    return await world.anyone.ask("POST", "/sessions", json=body)


async def test_a_link_lets_in_once_and_signs_the_other_phones_out(world: World) -> None:
    token = await invite(world)
    pair = (await redeem(world, token)).json()
    me = await world.anyone.ask("GET", "/me", headers=bearer(pair))
    assert me.json()["name"] == "王芳"
    assert await code(await world.as_("liaison").ask("GET", "/me")) == "session_ended"
    assert (await sign_in(world, "liaison", PIN)).status_code == 201
    assert await code(await sign_in(world, "liaison", PASSWORD)) == "bad_credentials"
    assert await code(await redeem(world, token)) == "invitation_used"


async def test_the_secret_is_kept_nowhere(world: World) -> None:
    token = await invite(world)
    kept = await fetch_value("SELECT string_agg(i::text, '') FROM invitation i")
    said = await fetch_value("SELECT string_agg(e::text, '') FROM audit_entry e")
    assert token not in kept + said
    assert token[-20:] not in kept + said


async def test_a_newer_link_ends_the_earlier_one(world: World) -> None:
    first, second = await invite(world), await invite(world)
    assert await code(await redeem(world, first)) == "invitation_revoked"
    assert (await redeem(world, second)).status_code == 201


async def test_a_link_expires(world: World) -> None:
    token = await invite(world)
    world.clock.pass_(days=7)
    assert await code(await redeem(world, token)) == "invitation_expired"
    assert (await world.as_("lead").get("/invitations"))["items"] == []


async def test_the_office_lists_and_revokes_in_its_area(world: World) -> None:
    token = await invite(world)
    [listed] = (await world.as_("lead").get("/invitations"))["items"]
    assert listed["name"] == "王芳"
    assert "****" in listed["phone"]
    assert "token" not in listed
    path = f"/invitations/{listed['id']}"
    await refused(world.as_("far_county"), "DELETE", path, "forbidden")
    assert (await world.as_("lead").ask("DELETE", path)).status_code == 204
    assert await code(await redeem(world, token)) == "invitation_revoked"
    await refused(world.as_("lead"), "DELETE", path, "invitation_used")


async def test_nobody_invites_outside_their_area_or_above_them(world: World) -> None:
    for who in ("outsider", "elsewhere", "county", "reviewer"):
        body = {"account": str(world.people[who].account)}
        await refused(world.as_("lead"), "POST", "/invitations", "not_found", json=body)
    body = {"account": str(world.people["colleague"].account)}
    await refused(world.as_("liaison"), "POST", "/invitations", "forbidden", json=body)
    assert await invite(world, "reviewer", by="sysadmin")


async def test_an_ended_post_or_a_disabled_account_opens_nothing(world: World) -> None:
    token, person = await invite(world), world.people["liaison"]
    await world.as_("lead").post(f"/accounts/{person.account}/disable", status=204)
    assert await code(await redeem(world, token)) == "account_disabled"
    await world.as_("lead").post(f"/accounts/{person.account}/enable", status=204)
    await world.as_("lead").post(f"/posts/{person.post}/end", status=204)
    assert await code(await redeem(world, token)) == "invitation_over"
    body = {"account": str(person.account)}
    await refused(world.as_("lead"), "POST", "/invitations", "invitation_over", json=body)


async def test_a_weak_pin_leaves_the_link_good(world: World) -> None:
    token = await invite(world)
    for weak in ("12345", "123456", "111222", "147258", world.people["liaison"].phone[-6:]):
        assert await code(await redeem(world, token, weak)) == "weak_password"
    assert (await redeem(world, token)).status_code == 201


async def test_staff_need_more_than_a_pin(world: World) -> None:
    token = await invite(world, "reviewer", by="sysadmin")
    assert await code(await redeem(world, token, PIN)) == "weak_password"
    assert (await redeem(world, token, "huan-Le-Mi-Ma")).status_code == 201


@pytest.mark.parametrize("bad", ["x", "A" * 54, "A" * 56, "?" * 56, "A" * 200])
async def test_what_is_no_link(world: World, bad: str) -> None:
    assert await code(await redeem(world, bad)) == "invitation_invalid"


async def test_guesses_at_a_link_lock_it(world: World) -> None:
    token = await invite(world)
    wrong = token[:-8] + ("AAAAAAAA" if token[-8:] != "AAAAAAAA" else "BBBBBBBB")
    codes = [await code(await redeem(world, wrong)) for _ in range(6)]
    assert codes == ["invitation_invalid"] * 5 + ["locked_out"]
    assert await code(await redeem(world, token)) == "locked_out"
    assert (await sign_in(world, "liaison", PASSWORD)).status_code == 201
    world.clock.pass_(minutes=16)
    assert (await redeem(world, token)).status_code == 201


async def test_of_two_phones_with_one_link_one_wins(real_world: World) -> None:
    token = await invite(real_world)
    pins = ("830264", "517390", "662845", "904713")
    answers = await asyncio.gather(*(redeem(real_world, token, pin) for pin in pins))
    assert sorted(each.status_code for each in answers) == [201, 410, 410, 410]
    won = pins[[each.status_code for each in answers].index(201)]
    assert (await sign_in(real_world, "liaison", won)).status_code == 201
    assert await rows("session", "ended_at IS NULL AND device LIKE '%Redmi%'") == 1


async def test_a_newcomer_needs_no_password(world: World) -> None:
    body = {"name": "新人", "phone": "13911112222", "post": {"role": "liaison", "region": VILLAGE}}
    made = await world.as_("lead").post("/accounts", body)
    issued = await world.as_("lead").post("/invitations", {"account": made["account"]})
    assert (await redeem(world, issued["link"].rpartition("/")[2])).status_code == 201


async def test_devices_are_listed_and_a_lost_one_is_revoked(world: World) -> None:
    lost = (await redeem(world, await invite(world))).json()
    kept = (await sign_in(world, "liaison", PIN)).json()
    listed = (await world.anyone.ask("GET", "/me/devices", headers=bearer(kept))).json()
    assert {each["name"]: each["current"] for each in listed} == {
        "": True,
        "Linux; Android 10; Redmi 9A": False,
    }
    [gone] = [each["id"] for each in listed if not each["current"]]
    await refused(world.as_("colleague"), "DELETE", f"/me/devices/{gone}", "not_found")
    path = f"/accounts/{world.people['liaison'].account}/devices"
    assert len(await world.as_("lead").get(path)) == 2
    assert (await world.as_("lead").ask("DELETE", f"{path}/{gone}")).status_code == 204
    answer = await world.anyone.ask("GET", "/me", headers=bearer(lost))
    assert await code(answer) == "device_revoked"
    body = {"refresh_token": lost["refresh_token"]}
    answer = await world.anyone.ask("POST", "/sessions/refresh", json=body)
    assert await code(answer) == "device_revoked"
    assert (await world.anyone.ask("GET", "/me", headers=bearer(kept))).status_code == 200


async def test_the_others_are_revoked_and_the_asking_one_stays(world: World) -> None:
    other = (await sign_in(world, "liaison", PASSWORD)).json()
    client = world.as_("liaison")
    assert (await client.ask("DELETE", "/me/devices")).status_code == 204
    assert len(await client.get("/me/devices")) == 1
    answer = await world.anyone.ask("GET", "/me", headers=bearer(other))
    assert await code(answer) == "device_revoked"


async def test_disabling_ends_at_once_and_is_audited(world: World) -> None:
    path = f"/accounts/{world.people['liaison'].account}"
    await refused(world.as_("reviewer"), "POST", f"{path}/disable", "forbidden")
    for _ in range(2):  # harmless again
        await world.as_("lead").post(f"{path}/disable", status=204)
    assert await code(await world.as_("liaison").ask("GET", "/sync")) == "account_disabled"
    assert await code(await sign_in(world, "liaison", PASSWORD)) == "bad_credentials"
    await world.as_("lead").post(f"{path}/enable", status=204)
    assert (await sign_in(world, "liaison", PASSWORD)).status_code == 201
    done = await fetch("SELECT action FROM audit_entry WHERE action LIKE 'account.%able'")
    assert sorted(row["action"] for row in done) == ["account.disable", "account.enable"]
    own = f"/accounts/{world.people['sysadmin'].account}/disable"
    await refused(world.as_("sysadmin"), "POST", own, "own_account")


def rescue(world: World, items: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    return {
        "cunbao": "rescue",
        "version": 1,
        "account": str(world.people["liaison"].account),
        "device_time": world.clock.now.isoformat(),
        "items": items,
        **changes,
    }


@pytest.fixture
async def duty(world: World) -> int:
    await world.schedule()
    await world.open()
    return await duty_of(world, VILLAGE)


async def read_in(world: World, body: dict[str, Any], who: str = "reviewer") -> list[Any]:
    found: list[Any] = (await world.as_(who).post("/rescues", body, 200))["items"]
    return found


async def test_a_rescue_file_is_filed_and_the_phone_gets_the_same_receipt(
    world: World, duty: int
) -> None:
    item = report(duty, captured_at=world.clock.now.isoformat())
    world.clock.pass_(hours=2)
    bad = report(duty, answers={})
    [first, second] = await read_in(world, rescue(world, [item, bad]))
    assert (first["outcome"], second["outcome"]) == ("created", "rejected")
    [again] = await read_in(world, rescue(world, [item]))
    [from_phone] = await submit(world, "liaison", [item])
    assert again["outcome"] == from_phone["outcome"] == "duplicate"
    assert first["receipt"] == again["receipt"] == from_phone["receipt"]
    kept = await fetch("SELECT id::text, filed_by, on_behalf, captured_at FROM submission")
    assert [row["id"] for row in kept] == [item["id"]]
    assert kept[0]["filed_by"] == world.people["reviewer"].account
    assert kept[0]["on_behalf"]
    assert kept[0]["captured_at"].isoformat() == item["captured_at"]
    entry = "action = 'rescue.import' AND account = $1 AND detail->>'created' = '1'"
    assert await rows("audit_entry", entry, world.people["reviewer"].account) == 1


async def test_a_rescue_goes_no_further_than_its_owner_and_the_office(
    world: World, duty: int
) -> None:
    neighbour = await duty_of(world, "990101100202")
    [item] = await read_in(world, rescue(world, [report(neighbour)]))
    assert item["problem"]["code"] == "not_found"
    for who, problem in (
        ("far_reviewer", "not_found"),
        ("other_reviewer", "not_found"),
        ("liaison", "forbidden"),
        ("county", "forbidden"),
    ):
        body = rescue(world, [report(duty)])
        await refused(world.as_(who), "POST", "/rescues", problem, json=body)
    assert await rows("submission") == 0


async def test_a_rescue_file_brings_the_photos_along(world: World, duty: int) -> None:
    photo = saved(scene(1, (640, 480)), quality=85)
    item = report(duty, attachments=[named(photo)])
    told = {"sha256": sha256(photo), "name": "照片.jpg", "size": len(photo), "filing": item["id"]}
    sound = {**told, "content": base64.b64encode(photo).decode()}
    lost = {**told, "sha256": "0" * 64}
    body = rescue(world, [item], photos=[sound], missing=[lost])
    [outcome] = await read_in(world, body)
    assert outcome["outcome"] == "created"
    await read_in(world, rescue(world, [], photos=[sound]))  # of what was filed before
    assert await rows("attachment", "arrived_at IS NOT NULL") == 1
    assert await photos(world).store.get(content_key(sha256(photo))) == photo
    damaged = {**sound, "content": base64.b64encode(photo[1:]).decode()}
    body = rescue(world, [item], photos=[damaged])
    await refused(world.as_("reviewer"), "POST", "/rescues", "invalid", json=body)


async def test_bad_rescue_files(world: World, duty: int) -> None:
    for changes, problem in (
        ({"cunbao": "backup"}, "rescue_version"),
        ({"version": 2}, "rescue_version"),
        ({"items": []}, "invalid"),
        ({"account": "nobody"}, "invalid"),
        ({"account": str(uuid4())}, "not_found"),
        ({"extra": 1}, "invalid"),
    ):
        body = {**rescue(world, [report(duty)]), **changes}
        await refused(world.as_("reviewer"), "POST", "/rescues", problem, json=body)
    headers = {"content-type": "application/json"}
    for content in (b"", b"{", b"\xff\xfe", json.dumps([1]).encode()):
        answer = await world.as_("reviewer").ask(
            "POST", "/rescues", content=content, headers=headers
        )
        assert answer.status_code == 400


async def test_my_record_counts_my_own(world: World, duty: int) -> None:
    assert await world.as_("liaison").get("/me/record") == {"items": []}
    outcome = await world.file("liaison", obligation=duty)
    await world.review("reviewer", outcome["id"], "return", defects=[{"text": "请核对"}])
    world.clock.pass_(days=5)
    [line] = (await world.as_("liaison").get("/me/record"))["items"]
    assert {k: line[k] for k in ("month", "on_time", "late", "missing", "returned")} == {
        "month": "2026-11",
        "on_time": 1,
        "late": 0,
        "missing": 0,
        "returned": 1,
    }
    # The B角 filed nothing; the neighbour has not filed; neither learns of the other.
    assert await world.as_("backup").get("/me/record") == {"items": []}
    world.clock.pass_(days=12)
    [line] = (await world.as_("colleague").get("/me/record"))["items"]
    assert (line["on_time"], line["missing"]) == (0, 1)
    assert await world.as_("reviewer").get("/me/record") == {"items": []}


async def test_the_office_phone_reaches_the_villages(world: World) -> None:
    liaison = world.as_("liaison")
    cursor = (await liaison.get("/sync"))["cursor"]
    path = f"/regions/{TOWN}/office-phone"
    answer = await world.as_("reviewer").ask("PUT", path, json={"number": "0990-123456"})
    assert answer.status_code == 204
    told = await liaison.get("/sync", cursor=cursor)
    assert told["villages"][0]["office_phone"] == "0990-123456"
    body = {"number": "0990-123456"}
    await refused(world.as_("far_reviewer"), "PUT", path, "not_found", json=body)
    village = f"/regions/{VILLAGE}/office-phone"
    await refused(world.as_("lead"), "PUT", village, "office_of_township", json=body)
    await refused(world.as_("lead"), "PUT", path, "invalid", json={"number": "<b>"})


async def test_a_rescue_file_brings_the_changes_of_the_ledger(world: World) -> None:
    item, outside = new(), new(order=2, village=NEIGHBOUR)
    captured = world.clock.now
    item["captured_at"] = captured.isoformat()
    world.clock.pass_(hours=2)
    body = rescue(
        world, [], changes=[item, outside, {"id": "no"}], device_time=captured.isoformat()
    )
    answer = await world.as_("reviewer").post("/rescues", body, 200)
    outcomes = [each["outcome"] for each in answer["changes"]]
    assert (answer["items"], outcomes) == ([], ["created", "rejected", "rejected"])
    [from_phone] = await change(world, item)
    assert from_phone["outcome"] == "duplicate"
    assert from_phone["receipt"] == answer["changes"][0]["receipt"]
    assert await rows("resident", "region = $1", VILLAGE) == 1
    entry = "action = 'rescue.import' AND detail->>'changes' = '1'"
    assert await rows("audit_entry", f"{entry} AND detail->>'changes_refused' = '2'") == 1
