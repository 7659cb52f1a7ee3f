"""The effect report says what a plain count of the facts says, at any moment of any history."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from backend.channels import Outgoing, TransportError
from backend.domain.channels import Kind
from backend.domain.timeliness import Facts, closes_at, is_exempt, known_filings
from backend.routes.obligation_detail import facts_of
from backend.store import duties
from backend.store.database import fetch, to_json
from tests.tasks.histories import History, begin
from tests.tasks.sending import BUSY, Noting, ladder, reachable, round_
from tests.world import COUNTY, OTHER_TOWN, TOWN, World

WHO = {"county": COUNTY, "upper": "99", "reviewer": TOWN, "other_reviewer": OTHER_TOWN}
# schedule, step, channel, held back or not
Group = tuple[int, str, str, bool]


@dataclass
class Told:
    """A step of a duty in a channel, from its first moment on."""

    group: Group
    region: str
    facts: Facts
    at: datetime


@dataclass
class Reminded(History):
    """A history in which reminders go out, half of those before due held back."""

    to: dict[Kind, Noting] = field(default_factory=dict)
    counted: Counter[bool] = field(default_factory=Counter)

    async def opened(self) -> None:
        await super().opened()
        await round_(self.world, self.to)

    async def ask(self) -> None:
        """What somebody is told of some weeks or days now, against the count by hand."""
        who = self.rng.choice(list(WHO))
        start = self.now - timedelta(hours=self.rng.choice((30, 100, 2000)))
        end = self.now - timedelta(hours=self.rng.choice((-1, 0, 20)))
        numbers = [row["id"] for row in await fetch("SELECT id FROM schedule ORDER BY id")]
        only = self.rng.choice((None, numbers[0]))
        asked: dict[str, Any] = {"from": start.isoformat(), "to": end.isoformat()}
        shown = await self.world.as_(who).get(
            "/reminders/effect", **asked, **({"schedule": only} if only else {})
        )
        expected = by_hand(
            [
                each
                for each in await told(start, end)
                if each.region.startswith(WHO[who]) and only in (None, each.group[0])
            ],
            self.now,
        )
        assert flat(shown) == expected, (who, asked, only)
        for group, counts in expected.items():
            self.counted[group[3]] += counts["outstanding"]


async def told(start: datetime, end: datetime) -> list[Told]:
    """Every step decided in this time, once per duty and channel."""
    found: dict[tuple[int, Group], Told] = {}
    known: dict[int, tuple[asyncpg.Record, Facts]] = {}
    posts = await fetch("SELECT region, role, starts_at, ends_at FROM post")
    deliveries = await fetch("SELECT message, channel, sent_at, failed_at FROM delivery")
    for row in await fetch(
        """SELECT r.obligation, r.step, r.message, r.held_back, r.decided_at, r.channels
        FROM reminder r WHERE r.decided_at >= $1 AND r.decided_at < $2""",
        start,
        end,
    ):
        duty, facts = await _known(row["obligation"], known)
        if not any(_answers(post, duty, row["decided_at"]) for post in posts):
            continue
        if row["held_back"]:
            moments = [(name, row["decided_at"]) for name in ("in_app", *(row["channels"] or ()))]
        else:
            moments = [
                (each["channel"], each["sent_at"])
                for each in deliveries
                if each["message"] == row["message"]
                and each["sent_at"] is not None
                and each["failed_at"] is None
            ]
        for channel, at in moments:
            group = (duty["schedule"], row["step"], channel, row["held_back"])
            key = (row["obligation"], group)
            if key not in found or at < found[key].at:
                found[key] = Told(group, duty["region"], facts, at)
    return list(found.values())


async def _known(
    number: int, known: dict[int, tuple[asyncpg.Record, Facts]]
) -> tuple[asyncpg.Record, Facts]:
    if number not in known:
        duty = await duties.within(number, ["99"])
        assert duty is not None
        known[number] = duty, await facts_of(duty)
    return known[number]


def _answers(post: asyncpg.Record, duty: asyncpg.Record, at: datetime) -> bool:
    held = post["starts_at"] <= at and (post["ends_at"] is None or post["ends_at"] > at)
    of_village = post["region"] in (duty["region"], duty["holder"])
    return held and of_village and post["role"] in ("liaison", "station")


def by_hand(all_told: list[Told], now: datetime) -> dict[Group, Counter[str]]:
    """The counts of each group, by the rules alone."""
    found: dict[Group, Counter[str]] = {}
    for each in all_told:
        facts, at = each.facts, each.at
        if known_filings(facts, at) or is_exempt(facts, at) or closes_at(facts, at) < at:
            continue
        counts = found.setdefault(each.group, Counter())
        counts["outstanding"] += 1
        ends = {
            "within_2h": at + timedelta(hours=2),
            "within_24h": at + timedelta(hours=24),
            "before_close": closes_at(facts, now),
        }
        for window, end in ends.items():
            if end <= now and not is_exempt(facts, end):
                counts[f"{window} of"] += 1
                counts[f"{window} filed"] += bool(known_filings(facts, end))
    return {group: +counts for group, counts in found.items()}


def flat(shown: dict[str, Any]) -> dict[Group, Counter[str]]:
    """The same of an answer; a group in which nothing was outstanding is not told of."""
    found: dict[Group, Counter[str]] = {}
    for each in shown["steps"]:
        for side, held in (("sent", False), ("held_back", True)):
            counts = Counter({"outstanding": each["outstanding"][side]})
            for window in ("within_2h", "within_24h", "before_close"):
                counts[f"{window} of"] = each[window][side]["of"]
                counts[f"{window} filed"] = each[window][side]["filed"]
            if counts["outstanding"]:
                found[each["schedule"], each["step"], each["channel"], held] = +counts
            else:
                assert not +counts
    return found


async def reminded(world: World, seed: int) -> Reminded:
    """A history whose steps go by two channels as well, the first of them often busy."""
    begun = await begin(world, seed)
    history = Reminded(world, begun.rng)

    def often_busy(item: Outgoing) -> TransportError | None:
        return BUSY if history.rng.random() < 0.7 else None

    history.to = {Kind.WECOM_APP: Noting(say=often_busy), Kind.MAIL: Noting()}
    for kind in history.to:
        for who in ("filer", "liaison", "colleague", "reviewer"):
            await reachable(world, who, kind, f"{who}@{kind}.test")
    await fetch(
        "UPDATE schedule SET hold_back = 50, ladder = $1", to_json(ladder("wecom_app", "mail"))
    )
    return history


@pytest.mark.parametrize("seed", range(2))
async def test_any_history(world: World, seed: int) -> None:
    history = await reminded(world, seed)
    await history.live(80, pace=1)
    await history.live(40, pace=6)
    world.clock.pass_(days=30)
    for _ in range(6):
        await history.ask()
        await history.change_something()
    assert sum(history.done.values()) > 60, history.done
    assert min(history.counted[held] for held in (False, True)) > 50, history.counted
