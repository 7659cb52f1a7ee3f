"""What was removed when by which rule is there to be read."""

from datetime import timedelta

from backend.store.database import fetch
from backend.tasks import housekeeping
from backend.tasks.scheduler import Job, run
from tests.http.tools import refused
from tests.world import World


async def test_each_rule_says_when_it_ran_and_what_it_removed(world: World) -> None:
    at = world.clock.now - timedelta(days=3)
    await fetch("INSERT INTO login_failure (phone_index, at) VALUES ('a', $1), ('b', $1)", at)
    job = Job("forget_failures", 3600, housekeeping.forget_failures)
    await run(job, world.clock)
    found = await world.as_("county").get("/retention")
    [removed] = found["removed"]
    assert removed == {
        "rule": "sign_in_failures",
        "day": "2026-11-02",
        "removed": 2,
        "at": "2026-11-02T02:00:00Z",
    }
    ran = {rule["rule"]: rule["run_at"] for rule in found["rules"]}
    assert ran["sign_in_failures"] == "2026-11-02T02:00:00Z"
    assert ran["old_photos"] is None
    await fetch("INSERT INTO login_failure (phone_index, at) VALUES ('c', $1)", at)
    world.clock.pass_(hours=1)
    await run(job, world.clock)
    await run(job, world.clock)
    [removed] = (await world.as_("auditor").get("/retention"))["removed"]
    assert (removed["removed"], removed["at"]) == (3, "2026-11-02T03:00:00Z")
    world.clock.pass_(days=100)
    assert (await world.as_("monitor").get("/retention"))["removed"] == []
    for who in ("liaison", "reviewer", "upper"):
        await refused(world.as_(who), "GET", "/retention", "forbidden")
