"""What a phone gets: everything once, then only what changed."""

import asyncio
import base64
import gzip
import json
from typing import Any

import brotli
import msgspec
import pytest
import zstandard

from backend.domain.forms import parse_definition, prefilled, validate
from tests.http.test_submissions import opened
from tests.http.tools import decide, done, duty_of, refused, report, submit
from tests.world import NEIGHBOUR, TOWN, VILLAGE, World, add_person, weekly


async def synced(world: World, cursor: str | None = None, who: str = "liaison") -> dict[str, Any]:
    params: dict[str, Any] = {"cursor": cursor} if cursor else {}
    found: dict[str, Any] = await world.as_(who).get("/sync", **params)
    return found


async def test_first_everything(world: World) -> None:
    duty = await opened(world)
    found = await synced(world)
    assert (found["full"], found["server_time"]) == (True, "2026-11-02T02:00:00Z")
    [village] = found["villages"]
    assert village == {
        "key": VILLAGE,
        "name": "王家庄村民委员会",
        "township": TOWN,
        "township_name": "城关镇",
        "office_phone": "",
        "is_backup": False,
    }
    [owed] = found["obligations"]
    assert (owed["id"], owed["code"], owed["stage"]) == (duty, "RETURN_WEEKLY", "none")
    assert owed["due_at"] == "2026-11-06T04:00:00Z"
    [form] = found["forms"]
    assert form["id"] == owed["form"]
    definition = parse_definition(form["definition"])
    assert validate(definition, weekly(), None, {}).errors == ()
    assert (await synced(world, who="backup"))["villages"][0]["is_backup"] is True


async def test_then_nothing_in_few_bytes(world: World) -> None:
    await opened(world)
    cursor = (await synced(world))["cursor"]
    for _ in range(2):
        response = await world.as_("liaison").ask("GET", "/sync", params={"cursor": cursor})
        assert set(response.json()) == {"cursor", "server_time"}
        assert len(response.content) <= 300
        cursor = response.json()["cursor"]


async def test_then_only_what_changed(world: World) -> None:
    duties = [await opened(world) for _ in range(3)]
    before = await synced(world)
    assert len(before["obligations"]) == 3
    await submit(world, "liaison", [report(duties[1])])
    after = await synced(world, before["cursor"])
    assert "full" not in after
    [changed] = after["obligations"]
    assert (changed["id"], changed["stage"]) == (duties[1], "town")
    assert changed["submission"]["answers"] == weekly()
    assert "forms" not in after
    later = await opened(world, code="JOB_DEMAND")
    newest = await synced(world, after["cursor"])
    assert [owed["id"] for owed in newest["obligations"]] == [later]
    assert [form["definition"]["code"] for form in newest["forms"]] == ["JOB_DEMAND"]


async def test_what_happens_elsewhere_is_no_change(world: World) -> None:
    await world.schedule()
    await world.open()
    cursor = (await synced(world))["cursor"]
    await submit(world, "colleague", [report(await duty_of(world, NEIGHBOUR))])
    assert set(await synced(world, cursor)) == {"cursor", "server_time"}


async def test_a_return_comes_with_its_defects(world: World) -> None:
    duty = await opened(world)
    [filed] = await submit(world, "liaison", [report(duty)])
    cursor = (await synced(world))["cursor"]
    defects = [{"field": "ret_out", "text": "少报1人"}]
    await world.review("reviewer", filed["id"], "return", defects=defects, remark="尽快")
    await world.deliver()
    found = await synced(world, cursor)
    [owed] = found["obligations"]
    assert (owed["stage"], owed["fix_by"]) == ("returned", "2026-11-04T10:00:00Z")
    assert owed["submission"]["defects"][0]["text"] == "少报1人"
    assert owed["submission"]["review_remark"] == "尽快"
    assert [message["kind"] for message in found["messages"]] == ["returned"]
    assert "messages" not in await synced(world, found["cursor"])


async def test_an_acceptance_renews_what_the_next_report_starts_from(world: World) -> None:
    schedule = await world.schedule()
    await world.open()
    [filed] = await submit(
        world, "liaison", [report(await duty_of(world, VILLAGE, schedule=schedule))]
    )
    world.clock.set(2026, 11, 9, 10)
    await world.open()
    before = await synced(world)
    waiting = {owed["period"]: owed for owed in before["obligations"]}["2026-W46"]
    assert "last" not in waiting
    await world.review("reviewer", filed["id"], "pass")
    after = await synced(world, before["cursor"])
    changed = {owed["period"]: owed for owed in after["obligations"]}
    assert set(changed) == {"2026-W45", "2026-W46"}
    assert changed["2026-W46"]["last"] == weekly()
    form = parse_definition(before["forms"][0]["definition"])
    assert prefilled(form, changed["2026-W46"]["last"])["local_job"] == 1


async def test_adjustments_reach_the_phone(world: World) -> None:
    duty = await opened(world)
    cursor = (await synced(world))["cursor"]
    body = {"kind": "extend", "reason": "系统故障", "obligations": [duty]}
    await world.as_("county").post("/adjustments", {**body, "due_at": "2026-11-09T04:00:00Z"})
    [owed] = (await synced(world, cursor))["obligations"]
    assert (owed["due_at"], owed["extended_from"]) == (
        "2026-11-09T04:00:00Z",
        "2026-11-06T04:00:00Z",
    )


async def test_a_withdrawal_reaches_the_other_phone(world: World) -> None:
    duty = await opened(world)
    [filed] = await submit(world, "liaison", [report(duty)])
    cursor = (await synced(world, who="backup"))["cursor"]
    await done(world.as_("liaison"), "POST", f"/submissions/{filed['id']}/withdraw", 200)
    [owed] = (await synced(world, cursor, "backup"))["obligations"]
    assert owed["stage"] == "none"
    assert "submission" not in owed


