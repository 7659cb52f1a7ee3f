"""Leave: who enters it, for which days, and who is reminded meanwhile."""

import asyncio
from datetime import date
from typing import Any

import pytest

from backend.store import leaves
from backend.store.database import fetch, transaction
from tests.http.test_messages import at, reminded
from tests.http.tools import contents, done, refused, rows, waiting_for_a_lock
from tests.world import NEIGHBOUR, VACANT, VILLAGE, World

THIS_WEEK = {"starts_on": "2026-11-05", "ends_on": "2026-11-08"}


def leaves_of(world: World, who: str) -> str:
    return f"/posts/{world.people[who].post}/leaves"


async def enter(world: World, who: str, of: str = "liaison", **days: str) -> str:
    """Enters leave; gives the path of the one entered."""
    path = leaves_of(world, of)
    made = await world.as_(who).post(path, days or THIS_WEEK)
    return f"{path}/{made['id']}"


async def days(world: World, who: str, of: str = "liaison") -> list[tuple[str, str]]:
    """First and last day of each leave, as listed."""
    page = await world.as_(who).get(leaves_of(world, of))
    return [(each["starts_on"], each["ends_on"]) for each in page["items"]]


@pytest.fixture
async def week(world: World) -> World:
    """王家庄 alone owes a weekly report, due on Friday; it is Monday morning."""
    await world.schedule()
    await world.open()
    for village in (NEIGHBOUR, VACANT):
        await fetch("UPDATE obligation SET exempt_at = now() WHERE region = $1", village)
    return world


async def test_the_b_role_is_reminded_meanwhile(week: World) -> None:
    leave = await enter(week, "liaison")
    await at(week, 2026, 11, 5, 9)
    assert (await reminded(week, "liaison"), await reminded(week, "backup")) == ([], [1])
    assert await reminded(week, "reviewer") == []
    week.clock.set(2026, 11, 6, 8)
    await done(week.as_("liaison"), "DELETE", leave, 204)
    assert await days(week, "liaison") == [("2026-11-05", "2026-11-05")]
    await at(week, 2026, 11, 6, 9)
    assert (await reminded(week, "liaison"), await reminded(week, "backup")) == ([1], [1])


async def test_the_office_where_there_is_no_b_role(week: World) -> None:
    await week.as_("lead").post(f"/posts/{week.people['backup'].post}/end", status=204)
    await enter(week, "liaison")
    await at(week, 2026, 11, 5, 9)
    assert await reminded(week, "liaison") == []
    assert (await reminded(week, "reviewer"), await reminded(week, "lead")) == ([1], [1])


@pytest.mark.parametrize(
    ("first", "last", "away"),
    [("2026-11-05", "2026-11-05", True), ("2026-11-06", "2026-11-06", False)],
)
async def test_both_days_are_included(week: World, first: str, last: str, away: bool) -> None:
    await enter(week, "liaison", starts_on=first, ends_on=last)
    await at(week, 2026, 11, 5, 9)
    assert await reminded(week, "backup") == ([1] if away else [])
    assert await reminded(week, "liaison") == ([] if away else [1])


async def test_whoever_appoints_enters_it_as_well(world: World) -> None:
    taken_back = await enter(world, "lead")
    await done(world.as_("liaison"), "DELETE", taken_back, 204)
    await enter(world, "sysadmin", starts_on="2026-12-01", ends_on="2026-12-02")
    await enter(world, "sysadmin", "reviewer")
    await enter(world, "county", "county")
    [leave] = (await world.as_("liaison").get(leaves_of(world, "liaison")))["items"]
    assert leave["entered_by"] == str(world.people["sysadmin"].account)
    assert leave["entered_at"] == "2026-11-02T02:00:00Z"


async def test_nobody_else_enters_or_ends_it(world: World) -> None:
    leave = await enter(world, "liaison")
    before = await contents()
    path = leaves_of(world, "liaison")
    later = {"starts_on": "2026-12-01", "ends_on": "2026-12-01"}
    strangers = (
        "backup",
        "colleague",
        "outsider",
        "monitor",
        "upper",
        "far_county",
        "far_reviewer",
    )
    for who in (*strangers, "reviewer", "county"):
        await refused(world.as_(who), "POST", path, "not_found", json=later)
        await refused(world.as_(who), "DELETE", leave, "not_found")
    for who in strangers:
        await refused(world.as_(who), "GET", path, "not_found")
    await refused(world.as_("lead"), "POST", leaves_of(world, "reviewer"), "not_found", json=later)
    assert await contents() == before
    for who in ("liaison", "reviewer", "lead", "county", "sysadmin"):
        assert await days(world, who) == [("2026-11-05", "2026-11-08")]


async def test_a_leave_is_one_of_its_post(world: World) -> None:
    """Who may end a leave of one post does not reach another's by its number."""
    leave = (await enter(world, "liaison")).rpartition("/")[2]
    for who in ("colleague", "outsider", "lead"):
        path = f"{leaves_of(world, who)}/{leave}"
        await refused(world.as_(who), "DELETE", path, "not_found")
    assert await rows("leave") == 1


async def test_dates_that_are_none(world: World) -> None:
    path = leaves_of(world, "liaison")
    cases = [
        ("2026-11-06", "2026-11-05", "leave_dates"),
        ("2026-10-20", "2026-11-01", "leave_dates"),
        ("2026-11-02", "2027-11-03", "leave_dates"),
        ("1899-12-31", "2026-11-05", "invalid"),
        ("2026-11-05", "2200-01-01", "invalid"),
        ("2026-11-05", "2026-11-31", "invalid"),
        ("2026-11-05T00:00:00Z", "2026-11-06", "invalid"),
    ]
    for first, last, problem in cases:
        body = {"starts_on": first, "ends_on": last}
        await refused(world.as_("liaison"), "POST", path, problem, json=body)
    assert await rows("leave") == 0
    await enter(world, "liaison", starts_on="2026-11-02", ends_on="2027-11-02")


