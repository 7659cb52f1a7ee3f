"""/reminders/effect: what each level sees of it, how it reads, and setting the share held back."""

from datetime import timedelta
from typing import Any

import pytest

from backend.domain.roles import Role
from backend.store import regions
from backend.store.database import fetch
from tests.http.examples import new_schedule
from tests.http.tools import contents, done, duty_of, refused, report, submit
from tests.world import (
    NEIGHBOUR,
    OTHER_TOWN,
    OTHER_VILLAGE,
    TOWN,
    VILLAGE,
    World,
    add_person,
)

EFFECT = "/reminders/effect"
NOTHING = {"of": 0, "filed": 0}


async def hold_back(world: World, duty: int, *people: str, step: str = "before_1") -> None:
    """As if chance had held a step of a duty back from these people."""
    await fetch(
        """INSERT INTO reminder (obligation, step, account, held_back, decided_at)
        SELECT $1, $2, a, true, $4 FROM unnest($3::uuid[]) AS a""",
        duty,
        step,
        [world.people[who].account for who in people],
        world.clock.now,
    )


@pytest.fixture
async def week(world: World) -> World:
    """Thursday 09:00: a day before due all are reminded but 李家屯, which is held back.

    王家庄 files after 90 minutes, 李家屯 after 23 hours, 刘家桥 has not by Friday 10:00. 赵家沟 is
    vacant, so its office was told.
    """
    await world.schedule()
    await world.open()
    world.clock.set(2026, 11, 5, 9)
    await hold_back(world, await duty_of(world, NEIGHBOUR), "colleague", "station")
    await world.remind()
    world.clock.set(2026, 11, 5, 10, 30)
    await submit(world, "liaison", [report(await duty_of(world, VILLAGE))])
    world.clock.set(2026, 11, 6, 8)
    await submit(world, "colleague", [report(await duty_of(world, NEIGHBOUR))])
    world.clock.set(2026, 11, 6, 10)
    return world


async def asked(world: World, who: str = "county", **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.as_(who).get(EFFECT, **params))["steps"]
    return found


async def test_what_was_filed_with_and_without_a_reminder(week: World) -> None:
    found = await week.as_("county").get(EFFECT)
    assert (found["as_of"], found["to"]) == ("2026-11-06T02:00:00Z", "2026-11-06T02:00:00Z")
    assert found["from"] == "2026-08-06T02:00:00Z"
    [step] = found["steps"]
    assert (step["step"], step["channel"], step["code"]) == ("before_1", "in_app", "RETURN_WEEKLY")
    assert step["title"]["zh"] == "返乡农民工周报"
    assert step["outstanding"] == {"sent": 2, "held_back": 1}
    first = step["within_2h"]
    assert (first["sent"], first["held_back"]) == ({"of": 2, "filed": 1}, {"of": 1, "filed": 0})
    assert first["difference"]["points"] == 50
    assert -100 < first["difference"]["low"] < 0 < 50 < first["difference"]["high"] < 100
    day = step["within_24h"]
    assert (day["sent"], day["held_back"]) == ({"of": 2, "filed": 1}, {"of": 1, "filed": 1})
    assert day["difference"]["points"] == -50
    assert not any(step[window]["enough"] for window in ("within_2h", "within_24h"))
    still = {"sent": NOTHING, "held_back": NOTHING, "difference": None, "enough": False}
    assert step["before_close"] == still


async def test_a_window_counts_once_it_has_ended(week: World) -> None:
    week.clock.set(2026, 11, 6, 9)
    [step] = await asked(week)
    assert step["within_24h"]["held_back"] == {"of": 1, "filed": 1}
    assert step["within_24h"]["sent"] == NOTHING, "told twenty seconds later"
    week.clock.set(2026, 11, 13, 12)
    [step] = await asked(week)
    assert step["before_close"]["sent"] == {"of": 2, "filed": 1}


async def test_closing_is_where_an_extension_has_moved_it(week: World) -> None:
    body = {"kind": "extend", "reason": "系统故障", "region": OTHER_TOWN, "period": "2026-W45"}
    [row] = await fetch("SELECT schedule FROM obligation WHERE region = $1", OTHER_VILLAGE)
    body["due_at"] = "2026-11-16T12:00:00+08:00"
    await week.as_("county").post("/adjustments", {**body, "schedule": row["schedule"]})
    week.clock.set(2026, 11, 14, 12)
    [step] = await asked(week)
    assert step["before_close"]["sent"] == {"of": 1, "filed": 1}
    await submit(week, "elsewhere", [report(await duty_of(week, OTHER_VILLAGE))])
    week.clock.set(2026, 11, 23, 12)
    assert (await asked(week))[0]["before_close"]["sent"] == {"of": 2, "filed": 2}


