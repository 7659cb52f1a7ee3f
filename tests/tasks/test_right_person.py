"""Between the decision and the sending people come, go and take leave: who is told then."""

from datetime import date
from typing import Any

import pytest

from backend.domain.channels import Kind
from backend.domain.ladder import DEFAULT_LADDER
from backend.domain.roles import Role
from backend.store.database import fetch
from tests.http.tools import duty_of
from tests.tasks.sending import begin, decide, round_, send, services
from tests.world import VILLAGE, World, add_person

LADDER = [step.to_dict() for step in DEFAULT_LADDER]


async def told(world: World, who: str) -> list[dict[str, Any]]:
    """The parameters of somebody's digests, oldest first."""
    found = (await world.as_(who).get("/messages"))["items"]
    return [m["params"] for m in reversed(found) if m["kind"] == "reminder"]


async def gone(world: World, *who: str) -> None:
    """Their posts end at this moment."""
    posts = [world.people[each].post for each in who]
    await fetch("UPDATE post SET ends_at = $2 WHERE id = ANY($1)", posts, world.clock.now)


async def away(world: World, who: str, first: date, last: date) -> None:
    await fetch(
        """INSERT INTO leave (post, starts_on, ends_on, entered_at, entered_by)
        VALUES ($1, $2, $3, $4, $5)""",
        world.people[who].post,
        first,
        last,
        world.clock.now,
        world.people["lead"].account,
    )


async def successor(world: World) -> None:
    await add_person(world, "successor", "新来", Role.LIAISON, VILLAGE)
    await fetch(
        "UPDATE post SET starts_at = $2 WHERE id = $1",
        world.people["successor"].post,
        world.clock.now,
    )


async def evening(world: World, **step: Any) -> None:
    """Decided at 20:29, so that the night lies before the sending."""
    await world.schedule(ladder=[{"audience": ["liaison"], **step}])
    await world.open()


async def test_whose_leave_begins_overnight_is_not_told_the_b_role_is(world: World) -> None:
    await evening(world, key="eve", offset_workdays=-1, at="20:29")
    await away(world, "liaison", date(2026, 11, 6), date(2026, 11, 6))
    world.clock.set(2026, 11, 5, 20, 29)
    await world.remind_only()
    world.clock.set(2026, 11, 5, 20, 31)
    await world.deliver()
    world.clock.set(2026, 11, 6, 8, 0)
    await world.deliver()
    await world.remind()
    assert await told(world, "liaison") == []
    assert [said["duties"] for said in await told(world, "backup")] == [1]


async def test_without_a_b_role_leave_is_the_townships(world: World) -> None:
    await evening(world, key="day", offset_workdays=0, at="09:00")
    await gone(world, "backup")
    await away(world, "liaison", date(2026, 11, 6), date(2026, 11, 9))
    world.clock.set(2026, 11, 6, 9, 0)
    await world.remind()
    assert await told(world, "liaison") == []
    for who in ("reviewer", "lead"):
        assert len(await told(world, who)) == 1


@pytest.mark.parametrize("concern", ["report", "correction"])
async def test_a_village_handed_over_takes_what_is_queued_with_it(
    world: World, concern: str
) -> None:
    await world.schedule(ladder=LADDER)
    await world.open()
    if concern == "correction":  # to be corrected by Thursday the 5th, 18:00
        world.clock.set(2026, 11, 3, 10)
        duty = await duty_of(world, VILLAGE)
        filed = await world.file("liaison", obligation=duty)
        await world.review("reviewer", filed["id"], "return", defects=[{"text": "核对"}])
    world.clock.set(2026, 11, 5, 9)
    await world.remind_only()
    await gone(world, "liaison")
    await successor(world)
    await world.deliver(world.clock.pass_(minutes=1))
    await world.remind()
    assert await told(world, "liaison") == []
    [said] = await told(world, "successor")
    key = {"report": "duties", "correction": "to_correct"}[concern]
    assert said[key] == 1


async def test_a_review_queued_for_a_reviewer_who_left_goes_to_the_next(world: World) -> None:
    await world.schedule(ladder=LADDER)
    await world.open()
    world.clock.set(2026, 11, 3, 10)
    await world.file("liaison", obligation=await duty_of(world, VILLAGE))
    world.clock.set(2026, 11, 5, 9)
    await world.remind_only()
    await gone(world, "reviewer")
    await world.deliver(world.clock.pass_(minutes=1))
    await world.remind()
    assert [said["to_review"] for said in await told(world, "lead")] == [0, 1]  # 赵家沟 is vacant


async def test_what_waits_for_a_channel_is_not_lost_with_its_addressee(world: World) -> None:
    """Shown to the predecessor at nine, the SMS still queued: the successor gets both anew."""
    await begin(world, "sms")
    to = services(Kind.SMS)
    await decide(world, to)
    await gone(world, "liaison")
    await successor(world)
    await send(world, to)
    numbers = [item.address for item in to[Kind.SMS].got]
    assert world.people["liaison"].phone not in numbers
    assert world.people["successor"].phone not in numbers
    await round_(world, to)
    numbers = [item.address for item in to[Kind.SMS].got]
    assert numbers.count(world.people["successor"].phone) == 1
    assert world.people["liaison"].phone not in numbers
    assert [said["duties"] for said in await told(world, "successor")] == [1]
    assert numbers.count(world.people["colleague"].phone) == 1


async def test_steps_before_the_return_or_the_filing_are_no_steps_of_it(world: World) -> None:
    """Nine o'clock of Tuesday had passed when the report was filed, and when it came back."""
    early = {"offset_workdays": -2, "at": "09:00"}
    steps = [
        {"key": "fix_early", "of": "correction", "audience": ["liaison"], **early},
        {"key": "fix", "of": "correction", "audience": ["liaison"], **early, "offset_workdays": -1},
        {"key": "review_early", "of": "review", "audience": ["township"], **early},
    ]
    await world.schedule(ladder=steps)
    await world.open()
    world.clock.set(2026, 11, 3, 10)
    filed = await world.file("liaison", obligation=await duty_of(world, VILLAGE))
    world.clock.set(2026, 11, 4, 10)
    await world.remind()
    assert await told(world, "reviewer") == []
    await world.review("reviewer", filed["id"], "return", defects=[{"text": "核对"}])
    await world.remind()
    assert await told(world, "liaison") == []
    world.clock.set(2026, 11, 5, 9)
    await world.remind()
    assert [said["to_correct"] for said in await told(world, "liaison")] == [1]


async def test_a_due_day_off_counts_beside_an_older_deadline(world: World) -> None:
    """What waited since Friday night may go on a Sunday on which something else is due."""
    late = {"key": "late", "offset_hours": 8, "audience": ["liaison"]}  # Friday 20:00
    await world.schedule(ladder=[late])
    await world.schedule(
        ladder=[{"key": "day", "offset_workdays": 0, "at": "09:00", "audience": ["liaison"]}]
    )
    await world.open()
    await fetch(
        """UPDATE obligation SET due_at = '2026-11-08T12:00+08:00' WHERE schedule =
        (SELECT max(id) FROM schedule)"""
    )
    world.clock.set(2026, 11, 6, 20, 20)
    await world.remind_only()
    world.clock.set(2026, 11, 6, 20, 31)
    await world.deliver()
    world.clock.set(2026, 11, 8, 9, 0)
    await fetch("UPDATE obligation SET remind_at = $1", world.clock.now)
    await world.remind_only()
    await fetch("UPDATE delivery SET not_before = $1", world.clock.now)
    await world.deliver()
    [said] = await told(world, "liaison")
    assert (said["duties"], said["overdue"]) == (2, 1)
