"""Rates by SQL say what the rules say, at every instant of any history, and never change it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

import pytest

from backend.domain.rates import Counts, tally
from backend.domain.timeliness import Facts
from tests.tasks.histories import QUESTIONS, TICK, History, Question, begin, rates
from tests.world import World

NAMES = tuple(asdict(Counts()))
DIGITS = {"county": 6, "township": 9, "village": 12}


def counted(shown: dict[str, Any]) -> dict[str, int]:
    return {name: shown[name] for name in NAMES}


def summed(parts: Iterable[dict[str, int]]) -> dict[str, int]:
    return {name: sum(part[name] for part in parts) for name in NAMES}


def by_rule(
    known: Iterable[tuple[str, str, Facts]], t: datetime, question: Question
) -> dict[str, dict[str, int]]:
    """What the rules give, by area, for the obligations asked about that had opened."""
    areas: dict[str, list[Facts]] = {}
    for village, period, facts in known:
        within = village.startswith(question.get("region", ""))
        if within and question.get("period", period) == period and facts.opens_at <= t:
            areas.setdefault(village[: DIGITS[question["level"]]], []).append(facts)
    return {area: asdict(tally(group, t)) for area, group in areas.items()}


async def lived(world: World, seed: int) -> History:
    """Two busy weeks, slower ones in which periods close, and the quiet in which they are final."""
    history = await begin(world, seed)
    await history.live(80, pace=1)
    await history.live(40, pace=6)
    await history.rest(days=30)
    return history


def chosen_instants(history: History, most: int) -> list[datetime]:
    """Just before, at and after what happened; and now."""
    edges = {t + i * TICK for t in history.events for i in (-1, 0, 1)}
    past = sorted(t for t in edges if t <= history.now)
    return [*history.rng.sample(past, min(most, len(past))), history.now]


@pytest.mark.parametrize("seed", range(3))
async def test_any_history(world: World, seed: int) -> None:
    history = await lived(world, seed)
    assert sum(history.done.values()) > 60, history.done
    known = await history.facts()
    for t in chosen_instants(history, 30):
        for question in QUESTIONS:
            await check_rates(history, t, question, by_rule(known, t, question))
        if history.rng.random() < 0.1:
            await history.change_something()
            known = await history.facts()
    for t in chosen_instants(history, 3):
        for who in ("county", "reviewer", "other_reviewer"):
            await check_villages_behind(history, t, who)
    for t, question, answer in history.asked:
        again = await rates(world, t, **question)
        assert again == answer, f"{question} as of {t} has changed"


async def check_rates(
    history: History, t: datetime, question: Question, expected: dict[str, dict[str, int]]
) -> None:
    shown = await rates(history.world, t, **question)
    areas = {area["region"]: counted(area["counts"]) for area in shown["areas"]}
    assert areas == expected, (t, question)
    total = counted(shown["total"])
    assert total == summed(expected.values())
    assert total["expected"] == sum(total[n] for n in ("on_time", "late", "missing", "pending"))
    periods = [counted(period["counts"]) for period in shown["periods"]]
    assert total == summed(periods)


async def check_villages_behind(history: History, t: datetime, who: str) -> None:
    """The villages listed for a number are as many as the number says, to whoever asks."""
    total = (await rates(history.world, t, who))["total"]
    page = await history.world.as_(who).get("/obligations", as_of=t.isoformat(), limit=200)
    assert page["next"] is None
    listed = Counter(each["standing"] for each in page["items"])
    listed["not_due"] += listed["filed_early"]
    for name in set(NAMES) - {"expected", "correction_late"}:
        assert listed[name] == total[name], (t, who, name)
