"""Certification duties open with the windows of the cycle, once, for whoever is paid."""

import asyncio
from contextvars import Context
from datetime import date
from typing import Any

import pytest

from backend.domain.calendar import local_day
from backend.store import rosters, rounds
from backend.store.database import fetch, fetch_value, transaction
from backend.tasks import certifying
from tests.http.tools import rows
from tests.tasks.certified import duties, duty, pensioner, roster, set_cycle
from tests.world import COUNTY, NEIGHBOUR, OTHER_VILLAGE, VILLAGE, World


def local_days(found: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(local_day(found[name])) for name in ("opens_at", "due_at", "closes_at"))


async def test_every_pensioner_of_the_year_is_asked_once(world: World) -> None:
    await set_cycle(world)
    people = [pensioner(1), pensioner(2, region_code=NEIGHBOUR), pensioner(3, name="李秀英")]
    await roster(world, people)
    found = await duty(world, 2)
    assert (found["key"], found["region"], found["holder"]) == ("2026-12-31", NEIGHBOUR, NEIGHBOUR)
    assert local_days(found) == ("2026-01-01", "2026-12-31", "2026-12-31")
    assert found["stage"] == "none"
    for _ in range(3):
        await world.certify()
        world.clock.pass_(days=1)
    assert await rows("obligation", "beneficiary IS NOT NULL") == 3
    [schedule] = await fetch("SELECT * FROM schedule")
    assert (schedule["scope"], schedule["insurance_type"]) == (COUNTY, "resident")


async def test_nobody_is_asked_without_a_cycle_or_before_it(world: World) -> None:
    await roster(world, [pensioner(1), pensioner(2, insurance_type="gov")])
    assert await rows("obligation") == 0
    await set_cycle(world, insurance="gov")
    await world.certify()
    assert await duties(world, 1) == []
    assert len(await duties(world, 2)) == 1


async def test_who_is_not_paid_is_not_asked(world: World) -> None:
    await set_cycle(world)
    gone, stays = pensioner(1), pensioner(4)
    await roster(world, [gone, stays, pensioner(3, pay_status="terminated")])
    assert await duties(world, 3) == []
    await roster(world, [stays])
    world.clock.set(2027, 1, 1, 0, 5)
    await world.certify()
    assert [each["key"] for each in await duties(world, 1)] == ["2026-12-31"]
    assert [each["key"] for each in await duties(world, 4)] == ["2026-12-31", "2027-12-31"]


async def test_who_is_suspended_is_asked(world: World) -> None:
    await set_cycle(world)
    await roster(world, [pensioner(1, pay_status="suspended")])
    assert len(await duties(world, 1)) == 1


async def test_a_proof_of_this_year_asks_for_nothing(world: World) -> None:
    await set_cycle(world)
    await roster(world, [pensioner(1, last_cert_date="2026-03-05")])
    assert await duties(world, 1) == []


async def test_a_rolling_window_opens_on_its_day(world: World) -> None:
    await set_cycle(world, "rolling_n", months=12, suspend_after=2)
    await roster(world, [pensioner(1, last_cert_date="2026-01-20")])
    assert await duties(world, 1) == []
    world.clock.set(2026, 11, 30, 23, 59)
    await world.certify()
    assert await duties(world, 1) == []
    world.clock.set(2026, 12, 1, 0, 1)
    await world.certify()
    found = await duty(world, 1)
    assert local_days(found) == ("2026-12-01", "2027-01-31", "2027-03-31")


async def test_a_day_told_by_the_insurance_counts(world: World) -> None:
    await set_cycle(world, "rolling_n")
    await roster(world, [pensioner(1, last_cert_date="2026-01-20", cert_due="2026-11-20")])
    assert (await duty(world, 1))["key"] == "2026-11-20"


async def test_birthdays_have_their_own_windows(world: World) -> None:
    await set_cycle(world, "birthday")
    await roster(world, [pensioner(1, last_cert_date="2026-01-01")])
    assert (await duty(world, 1))["key"] == "2027-05-31"


async def test_weeks_of_stand_still_are_caught_up(world: World) -> None:
    await set_cycle(world, "fixed_windows", windows=[{"first": "11-10", "last": "12-20"}])
    await roster(world, [pensioner(1)])
    assert await duties(world, 1) == []
    world.clock.set(2026, 12, 5, 3, 0)
    await world.certify()
    assert local_days(await duty(world, 1)) == ("2026-11-10", "2026-12-20", "2026-12-31")


