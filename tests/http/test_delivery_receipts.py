"""What the gateway posts back: signed, repeated, late, and about what it was never given."""

import json
from typing import Any

import httpx

from backend.channels.signing import SIGNATURE, TIMESTAMP, signed
from backend.domain.channels import Kind
from backend.store.database import fetch, fetch_value
from tests.http.tools import checked_problem
from tests.tasks.sending import send, sms_sent, states
from tests.world import GATEWAY_SECRET, World


async def post_receipts(
    world: World, *receipts: Any, secret: str = GATEWAY_SECRET, **changed: str
) -> httpx.Response:
    """What the gateway posts, signed as it should be unless told otherwise."""
    body = json.dumps({"receipts": receipts}).encode()
    headers = signed(secret, body, world.clock.now) | changed
    headers["content-type"] = "application/json"
    return await world.anyone.ask(
        "POST", "/deliveries/receipts", content=body, headers={"authorization": "", **headers}
    )


async def outcomes(world: World, *receipts: Any) -> list[str]:
    answer = await post_receipts(world, *receipts)
    assert answer.status_code == 200, answer.text
    return [item["outcome"] for item in answer.json()["items"]]


async def test_a_receipt_is_noted_once(world: World) -> None:
    _, number = await sms_sent(world)
    said = {"delivery": str(number), "status": "delivered"}
    assert await outcomes(world, said, said) == ["noted"]
    assert await states(world, "liaison") == [("sms", "delivered")]
    assert await outcomes(world, said, {"delivery": "999999", "status": "delivered"}) == [
        "repeated",
        "unknown",
    ]
    assert await outcomes(world, {**said, "status": "failed", "permanent": True}) == ["repeated"]
    assert await states(world, "liaison") == [("sms", "delivered")]


async def test_bad_news_that_is_final_stops_the_number(world: World) -> None:
    _, number = await sms_sent(world)
    said = {"delivery": str(number), "status": "failed", "permanent": True, "reason": "EMPTY"}
    assert await outcomes(world, said) == ["noted"]
    assert await outcomes(world, said) == ["repeated"]
    assert await states(world, "liaison") == [("sms", "failed")]
    (entry,) = (await world.as_("reviewer").get("/call-list"))["items"]
    assert (entry["name"], entry["reason"]) == ("王芳", "EMPTY")
    (address,) = (await world.as_("liaison").get("/addresses"))["items"]
    assert address["failure"] == "EMPTY"


async def test_bad_news_that_is_not_final_is_tried_again(world: World) -> None:
    to, number = await sms_sent(world)
    said = {"delivery": str(number), "status": "failed"}
    assert await outcomes(world, said) == ["noted"]
    assert await outcomes(world, said) == ["repeated"]
    assert await states(world, "liaison") == [("sms", "waiting")]
    before = len(to[Kind.SMS].got)
    world.clock.pass_(minutes=1)
    await send(world, to)
    assert len(to[Kind.SMS].got) == before + 1
    assert to[Kind.SMS].got[-1].key == str(number)


async def test_what_was_never_sent_has_no_receipt(world: World) -> None:
    _, number = await sms_sent(world)
    await fetch("UPDATE delivery SET attempts = 0, sent_at = NULL WHERE id = $1", number)
    assert await outcomes(world, {"delivery": str(number), "status": "delivered"}) == ["unknown"]


async def test_the_gateway_speaks_for_its_own_channels_only(world: World) -> None:
    number = await fetch_value("SELECT min(id) FROM delivery")
    await sms_sent(world)
    number = await fetch_value("SELECT id FROM delivery WHERE channel = 'in_app' LIMIT 1")
    assert await outcomes(world, {"delivery": str(number), "status": "delivered"}) == ["unknown"]


async def test_an_unsigned_receipt_changes_nothing(world: World) -> None:
    _, number = await sms_sent(world)
    said = {"delivery": str(number), "status": "delivered"}
    old = str(int(world.clock.now.timestamp()) - 301)
    for answer in (
        await post_receipts(world, said, secret="another secret of thirty-two letters"),
        await post_receipts(world, said, **{SIGNATURE: "v1="}),
        await post_receipts(world, said, **{TIMESTAMP: old}),
        await post_receipts(world, said, **{TIMESTAMP: "now"}),
        await post_receipts(world, said, **{SIGNATURE: ""}),
    ):
        assert checked_problem(answer)["code"] == "bad_signature"
    body = json.dumps({"receipts": [said]}).encode()
    headers = signed(GATEWAY_SECRET, body, world.clock.now)
    world.clock.pass_(seconds=301)
    late = await world.anyone.ask("POST", "/deliveries/receipts", content=body, headers=headers)
    assert checked_problem(late)["code"] == "bad_signature"
    assert await states(world, "liaison") == [("sms", "sent")]
