"""More time, no duty at all, and a duty after all."""

from datetime import datetime, timedelta
from typing import Any

from backend.store.database import fetch
from backend.tasks import housekeeping
from tests.http.test_rates import asked, shown
from tests.http.tools import contents, duty_of, refused, report, rows, submit
from tests.world import (
    NEIGHBOUR,
    OTHER_TOWN,
    OTHER_VILLAGE,
    TOWN,
    VILLAGE,
    World,
)

DUE = datetime.fromisoformat("2026-11-06T12:00:00+08:00")
MONDAY = "2026-11-09T12:00:00+08:00"


async def adjust(world: World, kind: str, **more: Any) -> int:
    body = {"kind": kind, "reason": "系统故障", **more}
    answer = await world.as_("county").post("/adjustments", body)
    adjusted: int = answer["adjusted"]
    return adjusted


async def week(world: World) -> dict[str, Any]:
    """A week's duties, named as an adjustment names them."""
    schedule = await world.schedule()
    await world.open()
    return {"schedule": schedule, "period": "2026-W45"}


async def test_an_extension_moves_due_and_close_and_keeps_the_original(world: World) -> None:
    scope = await week(world)
    assert await adjust(world, "extend", due_at=MONDAY, region=TOWN, **scope) == 3
    number = await duty_of(world, VILLAGE)
    found = await world.as_("liaison").get(f"/obligations/{number}")
    instants = {
        name: datetime.fromisoformat(found[name])
        for name in ("due_at", "closes_at", "original_due_at", "original_closes_at")
    }
    moved = timedelta(days=3)
    assert instants["original_due_at"] == DUE
    assert instants["due_at"] == DUE + moved
    assert instants["closes_at"] == instants["original_closes_at"] + moved
    [shown_] = found["adjustments"]
    assert (shown_["kind"], shown_["reason"], shown_["by"]) == ("extend", "系统故障", "孙丽")
    untouched = await world.as_("county").get(f"/obligations/{await duty_of(world, OTHER_VILLAGE)}")
    assert untouched["due_at"] == untouched["original_due_at"]
    world.clock.now = DUE + timedelta(days=2)
    [filed] = await submit(world, "liaison", [report(number)])
    assert filed["outcome"] == "created"
    assert (await world.as_("county").get(f"/obligations/{number}"))["verdict"] == "on_time"


async def test_a_closing_time_of_ones_own(world: World) -> None:
    scope = await week(world)
    closes = "2026-11-16T12:00:00+08:00"
    await adjust(world, "extend", due_at=MONDAY, closes_at=closes, **scope)
    found = await world.as_("county").get(f"/obligations/{await duty_of(world, VILLAGE)}")
    assert datetime.fromisoformat(found["closes_at"]) == datetime.fromisoformat(closes)
    world.clock.set(2026, 11, 16, 12, 1)
    [late] = await submit(world, "liaison", [report(found["id"])])
    assert late["problem"]["code"] == "period_closed"


async def test_an_extension_turns_late_into_on_time_but_not_in_the_past(world: World) -> None:
    scope = await week(world)
    world.clock.now = DUE + timedelta(hours=1)
    await submit(world, "liaison", [report(await duty_of(world, VILLAGE))])
    world.clock.now = DUE + timedelta(hours=2)
    await adjust(world, "extend", due_at=MONDAY, **scope)
    assert shown((await asked(world))["total"]) == {"not_due": 4}
    world.clock.set(2026, 11, 9, 13)
    assert shown((await asked(world))["total"]) == {"on_time": 1, "pending": 3}
    before = await asked(world, as_of=(DUE + timedelta(hours=1)).isoformat())
    assert shown(before["total"]) == {"late": 1, "pending": 3}


async def test_waived_and_owed_after_all(world: World) -> None:
    scope = await week(world)
    number = await duty_of(world, VILLAGE)
    assert await adjust(world, "exempt", obligations=[number]) == 1
    [outcome] = await submit(world, "liaison", [report(number)])
    assert outcome["problem"]["code"] == "exempt"
    assert (await world.as_("liaison").get("/sync"))["obligations"][0]["exempt"] is True
    world.clock.now = DUE
    assert shown((await asked(world))["total"]) == {"pending": 3, "exempt": 1}
    world.clock.pass_(hours=1)
    assert await adjust(world, "restore", obligations=[number]) == 1
    assert shown((await asked(world))["total"]) == {"pending": 4}
    then = await asked(world, as_of=DUE.isoformat())
    assert shown(then["total"]) == {"pending": 3, "exempt": 1}
    [outcome] = await submit(world, "liaison", [report(number)])
    assert outcome["outcome"] == "created"
    client, body = world.as_("county"), {"kind": "restore", "reason": "误操作", **scope}
    await refused(client, "POST", "/adjustments", "not_exempt", json=body)


async def test_a_closed_and_summarised_week_can_still_be_put_right(world: World) -> None:
    scope = await week(world)
    world.clock.set(2026, 11, 16, 10)
    while await housekeeping.finish_cells(world.clock.now):
        pass
    assert shown((await asked(world))["total"]) == {"missing": 4}
    world.clock.pass_(days=1)
    await adjust(world, "exempt", region=NEIGHBOUR, **scope)
    assert shown((await asked(world))["total"]) == {"missing": 3, "exempt": 1}
    late = "2026-11-18T12:00:00+08:00"
    await adjust(world, "extend", due_at=late, region=VILLAGE, **scope)
    assert shown((await asked(world))["total"]) == {"missing": 2, "exempt": 1, "not_due": 1}
    [filed] = await submit(world, "liaison", [report(await duty_of(world, VILLAGE))])
    assert filed["outcome"] == "created"
    world.clock.set(2026, 11, 30, 10)
    while await housekeeping.finish_cells(world.clock.now):
        pass
    assert shown((await asked(world))["total"]) == {"on_time": 1, "missing": 2, "exempt": 1}
    then = await asked(world, as_of="2026-11-16T02:00:00Z")
    assert shown(then["total"]) == {"missing": 4}