async def test_a_channel_that_took_it_and_then_failed_told_nobody(week: World) -> None:
    await fetch(
        """INSERT INTO delivery (message, channel, not_before, attempts, sent_at, failed_at)
        SELECT message, 'sms', now(), 1, decided_at, CASE WHEN account = $1 THEN decided_at END
        FROM reminder WHERE NOT held_back""",
        week.people["liaison"].account,
    )
    by_channel = {step["channel"]: step["outstanding"]["sent"] for step in await asked(week)}
    assert by_channel == {"in_app": 2, "sms": 1}


async def test_a_report_taken_back_and_a_waiver(week: World) -> None:
    """Filed counts as long as it stands; what is waived is no longer asked."""
    waiver = {"kind": "exempt", "reason": "整村搬迁", "region": OTHER_TOWN}
    [row] = await fetch("SELECT schedule, newest FROM obligation WHERE region = $1", VILLAGE)
    week.clock.set(2026, 11, 5, 11, 30)  # past the two hours
    waiver |= {"schedule": row["schedule"], "period": "2026-W45"}
    await week.as_("county").post("/adjustments", waiver)
    await week.as_("liaison").post(f"/submissions/{row['newest']}/withdraw", status=200)
    week.clock.set(2026, 11, 6, 10)
    [step] = await asked(week)
    assert step["outstanding"]["sent"] == 2
    assert step["within_2h"]["sent"] == {"of": 2, "filed": 1}
    assert step["within_24h"]["sent"] == {"of": 1, "filed": 0}


async def test_what_was_filed_before_the_message_is_not_counted(world: World) -> None:
    await world.schedule()
    await world.open()
    await submit(world, "liaison", [report(await duty_of(world, VILLAGE))])
    world.clock.set(2026, 11, 5, 9)
    await world.remind()
    world.clock.pass_(hours=1)
    [step] = await asked(world)
    assert step["outstanding"] == {"sent": 2, "held_back": 0}


async def test_what_was_filed_while_the_message_waited_is_not_counted(world: World) -> None:
    """The digest speaks of the other report only."""
    for _ in range(2):
        await world.schedule(scope=VILLAGE)
    await world.open()
    world.clock.set(2026, 11, 5, 9)
    await world.remind_only()
    duty = await world.duty()
    await submit(world, "liaison", [report(duty["id"])])
    await world.deliver(world.clock.pass_(minutes=1))
    world.clock.pass_(hours=1)
    [step] = await asked(world)
    assert step["schedule"] != duty["schedule"]


async def test_a_nudge_is_no_step(world: World) -> None:
    await world.schedule()
    await world.open()
    await world.as_("county").post("/nudges", {"obligations": [await duty_of(world, VILLAGE)]})
    await world.deliver()
    world.clock.pass_(hours=1)
    assert await asked(world) == []


async def test_enough_is_thirty_in_each_group(world: World) -> None:
    villages = [f"{TOWN}{number}" for number in range(300, 360)]
    await regions.upsert([(key, key, f"村{key[-3:]}", "village", TOWN) for key in villages])
    for key in villages:
        await add_person(world, key, "新来", Role.LIAISON, key)
    await world.schedule()
    await world.open()
    world.clock.set(2026, 11, 5, 9)
    duties = {row["region"]: row["id"] for row in await fetch("SELECT id, region FROM obligation")}
    for key in villages[:29]:
        await hold_back(world, duties[key], key)
    await world.remind()
    world.clock.pass_(hours=3)
    [step] = await asked(world)
    assert (step["outstanding"], step["within_2h"]["enough"]) == (
        {"sent": 34, "held_back": 29},
        False,
    )
    await fetch(
        "UPDATE reminder SET held_back = true, message = NULL WHERE obligation = $1",
        duties[villages[29]],
    )
    [step] = await asked(world)
    assert (step["within_2h"]["held_back"]["of"], step["within_2h"]["enough"]) == (30, True)
    assert step["within_2h"]["difference"]["points"] == 0
    assert step["within_24h"]["enough"] is False, "nobody's day has ended"


