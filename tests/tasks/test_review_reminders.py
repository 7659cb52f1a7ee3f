"""A review is reminded of while it waits for that office, and no longer."""

from backend.domain.ladder import DEFAULT_LADDER
from tests.world import World

LADDER = [step.to_dict() for step in DEFAULT_LADDER]


async def told(world: World, who: str) -> int:
    """How many reviews the reminders of somebody speak of."""
    items = (await world.as_(who).get("/messages"))["items"]
    return sum(item["params"]["to_review"] for item in items if item["kind"] == "reminder")


async def filed_and_late(world: World) -> str:
    """A report filed on Monday; on Wednesday at 09:00 its review is decided to be reminded of."""
    await world.schedule(ladder=LADDER, steps=["town", "county"])
    await world.open()
    duty = await world.duty()
    outcome = await world.file("liaison", obligation=duty["id"])
    world.clock.set(2026, 11, 4, 9, 0)
    await world.remind_only()
    return str(outcome["id"])


async def test_the_township_is_reminded_of_what_it_has_to_review(world: World) -> None:
    await filed_and_late(world)
    await world.deliver(world.clock.pass_(seconds=21))
    assert await told(world, "reviewer") == 1


async def test_what_went_on_to_the_county_is_no_longer_the_townships(world: World) -> None:
    number = await filed_and_late(world)
    world.clock.pass_(seconds=5)
    await world.review("reviewer", number, "pass")
    await world.deliver(world.clock.pass_(seconds=21))
    assert await told(world, "reviewer") == 0
