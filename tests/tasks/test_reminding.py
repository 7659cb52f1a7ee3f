"""The promises of reminding, kept at every minute of some busy weeks and through every crash."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from backend.domain.addressees import Holder, addressees
from backend.domain.calendar import WorkCalendar
from backend.domain.ladder import DEFAULT_LADDER, Concern, parse_ladder, steps_of
from backend.domain.reminders import due_step, next_allowed
from backend.domain.roles import Role
from backend.store import calendar, messages
from backend.store.database import fetch, from_json
from backend.tasks import delivering, reminding
from tests.world import COUNTY, NEIGHBOUR, OTHER_VILLAGE, SAID, VACANT, VILLAGE, World, add_person

LADDER = [step.to_dict() for step in steps_of(DEFAULT_LADDER, Concern.REPORT)]
VILLAGES = (VILLAGE, NEIGHBOUR, VACANT, OTHER_VILLAGE)
MINUTES = (1, 7, 25, 60, 170)
Told = tuple[int, str, UUID]


@dataclass
class Weeks:
    """A county whose people file, leave and come, while reminders go out."""

    world: World
    rng: Random
    days: WorkCalendar
    reached: set[tuple[int, str]] = field(default_factory=set)
    owed: set[Told] = field(default_factory=set)
    seen: set[UUID] = field(default_factory=set)
    delivered: int = 0

    async def live(self, until: datetime) -> None:
        clock = self.world.clock
        while clock.now < until:
            clock.pass_(minutes=self.rng.choice(MINUTES))
            await self.world.open()
            if self.rng.random() < 0.08:
                await self.something_happens()
            await self.note_what_is_owed()
            await self.world.remind_only()
            clock.pass_(seconds=21)
            await self.world.deliver()
            await self.check_what_came()

    async def something_happens(self) -> None:
        row = self.rng.choice(await fetch("SELECT id, holder, due_at, exempt_at FROM obligation"))
        await self.rng.choice((self.file, self.file, self.extend, self.exempt, self.hand_over))(row)

    async def file(self, row: asyncpg.Record) -> None:
        office = "reviewer" if row["holder"] < OTHER_VILLAGE else "other_reviewer"
        zero = {"kind": "zero", "zero_confirmed": True, "answers": {}, "on_behalf_reason": "电话"}
        await self.world.file(office, obligation=row["id"], **zero)

    async def extend(self, row: asyncpg.Record) -> None:
        later = row["due_at"] + timedelta(hours=self.rng.choice((2, 30, 100)))
        await self.adjust(row, kind="extend", due_at=later.isoformat())

    async def exempt(self, row: asyncpg.Record) -> None:
        await self.adjust(row, kind="restore" if row["exempt_at"] else "exempt")

    async def adjust(self, row: asyncpg.Record, **values: str) -> None:
        body = {"reason": "停电", "obligations": [row["id"]], **values}
        answer = await self.world.as_("county").ask("POST", "/adjustments", json=body)
        assert answer.status_code in (201, 409, 422), answer.text

    async def hand_over(self, row: asyncpg.Record) -> None:
        """Everybody at the village leaves; mostly somebody follows."""
        await fetch(
            "UPDATE post SET ends_at = $2 WHERE region = $1 AND ends_at IS NULL",
            row["holder"],
            self.world.clock.now,
        )
        if self.rng.random() < 0.7:
            key = f"successor {len(self.world.people)}"
            await add_person(self.world, key, "新来", Role.LIAISON, row["holder"])

    async def note_what_is_owed(self) -> None:
        """Steps whose moment has just come, by the rules alone, and whom they are for."""
        now = self.world.clock.now
        if not 8 <= (now + timedelta(hours=8)).hour < 21:
            return  # the rules give no step then
        for row in await fetch(
            """SELECT o.id, o.holder, o.due_at, s.ladder::text AS ladder, s.ladder_since
            FROM obligation o JOIN schedule s ON s.id = o.schedule
            WHERE o.stage = 'none' AND o.exempt_at IS NULL AND o.closes_at >= $1""",
            now + timedelta(seconds=21),
        ):
            ladder = parse_ladder(from_json(row["ladder"]))
            step = due_step(
                ladder, row["due_at"], self.days, ladder_since=row["ladder_since"], now=now
            )
            if step is None or (row["id"], step.key) in self.reached:
                continue
            self.reached.add((row["id"], step.key))
            places = [await self.holders(row["holder"][:digits], now) for digits in (12, 9, 6)]
            meant = addressees(step.audience, *places)
            self.owed |= {(row["id"], step.key, account) for account in meant}

    async def holders(self, region: str, now: datetime) -> list[Holder]:
        return [
            Holder(row["account"], Role(row["role"]), row["is_backup"])
            for row in await messages.holders([region], now)
        ]

    async def check_what_came(self) -> None:
        """Each promise, for the messages that have become visible just now."""
        now = self.world.clock.now
        came = await fetch(
            """SELECT id, account, params::text AS params FROM message
            WHERE kind = 'reminder' AND delivered_at = $1""",
            now,
        )
        assert len({row["account"] for row in came}) == len(came), "two messages in one slot"
        for row in came:
            assert row["id"] not in self.seen
            self.seen.add(row["id"])
            self.delivered += 1
            await self.check_message(row["account"], from_json(row["params"]), now)
        if self.owed:
            await self.check_owed()

    async def check_message(self, account: UUID, said: Mapping[str, Any], now: datetime) -> None:
        rows = await fetch(
            """SELECT o.id, o.due_at, o.closes_at, o.stage, o.exempt_at, o.holder,
                EXISTS (SELECT 1 FROM post p WHERE p.account = $2 AND o.holder ^@ p.region
                        AND p.starts_at <= $3 AND (p.ends_at IS NULL OR p.ends_at > $3)) AS held
            FROM obligation o WHERE o.id = ANY($1)""",
            said["obligations"],
            account,
            now,
        )
        assert said["duties"] == len(said["obligations"]) == len(rows)
        assert said["overdue"] == sum(row["due_at"] < now for row in rows)
        assert said["villages"] == len({row["holder"] for row in rows})
        assert set(said) == SAID
        for row in rows:
            assert (row["stage"], row["exempt_at"]) == ("none", None)
            assert row["closes_at"] >= now
            assert row["held"]
        assert any(next_allowed(now, row["due_at"], self.days) == now for row in rows)

    async def check_owed(self) -> None:
        """What a step was to say has been said by now, to everybody it was for."""
        missed = await fetch(
            """SELECT i.* FROM unnest($1::bigint[], $2::text[], $3::uuid[])
                AS i(obligation, step, account)
            WHERE NOT EXISTS (
                SELECT 1 FROM reminder r JOIN message m ON m.id = r.message
                WHERE (r.obligation, r.step, r.account) = (i.obligation, i.step, i.account)
                  AND m.delivered_at IS NOT NULL)""",
            *(list(column) for column in zip(*self.owed, strict=True)),
        )
        assert missed == [], self.world.clock.now
        self.owed.clear()


@pytest.mark.parametrize("seed", range(2))
async def test_every_promise_at_every_minute(world: World, seed: int) -> None:
    """Nothing twice, nothing at night, nothing about what is done, nobody left out."""
    for due in ({"number": 5, "at": "12:00"}, {"number": 3, "at": "08:30"}):
        timetable = {"due": {"kind": "weekday", **due}, "closes_workdays_after": 5}
        await world.schedule(timetable=timetable, ladder=LADDER)
    weeks = Weeks(world, Random(seed), await calendar.load(COUNTY))
    await weeks.live(datetime.fromisoformat("2026-11-24T00:00+08:00"))
    assert weeks.delivered > 40
    assert len(weeks.reached) > 40
    twice = await fetch(
        "SELECT 1 FROM reminder GROUP BY obligation, step, account HAVING count(*) > 1"
    )
    assert twice == []


async def reminders_of(world: World, who: str) -> list[list[int]]:
    """The duties named by each reminder, oldest first."""
    items = (await world.as_(who).get("/messages"))["items"]
    return [m["params"]["obligations"] for m in items[::-1] if m["kind"] == "reminder"]


async def on_due_day(world: World, *schedules: str) -> list[int]:
    """Reports that differ in when their due day's reminder goes; gives the liaison's duties."""
    for at in schedules:
        step = {"key": "due_day", "offset_workdays": 0, "at": at, "audience": ["liaison"]}
        await world.schedule(ladder=[step])
    await world.open()
    rows = await fetch("SELECT id FROM obligation WHERE region = $1 ORDER BY id", VILLAGE)
    return [row["id"] for row in rows]


async def test_what_joins_a_digest_already_on_its_way_comes_with_the_next(world: World) -> None:
    first, second = await on_due_day(world, "09:00", "09:01")
    world.clock.set(2026, 11, 6, 9, 0)
    await world.remind_only()
    world.clock.set(2026, 11, 6, 9, 1)
    claimed = await delivering.claim(world.clock.now)
    assert await reminding.remind_some(world.clock.now)
    await delivering.show(claimed, (), world.clock.now)
    world.clock.pass_(minutes=1)
    await world.deliver()
    assert await reminders_of(world, "liaison") == [[first], [second]]


async def test_a_crash_while_sending_is_made_good_when_the_lease_ends(world: World) -> None:
    [duty] = await on_due_day(world, "09:00")
    world.clock.set(2026, 11, 6, 9, 0)
    await world.remind_only()
    world.clock.pass_(seconds=30)
    assert await delivering.claim(world.clock.now)  # and never heard of again
    world.clock.pass_(minutes=4)
    await world.deliver()
    assert await reminders_of(world, "liaison") == [], "the lease still runs"
    world.clock.pass_(minutes=1)
    await world.deliver()
    assert await reminders_of(world, "liaison") == [[duty]]


async def test_two_steps_of_one_duty_in_one_digest_are_one_duty(world: World) -> None:
    """The evening's reminder waited for the morning, and met the morning's."""
    ladder = [
        {"key": "eve", "offset_workdays": -1, "at": "20:29", "audience": ["liaison"]},
        {"key": "due_day", "offset_workdays": 0, "at": "08:00", "audience": ["liaison"]},
    ]
    await world.schedule(ladder=ladder)
    await world.open()
    world.clock.set(2026, 11, 5, 20, 29)
    await world.remind_only()
    world.clock.set(2026, 11, 5, 20, 31)
    await world.deliver()
    world.clock.set(2026, 11, 6, 8, 0)
    await world.remind_only()
    await world.deliver()
    [message] = (await world.as_("liaison").get("/messages"))["items"]
    assert message["params"]["duties"] == len(message["params"]["obligations"]) == 1


async def test_a_waiver_taken_back_is_reminded_of_like_any_duty(world: World) -> None:
    """The step whose moment passed while it was waived is still of use."""
    [duty] = await on_due_day(world, "09:00")
    county = world.as_("county")
    adjustment = {"reason": "停电", "obligations": [duty]}
    await county.post("/adjustments", {"kind": "exempt", **adjustment})
    world.clock.set(2026, 11, 6, 9, 0)
    await world.remind()
    assert await reminders_of(world, "liaison") == []
    world.clock.set(2026, 11, 6, 9, 30)
    await county.post("/adjustments", {"kind": "restore", **adjustment})
    await world.remind()
    assert await reminders_of(world, "liaison") == [[duty]]


async def test_a_report_taken_back_is_reminded_of_again(world: World) -> None:
    [duty] = await on_due_day(world, "09:00")
    filed = await world.file("liaison", obligation=duty)
    world.clock.set(2026, 11, 6, 9, 30)
    await world.remind()
    assert await reminders_of(world, "liaison") == []
    await world.as_("liaison").post(f"/submissions/{filed['id']}/withdraw", status=200)
    await world.remind()
    assert await reminders_of(world, "liaison") == [[duty]]


async def test_one_person_with_two_posts_is_told_once(world: World) -> None:
    """Liaison and clerk of one village, or liaison of two: one word each time."""
    await fetch(
        """INSERT INTO post (id, account, role, region, is_backup, starts_at)
        SELECT gen_random_uuid(), $1::uuid, 'station', v, false, '2026-01-01'::timestamptz
        FROM unnest($2::text[]) AS v""",
        world.people["liaison"].account,
        [VILLAGE, VACANT],
    )
    [duty] = await on_due_day(world, "09:00")
    world.clock.set(2026, 11, 6, 9, 0)
    await world.remind()
    [named] = await reminders_of(world, "liaison")
    assert len(named) == 2

    filed = await world.file("backup", obligation=duty)
    await world.review("reviewer", filed["id"], "return", defects=[{"text": "核对"}])
    await world.deliver()
    items = (await world.as_("liaison").get("/messages"))["items"]
    assert sorted(m["kind"] for m in items) == ["filed_by_other", "reminder", "returned"]


async def test_a_very_long_digest_counts_all(world: World) -> None:
    """Fifty are named, all are counted."""
    step = {"key": "due_day", "offset_workdays": 0, "at": "09:00", "audience": ["liaison"]}
    for _ in range(60):
        await world.schedule(ladder=[step], scope=VILLAGE, title={"zh": uuid4().hex, "en": "x"})
    await world.open()
    world.clock.set(2026, 11, 6, 9, 0)
    await world.remind()
    [message] = (await world.as_("liaison").get("/messages"))["items"]
    assert message["params"]["duties"] == 60
    assert len(message["params"]["obligations"]) == 50
