"""How a county certifies: cycles from a day on, papers by result, and the window that follows."""

from typing import Any

import pytest

from backend.domain.certification.cycles import CycleMode
from backend.domain.certification.evidence import DEFAULT_EVIDENCE, Evidence
from backend.domain.certification.words import InsuranceType, Result
from backend.store import certification
from tests.http.tools import done, refused
from tests.rosters import pensioner, roster_bytes
from tests.world import COUNTY, OTHER_COUNTY, World

PATH = "/certification/cycles/resident"


def cycle(mode: str = "rolling_n", starts_on: str = "2026-11-02", **rule: Any) -> dict[str, Any]:
    return {"starts_on": starts_on, "rule": {"mode": mode, **rule}}


async def test_cycles_hold_from_their_day_on(world: World) -> None:
    county = world.as_("county")
    first = await done(county, "PUT", PATH, 200, json=cycle())
    assert first["rule"] == {
        "mode": "rolling_n",
        "months": 12,
        "opens_months_before": 1,
        "suspend_after": 0,
    }
    await done(county, "PUT", PATH, 200, json=cycle("birthday", "2027-01-01"))
    for who in ("county", "liaison", "reviewer", "auditor"):
        items = (await world.as_(who).get("/certification/cycles"))["items"]
        assert [each["starts_on"] for each in items] == ["2027-01-01", "2026-11-02"], who
    assert (await world.as_("far_county").get("/certification/cycles"))["items"] == []
    today = world.clock.now.date()
    in_force = await certification.cycles_in_force(COUNTY, today)
    assert {kind: each.mode for kind, each in in_force.items()} == {
        InsuranceType.RESIDENT: CycleMode.ROLLING_N
    }
    later = await certification.cycles_in_force(COUNTY, today.replace(year=2027))
    assert later[InsuranceType.RESIDENT].mode is CycleMode.BIRTHDAY
    assert await certification.cycles_in_force(OTHER_COUNTY, today) == {}


async def test_a_cycle_of_the_same_day_is_replaced(world: World) -> None:
    for months in (12, 6):
        await done(world.as_("county"), "PUT", PATH, 200, json=cycle(months=months))
    [only] = (await world.as_("county").get("/certification/cycles"))["items"]
    assert only["rule"]["months"] == 6


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (cycle("sometimes"), "cycle_invalid"),
        (cycle("fixed_windows"), "cycle_invalid"),
        (cycle(starts_on="2026-11-01"), "cycle_in_past"),
        (cycle(starts_on="9999-01-01"), "invalid"),
    ],
)
async def test_cycles_that_are_none(world: World, body: dict[str, Any], code: str) -> None:
    await refused(world.as_("county"), "PUT", PATH, code, json=body)


async def test_an_insurance_that_is_none(world: World) -> None:
    path = "/certification/cycles/lottery"
    response = await world.as_("county").ask("PUT", path, json=cycle())
    assert response.status_code in (400, 404)


async def test_papers_are_the_default_until_the_county_edits_them(world: World) -> None:
    county = world.as_("county")
    found = await county.get("/certification/papers")
    assert found["labels"]["id_card"]["zh"] == "身份证人像面"
    papers = found["papers"]
    papers["refused"] = [{"any_of": ["village_statement"]}]
    await done(county, "PUT", "/certification/papers", 204, json={"papers": papers})
    table = await certification.evidence(COUNTY)
    assert table[Result.REFUSED][0].any_of == (Evidence.VILLAGE_STATEMENT,)
    assert (await world.as_("liaison").get("/certification/papers"))["papers"] == papers
    assert await certification.evidence(OTHER_COUNTY) == DEFAULT_EVIDENCE
    del papers["refused"]
    params = await refused(
        county, "PUT", "/certification/papers", "evidence_invalid", json={"papers": papers}
    )
    assert params == {"field": "refused", "reason": "missing"}


async def test_a_pensioner_shows_the_window_that_counts(world: World) -> None:
    county = world.as_("county")
    listed = [
        pensioner(1, last_cert_date="2025-12-10"),
        pensioner(2, pay_status="terminated"),
        pensioner(3, insurance_type="gov"),
    ]
    await done(
        county,
        "POST",
        "/imports/roster",
        201,
        content=roster_bytes(listed),
        headers={"content-type": "text/csv"},
    )
    await done(county, "PUT", PATH, 200, json=cycle(suspend_after=1))
    items = (await county.get("/beneficiaries"))["items"]
    windows = {}
    for each in items:
        detail = await county.get(f"/beneficiaries/{each['id']}")
        windows[each["name"]] = detail["window"]
    assert windows == {
        "张*1": {"opens_on": "2026-11-01", "due_on": "2026-12-31", "closes_on": "2027-01-31"},
        "张*2": None,
        "张*3": None,
    }