async def test_today_is_a_day_in_china(world: World) -> None:
    world.clock.set(2026, 11, 3, 0)  # in Greenwich it is still the 2nd
    path, second = leaves_of(world, "liaison"), {"starts_on": "2026-11-02", "ends_on": "2026-11-02"}
    await refused(world.as_("liaison"), "POST", path, "leave_dates", json=second)
    await enter(world, "liaison", starts_on="2026-11-01", ends_on="2026-11-03")


async def test_overlapping_is_refused(world: World) -> None:
    path = leaves_of(world, "liaison")
    await enter(world, "liaison")
    for first, last in (("05", "08"), ("03", "05"), ("08", "10"), ("06", "07"), ("03", "10")):
        body = {"starts_on": f"2026-11-{first}", "ends_on": f"2026-11-{last}"}
        await refused(world.as_("lead"), "POST", path, "leave_overlaps", json=body)
    await enter(world, "liaison", starts_on="2026-11-09", ends_on="2026-11-09")
    await enter(world, "liaison", starts_on="2026-11-04", ends_on="2026-11-04")
    await enter(world, "backup", "backup")
    assert await days(world, "lead") == [
        ("2026-11-09", "2026-11-09"),
        ("2026-11-05", "2026-11-08"),
        ("2026-11-04", "2026-11-04"),
    ]


async def test_of_two_at_the_same_moment_one_is_entered(real_world: World) -> None:
    world, post, held = real_world, real_world.people["liaison"].post, asyncio.Event()
    lead, now = world.people["lead"].account, world.clock.now

    async def first() -> None:
        async with transaction():
            assert await leaves.hold_post(post, now)
            assert await leaves.add(post, date(2026, 11, 5), date(2026, 11, 8), lead, now)
            held.set()
            await waiting_for_a_lock()

    async def second() -> None:
        await held.wait()
        path = leaves_of(world, "liaison")
        await refused(world.as_("liaison"), "POST", path, "leave_overlaps", json=THIS_WEEK)

    await asyncio.gather(first(), second())
    assert await rows("leave") == 1


async def test_what_ending_does(world: World) -> None:
    to_come = await enter(world, "liaison", starts_on="2026-12-01", ends_on="2026-12-02")
    from_today = await enter(world, "liaison", starts_on="2026-11-02", ends_on="2026-11-03")
    passing = await enter(world, "liaison")
    for removed in (to_come, from_today):
        await done(world.as_("liaison"), "DELETE", removed, 204)
        await refused(world.as_("liaison"), "DELETE", removed, "not_found")
    world.clock.set(2026, 11, 9, 0)
    await refused(world.as_("liaison"), "DELETE", passing, "leave_over")
    assert await days(world, "liaison") == [("2026-11-05", "2026-11-08")]


async def test_of_a_post_that_is_over(world: World) -> None:
    leave = await enter(world, "liaison")
    await world.as_("lead").post(f"/posts/{world.people['liaison'].post}/end", status=204)
    path, later = leaves_of(world, "liaison"), {"starts_on": "2026-12-01", "ends_on": "2026-12-01"}
    await refused(world.as_("lead"), "POST", path, "post_over", json=later)
    await refused(world.as_("lead"), "DELETE", leave, "post_over")
    await refused(world.as_("liaison"), "POST", path, "not_found", json=later)
    await refused(world.as_("liaison"), "GET", path, "not_found")
    assert await days(world, "lead") == [("2026-11-05", "2026-11-08")]


async def test_a_long_list_goes_on(world: World) -> None:
    for day in ("10", "11", "12"):
        await enter(world, "liaison", starts_on=f"2026-11-{day}", ends_on=f"2026-11-{day}")
    path = leaves_of(world, "liaison")
    first = await world.as_("liaison").get(path, limit=2)
    rest = await world.as_("liaison").get(path, limit=2, page=first["next"])
    seen = [each["starts_on"][-2:] for each in first["items"] + rest["items"]]
    assert (seen, rest["next"]) == (["12", "11", "10"], None)


async def test_the_posts_say_who_is_on_leave(world: World) -> None:
    async def shown(**params: Any) -> dict[str, str | None]:
        page = await world.as_("reviewer").get("/posts", region=VILLAGE, **params)
        return {each["name"]: each["on_leave_until"] for each in page["items"]}

    await enter(world, "liaison")
    nobody = {"王芳": None, "赵敏": None}
    assert await shown() == nobody
    for day in (5, 8):
        world.clock.set(2026, 11, day, 23)
        assert await shown() == await shown(past=True) == {**nobody, "王芳": "2026-11-08"}
    await world.as_("lead").post(f"/posts/{world.people['liaison'].post}/end", status=204)
    assert await shown(past=True) == nobody
    world.clock.set(2026, 11, 9, 0)
    assert await shown() == {"赵敏": None}


async def test_every_write_is_audited(world: World) -> None:
    leave = await enter(world, "lead")
    await done(world.as_("liaison"), "DELETE", leave, 204)
    found = await fetch("SELECT *, detail->>'leave' AS leave FROM audit_entry ORDER BY id")
    number, post = leave.rpartition("/")[2], f"post:{world.people['liaison'].post}"
    of = {key: world.people[key].account for key in ("lead", "liaison")}
    assert [
        (row["action"], row["account"], row["subject"], row["region"], row["leave"])
        for row in found
    ] == [
        ("leave.enter", of["lead"], post, VILLAGE, number),
        ("leave.end", of["liaison"], post, VILLAGE, number),
    ]
