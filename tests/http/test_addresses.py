"""Addresses of people, and the robots of townships."""

from typing import Any

import pytest

from backend.store.database import fetch
from tests.contracts.ways import PHONE_AUTH, PHONE_P256DH
from tests.http.tools import done, refused
from tests.world import OTHER_TOWN, TOWN, VILLAGE, World

PUSH = {
    "endpoint": "https://fcm.googleapis.com/fcm/send/abc",
    "expirationTime": None,
    "keys": {"p256dh": PHONE_P256DH, "auth": PHONE_AUTH},
}


async def own(world: World, who: str) -> list[tuple[str, str]]:
    found = await world.as_(who).get("/addresses")
    return [(item["channel"], item["address"]) for item in found["items"]]


async def test_a_person_sees_adds_and_removes_their_own(world: World) -> None:
    liaison, number = world.as_("liaison"), world.people["liaison"].phone
    phone = f"{number[:3]}****{number[-4:]}"
    assert await own(world, "liaison") == [("sms", phone)]
    added = await liaison.post("/addresses", {"channel": "mail", "address": "wang@village.test"})
    await liaison.post("/addresses", {"channel": "web_push", "subscription": PUSH})
    assert await own(world, "liaison") == [
        ("mail", "w***@village.test"),
        ("sms", phone),
        ("web_push", "…"),
    ]
    assert await own(world, "colleague") != await own(world, "liaison")
    await refused(world.as_("colleague"), "DELETE", f"/addresses/{added['id']}", "not_found")
    await done(liaison, "DELETE", f"/addresses/{added['id']}", 204)
    await refused(liaison, "DELETE", f"/addresses/{added['id']}", "not_found")
    assert [channel for channel, _ in await own(world, "liaison")] == ["sms", "web_push"]


async def test_what_there_is_and_the_key_for_the_browser(world: World) -> None:
    found = await world.as_("liaison").get("/addresses")
    assert found["channels"] == ["web_push", "wecom_app", "mail", "sms"]
    assert len(found["push_key"]) == 87


async def test_addresses_are_kept_sealed(world: World) -> None:
    await world.as_("liaison").post("/addresses", {"channel": "mail", "address": "w@village.test"})
    (row,) = await fetch("SELECT sealed, key FROM address WHERE channel = 'mail'")
    assert b"village" not in row["sealed"] + row["key"]
    assert world.vault.unseal(row["sealed"]) == "w@village.test"
    assert "village.test" not in str(await fetch("SELECT detail::text FROM audit_entry"))


async def test_the_number_removed_does_not_come_back(world: World) -> None:
    liaison = world.as_("liaison")
    (item,) = (await liaison.get("/addresses"))["items"]
    await done(liaison, "DELETE", f"/addresses/{item['id']}", 204)
    assert await own(world, "liaison") == []


async def test_a_browser_belongs_to_whoever_signed_in_last(world: World) -> None:
    body = {"channel": "web_push", "subscription": PUSH}
    await world.as_("liaison").post("/addresses", body)
    await world.as_("backup").post("/addresses", body)
    assert ("web_push", "…") not in await own(world, "liaison")
    assert ("web_push", "…") in await own(world, "backup")


async def test_the_same_address_again_takes_it_back_into_use(world: World) -> None:
    liaison = world.as_("liaison")
    body = {"channel": "wecom_app", "address": "wangfang"}
    first = await liaison.post("/addresses", body)
    await fetch("UPDATE address SET failed_at = now(), failure = 'dead' WHERE id = $1", first["id"])
    assert (await liaison.post("/addresses", body))["id"] == first["id"]
    assert all(i["failed_at"] is None for i in (await liaison.get("/addresses"))["items"])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"channel": "feishu", "address": "hook-token-1"}, "channel_not_set"),
        ({"channel": "voice", "address": "13912345678"}, "channel_not_set"),
        ({"channel": "in_app", "address": "me"}, "channel_not_set"),
        ({"channel": "wecom_robot", "address": "robot-key-1"}, "channel_not_set"),
        ({"channel": "sms", "address": "10086"}, "bad_address"),
        ({"channel": "mail", "address": "nobody"}, "bad_address"),
        ({"channel": "mail", "address": "a@b.test,c@d.test"}, "bad_address"),
        ({"channel": "wecom_app", "address": "@all"}, "bad_address"),
        ({"channel": "wecom_app", "address": "a|b"}, "bad_address"),
        ({"channel": "mail"}, "bad_address"),
        ({"channel": "web_push", "address": "https://fcm.googleapis.com/x"}, "bad_address"),
        (
            {
                "channel": "web_push",
                "subscription": {**PUSH, "endpoint": "https://169.254.169.254/x"},
            },
            "bad_address",
        ),
        ({"channel": "pigeon", "address": "coop"}, "invalid"),
        ({"channel": "mail", "address": "a@b.test\n"}, "bad_address"),
    ],
)
async def test_what_is_no_address_is_refused(world: World, body: Any, code: str) -> None:
    await refused(world.as_("liaison"), "POST", "/addresses", code, json=body)


async def test_a_handful_of_addresses_is_enough(world: World) -> None:
    liaison = world.as_("liaison")
    for number in range(5):
        await liaison.post("/addresses", {"channel": "mail", "address": f"w{number}@village.test"})
    body = {"channel": "mail", "address": "w5@village.test"}
    await refused(liaison, "POST", "/addresses", "too_many_addresses", json=body)
    await liaison.post("/addresses", {"channel": "mail", "address": "w0@village.test"})


HOOK = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4"


async def test_the_lead_sets_the_robot_of_the_township(world: World) -> None:
    lead = world.as_("lead")
    body = {"region": TOWN, "channel": "wecom_robot", "address": HOOK}
    await lead.post("/robots", body)
    second = await lead.post("/robots", {**body, "address": "robot-key-2"})
    found = await world.as_("reviewer").get("/robots")
    assert [(i["id"], i["region"], i["address"]) for i in found["items"]] == [
        (second["id"], TOWN, "ro****-2")
    ]
    assert found["channels"] == ["dingtalk", "wecom_robot"]
    assert (await world.as_("other_reviewer").get("/robots"))["items"] == []
    await done(lead, "DELETE", f"/robots/{second['id']}", 204)
    assert (await lead.get("/robots"))["items"] == []


async def test_the_address_as_shown_is_taken_for_its_key(world: World) -> None:
    lead = world.as_("lead")
    ding = "https://oapi.dingtalk.com/robot/send?access_token=token12345"
    body = {"region": TOWN, "channel": "dingtalk", "address": ding, "secret": "SEC12345678"}
    await lead.post("/robots", {"region": TOWN, "channel": "wecom_robot", "address": HOOK})
    await lead.post("/robots", body)
    kept = [world.vault.unseal(r["sealed"]) for r in await fetch("SELECT sealed FROM address")]
    assert kept == ["693a91f6-7xxx-4bc4", "SEC12345678@token12345"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"region": OTHER_TOWN}, "not_found"),
        ({"region": VILLAGE}, "township_only"),
        ({"channel": "feishu"}, "channel_not_set"),
        ({"channel": "sms", "address": "13912345678"}, "channel_not_set"),
        ({"address": "http://127.0.0.1/x"}, "bad_address"),
        ({"secret": "SEC12345678"}, "bad_address"),
    ],
)
async def test_what_is_no_robot_is_refused(world: World, changes: Any, code: str) -> None:
    body = {"region": TOWN, "channel": "wecom_robot", "address": "robot-key-1", **changes}
    await refused(world.as_("lead"), "POST", "/robots", code, json=body)
