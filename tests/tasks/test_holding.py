"""Holding back: a random share, drawn once, never of what chases, never from an office."""

import asyncio
from datetime import datetime
from math import sqrt

import asyncpg
import pytest

from backend.domain.ladder import DEFAULT_LADDER, Concern, steps_of
from backend.domain.roles import Role
from backend.store import regions
from backend.store.database import fetch, fetch_value, transaction
from backend.tasks import reminding
from tests.http.tools import rows
from tests.world import NEIGHBOUR, TOWN, VACANT, VILLAGE, World, add_person

LADDER = [step.to_dict() for step in DEFAULT_LADDER]
BEFORE = ("before_3", "before_1", "due_day", "last_hour")
MORE = [f"{TOWN}{number}" for number in range(300, 700)]
# Of the weekly report due on Friday 6 November at noon, in China.
MOMENTS = [(3, 9), (5, 9), (6, 9), (6, 11), (9, 9), (10, 9)]


async def many(world: World) -> None:
    """Four hundred more villages, all with one liaison."""
    await regions.upsert([(key, key, f"村{key[-3:]}", "village", TOWN) for key in MORE])
    person = await add_person(world, "busy", "钱多", Role.LIAISON, MORE[0])
    await fetch(
        """INSERT INTO post (id, account, role, region, is_backup, starts_at)
        SELECT gen_random_uuid(), $1::uuid, 'liaison', v, false, '2026-01-01'::timestamptz
        FROM unnest($2::text[]) AS v""",
        person.account,
        MORE[1:],
    )


async def climb(world: World) -> None:
    """Through all moments of the ladder."""
    for moment in MOMENTS:
        world.clock.set(2026, 11, *moment)
        await world.remind()


async def by_step() -> dict[str, tuple[int, int]]:
    """(held back, told) of each step."""
    found = await fetch(
        """SELECT step, count(*) FILTER (WHERE held_back)::int AS held,
            count(*) FILTER (WHERE NOT held_back)::int AS told
        FROM reminder GROUP BY step"""
    )
    return {row["step"]: (row["held"], row["told"]) for row in found}


@pytest.mark.parametrize("percent", [10, 50])
async def test_about_that_share_of_each_step_before_due(world: World, percent: int) -> None:
    await many(world)
    await world.schedule(hold_back=percent, ladder=LADDER)
    await world.open()
    await climb(world)
    found = await by_step()
    assert set(found) == {step.key for step in steps_of(DEFAULT_LADDER, Concern.REPORT)}
    assert all(found[step][0] == 0 for step in set(found) - set(BEFORE))
    by_chance = [found[step] for step in BEFORE]
    # The vacant village's reminder goes to two people of its office, and is not drawn.
    for held, told in (*by_chance, tuple(map(sum, zip(*by_chance, strict=True)))):
        assert held + told > 400
        # Six standard deviations: chance fails this once in some hundred million runs.
        spread = 6 * sqrt((held + told) * percent * (100 - percent)) / 100
        assert abs(held - (held + told) * percent / 100) < spread, by_chance
    both = await fetch_value(
        """SELECT count(DISTINCT a.obligation) FROM reminder a JOIN reminder b
            ON b.obligation = a.obligation AND b.step = 'due_day' AND NOT b.held_back
        WHERE a.step = 'before_1' AND a.held_back"""
    )
    assert both > 0, "each step of a duty is drawn for itself"


async def test_nothing_by_default(world: World) -> None:
    await many(world)
    await world.schedule(ladder=LADDER)
    await world.open()
    await climb(world)
    assert all(held == 0 for held, _ in (await by_step()).values())


async def held_week(world: World, percent: int = 50) -> None:
    await many(world)
    await world.schedule(hold_back=percent, ladder=LADDER)
    await world.open()
    world.clock.set(2026, 11, 6, 9)


async def decisions() -> list[asyncpg.Record]:
    return await fetch("SELECT obligation, step, account, held_back FROM reminder ORDER BY id")


async def test_a_second_sweep_draws_nothing_again(world: World) -> None:
    await held_week(world)
    await world.remind()
    once = await decisions()
    assert await rows("reminder", "held_back") > 100
    for _ in range(3):
        await fetch("UPDATE obligation SET remind_at = $1", world.clock.now)
        await world.remind()
    assert await decisions() == once


