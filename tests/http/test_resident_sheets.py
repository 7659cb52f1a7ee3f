"""Sheets of the ledger: taken whole or not at all, shown before, given back, exported."""

import io
from typing import Any

from backend import sheets
from backend.store.database import fetch_value
from tests.approvals import approval
from tests.http.test_residents import BORN, added, change, synced, update
from tests.http.tools import done, refused, rows
from tests.rosters import id_number, roster_bytes
from tests.world import NEIGHBOUR, VILLAGE, World

HEADER = ("name", "id_no", "region_code", "status", "employer", "phone", "change_type")


def row(order: int, **changes: str) -> dict[str, str]:
    return {
        "name": f"李大{order}",
        "id_no": id_number(order, BORN),
        "region_code": VILLAGE,
        "status": "务农",
        **changes,
    }


async def bring(world: World, *listed: dict[str, str], header: Any = HEADER, **params: Any) -> Any:
    content = roster_bytes(listed, header)
    headers = {"content-type": "text/csv"}
    county = world.as_("county")
    return await done(
        county, "POST", "/imports/residents", 201, content=content, headers=headers, params=params
    )


async def test_a_sheet_is_shown_then_taken_and_the_phone_hears(world: World) -> None:
    known = await added(world)
    cursor = (await synced(world))["cursor"]
    listed = (row(1, status="灵活就业"), row(2, phone="13811112222"))
    shown = await bring(world, *listed, dry_run=True)
    assert (shown["outcome"], shown["counts"]["new"], shown["counts"]["changed"]) == ("shown", 1, 1)
    assert await rows("resident") == 1
    taken = await bring(world, *listed)
    assert taken["outcome"] == "imported"
    [diff] = (await world.as_("county").get(f"/imports/{taken['id']}/changes"))["items"]
    assert (diff["resident"], diff["beneficiary"], diff["kind"]) == (known, None, "changed")
    assert "status" in diff["fields"]
    assert {p["name"] for p in (await synced(world, cursor))["residents"]} == {"李大1", "李大2"}
    again = await bring(world, *listed)
    assert again["counts"]["same"] == 2, again
    newest = (await world.as_("liaison").get(f"/residents/{known}"))["history"][0]
    assert (newest["kind"], newest["batch"]) == ("update", taken["id"])
    assert {"field": "status", "was": "farm", "became": "flex"} in newest["steps"]


async def test_fields_without_a_column_stay_and_empty_cells_empty(world: World) -> None:
    known = await added(world)
    few = ("name", "id_no", "region_code", "status")
    await bring(world, row(1, status="失业"), header=few)
    found = (await world.as_("liaison").get(f"/residents/{known}"))["resident"]
    assert (found["status"], found["phone"], found["group_no"]) == (
        "unemployed",
        "138****1234",
        "1组",
    )
    await bring(world, row(1, status="失业"))
    found = (await world.as_("liaison").get(f"/residents/{known}"))["resident"]
    assert (found["phone"], found["group_no"]) == ("", "1组")


async def test_one_faulty_row_and_nothing_is_taken(world: World) -> None:
    known = await added(world)
    listed = (row(1, status="失业"), row(2, status="单位就业"), row(3, region_code="990102100201"))
    found = await bring(world, *listed)
    assert (found["outcome"], found["counts"]) == ("rejected", {"faulty": 2})
    assert await rows("resident") == 1
    assert (await world.as_("liaison").get(f"/residents/{known}"))["resident"]["status"] == "farm"
    faults = (await world.as_("county").get(f"/imports/{found['id']}/faults"))["items"]
    assert [(f["line"], f["faults"][0]["field"]) for f in faults] == [
        (3, "employer"),
        (4, "region_code"),
    ]
    answer = await world.as_("county").ask("POST", f"/imports/{found['id']}/sheet")
    assert answer.content[:2] == b"PK"


async def test_moving_and_leaving_by_a_sheet_clears_the_phone(world: World) -> None:
    first, second = await added(world, 1), await added(world, 2)
    cursor = (await synced(world))["cursor"]
    counts = (await bring(world, row(1, region_code=NEIGHBOUR), row(2, change_type="死亡")))[
        "counts"
    ]
    assert (counts["moved"], counts["gone"]) == (1, 1)
    assert set((await synced(world, cursor))["removed"]["residents"]) == {first, second}
    assert [p["id"] for p in (await synced(world, who="colleague"))["residents"]] == [first]
    [outcome] = await change(world, update(first, status="flex"))
    assert outcome["problem"]["code"] == "not_found"


async def test_an_export_is_masked_unless_two_people_agree_and_can_be_read_in(
    world: World, tmp_path: Any
) -> None:
    await added(world)
    masked = await world.as_("reviewer").ask("GET", "/residents/export.csv")
    assert "李*1" in masked.text
    assert "13800001234" not in masked.text
    given, county = await approval(world, "residents"), world.as_("county")
    await refused(world.as_("reviewer"), "GET", "/residents/export.csv", "forbidden", params=given)
    full = await county.ask("GET", "/residents/export.xlsx", params=given)
    path = tmp_path / "ledger.xlsx"
    path.write_bytes(io.BytesIO(full.content).getvalue())
    lines = [line.cells for line in sheets.read(path, 10**6)]
    assert lines[1][0] == "李大1"
    assert id_number(1, BORN) in lines[1]
    used = "SELECT detail->>'approval' FROM audit_entry WHERE action = 'residents.export'"
    assert await fetch_value(f"{used} ORDER BY id DESC LIMIT 1") is not None
    headers = {"content-type": "application/octet-stream"}
    again = await done(
        county, "POST", "/imports/residents", 201, content=full.content, headers=headers
    )
    assert again["counts"]["same"] == 1, again
