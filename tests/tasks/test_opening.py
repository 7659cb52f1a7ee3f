"""Opening what is owed: by itself, once, as it was said when the period came."""

from collections import Counter
from datetime import date
from typing import Any

import asyncpg
import pytest

from backend.store import duties, regions
from backend.store.database import fetch
from backend.tasks import opening
from tests.world import (
    COUNTY,
    FAR_VILLAGE,
    NEIGHBOUR,
    OTHER_COUNTY,
    OTHER_VILLAGE,
    TOWN,
    VACANT,
    VILLAGE,
    World,
)

VILLAGES = [VILLAGE, NEIGHBOUR, VACANT, OTHER_VILLAGE]


async def opened() -> dict[str, list[str]]:
    """The villages of each period, in code order."""
    found: dict[str, list[str]] = {}
    for row in await fetch(
        """SELECT p.key, o.region FROM obligation o JOIN period p ON p.id = o.period
        ORDER BY p.opens_at, o.region"""
    ):
        found.setdefault(row["key"], []).append(row["region"])
    return found


async def times(period: str) -> asyncpg.Record:
    """The deadlines of a period, which are those of all its obligations."""
    [row] = await fetch(
        """SELECT DISTINCT o.opens_at, o.due_at, o.closes_at, p.due_at AS period_due, p.form
        FROM obligation o JOIN period p ON p.id = o.period WHERE p.key = $1""",
        period,
    )
    assert row["due_at"] == row["period_due"]
    return row


async def one_step(world: World) -> bool:
    """One take of the opening, as the clock of the tasks would have it."""
    await opening.freeze_periods(world.clock.now)
    return await opening.open_one(world.clock.now)


async def test_weeks_of_stand_still_are_caught_up_once(world: World) -> None:
    await world.schedule()
    await world.open()
    assert await opened() == {"2026-W45": VILLAGES}

    world.clock.set(2026, 11, 25, 3, 0)
    for _ in range(3):
        await world.open()
    assert await opened() == {f"2026-W{week}": VILLAGES for week in (45, 46, 47, 48)}
    assert (await times("2026-W47"))["due_at"].isoformat() == "2026-11-20T04:00:00+00:00"
    assert await fetch("SELECT 1 FROM period WHERE opened_at IS NULL") == []


async def test_catching_up_sends_no_burst_of_reminders(world: World) -> None:
    """What closed meanwhile is past reminding; the rest is one message."""
    await world.schedule()
    world.clock.set(2026, 11, 27, 9, 30)  # the week before closes at noon, this one is due
    await world.open()
    await world.remind()
    [message] = (await world.as_("liaison").get("/messages"))["items"]
    assert {name: message["params"][name] for name in ("duties", "overdue")} == {
        "duties": 2,
        "overdue": 1,
    }


async def test_a_period_that_has_come_keeps_what_it_was(world: World) -> None:
    number = await world.schedule()
    await world.open()
    before = await times("2026-W45")
    county = world.as_("county")

    day_off = {"is_workday": False, "note": "集市"}
    for day in ("2026-11-06", "2026-11-13"):
        answer = await county.ask("PUT", f"/calendar/{day}", json=day_off)
        assert answer.status_code == 204
    timetable = {"due": {"kind": "weekday", "number": 4, "at": "09:30"}}
    answer = await county.ask("PATCH", f"/schedules/{number}", json={"timetable": timetable})
    assert answer.status_code == 200
    await world.open()
    assert await times("2026-W45") == before

    world.clock.set(2026, 11, 9, 0, 0)
    await world.open()
    assert await times("2026-W45") == before
    assert (await times("2026-W46"))["due_at"].isoformat() == "2026-11-12T01:30:00+00:00"


async def test_days_off_said_before_it_comes_move_a_deadline(world: World) -> None:
    await world.schedule()
    await world.as_("county").ask("PUT", "/calendar/2026-11-06", json={"is_workday": False})
    await world.open()
    assert (await times("2026-W45"))["due_at"].isoformat() == "2026-11-09T04:00:00+00:00"


async def test_what_is_asked_of_an_open_period_stays_when_the_schedule_changes(
    world: World,
) -> None:
    """Also who reviews and how long a phone may be offline: "opened ones keep what they had"."""
    number = await world.schedule(steps=["town", "county"])
    await world.open()
    duty = await world.duty()
    filed = await world.file("liaison", obligation=duty["id"])
    await world.review("reviewer", filed["id"], "pass")

    change = {"steps": ["town"], "allowance_hours": 0}
    answer = await world.as_("county").ask("PATCH", f"/schedules/{number}", json=change)
    assert answer.status_code == 200
    assert (await world.duty())["allowance_hours"] == 24
    waiting = (await world.as_("county").get("/reviews"))["items"]
    assert [entry["submission"] for entry in waiting] == [filed["id"]]
    passed = await world.review("county", filed["id"], "pass", step="county")
    assert passed["outcome"] == "done", passed
    detail = await world.as_("county").get(f"/obligations/{duty['id']}")
    assert detail["state"] == "accepted"


