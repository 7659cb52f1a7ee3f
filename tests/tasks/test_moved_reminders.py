"""An extension moves pending reminders: those to come, and those decided but unsent."""

from datetime import UTC, datetime
from typing import Any

import pytest

from backend.tasks import reminding
from tests.http.tools import duty_of, rows
from tests.world import COUNTY, NEIGHBOUR, VILLAGE, World

MONDAY = datetime(2026, 11, 9, 4, tzinfo=UTC)


@pytest.fixture
async def week(world: World) -> World:
    """A weekly report, due on Friday 6 November at noon, with a ladder of three steps."""
    await world.schedule()
    await world.open()
    return world


async def extend(world: World, **wanted: Any) -> None:
    """To Monday noon."""
    body = {"kind": "extend", "reason": "系统故障", "due_at": MONDAY.isoformat()}
    await world.as_("county").post("/adjustments", {**body, **wanted})


async def told(world: World, who: str = "liaison") -> list[str]:
    """The nearest deadline of each reminder somebody got, oldest first."""
    page = await world.as_(who).get("/messages")
    return [each["params"]["nearest"] for each in reversed(page["items"])]


async def test_the_steps_to_come_follow_the_new_deadline(week: World) -> None:
    await extend(week, obligations=[await duty_of(week, VILLAGE)])
    for day, hour in ((5, 9), (6, 9)):
        week.clock.set(2026, 11, day, hour)
        await week.remind()
        moved = [MONDAY.isoformat().replace("+00:00", "Z")] if day == 6 else []
        assert await told(week) == moved  # the step of a day before is Friday's now
    assert len(await told(week, "colleague")) == 2
    week.clock.set(2026, 11, 9, 9)
    await week.remind()
    assert len(await told(week)) == 2


async def test_what_was_decided_but_not_sent_is_taken_back(week: World) -> None:
    week.clock.set(2026, 11, 5, 9)
    while await reminding.remind_some(week.clock.now):
        pass
    await extend(week, obligations=[await duty_of(week, VILLAGE)])
    week.clock.pass_(minutes=1)
    await week.deliver()
    assert (await told(week), len(await told(week, "colleague"))) == ([], 1)
    week.clock.set(2026, 11, 6, 9)
    await week.remind()
    assert len(await told(week)) == 1


async def test_a_whole_scope_in_one_step(week: World) -> None:
    week.clock.set(2026, 11, 6, 9)
    while await reminding.remind_some(week.clock.now):
        pass
    [schedule] = {each["schedule"] for each in (await _listed(week))}
    await extend(week, schedule=schedule, period="2026-W45", region=COUNTY)
    week.clock.pass_(minutes=1)
    await week.deliver()
    assert await rows("message", "delivered_at IS NOT NULL") == 0
    assert await rows("reminder") == 0
    week.clock.set(2026, 11, 9, 9)
    await week.remind()
    for who in ("liaison", "colleague", "elsewhere"):
        assert await told(week, who) == [MONDAY.isoformat().replace("+00:00", "Z")]


async def _listed(world: World) -> list[dict[str, Any]]:
    page = await world.as_("county").get("/obligations")
    items: list[dict[str, Any]] = page["items"]
    return items


async def test_what_was_sent_is_not_said_again(week: World) -> None:
    week.clock.set(2026, 11, 5, 9)
    await week.remind()
    await extend(week, obligations=[await duty_of(week, VILLAGE), await duty_of(week, NEIGHBOUR)])
    week.clock.set(2026, 11, 6, 9)
    await week.remind()
    assert len(await told(week)) == 1
    week.clock.set(2026, 11, 9, 9)
    await week.remind()
    assert len(await told(week)) == 2


async def test_a_nudge_stays_and_says_the_new_deadline(week: World) -> None:
    week.clock.set(2026, 11, 4, 22)
    await week.as_("reviewer").post("/nudges", {"region": VILLAGE})
    await extend(week, obligations=[await duty_of(week, VILLAGE)])
    week.clock.set(2026, 11, 5, 8)
    await week.deliver()
    assert await told(week) == [MONDAY.isoformat().replace("+00:00", "Z")]
