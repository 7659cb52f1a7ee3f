"""The newest list of a kind taken back: everybody as before, but who has changed since."""

import asyncio
from datetime import timedelta
from typing import Any

from backend.store.database import fetch
from tests.http.test_imports import CSV, upload
from tests.http.test_resident_sheets import bring, row
from tests.http.test_residents import synced
from tests.http.tools import contents, done, refused, rows
from tests.rosters import pensioner, roster_bytes
from tests.world import NEIGHBOUR, VILLAGE, World

_SEEN = """SELECT name, region, certified_on, household, private_digest, gone_on FROM beneficiary
    ORDER BY name"""


async def people() -> list[dict[str, Any]]:
    return [dict(row) for row in await fetch(_SEEN)]


async def undone(world: World, number: int, status: int = 200, **params: Any) -> dict[str, Any]:
    found: dict[str, Any] = await done(
        world.as_("county"), "POST", f"/imports/{number}/undo", status, params=params
    )
    return found


FIRST = [pensioner(1), pensioner(2), pensioner(3, household_no="7")]


async def test_a_roster_taken_back_leaves_everybody_as_they_were(world: World) -> None:
    await upload(world, FIRST)
    before = await people()
    second = [
        pensioner(1, region_code=NEIGHBOUR),
        pensioner(2, phone="13911112222"),
        pensioner(4, household_no="9"),
    ]
    world.clock.now += timedelta(days=1)
    listed = await upload(world, second)
    assert await people() != before
    unchanged = await contents()
    assert await undone(world, listed["id"], dry_run=True) == {"restored": 4, "left": 0}
    assert await contents() == unchanged
    world.clock.now += timedelta(days=1)
    assert await undone(world, listed["id"]) == {"restored": 4, "left": 0}
    assert (await people())[:3] == before
    [new] = (await people())[3:]
    assert new["gone_on"] is not None
    places = await fetch(
        """SELECT p.region, p.until_on IS NULL AS is_here FROM beneficiary_place p
        JOIN beneficiary b ON b.id = p.beneficiary WHERE b.name = '张桂1' ORDER BY p.id"""
    )
    assert [(row["region"], row["is_here"]) for row in places] == [
        (VILLAGE, False),
        (NEIGHBOUR, False),
        (VILLAGE, True),
    ]
    county = world.as_("county")
    assert (await county.get(f"/imports/{listed['id']}"))["outcome"] == "undone"
    # A lost answer: the same again, and nothing twice.
    again = await contents()
    assert await undone(world, listed["id"]) == {"restored": 4, "left": 0}
    assert await contents() == again
    assert await rows("audit_entry", "action = 'import.undo'") == 1
    await upload(world, second)  # and it can be brought in again
    assert await rows("beneficiary", "gone_on IS NULL") == 3


async def test_who_has_changed_since_stays_and_is_named(world: World) -> None:
    await upload(world, FIRST)
    listed = await upload(world, [pensioner(1, household_no="5"), pensioner(2, household_no="6")])
    await fetch("UPDATE beneficiary SET certified_on = '2026-11-01' WHERE name = '张桂1'")
    county, number = world.as_("county"), listed["id"]
    [left] = (await county.get(f"/imports/{number}/left"))["items"]
    assert (left["name"], left["region"]) == ("张*1", VILLAGE)
    assert await undone(world, number) == {"restored": 2, "left": 1}
    [one, two, three] = await people()
    assert (one["household"], two["household"], three["gone_on"]) == ("5", "", None)
    counts = (await county.get(f"/imports/{number}"))["counts"]
    assert (counts["restored"], counts["left"]) == (2, 1)
    [still] = (await county.get(f"/imports/{number}/left"))["items"]
    assert still == left


async def test_only_the_newest_of_its_kind(world: World) -> None:
    first = await upload(world, FIRST)
    shown = await upload(world, [pensioner(1)], dry_run=True)
    second = await upload(world, FIRST)
    county = world.as_("county")
    await refused(county, "POST", f"/imports/{first['id']}/undo", "import_followed")
    await refused(county, "POST", f"/imports/{shown['id']}/undo", "import_not_undoable")
    assert await undone(world, second["id"]) == {"restored": 0, "left": 0}
    await refused(county, "POST", f"/imports/{first['id']}/undo", "import_followed")
    for who in ("reviewer", "liaison"):
        await refused(world.as_(who), "POST", f"/imports/{second['id']}/undo", "forbidden")
    await refused(world.as_("far_county"), "POST", f"/imports/{second['id']}/undo", "not_found")


async def test_undone_by_two_at_once(real_world: World) -> None:
    await upload(real_world, FIRST)
    listed = await upload(real_world, [pensioner(1, household_no="5")])
    found = await asyncio.gather(*(undone(real_world, listed["id"]) for _ in range(3)))
    assert found == [{"restored": 3, "left": 0}] * 3
    assert await rows("audit_entry", "action = 'import.undo'") == 1


async def test_another_offices_list_is_taken_back(world: World) -> None:
    await upload(world, FIRST)
    before = await people()
    sheet = roster_bytes(
        [
            {"id_no": pensioner(1)["id_no"], "name": "张桂1", "kind": "alive"},
            {"id_no": pensioner(2)["id_no"], "name": "张桂2", "kind": "deceased"},
        ],
        ("id_no", "name", "kind"),
    )
    params = {"source": "医保", "on": "2026-10-20"}
    sent = {"content": sheet, "headers": CSV, "params": params}
    listed = await done(world.as_("county"), "POST", "/imports/match", 201, **sent)
    assert (listed["counts"]["suspect"], listed["counts"]["cleared"]) == (1, 1), listed
    assert await people() != before
    assert await undone(world, listed["id"]) == {"restored": 1, "left": 0}
    assert await people() == before
    assert (await world.as_("county").get("/beneficiaries", doubted=True))["items"] == []


async def test_a_sheet_of_the_ledger_is_taken_back(world: World) -> None:
    await bring(world, row(1), row(2))
    facts = "SELECT region, facts::text FROM resident WHERE gone_on IS NULL ORDER BY id"
    before, cursor = await fetch(facts), (await synced(world))["cursor"]
    world.clock.now += timedelta(days=1)
    listed = await bring(world, row(1, phone="13955556666"), row(2, region_code=NEIGHBOUR), row(3))
    cursor = (await synced(world, cursor))["cursor"]
    world.clock.now += timedelta(days=1)
    assert await undone(world, listed["id"]) == {"restored": 3, "left": 0}
    assert await fetch(facts) == before
    told = await synced(world, cursor)
    assert {each["name"] for each in told["residents"]} == {"李大1", "李大2"}
    assert len(told["removed"]["residents"]) == 1
    newest = (await fetch("SELECT steps::text FROM resident_change ORDER BY received_at DESC"))[0]
    assert "phone" in newest["steps"] or newest["steps"] == "[]"
