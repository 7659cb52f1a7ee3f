"""Rates by SQL say what the rules say, at every instant of any history, and never change it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

import pytest

from backend.domain.rates import Counts, tally
from backend.domain.timeliness import Facts
from tests.tasks.histories import TICK, History, begin, rates
from tests.world import COUNTY, TOWN, World

NAMES = tuple(asdict(Counts()))
LEVELS = {"county": 6, "township": 9, "village": 12}


def counted(shown: dict[str, Any]) -> dict[str, int]:
    return {name: shown[name] for name in NAMES}


def by_rule(facts: Iterable[tuple[str, Facts]], t: datetime, digits: int) -> dict[str, Any]:
    """What the rules give, by area, for the obligations that had opened."""
    areas: dict[str, list[Facts]] = {}
    for region, each in facts:
        if each.opens_at <= t:
            areas.setdefault(region[:digits], []).append(each)
    return {area: asdict(tally(group, t)) for area, group in areas.items()}


async def lived(world: World, seed: int) -> History:
    """Two busy weeks, then slower ones in which periods close and become final."""
    history = await begin(world, seed)
    await history.live(80, pace=1)
    await history.live(40, pace=6)
    return history


def chosen_instants(history: History, most: int) -> list[datetime]:
    """Just before, at and after what happened; up to now, which is always among them."""
    edges = {t + i * TICK for t in history.events for i in (-1, 0, 1)}
    past = sorted(t for t in edges if t <= history.now)
    return [*history.rng.sample(past, min(most, len(past))), history.now]


@pytest.mark.parametrize("seed", range(12))
async def test_any_history(world: World, seed: int) -> None:
    history = await lived(world, seed)
    assert sum(history.done.values()) > 30, history.done
    facts = list((await history.facts()).values())
    for t in chosen_instants(history, 40):
        for level, digits in LEVELS.items():
            await check_rates(history, t, level, by_rule(facts, t, digits))
        if history.rng.random() < 0.1:
            await history.finish_cells()
    for t in chosen_instants(history, 3):
        await check_villages_behind(history, t)
    for (t, path), answer in history.asked.items():
        again = await rates(world, t, path.split("=")[1])
        assert again == answer, f"seed {seed}: {path} as of {t} has changed"


async def check_rates(history: History, t: datetime, level: str, expected: dict[str, Any]) -> None:
    shown = await rates(history.world, t, level)
    areas = {area["region"]: counted(area["counts"]) for area in shown["areas"]}
    assert areas == expected, (t, level)
    total = counted(shown["total"])
    assert total == {n: sum(each[n] for each in expected.values()) for n in NAMES}
    assert total["expected"] == sum(total[n] for n in ("on_time", "late", "missing", "pending"))
    periods = [counted(period["counts"]) for period in shown["periods"]]
    assert total == {n: sum(each[n] for each in periods) for n in NAMES}


async def check_villages_behind(history: History, t: datetime) -> None:
    """The villages listed for a number are as many as the number says."""
    for region in (COUNTY, TOWN):
        total = (await rates(history.world, t, "township", region=region))["total"]
        page = await history.world.as_("county").get(
            "/obligations", region=region, as_of=t.isoformat(), limit=200
        )
        assert "next" not in page or page["next"] is None
        listed = Counter(each["standing"] for each in page["items"])
        listed["not_due"] += listed["filed_early"]
        for name in set(NAMES) - {"expected", "correction_late"}:
            assert listed[name] == total[name], (t, region, name)
