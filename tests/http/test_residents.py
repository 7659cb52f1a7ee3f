"""The labour ledger: a village changes its people, its township looks on, outsiders see none."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from backend.store import database
from tests.http.tools import done, refused, rows
from tests.rosters import id_number
from tests.world import NEIGHBOUR, TOWN, VILLAGE, World

BORN = date(1985, 6, 15)


def new(order: int = 1, **changes: Any) -> dict[str, Any]:
    """Somebody new in 王家庄."""
    fields = {"name": f"李大{order}", "group_no": "1组", "status": "farm", "phone": "13800001234"}
    return {
        "id": str(uuid4()),
        "resident": str(uuid4()),
        "kind": "new",
        "village": VILLAGE,
        "id_number": id_number(order, BORN),
        "fields": {**fields, **changes.pop("fields", {})},
        **changes,
    }


def update(resident: str, **fields: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "resident": resident, "fields": fields}


async def change(
    world: World, *items: dict[str, Any], who: str = "liaison", **envelope: Any
) -> list[dict[str, Any]]:
    body = {"items": items, "device_time": world.clock.now.isoformat(), **envelope}
    answer = await world.as_(who).post("/residents/changes", body, 200)
    outcomes: list[dict[str, Any]] = answer["items"]
    return outcomes


async def added(world: World, order: int = 1, **changes: Any) -> str:
    item = new(order, **changes)
    [outcome] = await change(world, item)
    assert outcome["outcome"] == "created", outcome
    number: str = item["resident"]
    return number


async def synced(world: World, cursor: str | None = None, who: str = "liaison") -> Any:
    params: dict[str, Any] = {"cursor": cursor} if cursor else {}
    return await world.as_(who).get("/sync", **params)


async def test_somebody_new_is_there_masked_with_a_receipt(world: World) -> None:
    item = new()
    [outcome] = await change(world, item)
    assert outcome["outcome"] == "created"
    assert len(outcome["receipt"]) == 9
    found = await world.as_("liaison").get(f"/residents/{item['resident']}")
    person = found["resident"]
    assert (person["name"], person["phone"], person["status"]) == ("李*1", "138****1234", "farm")
    assert person["id_number"].startswith("9901****")
    [first] = found["history"]
    assert (first["kind"], first["by"]) == ("new", "王芳")
    text = str(await database.fetch("SELECT facts::text, stamps::text FROM resident"))
    text += str(await database.fetch("SELECT steps::text FROM resident_change"))
    assert "13800001234" not in text


async def test_sent_twice_it_is_stored_once(world: World) -> None:
    item = new()
    [first] = await change(world, item)
    [again] = await change(world, item)
    assert (again["outcome"], again["receipt"]) == ("duplicate", first["receipt"])
    [other] = await change(world, {**item, "fields": {**item["fields"], "status": "flex"}})
    assert (other["outcome"], other["problem"]["code"]) == ("conflict", "submission_conflict")
    assert await rows("resident") == await rows("resident_change") == 1


async def test_a_bad_item_fails_no_other(world: World) -> None:
    known = await added(world)
    outcomes = await change(
        world,
        update(known, status="unit"),
        update(known, status="flex", work_place="out", work_region="苏州"),
        new(1),
        {"id": "x"},
        update(str(uuid4()), status="flex"),
    )
    codes = [each.get("problem", {}).get("code", each["outcome"]) for each in outcomes]
    assert codes == ["invalid", "created", "resident_known", "invalid", "not_found"]
    assert outcomes[0]["problem"]["params"]["faults"] == [
        {"field": "employer", "reason": "missing"}
    ]


async def test_the_change_captured_last_holds_whatever_arrives_last(world: World) -> None:
    known = await added(world)
    now = world.clock.pass_(hours=10)
    newest = update(known, status="flex") | {"captured_at": (now - timedelta(hours=1)).isoformat()}
    older = update(known, status="unemployed", job_wish=True)
    older["captured_at"] = (now - timedelta(hours=5)).isoformat()
    assert "outdated" not in (await change(world, newest))[0]
    assert (await change(world, older, who="backup"))[0]["outdated"] == ["status"]
    found = await world.as_("reviewer").get(f"/residents/{known}")
    assert (found["resident"]["status"], found["resident"]["job_wish"]) == ("flex", True)
    last = found["history"][0]
    assert (last["outdated"], last["steps"]) == (
        ["status"],
        [{"field": "job_wish", "was": False, "became": True}],
    )
    assert last["captured_at"] < last["received_at"]


async def test_only_one_s_own_village(world: World) -> None:
    known = await added(world)
    for who in ("colleague", "outsider"):
        await refused(world.as_(who), "GET", f"/residents/{known}", "not_found")
        body = {"purpose": "核实身份"}
        await refused(world.as_(who), "POST", f"/residents/{known}/reveal", "not_found", json=body)
        outcomes = await change(world, update(known, status="flex"), new(2), who=who)
        assert [each["problem"]["code"] for each in outcomes] == ["not_found"] * 2
        assert (await world.as_(who).get("/residents"))["items"] == []
        number = {"id_number": id_number(1, BORN)}
        assert (await world.as_(who).post("/residents/search", number, 200))["items"] == []
    assert len((await world.as_("reviewer").get("/residents", region=TOWN))["items"]) == 1
    await refused(world.as_("auditor"), "GET", f"/residents/{known}", "forbidden")


async def test_one_live_entry_a_number_in_the_county(world: World) -> None:
    known = await added(world)
    elsewhere = new(1, village=NEIGHBOUR)
    [outcome] = await change(world, elsewhere, who="colleague")
    assert outcome["problem"]["code"] == "resident_known"
    await change(world, {**update(known), "kind": "move_out"})
    [gone] = await change(world, update(known, status="flex"))
    assert gone["problem"]["code"] == "resident_gone"
    [outcome] = await change(world, {**elsewhere, "id": str(uuid4())}, who="colleague")
    assert outcome["outcome"] == "created"


async def test_a_look_in_full_leaves_a_trace(world: World) -> None:
    known = await added(world)
    found = await world.as_("liaison").post(
        f"/residents/{known}/reveal", {"purpose": "打电话核实"}, 200
    )
    assert (found["name"], found["phone"]) == ("李大1", "13800001234")
    assert found["id_number"] == id_number(1, BORN)
    assert await rows("audit_entry", "action = 'resident.see'") == 1


async def test_figures_follow(world: World) -> None:
    known = await added(world)
    await added(world, 3)
    await change(world, update(known, status="flex", work_place="county"))
    found = await world.as_("reviewer").get("/residents/figures", region=VILLAGE, month="2026-11")
    told = {key: value for key, value in found["figures"].items() if value}
    assert told == {
        "wa_total": 2,
        "labor_total": 2,
        "employed": 2,
        "emp_flex": 1,
        "emp_farm": 1,
        "migrant": 1,
        "mig_county": 1,
    }


async def test_phones_hear_of_their_village_alone(world: World) -> None:
    empty = (await synced(world))["cursor"]
    known = await added(world)
    found = await synced(world, empty)
    [person] = found["residents"]
    assert (person["id"], person["name"], person["born"]) == (known, "李大1", "1985-06")
    assert "13800001234" not in str(person)
    assert id_number(1, BORN) not in str(person)
    assert "residents" not in await synced(world, who="colleague")
    assert "residents" not in await synced(world, found["cursor"])
    await change(world, {**update(known), "kind": "death"})
    after = await synced(world, found["cursor"])
    assert (after["removed"]["residents"], after.get("residents")) == ([known], None)
    assert "residents" not in await synced(world)


async def test_a_merged_village_takes_its_people_along(world: World) -> None:
    known = await added(world)
    before = (await synced(world, who="colleague"))["cursor"]
    merger = {"kind": "merge", "old": VILLAGE, "new": NEIGHBOUR}
    await world.as_("county").post("/regions/changes", merger)
    [person] = (await synced(world, before, "colleague"))["residents"]
    assert (person["id"], person["village"]) == (known, NEIGHBOUR)


async def test_a_list_is_read_page_by_page(world: World) -> None:
    for order in range(1, 4):
        await added(world, order)
    reviewer = world.as_("reviewer")
    first = await done(reviewer, "GET", "/residents", 200, params={"limit": 2, "status": "farm"})
    rest = await reviewer.get("/residents", limit=2, page=first["next"])
    assert len({p["id"] for p in (*first["items"], *rest["items"])}) == 3
    none = await done(reviewer, "GET", "/residents", 200, params={"status": "unit"})
    assert none["items"] == []
