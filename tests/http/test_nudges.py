"""催报 by hand: who is told, once a day, about what is still outstanding when it is sent."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from backend.store.database import fetch
from tests.http.test_rates import CLOSES, DUE, one_week
from tests.http.tools import done, duty_of, refused, report, rows, submit
from tests.world import (
    COUNTY,
    NEIGHBOUR,
    OTHER_TOWN,
    OTHER_VILLAGE,
    SAID,
    TOWN,
    VACANT,
    VILLAGE,
    World,
)

NONE = {"nudged": 0, "done_today": 0, "filed": 0, "not_owed": 0, "nobody": 0}


async def nudge(world: World, who: str, **wanted: Any) -> dict[str, int]:
    """The counts that are not zero."""
    found = await world.as_(who).post("/nudges", wanted)
    assert set(found) == {*NONE, "sends_at"}
    return {name: found[name] for name in NONE if found[name]}


async def told(world: World, who: str) -> list[dict[str, Any]]:
    """The nudges somebody got, newest first."""
    page = await world.as_(who).get("/messages")
    return [each["params"] for each in page["items"] if each["kind"] == "nudge"]


@pytest.fixture
async def week(world: World) -> World:
    """A weekly report is open in every village; the clock stands on Tuesday morning."""
    await world.schedule()
    await world.open()
    world.clock.set(2026, 11, 3, 10)
    return world


async def test_each_is_told_once_a_day(week: World) -> None:
    chosen = [await duty_of(week, village) for village in (VILLAGE, NEIGHBOUR)]
    assert await nudge(week, "reviewer", obligations=chosen) == {"nudged": 2}
    assert await nudge(week, "county", obligations=chosen) == {"done_today": 2}
    await week.deliver()
    [params] = await told(week, "liaison")
    assert (params["duties"], params["villages"], params["obligations"]) == (1, 1, chosen[:1])
    assert len(await told(week, "colleague")) == len(await told(week, "station")) == 1
    for nobody in ("backup", "reviewer", "lead", "elsewhere", "county"):
        assert await told(week, nobody) == []
    week.clock.set(2026, 11, 4, 8)
    assert await nudge(week, "reviewer", obligations=chosen) == {"nudged": 2}
    await week.deliver()
    assert len(await told(week, "liaison")) == 2
    assert await rows("audit_entry", "action = 'obligation.nudge'") == 4


async def test_one_digest_a_person_whatever_the_number_of_duties(week: World) -> None:
    await week.schedule()
    await week.open()
    assert await nudge(week, "reviewer", region=TOWN) == {"nudged": 6}
    await week.deliver()
    [params] = await told(week, "liaison")
    assert (params["duties"], params["overdue"], params["villages"]) == (2, 0, 1)
    assert set(params) == SAID
    [of_vacant] = await told(week, "lead")
    assert (of_vacant["duties"], of_vacant["villages"]) == (2, 1)


async def test_a_vacant_village_is_its_offices_and_nobody_nudges_themselves(week: World) -> None:
    duty = await duty_of(week, VACANT)
    await fetch("UPDATE post SET ends_at = $2 WHERE id = $1", week.people["lead"].post,
                week.clock.now)  # fmt: skip
    assert await nudge(week, "reviewer", obligations=[duty]) == {"nobody": 1}
    assert await nudge(week, "county", obligations=[duty]) == {"nudged": 1}
    await week.deliver()
    assert len(await told(week, "reviewer")) == 1


async def test_only_what_is_outstanding(world: World) -> None:
    await one_week(world)
    counts = await nudge(world, "county", schedule=await _schedule(), period="2026-W45")
    assert counts == {"nudged": 1, "filed": 2, "not_owed": 1}
    world.clock.now = CLOSES + timedelta(seconds=1)
    assert await nudge(world, "county", obligations=[await duty_of(world, VACANT)]) == {
        "not_owed": 1
    }
    assert await nudge(world, "county") == {}


async def _schedule() -> int:
    [row] = await fetch("SELECT id FROM schedule")
    number: int = row["id"]
    return number


async def test_the_filters_of_the_list(world: World) -> None:
    await one_week(world)
    cases: list[tuple[dict[str, Any], dict[str, int]]] = [
        ({"standing": ["late"]}, {"filed": 1}),
        ({"standing": ["exempt"]}, {"not_owed": 1}),
        ({"stage": "town"}, {"filed": 2}),
        ({"period": "2026-W46"}, {}),
        ({"region": OTHER_TOWN}, {"not_owed": 1}),
        ({"standing": ["pending"], "region": COUNTY}, {"nudged": 1}),
        ({"standing": ["pending"]}, {"done_today": 1}),
    ]
    for wanted, expected in cases:
        assert await nudge(world, "county", **wanted) == expected, wanted


async def test_filed_before_it_is_sent_is_not_mentioned(week: World) -> None:
    week.clock.set(2026, 11, 3, 22)
    found = await week.as_("reviewer").post("/nudges", {"region": TOWN})
    assert found["sends_at"] == "2026-11-04T00:00:00Z"
    await week.deliver()
    assert await told(week, "colleague") == []
    await submit(week, "liaison", [report(await duty_of(week, VILLAGE))])
    week.clock.set(2026, 11, 4, 8)
    await week.deliver()
    assert await told(week, "liaison") == []
    assert len(await told(week, "colleague")) == 1


async def test_the_ladder_goes_on_beside_it(week: World) -> None:
    await nudge(week, "reviewer", region=VILLAGE)
    week.clock.set(2026, 11, 5, 9)
    await week.remind()
    page = await week.as_("liaison").get("/messages")
    assert sorted(each["kind"] for each in page["items"]) == ["nudge", "reminder"]


async def test_nobody_nudges_beyond_their_area(week: World) -> None:
    mine, theirs = await duty_of(week, VILLAGE), await duty_of(week, OTHER_VILLAGE)
    for who, code in (
        ("reviewer", "not_found"),
        ("far_county", "not_found"),
        ("liaison", "forbidden"),
        ("monitor", "forbidden"),
        ("auditor", "forbidden"),
    ):
        await refused(week.as_(who), "POST", "/nudges", code, json={"obligations": [mine, theirs]})
    await refused(week.as_("reviewer"), "POST", "/nudges", "not_found", json={"region": OTHER_TOWN})
    await refused(week.as_("reviewer"), "POST", "/nudges", "invalid", json={"obligations": []})
    assert await rows("nudge") == 0


async def test_two_offices_at_the_same_moment_nudge_once(real_world: World) -> None:
    await real_world.schedule()
    await real_world.open()
    body = {"json": {"region": TOWN}}
    answers = await asyncio.gather(
        *(
            done(real_world.as_(who), "POST", "/nudges", 201, **body)
            for who in ("reviewer", "lead", "county") * 2
        )
    )
    assert sum(each["nudged"] for each in answers) == await rows("nudge") == 3
    assert await rows("message", "kind = 'nudge' AND account = $1",
                      real_world.people["liaison"].account) == 1  # fmt: skip


async def test_overdue_is_counted(week: World) -> None:
    week.clock.now = DUE + timedelta(hours=1)
    await nudge(week, "reviewer", region=VILLAGE)
    await week.deliver()
    [params] = await told(week, "liaison")
    assert params["overdue"] == 1