async def test_nobody_is_late_for_what_fell_due_before_it_could_be_asked(world: World) -> None:
    await set_cycle(world, "rolling_n")
    world.clock.set(2027, 6, 10, 10, 0)
    await roster(world, [pensioner(1, last_cert_date="2026-01-20")])
    found = await duty(world, 1)
    assert (found["key"], local_days(found)[0]) == ("2027-06-30", "2027-05-01")
    for month in (7, 8, 9):  # and not anew each month
        world.clock.set(2027, month, 1, 10, 0)
        await world.certify()
    assert len(await duties(world, 1)) == 1


async def test_a_duty_keeps_its_days_when_the_cycle_changes(world: World) -> None:
    await set_cycle(world)
    await roster(world, [pensioner(1)])
    before = await duty(world, 1)
    world.clock.pass_(days=1)
    await set_cycle(world, "birthday")
    await world.certify()
    assert await duty(world, 1) == before  # and no second one beside it
    world.clock.set(2027, 1, 1, 1, 0)
    await world.certify()
    assert [each["key"] for each in await duties(world, 1)] == ["2026-12-31", "2027-05-31"]


async def test_households_have_visiting_weeks(world: World) -> None:
    await set_cycle(world, "fixed_windows", windows=[{"first": "11-02", "last": "12-31"}])
    await roster(world, [pensioner(n, household_no=f"H{n // 2}") for n in range(8)])
    weeks = [(d["visit_from"], d["visit_to"]) for d in [await duty(world, n) for n in range(8)]]
    assert weeks[0] == weeks[1] == (date(2026, 11, 2), date(2026, 11, 8))
    assert weeks[6] == weeks[7]
    assert len(set(weeks)) == 4
    assert max(weeks)[1] < date(2026, 12, 25)


async def test_other_cycles_suggest_no_week(world: World) -> None:
    await set_cycle(world)
    await roster(world, [pensioner(1)])
    assert (await duty(world, 1))["visit_from"] is None


async def test_a_village_is_reminded_of_certifications_by_the_default_ladder(world: World) -> None:
    await set_cycle(world)
    await roster(world, [pensioner(n) for n in range(3)])
    world.clock.set(2026, 12, 28, 9, 5)  # three working days before
    await world.remind()
    [message] = (await world.as_("liaison").get("/messages"))["items"]
    assert message["params"]["duties"] == 3


async def test_several_townships_and_insurances(world: World) -> None:
    await set_cycle(world)
    await set_cycle(world, "rolling_n", "employee")
    both = {"region_code": OTHER_VILLAGE, "last_cert_date": "2025-11-20"}
    await roster(world, [pensioner(1), pensioner(2, insurance_type="employee", **both)])
    assert (await duty(world, 1))["key"] == "2026-12-31"
    assert (await duty(world, 2))["key"] == "2026-11-30"
    titles = await fetch("SELECT title->>'zh' AS zh FROM schedule ORDER BY insurance_type")
    assert [row["zh"] for row in titles] == [
        "企业职工养老待遇资格认证",
        "城乡居民养老待遇资格认证",
    ]


async def test_rivals_open_nothing_twice(real_world: World) -> None:
    world = real_world
    await set_cycle(world)
    people = [pensioner(n, region_code=(VILLAGE, OTHER_VILLAGE)[n % 2]) for n in range(20)]
    await roster(world, people)
    await fetch("DELETE FROM obligation")
    await fetch("DELETE FROM cert_round")
    now = world.clock.now
    await asyncio.gather(*(certifying.attend_one(now) for _ in range(6)))
    await world.certify()
    assert await rows("obligation") == 20


async def test_a_round_waits_for_an_import_of_the_county(real_world: World) -> None:
    world = real_world
    await set_cycle(world)
    await certifying.make_schedules(world.clock.now)
    async with transaction():
        await rosters.hold(COUNTY)
        # In a context of its own, or it would share the transaction.
        rival = asyncio.create_task(certifying.attend_one(world.clock.now), context=Context())
        assert not await asyncio.wait_for(rival, 5)
    assert await certifying.attend_one(world.clock.now)


async def test_a_crash_leaves_a_round_undone_and_it_is_done_again(
    real_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = real_world
    await set_cycle(world)

    async def crash(*args: Any) -> None:
        raise ConnectionResetError

    monkeypatch.setattr(rounds, "finish", crash)
    await roster(world, [pensioner(1)])
    assert await duties(world, 1) == []
    assert await fetch_value("SELECT change_no FROM beneficiary") is None
    monkeypatch.undo()
    await world.certify()
    assert len(await duties(world, 1)) == 1
    assert await fetch_value("SELECT change_no FROM beneficiary") is not None
