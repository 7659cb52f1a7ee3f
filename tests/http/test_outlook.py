"""Which villages will probably be late: who sees it, from when on, and why in words."""

from datetime import date, timedelta
from typing import Any

import pytest

from backend.store.database import fetch
from tests.http.tools import duty_of, refused, report, submit
from tests.world import (
    NEIGHBOUR,
    OTHER_TOWN,
    OTHER_VILLAGE,
    TOWN,
    VACANT,
    VILLAGE,
    World,
)

WEEK = timedelta(days=7)


@pytest.fixture
async def schedule(world: World) -> int:
    """Three weeks behind: 王家庄 on time, 李家屯 late twice, 赵家沟 (vacant) never, 刘家桥 never.

    The clock stands on the first working day worth a look at the fourth week.
    """
    world.clock.set(2026, 10, 12, 10)
    number = await world.schedule(starts_on=date(2026, 10, 12))
    for week in (42, 43, 44):
        await world.open()
        period = {"period": f"2026-W{week}"}
        await submit(world, "liaison", [report(await duty_of(world, VILLAGE, **period))])
        if week != 43:
            world.clock.pass_(days=4, hours=4)
        await submit(world, "colleague", [report(await duty_of(world, NEIGHBOUR, **period))])
        world.clock.set(2026, 10, 12, 10)
        world.clock.now += (week - 41) * WEEK
    await world.open()
    world.clock.set(2026, 11, 3, 0)
    return number


async def asked(world: World, who: str, schedule: int, **params: Any) -> dict[str, Any]:
    found: dict[str, Any] = await world.as_(who).get(
        "/outlook", schedule=schedule, **{"period": "2026-W45", **params}
    )
    return found


def codes(found: dict[str, Any]) -> dict[str, tuple[str, list[str]]]:
    """The band and the reasons of each village."""
    return {
        each["region"]: (each["band"], [reason["code"] for reason in each["reasons"]])
        for each in found["villages"]
    }


async def test_each_village_with_its_reasons_in_order_of_code(world: World, schedule: int) -> None:
    found = await asked(world, "county", schedule)
    assert found["watch_from"] == "2026-11-02T16:00:00Z"
    assert codes(found) == {
        VILLAGE: ("possible", ["always_on_time"]),
        NEIGHBOUR: ("likely", ["record"]),
        VACANT: ("likely", ["record", "vacant"]),
        OTHER_VILLAGE: ("likely", ["record", "silent"]),
    }
    assert [each["region"] for each in found["villages"]] == sorted(codes(found))
    [reason] = found["villages"][1]["reasons"]
    assert reason["params"] == {"periods": 3, "late": 2, "missing": 0}
    assert reason["text"] == "近3期中迟报2期、漏报0期"
    english = await world.as_("county").ask(
        "GET",
        "/outlook",
        params={"schedule": schedule, "period": "2026-W45"},
        headers={"accept-language": "en"},
    )
    texts = [each["text"] for each in english.json()["villages"][2]["reasons"]]
    assert texts == [
        "Of the last 3 periods 0 late and 3 missing",
        "Nobody holds the village's post",
    ]


async def test_from_the_third_working_day_before_due(world: World, schedule: int) -> None:
    world.clock.pass_(microseconds=-1)
    assert (await asked(world, "county", schedule))["villages"] == []
    world.clock.pass_(microseconds=1)
    assert len((await asked(world, "county", schedule))["villages"]) == 4
    world.clock.set(2026, 11, 7, 10)
    late = codes(await asked(world, "county", schedule))
    assert {band for band, _ in late.values()} == {"likely"}
    assert all(reasons[0] == "overdue" for _, reasons in late.values())
    world.clock.set(2026, 11, 14, 10)
    assert (await asked(world, "county", schedule))["villages"] == []


async def test_filed_and_waived_ones_are_gone(world: World, schedule: int) -> None:
    this_week = {"period": "2026-W45"}
    await submit(world, "liaison", [report(await duty_of(world, VILLAGE, **this_week))])
    waived = [await duty_of(world, NEIGHBOUR, **this_week)]
    body = {"kind": "exempt", "reason": "整村搬迁", "obligations": waived}
    await world.as_("county").post("/adjustments", body)
    assert list(codes(await asked(world, "county", schedule))) == [VACANT, OTHER_VILLAGE]


async def test_an_extension_moves_the_look(world: World, schedule: int) -> None:
    moved = [await duty_of(world, VILLAGE, period="2026-W45")]
    body = {"kind": "extend", "reason": "停电", "obligations": moved}
    await world.as_("county").post("/adjustments", {**body, "due_at": "2026-11-10T12:00:00+08:00"})
    assert VILLAGE not in codes(await asked(world, "county", schedule))
    world.clock.set(2026, 11, 5, 0)
    assert VILLAGE in codes(await asked(world, "county", schedule))


async def test_last_heard_of(world: World, schedule: int) -> None:
    person = world.people["elsewhere"]
    for days, expected in ((20, ["record", "silent"]), (3, ["record"])):
        await fetch(
            "UPDATE session SET refreshed_at = $2 WHERE id = $1",
            person.session,
            world.clock.now - timedelta(days=days),
        )
        found = codes(await asked(world, "other_reviewer", schedule))
        assert found[OTHER_VILLAGE][1] == expected
    await fetch("DELETE FROM session WHERE id = $1", person.session)
    assert codes(await asked(world, "county", schedule))[OTHER_VILLAGE][1][1] == "never_heard"


async def test_each_sees_their_own_area(world: World, schedule: int) -> None:
    assert list(codes(await asked(world, "reviewer", schedule))) == [VILLAGE, NEIGHBOUR, VACANT]
    assert list(codes(await asked(world, "other_reviewer", schedule))) == [OTHER_VILLAGE]
    assert list(codes(await asked(world, "monitor", schedule, region=OTHER_TOWN))) == [
        OTHER_VILLAGE
    ]
    params = {"schedule": schedule, "period": "2026-W45"}
    for who, more, code in (
        ("liaison", {}, "forbidden"),
        ("auditor", {}, "forbidden"),
        ("far_county", {}, "not_found"),
        ("other_reviewer", {"region": TOWN}, "not_found"),
        ("county", {"period": "2026-W46"}, "not_found"),
        ("county", {"period": "soon"}, "invalid"),
        ("county", {"schedule": schedule + 1}, "not_found"),
    ):
        await refused(world.as_(who), "GET", "/outlook", code, params={**params, **more})


async def test_nobody_is_named_and_nobody_is_ranked(world: World, schedule: int) -> None:
    found = await asked(world, "county", schedule)
    assert set(found["villages"][0]) == {
        "obligation",
        "region",
        "name",
        "due_at",
        "band",
        "reasons",
    }
    for person in world.people.values():
        assert person.name not in str(found)