@pytest.mark.parametrize(
    ("ends_on", "weeks"),
    [(date(2026, 11, 8), [45]), (date(2026, 11, 9), [45, 46]), (None, [45, 46, 47, 48])],
)
async def test_a_season_ends(world: World, ends_on: date | None, weeks: list[int]) -> None:
    """The last period is the one that begins by the last day."""
    await world.schedule(ends_on=ends_on)
    world.clock.set(2026, 11, 25, 3, 0)
    await world.open()
    assert list(await opened()) == [f"2026-W{week}" for week in weeks]


async def test_a_village_is_asked_from_the_period_after_it_came(world: World) -> None:
    await world.schedule()
    await world.open()
    new = f"{TOWN}209"
    await regions.upsert([(new, new, "新村村民委员会", "village", TOWN)])
    await world.open()
    assert await opened() == {"2026-W45": VILLAGES}

    world.clock.set(2026, 11, 9, 0, 0)
    await world.open()
    assert (await opened())["2026-W46"] == sorted([*VILLAGES, new])


@pytest.mark.parametrize("kind", ["merge", "recode"])
async def test_a_village_that_is_no_more_is_not_asked(world: World, kind: str) -> None:
    await world.schedule()
    await world.open()
    new = NEIGHBOUR if kind == "merge" else f"{TOWN}299"
    change = {"kind": kind, "old": VILLAGE, "new": new}
    await world.as_("county").post("/regions/changes", change)

    world.clock.set(2026, 11, 9, 0, 0)
    await world.open()
    found = await opened()
    assert found["2026-W45"] == VILLAGES
    assert found["2026-W46"] == sorted({*VILLAGES[1:], new})


async def test_a_province_opens_county_by_county(world: World) -> None:
    await world.schedule(scope="99")
    assert await one_step(world)
    assert await opened() == {"2026-W45": VILLAGES}
    assert await fetch("SELECT 1 FROM period WHERE opened_at IS NOT NULL") == []
    assert await one_step(world)
    assert await opened() == {"2026-W45": [*VILLAGES, FAR_VILLAGE]}
    assert await one_step(world)
    assert not await one_step(world)
    [period] = await fetch("SELECT opened_at, opened_up_to FROM period")
    assert (period["opened_at"], period["opened_up_to"]) == (world.clock.now, OTHER_COUNTY)


@pytest.mark.parametrize("scope", [COUNTY, TOWN, VILLAGE])
async def test_a_scope_is_all_that_is_asked(world: World, scope: str) -> None:
    await world.schedule(scope=scope)
    await world.open()
    inside = [village for village in VILLAGES if village.startswith(scope)]
    assert await opened() == {"2026-W45": inside}


async def test_a_crash_between_two_counties_goes_on_where_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.schedule(scope="99")
    await one_step(world)
    before = await change_numbers()
    whole = duties.open_chunk

    async def halfway(*args: Any) -> int:
        await whole(*args)
        raise ConnectionResetError

    monkeypatch.setattr(duties, "open_chunk", halfway)
    with pytest.raises(ConnectionResetError):
        await one_step(world)
    assert await opened() == {"2026-W45": VILLAGES}
    monkeypatch.undo()

    await world.open()
    assert await opened() == {"2026-W45": [*VILLAGES, FAR_VILLAGE]}
    after = await change_numbers()
    assert {village: after[village] for village in VILLAGES} == {
        village: before[village] for village in VILLAGES
    }
    assert after[FAR_VILLAGE] == before[FAR_VILLAGE] + 1


async def change_numbers() -> dict[str, int]:
    rows = await fetch("SELECT key, change_no FROM region WHERE level = 'village'")
    return {row["key"]: row["change_no"] for row in rows}


async def test_phones_hear_of_it_once(world: World) -> None:
    await world.schedule()
    before = await world.as_("liaison").get("/sync")
    await world.open()
    heard = await world.as_("liaison").get("/sync", cursor=before["cursor"])
    assert [duty["village"] for duty in heard["obligations"]] == [VILLAGE]
    await world.open()
    silence = await world.as_("liaison").get("/sync", cursor=heard["cursor"])
    assert "obligations" not in silence


async def test_several_schedules_do_not_hold_each_other_up(world: World) -> None:
    for code, cadence in (("RETURN_WEEKLY", "weekly"), ("LABOR_MONTHLY", "monthly")):
        timetable = {"due": {"kind": "weekday" if cadence == "weekly" else "day", "number": 5}}
        await world.schedule(code, cadence=cadence, timetable=timetable)
    await world.open()
    keys = Counter(
        row["key"]
        for row in await fetch("SELECT p.key FROM obligation o JOIN period p ON p.id = o.period")
    )
    assert keys == {"2026-W45": 4, "2026-11": 4} or keys == {"2026-W45": 4}, keys