async def test_a_second_village_comes_whole_and_a_lost_one_goes(world: World) -> None:
    await world.schedule()
    await world.open()
    cursor = (await synced(world))["cursor"]
    account = str(world.people["liaison"].account)
    post = {"role": "liaison", "region": NEIGHBOUR}
    made = await world.as_("lead").post("/posts", {"account": account, "post": post})
    both = await synced(world, cursor)
    assert [village["key"] for village in both["villages"]] == [VILLAGE, NEIGHBOUR]
    assert [owed["village"] for owed in both["obligations"]] == [NEIGHBOUR]
    await world.as_("lead").post(f"/posts/{made['post']}/end", status=204)
    one = await synced(world, both["cursor"])
    assert [village["key"] for village in one["villages"]] == [VILLAGE]


async def test_long_closed_duties_stay_away(world: World) -> None:
    duty, returned = await opened(world), await opened(world)
    for each in (duty, returned):
        await submit(world, "liaison", [report(each)])
    [_, second] = (await world.as_("reviewer").get("/reviews"))["items"]
    await world.review("reviewer", second["submission"], "return", defects=[{"text": "请核实"}])
    world.clock.set(2027, 1, 12, 11)
    assert {owed["id"] for owed in (await synced(world))["obligations"]} == {duty, returned}
    [first] = (await world.as_("reviewer").get("/reviews"))["items"]
    await world.review("reviewer", first["submission"], "pass")
    world.clock.set(2027, 1, 12, 13)
    assert [owed["id"] for owed in (await synced(world))["obligations"]] == [returned]


@pytest.mark.parametrize(
    "cursor",
    [
        "AAAA",
        "!",
        "A" * 8001,
        "é",
        base64.urlsafe_b64encode(msgspec.msgpack.encode([1, 2, 3])).decode(),
        base64.urlsafe_b64encode(msgspec.msgpack.encode([{VILLAGE: 2**63}, 0, []])).decode(),
        base64.urlsafe_b64encode(msgspec.msgpack.encode([{}, 0, [2**40]])).decode(),
        base64.urlsafe_b64encode(msgspec.msgpack.encode([{}, 0, ["x"]])).decode(),
    ],
)
async def test_a_cursor_that_is_none(world: World, cursor: str) -> None:
    response = await world.as_("liaison").ask("GET", "/sync", params={"cursor": cursor})
    assert response.status_code == 400
    assert response.json()["code"] in ("bad_cursor", "invalid")


async def test_a_forged_cursor_shows_no_other_village(world: World) -> None:
    await world.schedule()
    await world.open()
    raw = msgspec.msgpack.encode([{NEIGHBOUR: -5, VILLAGE: -(2**62)}, -1, [1, 2, 3, 99]])
    cursor = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    found = await synced(world, cursor)
    assert [owed["village"] for owed in found["obligations"]] == [VILLAGE]


async def test_only_those_who_file_for_villages(world: World) -> None:
    for who in ("reviewer", "county", "auditor", "sysadmin"):
        await refused(world.as_(who), "GET", "/sync", "forbidden")


_DECODERS = {
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": zstandard.ZstdDecompressor().decompress,
}


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("gzip", "gzip"),
        ("br", "br"),
        ("zstd", "zstd"),
        ("gzip, br;q=0.9", "br"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0, br;q=0, *", "gzip"),
        ("GZIP;q=1.0", "gzip"),
        ("identity", None),
        ("*;q=0", None),
        ("gzip;q=none", None),
        ("", None),
    ],
)
async def test_compressed_as_asked(world: World, accept: str, expected: str | None) -> None:
    await opened(world)
    client = world.as_("liaison")
    header = {"accept-encoding": accept}
    async with world.http.stream(
        "GET", "/api/v1/sync", headers={**header, **client.headers()}
    ) as r:
        raw = b"".join([part async for part in r.aiter_raw()])
    assert r.headers.get("content-encoding") == expected
    assert int(r.headers["content-length"]) == len(raw)
    plain = _DECODERS[expected](raw) if expected else raw
    assert json.loads(plain)["obligations"]
    if expected:
        assert len(raw) < len(plain) / 2


async def test_deltas_add_up_to_the_whole_whatever_commits_first(real_world: World) -> None:
    """王芳 and 赵敏 file side by side while a phone syncs; nothing falls between two cursors."""
    world = real_world
    await add_person(world, "third", "冯兰", world.people["liaison"].role, VILLAGE)
    duties = [await opened(world) for _ in range(12)]
    first = await synced(world, who="third")
    stages = {owed["id"]: owed["stage"] for owed in first["obligations"]}

    async def work(who: str, mine: list[int]) -> None:
        for duty in mine:
            [filed] = await submit(world, who, [report(duty)])
            item = {"id": filed["id"], "submission": filed["id"], "step": "town"}
            await decide(world, "reviewer", [{**item, "decision": "pass"}])

    async def watch(cursor: str) -> str:
        for _ in range(25):
            found = await synced(world, cursor, "third")
            stages.update({o["id"]: o["stage"] for o in found.get("obligations", [])})
            cursor = found["cursor"]
            await asyncio.sleep(0.002)
        return cursor

    cursor, *_ = await asyncio.gather(
        watch(first["cursor"]), work("liaison", duties[::2]), work("backup", duties[1::2])
    )
    found = await synced(world, cursor, "third")
    stages.update({o["id"]: o["stage"] for o in found.get("obligations", [])})
    whole = await synced(world, who="third")
    assert stages == {owed["id"]: owed["stage"] for owed in whole["obligations"]}
    assert set(stages.values()) == {"accepted"}
