"""Whatever lists, visits and offices do to some pensioners, SQL says of them what the rules say."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random

import asyncpg
import pytest

from backend.domain import timeliness
from backend.domain.certification.states import CertFacts, Collected, Suspicion, cert_state
from backend.domain.certification.words import Result
from backend.domain.periods import Timing
from backend.domain.rates import tally
from backend.domain.timeliness import AdjustmentKind, Facts
from backend.routes.obligation_detail import facts_of
from backend.store import cert_states
from backend.store import duties as store
from backend.store.database import fetch, from_json
from tests.papers import papers
from tests.tasks.certified import matched, pensioner, roster, set_cycle
from tests.world import COUNTY, NEIGHBOUR, VILLAGE, World

PEOPLE = range(6)
_FINE = {"already_accepted", "awaiting_review", "exempt", "period_closed", "not_exempt"}


@dataclass
class Life:
    """Some pensioners of two villages, and what happens to them."""

    world: World
    rng: Random

    async def some_duty(self) -> asyncpg.Record:
        return self.rng.choice(await fetch("SELECT * FROM obligation ORDER BY id"))

    async def file(self) -> None:
        row = await self.some_duty()
        if row["beneficiary"] is None:
            return
        result = self.rng.choice(("refused", "unreachable", "custody", "missing"))
        happened = {"happened_on": "2026-10-01"} if result == "custody" else {}
        who = "liaison" if row["holder"] == VILLAGE else "colleague"
        answers = {"method": "home_visit", "result": result, **happened}
        given = papers(result)
        outcome = await self.world.file(
            who, obligation=row["id"], answers=answers, attachments=given
        )
        assert outcome["outcome"] == "created" or outcome["problem"]["code"] in _FINE, outcome

    async def review(self) -> None:
        row = await self.some_duty()
        if row["stage"] == "town":
            decision = self.rng.choice(("pass", "pass", "return"))
            more = {"defects": [{"text": "照片不清"}]} if decision == "return" else {}
            await self.world.review("reviewer", str(row["newest"]), decision, **more)

    async def withdraw(self) -> None:
        row = await self.some_duty()
        if row["newest"] is not None:
            who = "liaison" if row["holder"] == VILLAGE else "colleague"
            await self.world.as_(who).ask("POST", f"/submissions/{row['newest']}/withdraw")

    async def alive(self) -> None:
        day = self.world.clock.now - timedelta(days=self.rng.choice((0, 1, 20)))
        await matched(self.world, self.rng.sample(PEOPLE, 2), "alive", f"{day:%Y-%m-%d}")

    async def doubt(self) -> None:
        day = f"{self.world.clock.now:%Y-%m-%d}"
        await matched(self.world, [self.rng.choice(PEOPLE)], "custody", day)

    async def clear(self) -> None:
        open_hits = "outcome = 'suspect' AND cleared_at IS NULL"
        for row in await fetch(f"SELECT id FROM match_hit WHERE {open_hits} LIMIT 1"):
            path = f"/imports/hits/{row['id']}/clear"
            await self.world.as_("county").post(path, {"reason": "已核实"}, 204)
            await self.world.certify()

    async def listed(self) -> None:
        here = [pensioner(n) for n in PEOPLE if self.rng.random() < 0.8]
        for each in here:
            each["region_code"] = self.rng.choice((VILLAGE, NEIGHBOUR))
        if here:
            await roster(self.world, here)

    async def adjust(self) -> None:
        row, kind = await self.some_duty(), self.rng.choice(("exempt", "restore", "extend"))
        body = {"kind": kind, "reason": "停电", "obligations": [row["id"]]}
        if kind == "extend":
            body["due_at"] = (row["due_at"] + timedelta(days=3)).isoformat()
        await self.world.as_("county").ask("POST", "/adjustments", json=body)


ACTS: tuple[Callable[[Life], Awaitable[None]], ...] = (
    *[Life.file] * 4,
    *[Life.review] * 4,
    Life.withdraw,
    *[Life.alive] * 2,
    *[Life.doubt] * 2,
    Life.clear,
    Life.listed,
    Life.adjust,
)


async def cert_facts(row: asyncpg.Record, facts: Facts) -> CertFacts:
    answers = {
        s["id"]: from_json(s["answers"])
        for s in await fetch(
            "SELECT id, answers::text AS answers FROM submission WHERE obligation = $1", row["id"]
        )
    }
    waivers = [a for a in facts.adjustments if a.kind is not AdjustmentKind.EXTEND]
    is_matched = bool(waivers) and waivers[-1].kind is AdjustmentKind.MATCHED
    return CertFacts(
        Timing(row["opens_at"], row["due_at"], row["closes_at"]),
        facts.steps,
        tuple(
            Collected(f.id, Result(answers[f.id]["result"]), f.received_at, f.withdrawn_at)
            for f in facts.filings
        ),
        facts.reviews,
        (waivers[-1].decided_at,) if is_matched else (),
        tuple(
            Suspicion(h["at"], h["cleared_at"])
            for h in await fetch(
                "SELECT at, cleared_at FROM match_hit WHERE outcome = 'suspect'"
                " AND beneficiary = $1",
                row["beneficiary"],
            )
        ),
    )


async def check(world: World) -> list[Facts]:
    """Compares every duty; gives their facts."""
    now, known = world.clock.now, []
    rows = await fetch("SELECT * FROM obligation ORDER BY id")
    told = await cert_states.of_duties([row["id"] for row in rows], [COUNTY], now)
    for row in rows:
        stored = await store.within(row["id"], ["99"])
        assert stored is not None
        facts = await facts_of(stored)
        known.append(facts)
        assert row["stage"] == timeliness.stage_at(facts, now), row
        assert (row["exempt_at"] is not None) == timeliness.is_exempt(facts, now)
        assert (row["matched_at"] is not None) == (timeliness.matched_at(facts, now) is not None)
        expected = cert_state(await cert_facts(row, facts), now)
        if not timeliness.is_exempt(facts, now):
            assert told[row["id"]]["state"] == expected, (row, facts)
    return known


@pytest.mark.parametrize("seed", range(3))
async def test_any_history(world: World, seed: int) -> None:
    life = Life(world, Random(f"{seed}"))
    await set_cycle(world, "fixed_windows", windows=[{"first": "10-01", "last": "11-20"}])
    await roster(world, [pensioner(n) for n in PEOPLE])
    instants = []
    for _ in range(50):
        world.clock.pass_(hours=life.rng.choice((1, 5, 14)))
        await life.rng.choice(ACTS)(life)
        await world.certify()
        instants.append(world.clock.now)
        known = await check(world)
    for t in instants[::7]:
        answer = await world.as_("county").get("/rates", level="county", as_of=t.isoformat())
        expected = tally([facts for facts in known if facts.opens_at <= t], t)
        for name in ("expected", "on_time", "late", "missing", "pending", "exempt", "filed_early"):
            assert answer["total"][name] == getattr(expected, name), (t, name)
    assert len({row["kind"] for row in await fetch("SELECT kind FROM adjustment")}) >= 3