async def test_what_can_not_be_adjusted(world: World) -> None:
    scope = await week(world)
    mine = await duty_of(world, VILLAGE)
    before = await contents()
    cases: list[tuple[dict[str, Any], str]] = [
        ({"kind": "extend", **scope}, "extension_not_later"),
        ({"kind": "extend", "due_at": DUE.isoformat(), **scope}, "extension_not_later"),
        (
            {"kind": "extend", "due_at": MONDAY, "closes_at": DUE.isoformat(), **scope},
            "extension_not_later",
        ),
        ({"kind": "extend", "due_at": "9999-12-31T23:59:59Z", **scope}, "invalid"),
        ({"kind": "extend", "due_at": "2026-11-09T12:00:00", **scope}, "invalid"),
        ({"kind": "exempt", **scope, "schedule": scope["schedule"] + 1}, "nothing_to_adjust"),
        ({"kind": "exempt", **scope, "period": "2026-W50"}, "nothing_to_adjust"),
        ({"kind": "exempt", **scope, "region": "990102"}, "not_found"),
        ({"kind": "exempt", "obligations": [mine, 999_999]}, "not_found"),
        ({"kind": "exempt"}, "invalid"),
        ({"kind": "exempt", "schedule": scope["schedule"]}, "invalid"),
        ({"kind": "exempt", "obligations": []}, "invalid"),
        ({"kind": "exempt", "obligations": [mine], "reason": " "}, "invalid"),
        ({"kind": "forget", "obligations": [mine]}, "invalid"),
        ({"kind": "exempt", "obligations": [2**63]}, "invalid"),
    ]
    for body, code in cases:
        await refused(
            world.as_("county"),
            "POST",
            "/adjustments",
            code,
            json={"reason": "系统故障", **body},
        )
    assert await contents() == before


async def test_another_countys_duties_are_out_of_reach(world: World) -> None:
    await week(world)
    body = {"kind": "exempt", "reason": "误操作", "obligations": [await duty_of(world, VILLAGE)]}
    await refused(world.as_("far_county"), "POST", "/adjustments", "not_found", json=body)
    await refused(world.as_("reviewer"), "POST", "/adjustments", "forbidden", json=body)


async def test_every_adjustment_is_audited(world: World) -> None:
    scope = await week(world)
    await adjust(world, "extend", due_at=MONDAY, region=OTHER_TOWN, **scope)
    [entry] = await fetch("SELECT * FROM audit_entry WHERE action = 'obligation.extend'")
    number = await duty_of(world, OTHER_VILLAGE)
    assert (entry["subject"], entry["region"]) == (f"obligation:{number}", OTHER_VILLAGE)
    assert entry["account"] == world.people["county"].account
    assert await rows("adjustment") == 1


async def test_a_preview_says_what_adjusting_does_and_does_nothing(world: World) -> None:
    scope = await week(world)
    county = world.as_("county")
    due = "2026-11-09T04:00:00Z"
    body = {"kind": "extend", "reason": "停电", "due_at": due, "region": TOWN, **scope}
    before = await contents()
    told = await county.post("/adjustments/preview", body, 200)
    assert await contents() == before
    assert (told["adjusted"], len(told["items"])) == (3, 3)
    assert await adjust(world, "extend", due_at=MONDAY, region=TOWN, **scope) == 3
    for each in told["items"]:
        found = await county.get(f"/obligations/{each['obligation']}")
        assert (each["new_due_at"], each["new_closes_at"]) == (found["due_at"], found["closes_at"])
        assert (each["due_at"], each["exempt"]) == (found["original_due_at"], False)
    await refused(county, "POST", "/adjustments/preview", "extension_not_later", json=body)
    restoring = {"kind": "restore", "reason": "停电", **scope}
    await refused(county, "POST", "/adjustments/preview", "not_exempt", json=restoring)


async def test_what_is_in_force_is_listed_until_something_takes_its_place(world: World) -> None:
    scope = await week(world)
    number = await duty_of(world, VILLAGE)
    await adjust(world, "extend", due_at=MONDAY, region=TOWN, **scope)
    await adjust(world, "extend", due_at="2026-11-10T12:00:00+08:00", obligations=[number])
    other = await duty_of(world, NEIGHBOUR)
    await adjust(world, "exempt", obligations=[other])

    async def listed(who: str = "county", **params: Any) -> list[tuple[str, str]]:
        page = await world.as_(who).get("/adjustments", **params)
        return [(each["region"], each["kind"]) for each in page["items"]]

    standing = await listed()
    assert standing[:2] == [(NEIGHBOUR, "exempt"), (VILLAGE, "extend")]
    assert standing.count((VILLAGE, "extend")) == 1
    assert await listed(kind="exempt") == [(NEIGHBOUR, "exempt")]
    assert await listed("liaison") == [(VILLAGE, "extend")]
    assert await listed("far_county") == []
    await adjust(world, "restore", obligations=[other])
    assert await listed(kind="exempt") == []
    first = await world.as_("county").get("/adjustments", limit=1)
    rest = await world.as_("county").get("/adjustments", page=first["next"])
    assert len(first["items"] + rest["items"]) == 3
