"""Corrections and reviews that wait, as people are reminded of them; leave, and counties' words."""

from typing import Any

from backend.domain.ladder import DEFAULT_LADDER
from backend.store.database import fetch
from tests.world import NEIGHBOUR, VACANT, World

LADDER = [step.to_dict() for step in DEFAULT_LADDER]


async def begin(world: World, **changes: Any) -> int:
    """A weekly report due on Friday the 6th at noon, of one village only."""
    await world.schedule(**{"ladder": LADDER, **changes})
    await world.open()
    others = [NEIGHBOUR, VACANT, "990101101200"]
    await fetch("UPDATE obligation SET exempt_at = now() WHERE region = ANY($1)", others)
    duty: int = (await world.duty())["id"]
    return duty


async def told(world: World, who: str) -> list[dict[str, Any]]:
    """The parameters of somebody's digests, oldest first."""
    found = (await world.as_(who).get("/messages"))["items"]
    return [m["params"] for m in reversed(found) if m["kind"] == "reminder"]


async def at(world: World, *local: int) -> None:
    world.clock.set(*local)
    await world.remind()


async def returned(world: World, duty: int) -> str:
    """Filed and returned on Tuesday the 3rd: to be corrected by Thursday the 5th, 18:00."""
    world.clock.set(2026, 11, 3, 10)
    filed = await world.file("liaison", obligation=duty)
    world.clock.set(2026, 11, 3, 11)
    await world.review("reviewer", filed["id"], "return", defects=[{"text": "核对"}])
    await world.remind()
    return str(filed["id"])


async def test_a_return_is_reminded_of_until_it_is_corrected(world: World) -> None:
    duty = await begin(world)
    await returned(world, duty)
    await at(world, 2026, 11, 4, 9)
    assert await told(world, "liaison") == []
    await at(world, 2026, 11, 5, 9)
    [said] = await told(world, "liaison")
    assert (said["duties"], said["to_correct"], said["nearest"]) == (0, 1, "2026-11-05T10:00:00Z")
    assert await told(world, "backup") == await told(world, "reviewer") == []
    await at(world, 2026, 11, 6, 9)
    for who in ("liaison", "backup", "reviewer", "lead"):
        assert (await told(world, who))[-1]["to_correct"] == 1
    await at(world, 2026, 11, 20, 9)
    assert len(await told(world, "liaison")) == 2


async def test_a_correction_filed_meanwhile_is_not_mentioned(world: World) -> None:
    duty = await begin(world)
    await returned(world, duty)
    world.clock.set(2026, 11, 5, 9)
    await world.remind_only()
    await world.file("liaison", obligation=duty)
    await world.deliver(world.clock.pass_(minutes=1))
    assert await told(world, "liaison") == []


async def test_the_next_return_is_reminded_of_anew(world: World) -> None:
    duty = await begin(world)
    await returned(world, duty)
    await at(world, 2026, 11, 5, 9)
    again = await world.file("liaison", obligation=duty)
    world.clock.set(2026, 11, 5, 10)
    await world.review("reviewer", again["id"], "return", defects=[{"text": "仍不符"}])
    await at(world, 2026, 11, 9, 9)  # two working days later
    assert [said["to_correct"] for said in await told(world, "liaison")] == [1, 1]


async def test_an_office_is_reminded_of_its_reviews_then_its_lead_then_the_county(
    world: World,
) -> None:
    """Filed on Tuesday, to be reviewed by Thursday 18:00."""
    duty = await begin(world)
    world.clock.set(2026, 11, 3, 10)
    await world.file("liaison", obligation=duty)
    await at(world, 2026, 11, 4, 15)
    assert await told(world, "reviewer") == []
    await at(world, 2026, 11, 5, 9)
    [said] = await told(world, "reviewer")
    assert (said["duties"], said["to_review"], said["nearest"]) == (0, 1, "2026-11-05T10:00:00Z")
    assert await told(world, "lead") == await told(world, "county") == []
    await at(world, 2026, 11, 6, 9)
    assert [said["to_review"] for said in await told(world, "lead")] == [1]
    assert await told(world, "county") == []
    await at(world, 2026, 11, 9, 9)
    assert [said["to_review"] for said in await told(world, "county")] == [1]
    assert len(await told(world, "reviewer")) == len(await told(world, "lead")) == 1
    assert await told(world, "liaison") == await told(world, "backup") == []


