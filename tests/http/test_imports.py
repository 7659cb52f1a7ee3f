"""Lists over HTTP: uploaded as they are, told row by row, faulty rows given back as a sheet."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from python_calamine import CalamineWorkbook

from backend import sheets
from backend.lists import MAX_BYTES
from backend.routes.context import FILE_TYPES
from backend.routes.import_templates import HEADINGS
from tests.http.tools import contents, done, refused, rows
from tests.rosters import id_number, pensioner, roster_bytes, roster_workbook
from tests.world import COUNTY, NEIGHBOUR, VILLAGE, World

CSV = {"content-type": "text/csv"}


async def upload(
    world: World, listed: list[dict[str, str]], status: int = 201, **params: Any
) -> dict[str, Any]:
    found: dict[str, Any] = await done(
        world.as_("county"),
        "POST",
        "/imports/roster",
        status,
        content=roster_bytes(listed),
        params=params,
        headers=CSV,
    )
    return found


async def test_a_roster_shown_then_imported(world: World) -> None:
    await upload(world, [pensioner(1), pensioner(2), pensioner(3)])
    listed = [pensioner(1, region_code=NEIGHBOUR), pensioner(2, phone="13911112222")]
    shown = await upload(world, listed, dry_run=True)
    assert shown["outcome"] == "shown"
    assert shown["counts"] == {"new": 0, "changed": 1, "moved": 1, "back": 0, "same": 0, "gone": 1}
    assert await rows("beneficiary", "gone_on IS NOT NULL") == 0
    county = world.as_("county")
    page = await county.get(f"/imports/{shown['id']}/changes", limit=2)
    assert [(each["kind"], each["name"], each["fields"]) for each in page["items"]] == [
        ("moved", "张*1", ["region"]),
        ("changed", "张*2", ["private"]),
    ]
    rest = await county.get(f"/imports/{shown['id']}/changes", limit=2, page=page["next"])
    assert [each["kind"] for each in rest["items"]] == ["gone"]
    assert rest["next"] is None
    imported = await upload(world, listed)
    assert imported["counts"] == shown["counts"]
    assert await rows("beneficiary", "region = $1", NEIGHBOUR) == 1
    batches = (await county.get("/imports", kind="roster"))["items"]
    assert [each["outcome"] for each in batches] == ["imported", "shown", "imported"]
    assert batches[0]["file_sha256"] == batches[1]["file_sha256"]


async def test_a_workbook_as_it_is(world: World, tmp_path: Path) -> None:
    content = roster_workbook(tmp_path, [pensioner(1)]).read_bytes()
    for kind in FILE_TYPES[1:]:
        found = await done(
            world.as_("county"),
            "POST",
            "/imports/roster",
            201,
            content=content,
            headers={"content-type": kind},
        )
        assert found["rows"] == 1


async def test_faults_are_told_without_what_stood_there_and_come_back_as_a_sheet(
    world: World,
) -> None:
    rejected = await upload(world, [pensioner(1), pensioner(2, id_no="12345", phone="99")])
    assert (rejected["outcome"], rejected["counts"]) == ("rejected", {"faulty": 1})
    county, number = world.as_("county"), rejected["id"]
    response = await county.ask("GET", f"/imports/{number}/faults")
    assert "12345" not in response.text
    assert response.json()["items"] == [
        {
            "line": 3,
            "faults": [
                {"field": "id_no", "code": "not_18_characters", "text": "应为18位"},
                {"field": "phone", "code": "not_a_phone", "text": "不是电话号码"},
            ],
        }
    ]
    sheet = await county.ask("POST", f"/imports/{number}/sheet")
    assert sheet.headers["content-type"] == FILE_TYPES[1]
    found = CalamineWorkbook.from_filelike(io.BytesIO(sheet.content)).get_sheet_by_index(0)
    assert [row[1] for row in found.to_python()] == ["原行号", 3]
    assert await rows("audit_entry", "action = 'import.sheet'") == 1


async def test_a_roster_that_leaves_out_many(world: World) -> None:
    await upload(world, [pensioner(n) for n in range(30)])
    few = roster_bytes([pensioner(1)])
    client = world.as_("county")
    sent: dict[str, Any] = {"content": few, "headers": CSV}
    params = await refused(client, "POST", "/imports/roster", "roster_many_gone", **sent)
    assert params == {"gone": 29, "of": 30}
    assert (await upload(world, [pensioner(1)], gone_ok=True))["counts"]["gone"] == 29


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "list_unreadable"),
        (b"name\n", "columns_missing"),
        (b"PK\x03\x04 no workbook", "list_unreadable"),
        ("姓名,身份证号".encode("utf-16"), "list_unreadable"),
        (b"\xff\xff\xff", "list_unreadable"),
    ],
)
async def test_files_that_are_no_list(world: World, content: bytes, code: str) -> None:
    before = await contents()
    for path in ("/imports/roster", "/imports/match?source=x"):
        sent: dict[str, Any] = {"content": content, "headers": CSV}
        if not (path.startswith("/imports/match") and code == "columns_missing"):
            await refused(world.as_("county"), "POST", path, code, **sent)
    assert await contents() == before


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data", "x"])
async def test_bodies_that_are_no_file(world: World, kind: str) -> None:
    sent: dict[str, Any] = {"content": b"a,b", "headers": {"content-type": kind}}
    await refused(world.as_("county"), "POST", "/imports/roster", "file_type", **sent)


async def _parts(number: int) -> AsyncIterator[bytes]:
    for _ in range(number):
        yield b"name\n" * 209_715


async def test_a_file_may_be_larger_than_other_bodies_but_not_without_end(world: World) -> None:
    county = world.as_("county")
    for content, announced, code in (
        (_parts(8), {}, "columns_missing"),
        (_parts(257), {}, "too_large"),
        (b"name", {"content-length": str(MAX_BYTES + 1)}, "too_large"),
    ):
        sent: dict[str, Any] = {"content": content, "headers": CSV | announced}
        await refused(county, "POST", "/imports/roster", code, **sent)


async def test_another_offices_list(world: World) -> None:
    await upload(world, [pensioner(1), pensioner(2)])
    county = world.as_("county")
    found = await done(
        county,
        "POST",
        "/imports/match",
        201,
        content=roster_bytes([pensioner(1), pensioner(9)], ("id_no", "name")),
        params={"source": "民政火化", "kind": "deceased", "on": "2026-10-20"},
        headers=CSV,
    )
    assert found["counts"] | {"suspect": 1, "unmatched": 1} == found["counts"]
    [hit] = (await county.get(f"/imports/{found['id']}/hits", outcome="suspect"))["items"]
    assert (hit["line"], hit["name"], hit["region"]) == (2, "张*1", VILLAGE)
    assert (hit["kind"], hit["happened_on"]) == ("deceased", "2026-10-20")
    [doubted] = (await county.get("/beneficiaries", doubted=True))["items"]
    assert doubted["doubts"] == ["deceased"]
    assert doubted["pay_status"] == "normal"
    clear = f"/imports/hits/{hit['id']}/clear"
    await done(county, "POST", clear, 204, json={"reason": "同名不同人"})
    await refused(county, "POST", clear, "hit_not_open", json={"reason": "同名不同人"})
    assert (await county.get("/beneficiaries", doubted=True))["items"] == []
    assert await rows("audit_entry", "action = 'hit.clear' AND region = $1", VILLAGE) == 1


async def test_a_list_without_its_source_or_day(world: World) -> None:
    content = roster_bytes([pensioner(1)], ("id_no",))
    sent: dict[str, Any] = {"content": content, "headers": CSV}
    county = world.as_("county")
    await refused(county, "POST", "/imports/match", "invalid", **sent)
    await refused(county, "POST", "/imports/match?source=%00", "invalid", **sent)
    await refused(county, "POST", "/imports/match?source=x&on=0001-01-01", "invalid", **sent)
    found = await done(county, "POST", "/imports/match?source=x&kind=alive", 201, **sent)
    faults = (await county.get(f"/imports/{found['id']}/faults"))["items"]
    assert [fault["code"] for fault in faults[0]["faults"]] == ["missing"]


# Pensioners.


async def test_lists_are_masked_and_cut_to_the_village(world: World) -> None:
    await upload(world, [pensioner(1), pensioner(2, region_code=NEIGHBOUR)])
    response = await world.as_("liaison").ask("GET", "/beneficiaries")
    [mine] = response.json()["items"]
    assert (mine["name"], mine["phone"], mine["region"]) == ("张*1", "138****0001", VILLAGE)
    assert mine["id_number"] == f"9901**********{id_number(1)[-4:]}"
    assert mine["age"] == 78
    for secret in (id_number(1), "13800000001", "张桂1"):
        assert secret not in response.text
    page = await world.as_("reviewer").get("/beneficiaries", limit=1)
    rest = await world.as_("reviewer").get("/beneficiaries", limit=1, page=page["next"])
    assert [each["region"] for each in (*page["items"], *rest["items"])] == [VILLAGE, NEIGHBOUR]


async def test_a_number_is_found_only_in_the_own_area(world: World) -> None:
    await upload(world, [pensioner(1), pensioner(1, insurance_type="survivor"), pensioner(2)])
    body = {"id_number": f" {id_number(1).lower()} "}
    for who, expected in (("liaison", 2), ("county", 2), ("colleague", 0), ("far_county", 0)):
        found = await done(world.as_(who), "POST", "/beneficiaries/search", 200, json=body)
        assert len(found["items"]) == expected, who
    client = world.as_("liaison")
    wrong = {"id_number": id_number(1)[:-1] + "*"}
    await refused(client, "POST", "/beneficiaries/search", "bad_id_number", json=wrong)


async def test_one_pensioner_with_places_and_hits(world: World) -> None:
    await upload(world, [pensioner(1, bank_tail4="0012")])
    world.clock.pass_(days=5)
    await upload(world, [pensioner(1, region_code=NEIGHBOUR)])
    [found] = (await world.as_("county").get("/beneficiaries"))["items"]
    detail = await world.as_("county").get(f"/beneficiaries/{found['id']}")
    assert [(p["region"], p["from_on"], p["until_on"]) for p in detail["places"]] == [
        (VILLAGE, "2026-11-02", "2026-11-07"),
        (NEIGHBOUR, "2026-11-07", None),
    ]
    await refused(world.as_("liaison"), "GET", f"/beneficiaries/{found['id']}", "not_found")
    assert (await world.as_("colleague").get(f"/beneficiaries/{found['id']}"))["hits"] == []


async def test_the_full_view_leaves_its_trace(world: World) -> None:
    await upload(world, [pensioner(1)])
    [found] = (await world.as_("liaison").get("/beneficiaries"))["items"]
    path, before = f"/beneficiaries/{found['id']}/reveal", await rows("audit_entry")
    client = world.as_("liaison")
    await refused(client, "POST", path, "invalid", json={})
    await refused(client, "POST", path, "invalid", json={"purpose": "x"})
    await refused(world.as_("colleague"), "POST", path, "not_found", json={"purpose": "好奇"})
    assert await rows("audit_entry") == before
    full = await done(client, "POST", path, 200, json={"purpose": "上门认证"})
    assert (full["name"], full["phone"]) == ("张桂1", "13800000001")
    assert full["id_number"] == id_number(1)
    page = await world.as_("auditor").get("/audit", action="beneficiary.see")
    [entry] = page["items"]
    assert (entry["name"], entry["region"]) == ("王芳", VILLAGE)
    assert entry["detail"] == {"purpose": "上门认证"}
    assert COUNTY in entry["region"]


async def test_a_template_is_read_by_what_it_is_for(world: World, tmp_path: Path) -> None:
    for kind, headings in HEADINGS.items():
        answer = await world.as_("county").ask("GET", f"/imports/templates/{kind}")
        path = tmp_path / f"{kind}.xlsx"
        path.write_bytes(answer.content)
        [header] = [row.cells for row in sheets.read(path)]
        fields = [headings.fields[name.lower()] for name in header]
        assert sorted(fields) == sorted(set(headings.fields.values()))
    await refused(world.as_("county"), "GET", "/imports/templates/others", "invalid")
    await refused(world.as_("reviewer"), "GET", "/imports/templates/roster", "forbidden")


async def test_who_left_the_page_finds_the_work_again(real_world: World) -> None:
    """A list waits behind another of its county; meanwhile it is seen, also by a colleague."""
    world = real_world
    other = await asyncpg.connect(world.url)
    # As `rosters.hold` does, until the connection ends.
    await other.execute(f"SELECT pg_advisory_lock(4711021, hashtext('{COUNTY}'))")
    sent = asyncio.create_task(upload(world, [pensioner(n) for n in range(1, 6)]))
    seen: list[dict[str, Any]] = []
    async with asyncio.timeout(20):
        while not seen or seen[0]["total"] is None:
            seen = await world.as_("auditor").get("/imports/underway")
    [work] = seen
    assert (work["kind"], work["done"], work["total"]) == ("roster", 5, 5)
    assert work["who"] == world.people["county"].name
    assert await world.as_("far_county").get("/imports/underway") == []
    assert await world.as_("sysadmin").get("/imports/underway") == []
    await other.close()
    assert (await sent)["outcome"] == "imported"
    assert await world.as_("county").get("/imports/underway") == []
