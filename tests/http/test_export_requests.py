"""Plain text leaves by two people: asked, approved by another, fetched once within a day."""

import asyncio
from typing import Any

from backend.domain.roles import Role
from backend.store.database import fetch
from tests.approvals import approval, wanted
from tests.http.tools import checked_problem, refused, rows
from tests.tasks.certified import pensioner, roster, set_cycle
from tests.world import COUNTY, OTHER_COUNTY, TOWN, World, add_person

CSV = "/certification/results.csv"


async def ask(world: World, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = await world.as_("county").post("/export-requests", wanted(**more))
    return found


def decision(asked: dict[str, Any]) -> str:
    return f"/export-requests/{asked['id']}/decision"


async def test_one_asks_another_approves_and_it_is_fetched_once(world: World) -> None:
    await set_cycle(world)
    await roster(world, [pensioner(1)])
    asked = await ask(world)
    assert (asked["state"], asked["mine"], asked["may_decide"]) == ("waiting", True, False)
    given = {"approval": asked["id"], "region": COUNTY}
    county = world.as_("county")
    await refused(county, "GET", CSV, "export_not_approved", params=given)
    await refused(county, "POST", decision(asked), "export_own", json={"approve": True})
    [seen] = (await world.as_("auditor").get("/export-requests"))["items"]
    assert (seen["may_decide"], seen["asked_by"], seen["purpose"]) == (
        True,
        "孙丽",
        "导入居保系统",
    )
    await world.as_("auditor").post(decision(asked), {"approve": True}, 200)
    answer = await county.ask("GET", CSV, params=given)
    assert "张桂1" in answer.text
    assert f"审批编号 {asked['number']}" in answer.text
    await refused(county, "GET", CSV, "export_not_approved", params=given)
    [mine] = (await county.get("/export-requests"))["items"]
    assert (mine["state"], mine["decided_by"]) == ("used", "胡敏")
    assert await rows("audit_entry", "action IN ('export.ask', 'export.decide')") == 2


async def test_it_serves_for_just_what_was_asked_and_whom(world: World) -> None:
    await add_person(world, "deputy", "冯兰", Role.COUNTY_OPS, COUNTY)
    given = await approval(world)
    county = world.as_("county")
    for other in ({"region": TOWN}, {"region": None}, {"as_of": "2026-10"}):
        params = {k: v for k, v in {**given, **other}.items() if v is not None}
        await refused(county, "GET", CSV, "not_found", params=params)
    await refused(county, "GET", "/residents/export.csv", "not_found", params=given)
    await refused(world.as_("deputy"), "GET", CSV, "not_found", params=given)
    assert (await county.ask("GET", CSV, params=given)).status_code == 200


async def test_time_runs_out(world: World) -> None:
    asked, county, auditor = await ask(world), world.as_("county"), world.as_("auditor")
    world.clock.pass_(days=7, seconds=1)
    await refused(auditor, "POST", decision(asked), "export_not_waiting", json={"approve": True})
    given = await approval(world)
    world.clock.pass_(hours=24, seconds=1)
    await refused(county, "GET", CSV, "export_not_approved", params=given)
    states = [each["state"] for each in (await county.get("/export-requests"))["items"]]
    assert states == ["expired", "expired"]


async def test_what_was_refused_is_never_fetched(world: World) -> None:
    asked = await ask(world)
    auditor = world.as_("auditor")
    await auditor.post(decision(asked), {"approve": False}, 200)
    await refused(auditor, "POST", decision(asked), "export_not_waiting", json={"approve": True})
    given = {"approval": asked["id"], "region": COUNTY}
    answer = await world.as_("county").ask("GET", CSV, params=given)
    assert checked_problem(answer)["params"]["state"] == "refused"


async def test_a_lost_answer_asks_once_and_others_know_nothing(world: World) -> None:
    body = wanted()
    county = world.as_("county")
    first = await county.post("/export-requests", body)
    assert await county.post("/export-requests", body) == first
    other = {**body, "purpose": "别的用途"}
    await refused(county, "POST", "/export-requests", "request_conflict", json=other)
    await refused(county, "POST", "/export-requests", "not_found", json=wanted(region=OTHER_COUNTY))
    far = world.as_("far_county")
    assert (await far.get("/export-requests"))["items"] == []
    await refused(far, "POST", decision(first), "not_found", json={"approve": True})
    await refused(world.as_("auditor"), "POST", "/export-requests", "forbidden", json=wanted())
    for who in ("reviewer", "monitor", "liaison"):
        await refused(world.as_(who), "GET", "/export-requests", "forbidden")


async def test_two_approvals_and_two_downloads_at_once(real_world: World) -> None:
    await add_person(real_world, "deputy", "冯兰", Role.COUNTY_OPS, COUNTY)
    asked = await ask(real_world)
    answers = await asyncio.gather(
        *(
            real_world.as_(who).ask("POST", decision(asked), json={"approve": yes})
            for who, yes in (("auditor", True), ("deputy", True))
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    given = {"approval": asked["id"], "region": COUNTY}
    county = real_world.as_("county")
    taken = await asyncio.gather(*(county.ask("GET", CSV, params=given) for _ in range(3)))
    assert sorted(answer.status_code for answer in taken) == [200, 409, 409]
    [row] = await fetch("SELECT count(*) AS n FROM audit_entry WHERE detail->>'full' = 'true'")
    assert row["n"] == 1