async def test_a_review_done_meanwhile_is_not_mentioned(world: World) -> None:
    duty = await begin(world)
    world.clock.set(2026, 11, 3, 10)
    filed = await world.file("liaison", obligation=duty)
    world.clock.set(2026, 11, 5, 9)
    await world.remind_only()
    await world.review("reviewer", filed["id"], "pass")
    await world.deliver(world.clock.pass_(minutes=1))
    await at(world, 2026, 11, 9, 9)
    for who in ("reviewer", "lead", "county"):
        assert await told(world, who) == []


async def test_who_filed_on_behalf_is_not_asked_to_review_it(world: World) -> None:
    duty = await begin(world)
    world.clock.set(2026, 11, 3, 10)
    await world.file("reviewer", obligation=duty, on_behalf_reason="住院")
    await at(world, 2026, 11, 5, 9)
    assert await told(world, "reviewer") == []
    assert [said["to_review"] for said in await told(world, "lead")] == [1]


async def test_the_countys_own_step_is_the_countys_to_be_reminded_of(world: World) -> None:
    duty = await begin(world, steps=["town", "county"])
    world.clock.set(2026, 11, 3, 10)
    filed = await world.file("liaison", obligation=duty)
    world.clock.set(2026, 11, 3, 11)
    await world.review("reviewer", filed["id"], "pass")
    await at(world, 2026, 11, 5, 9)
    assert [said["to_review"] for said in await told(world, "county")] == [1]
    assert await told(world, "reviewer") == await told(world, "lead") == []


async def test_on_leave_the_b_role_is_reminded_instead(world: World) -> None:
    await begin(world)
    await fetch(
        """INSERT INTO leave (post, starts_on, ends_on, entered_at, entered_by)
        VALUES ($1, '2026-11-05', '2026-11-05', now(), $2)""",
        world.people["liaison"].post,
        world.people["lead"].account,
    )
    await at(world, 2026, 11, 5, 9)  # the working day before due
    assert await told(world, "liaison") == []
    assert [said["duties"] for said in await told(world, "backup")] == [1]
    await at(world, 2026, 11, 6, 9)
    assert [said["duties"] for said in await told(world, "liaison")] == [1]
    assert len(await told(world, "backup")) == 1


async def test_the_last_step_of_a_digest_words_it(world: World) -> None:
    words = {"zh": "还有{duties}份，截至{nearest}", "en": "{duties} left until {nearest}"}
    step = {"key": "own", "offset_workdays": 0, "at": "09:00", "audience": ["liaison"]}
    await begin(world, ladder=[{**step, "text": words}])
    await at(world, 2026, 11, 6, 9)
    [message] = (await world.as_("liaison").get("/messages"))["items"]
    assert message["text"] == "还有1份，截至11月6日12:00"


async def test_one_digest_for_reports_corrections_and_reviews(world: World) -> None:
    """王芳 owes a report and a correction on one day: one message."""
    duty = await begin(world)
    await returned(world, duty)
    await begin(world, title={"zh": "另一份", "en": "Another"})
    await at(world, 2026, 11, 5, 9)
    [said] = await told(world, "liaison")
    assert (said["duties"], said["to_correct"]) == (1, 1)
    [message] = [
        m for m in (await world.as_("liaison").get("/messages"))["items"] if m["kind"] == "reminder"
    ]
    assert message["text"] == "有1项待报；1份退回待补正，最近截止时间：11月5日18:00。"