async def test_two_sweeps_at_once_draw_each_duty_once(real_world: World) -> None:
    world = real_world
    await held_week(world)

    async def drain() -> None:
        while await reminding.remind_some(world.clock.now):
            pass

    await asyncio.gather(*(drain() for _ in range(3)))
    found = await decisions()
    assert len(found) == len({(row["obligation"], row["step"], row["account"]) for row in found})
    twice = await fetch(
        """SELECT 1 FROM reminder GROUP BY obligation, step
        HAVING count(DISTINCT held_back) > 1"""
    )
    assert twice == []


async def test_what_is_held_back_is_not_mentioned_and_what_is_told_is(world: World) -> None:
    await held_week(world)
    await world.remind()
    told = await rows("reminder", "NOT held_back AND account = $1", world.people["busy"].account)
    [message] = (await world.as_("busy").get("/messages"))["items"]
    assert message["params"]["duties"] == told
    held = await rows("reminder", "held_back AND account = $1", world.people["busy"].account)
    assert (held + told, message["params"]["duties"] < 400) == (400, True)


async def all_held(world: World) -> int:
    """The duty of 王家庄, held back by whatever chance."""
    await world.schedule(hold_back=50, ladder=LADDER, scope=VILLAGE)
    await world.open()
    world.clock.set(2026, 11, 6, 9)
    while not await rows("reminder", "held_back"):
        await fetch("DELETE FROM delivery")
        await fetch("DELETE FROM reminder")
        await fetch("DELETE FROM message")
        await fetch("UPDATE obligation SET remind_at = $1", world.clock.now)
        await world.remind()
    found: int = await fetch_value("SELECT id FROM obligation")
    return found


async def successor(world: World, village: str, at: datetime) -> None:
    await fetch("UPDATE post SET ends_at = $2 WHERE region = $1", village, at)
    await add_person(world, "new", "新来", Role.LIAISON, village)
    await fetch("UPDATE obligation SET remind_at = $1", at)


async def test_a_successor_is_treated_as_who_was_there_before(world: World) -> None:
    await all_held(world)
    await successor(world, VILLAGE, world.clock.pass_(minutes=5))
    await fetch("UPDATE schedule SET hold_back = 0")
    await world.remind()
    assert await by_step() == {"due_day": (2, 0)}


async def test_who_was_told_has_a_successor_who_is_told(world: World) -> None:
    await world.schedule(ladder=LADDER, scope=VILLAGE)
    await world.open()
    world.clock.set(2026, 11, 6, 9)
    await world.remind()
    await successor(world, VILLAGE, world.clock.pass_(minutes=5))
    await fetch("UPDATE schedule SET hold_back = 50")
    await world.remind()
    assert await by_step() == {"due_day": (0, 2)}


async def test_an_office_that_answers_for_a_village_is_always_told(world: World) -> None:
    """A step that a vacant village's office gets is an escalation already."""
    for _ in range(20):
        await world.schedule(hold_back=50, ladder=LADDER, scope=VACANT)
    await world.open()
    world.clock.set(2026, 11, 6, 9)
    await world.remind()
    assert await by_step() == {"due_day": (0, 40)}


async def test_a_nudge_by_hand_goes_all_the_same(world: World) -> None:
    duty = await all_held(world)
    await world.as_("reviewer").post("/nudges", {"obligations": [duty]})
    await world.deliver()
    kinds = [m["kind"] for m in (await world.as_("liaison").get("/messages"))["items"]]
    assert kinds == ["nudge"]


async def test_what_was_held_back_before_due_is_chased_after(world: World) -> None:
    await all_held(world)
    world.clock.set(2026, 11, 9, 9)
    await world.remind()
    assert (await by_step())["after_1"] == (0, 4)
    assert len((await world.as_("liaison").get("/messages"))["items"]) == 1


@pytest.mark.parametrize("held", [False, True])
async def test_a_row_has_a_message_or_is_held_back(world: World, held: bool) -> None:
    await world.schedule(scope=NEIGHBOUR)
    await world.open()
    duty = await fetch_value("SELECT id FROM obligation")
    message = await fetch_value(
        """INSERT INTO message (id, account, kind, params, slot_at, created_at)
        VALUES (gen_random_uuid(), $1, 'reminder', '{}', $2, $2) RETURNING id""",
        world.people["colleague"].account,
        world.clock.now,
    )
    with pytest.raises(asyncpg.CheckViolationError):
        async with transaction():
            await fetch(
                """INSERT INTO reminder (obligation, step, account, message, held_back, decided_at)
                VALUES ($1, 'due_day', $2, $3, $4, $5)""",
                duty,
                world.people["colleague"].account,
                message if held else None,
                held,
                world.clock.now,
            )