async def test_each_sees_their_own_area(week: World) -> None:
    seen = {
        who: [step["outstanding"] for step in await asked(week, who)]
        for who in (
            "upper",
            "monitor",
            "auditor",
            "reviewer",
            "lead",
            "other_reviewer",
            "far_county",
        )
    }
    everything, town = {"sent": 2, "held_back": 1}, {"sent": 1, "held_back": 1}
    assert seen == {
        "upper": [everything],
        "monitor": [everything],
        "auditor": [everything],
        "reviewer": [town],
        "lead": [town],
        "other_reviewer": [{"sent": 1, "held_back": 0}],
        "far_county": [],
    }
    [narrowed] = await asked(week, "upper", region=OTHER_TOWN)
    assert narrowed["outstanding"] == {"sent": 1, "held_back": 0}


async def test_one_schedule_and_some_days(week: World) -> None:
    [step] = await asked(week)
    other = await week.schedule()
    assert await asked(week, schedule=step["schedule"]) == [step]
    assert await asked(week, schedule=other) == []
    nine, local = "2026-11-05T09:00:00+08:00", "2026-11-05T09:00:00.000001+08:00"
    assert await asked(week, "county", **{"from": nine}) == [step]
    assert await asked(week, "county", **{"from": local}) == []
    assert await asked(week, to=nine) == []
    span: dict[str, Any] = {"from": nine, "to": local}
    found = await week.as_("county").get(EFFECT, **span)
    assert (found["from"], found["steps"]) == ("2026-11-05T01:00:00Z", [step])


async def test_what_is_refused(week: World) -> None:
    noon = "2026-11-05T12:00:00+08:00"
    for who, params, code in (
        ("liaison", {}, "forbidden"),
        ("station", {}, "forbidden"),
        ("sysadmin", {}, "forbidden"),
        ("far_county", {"region": TOWN}, "not_found"),
        ("other_reviewer", {"region": TOWN}, "not_found"),
        ("county", {"region": VILLAGE}, "invalid"),
        ("upper", {"region": VILLAGE}, "invalid"),
        ("county", {"schedule": 0}, "invalid"),
        ("county", {"from": "yesterday"}, "invalid"),
        ("county", {"from": "2026-11-05T12:00:00"}, "invalid"),
        ("county", {"to": "1762300000"}, "invalid"),
        ("county", {"from": noon, "to": noon}, "invalid"),
        ("county", {"from": "2025-11-04T11:59:59+08:00", "to": noon}, "invalid"),
        ("county", {"from": "0001-01-01T00:00:00+08:00"}, "invalid"),
        ("county", {"to": "9999-12-31T23:59:59-08:00"}, "invalid"),
    ):
        await refused(week.as_(who), "GET", EFFECT, code, params=params)


async def test_nobody_is_named_and_no_village_either(week: World) -> None:
    text = (await week.as_("county").ask("GET", EFFECT)).text
    assert VILLAGE not in text
    assert not any(person.name in text for person in week.people.values())


async def test_setting_the_share(world: World) -> None:
    county = world.as_("county")
    number = await world.schedule()
    [shown] = (await county.get("/schedules"))["items"]
    assert (shown["id"], shown["hold_back"]) == (number, 0)
    made = await county.post("/schedules", new_schedule(shown["form"], hold_back=50))
    assert made["hold_back"] == 50
    path = f"/schedules/{made['id']}"
    assert (await done(county, "PATCH", path, 200, json={"hold_back": 20}))["hold_back"] == 20
    assert (await done(county, "PATCH", path, 200, json={"title": made["title"]}))[
        "hold_back"
    ] == 20
    before = await contents()
    for wrong in (-1, 51, 2.5, "5", True, None):
        await refused(county, "PATCH", path, "invalid", json={"hold_back": wrong})
        body = new_schedule(shown["form"], hold_back=wrong)
        await refused(county, "POST", "/schedules", "invalid", json=body)
    await refused(world.as_("lead"), "PATCH", path, "forbidden", json={"hold_back": 5})
    await refused(world.as_("far_county"), "PATCH", path, "not_found", json={"hold_back": 5})
    assert await contents() == before


async def test_what_chance_holds_back_is_in_the_report(world: World) -> None:
    """From the draw to the figure, without a hand in between."""
    for _ in range(20):
        await world.schedule(hold_back=50, scope=VILLAGE)
    await world.open()
    world.clock.set(2026, 11, 5, 9)
    await world.remind()
    world.clock.now += timedelta(hours=1)
    steps = await asked(world, "reviewer")
    assert len(steps) == 20
    outstanding = [step["outstanding"] for step in steps]
    assert all(sorted(each.values()) == [0, 1] for each in outstanding)
    # Neither all nor none of twenty: chance fails this twice in a million runs.
    assert 0 < sum(each["held_back"] for each in outstanding) < 20
