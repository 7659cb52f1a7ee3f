"""Random histories of a county, lived through the API, with every answer remembered."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

import asyncpg

from backend.domain.calendar import local_day
from backend.domain.roles import Role
from backend.domain.timeliness import Facts
from backend.routes.obligation_detail import facts_of
from backend.store import duties, regions
from backend.store.database import fetch
from backend.tasks import housekeeping
from tests.http.tools import submit
from tests.world import (
    NEIGHBOUR,
    OTHER_TOWN,
    OTHER_VILLAGE,
    TOWN,
    VACANT,
    VILLAGE,
    World,
    add_person,
)

TICK = timedelta(microseconds=1)
MORE = ("990101100204", "990101101202", "990101101203")
VILLAGES = (VILLAGE, NEIGHBOUR, VACANT, OTHER_VILLAGE, *MORE)
STEPS: tuple[list[str], ...] = (["town"], ["town", "county"], [])
_GAPS = (
    TICK,
    timedelta(seconds=40),
    timedelta(minutes=30),
    timedelta(hours=4),
    timedelta(hours=14),
)
# What a village or an office may legitimately be told instead of being obeyed.
_REFUSED = {
    "awaiting_review",
    "already_accepted",
    "already_reviewed",
    "already_withdrawn",
    "exempt",
    "extension_not_later",
    "not_awaiting_review",
    "not_exempt",
    "not_newest",
    "period_closed",
    "step_mismatch",
}


Question = dict[str, str]
QUESTIONS: tuple[Question, ...] = (
    {"level": "county"},
    {"level": "township"},
    {"level": "village", "region": TOWN},
    {"level": "village", "region": OTHER_TOWN},
    {"level": "village", "period": "2026-W45"},
)

Act = Callable[["History", asyncpg.Record], Awaitable[bool]]
Fits = Callable[[asyncpg.Record, datetime], bool]


@dataclass
class History:
    """A county at work: what happened when, and what the rates said then."""

    world: World
    rng: Random
    events: set[datetime] = field(default_factory=set)
    asked: list[tuple[datetime, Question, Any]] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return self.world.clock.now

    async def live(self, acts: int, pace: float) -> None:
        """So many random acts, at instants that only grow."""
        await self.opened()
        for _ in range(acts):
            await self.pass_time(pace)
            name, act, fits = self.rng.choice(_ACTS)
            if await act(self, await self._any_obligation(fits)):
                self.done[name] = self.done.get(name, 0) + 1
                self.events.add(self.now)
                await self.opened()
            if self.rng.random() < 0.15:
                await self.finish_cells()
            if self.rng.random() < 0.3:
                await self.ask()

    async def opened(self) -> None:
        """Opens what is to open, as the clock does every minute, and notes all edges."""
        await self.world.open()
        times = await fetch(
            "SELECT opens_at AS t FROM period UNION SELECT due_at FROM obligation "
            "UNION SELECT closes_at FROM obligation UNION SELECT fix_by FROM review "
            "WHERE fix_by IS NOT NULL"
        )
        self.events |= {row["t"] for row in times}

    async def pass_time(self, pace: float) -> None:
        """To a little later, or to the very edge of the next thing that matters."""
        before = local_day(self.now)
        edges = sorted(t + i * TICK for t in self.events for i in (0, 1) if t >= self.now)
        later = [edge for edge in edges if edge > self.now]
        near = later and later[0] - self.now < timedelta(hours=30) * pace
        if near and self.rng.random() < 0.12 * pace:
            self.world.clock.now = later[0]
        else:
            self.world.clock.now += self.rng.choice(_GAPS) * (self.rng.random() * pace) + TICK
        if local_day(self.now) != before:
            await self.opened()

    async def rest(self, days: int) -> None:
        """Nothing more happens, so most cells become final."""
        self.world.clock.pass_(days=days)
        await self.finish_cells()
        await self.ask()
        final = await fetch("SELECT count(*) AS n FROM rate_cell WHERE final_from <= $1", self.now)
        assert final[0]["n"] > 3

    async def change_something(self) -> None:
        """An office changes its mind long after, and the numbers are made final again."""
        await self.pass_time(1)
        row = await self._any_obligation(_any)
        if await self.rng.choice((_extend, _exempt, _restore))(self, row):
            self.events.add(self.now)
        await self.finish_cells()

    async def finish_cells(self) -> None:
        while await housekeeping.finish_cells(self.now):
            pass

    async def ask(self) -> None:
        """Remembers what the county is told now."""
        for question in QUESTIONS:
            answer = await rates(self.world, self.now, **question)
            self.asked.append((self.now, question, answer))

    async def _any_obligation(self, fits: Fits) -> asyncpg.Record:
        """Mostly one that the act suits, sometimes any."""
        rows = await fetch(
            """SELECT o.id, o.region, o.holder, o.newest, o.stage, o.due_at, o.closes_at,
               o.exempt_at, o.schedule, p.key AS period
            FROM obligation o JOIN period p ON p.id = o.period
            ORDER BY o.id"""
        )
        suited = [row for row in rows if fits(row, self.now)]
        return self.rng.choice(suited if suited and self.rng.random() < 0.9 else rows)

    async def facts(self) -> list[tuple[str, str, Facts]]:
        """(village then, period, facts) of every obligation."""
        found: list[tuple[str, str, Facts]] = []
        for each in await fetch("SELECT id FROM obligation ORDER BY id"):
            row = await duties.within(each["id"], ["99"])
            assert row is not None
            found.append((row["region"], row["period"], await facts_of(row)))
        return found


async def begin(world: World, seed: int) -> History:
    """Seven villages in two towns, one filer for all, three weekly reports reviewed differently."""
    towns = {key: key[:9] for key in MORE}
    await regions.upsert([(k, k, f"村{k[-3:]}", "village", town) for k, town in towns.items()])
    filer = await add_person(world, "filer", "钱多", Role.LIAISON, VILLAGE)
    office = await add_person(world, "office", "郭公", Role.REVIEWER, VILLAGE[:9])
    await fetch(
        """INSERT INTO post (id, account, role, region, is_backup, starts_at)
        SELECT gen_random_uuid(), $1::uuid, 'liaison', v, false, '2026-01-01'::timestamptz
        FROM unnest($2::text[]) AS v
        UNION ALL SELECT gen_random_uuid(), $3::uuid, 'reviewer', $4, false, '2026-01-01'""",
        filer.account,
        [village for village in VILLAGES if village != VILLAGE],
        office.account,
        OTHER_VILLAGE[:9],
    )
    for steps in STEPS:
        await world.schedule(steps=steps, ends_on=date(2026, 11, 15))
    return History(world, Random(seed))


async def rates(world: World, t: datetime, who: str = "county", **question: Any) -> Any:
    """GET /rates as of an instant."""
    return await world.as_(who).get("/rates", as_of=t.isoformat(), **question)


async def _asked(answer: Any) -> bool:
    """Whether it was done; what it was refused for must be one of the honest reasons."""
    if answer.status_code < 300:
        return True
    assert answer.json()["code"] in _REFUSED, answer.text
    return False


async def _file(history: History, row: asyncpg.Record, **changes: Any) -> bool:
    item = {
        "id": str(uuid4()),
        "obligation": row["id"],
        "kind": "zero",
        "zero_confirmed": True,
        **changes,
    }
    [outcome] = await submit(history.world, "filer", [item])
    if outcome["outcome"] == "created":
        return True
    assert outcome["problem"]["code"] in _REFUSED, outcome
    return False


async def _file_offline(history: History, row: asyncpg.Record) -> bool:
    age = timedelta(hours=history.rng.choice([0, 1, 5, 23, 40, 300]))
    return await _file(history, row, captured_at=(history.now - age).isoformat())


async def _withdraw(history: History, row: asyncpg.Record) -> bool:
    if row["newest"] is None:
        return False
    path = f"/submissions/{row['newest']}/withdraw"
    return await _asked(await history.world.as_("filer").ask("POST", path))


async def _review(history: History, row: asyncpg.Record, decision: str) -> bool:
    if row["stage"] not in ("town", "county"):
        return False
    who = "office" if row["stage"] == "town" else "county"
    defects = [{"text": "核对"}] if decision == "return" else []
    outcome = await history.world.review(
        who, str(row["newest"]), decision, step=row["stage"], defects=defects
    )
    if outcome["outcome"] == "done":
        return True
    assert outcome["problem"]["code"] in _REFUSED, outcome
    return False


async def _pass(history: History, row: asyncpg.Record) -> bool:
    return await _review(history, row, "pass")


async def _return(history: History, row: asyncpg.Record) -> bool:
    return await _review(history, row, "return")


async def _adjust(history: History, row: asyncpg.Record, kind: str, **values: Any) -> bool:
    """For one village, or for its whole township in that period."""
    chosen: dict[str, Any] = {"obligations": [row["id"]]}
    if history.rng.random() < 0.3:
        chosen = {
            "schedule": row["schedule"],
            "period": row["period"],
            "region": row["region"][:9],
        }
    body = {"kind": kind, "reason": "停电", **chosen, **values}
    return await _asked(await history.world.as_("county").ask("POST", "/adjustments", json=body))


async def _extend(history: History, row: asyncpg.Record) -> bool:
    due_at = row["due_at"] + timedelta(hours=history.rng.choice([1, 24, 90]))
    values = {"due_at": due_at.isoformat()}
    if history.rng.random() < 0.3:
        values["closes_at"] = (due_at + timedelta(hours=2)).isoformat()
    return await _adjust(history, row, "extend", **values)


async def _exempt(history: History, row: asyncpg.Record) -> bool:
    return await _adjust(history, row, "exempt")


async def _restore(history: History, row: asyncpg.Record) -> bool:
    return row["exempt_at"] is not None and await _adjust(history, row, "restore")


async def _change_region(history: History, row: asyncpg.Record) -> bool:
    """Now and then a village gets a new code or joins its neighbour, across towns as well."""
    in_force = [
        each["key"]
        for each in await fetch(
            """SELECT key FROM region WHERE level = 'village' AND valid_to IS NULL
               AND key < '990102' ORDER BY key"""
        )
    ]
    if history.rng.random() < 0.6 or len(in_force) < 4 or row["holder"] not in in_force:
        return False
    change = {"kind": "merge", "old": row["holder"], "new": history.rng.choice(in_force)}
    if history.rng.random() < 0.5:
        change |= {"kind": "recode", "new": f"{change['new'][:9]}{len(history.events) % 200 + 300}"}
    if change["old"] == change["new"] or (change["kind"] == "recode" and change["new"] in in_force):
        return False
    answer = await history.world.as_("county").ask("POST", "/regions/changes", json=change)
    assert answer.status_code == 201, answer.text
    return True


def _to_file(row: asyncpg.Record, now: datetime) -> bool:
    open_or_back = row["closes_at"] >= now or row["stage"] == "returned"
    return open_or_back and row["stage"] in ("none", "returned") and row["exempt_at"] is None


def _to_review(row: asyncpg.Record, now: datetime) -> bool:
    return row["stage"] in ("town", "county")


def _filed(row: asyncpg.Record, now: datetime) -> bool:
    return row["newest"] is not None


def _exempted(row: asyncpg.Record, now: datetime) -> bool:
    return row["exempt_at"] is not None


def _any(row: asyncpg.Record, now: datetime) -> bool:
    return True


_ACTS: list[tuple[str, Act, Fits]] = [
    *[("file", _file, _to_file)] * 5,
    *[("file offline", _file_offline, _to_file)] * 3,
    *[("pass", _pass, _to_review)] * 3,
    *[("return", _return, _to_review)] * 4,
    *[("withdraw", _withdraw, _filed)] * 2,
    ("extend", _extend, _any),
    ("exempt", _exempt, _any),
    ("restore", _restore, _exempted),
    ("change region", _change_region, _any),
]
