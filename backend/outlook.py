"""The outlook of a period: what the store knows, and what the rule makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from backend.domain.calendar import WorkCalendar
from backend.domain.outlook import (
    PERIODS,
    Forecast,
    Record,
    Village,
    forecast,
    township_mean,
    watch_from,
)
from backend.domain.regions import Level
from backend.store import outlook


@dataclass(frozen=True, slots=True)
class Expected:
    """A village that owes the report, and what to expect of it."""

    obligation: int
    region: str
    name: str
    due_at: datetime
    forecast: Forecast


async def expect(
    scopes: Sequence[str], under: str | None, period: int, days: WorkCalendar, now: datetime
) -> list[Expected]:
    """The villages worth a look at `now`, in order of code."""
    owing = [
        row
        for row in await outlook.owing(scopes, under, period, now)
        if watch_from(row["due_at"], days) <= now
    ]
    towns = sorted({_town(row["region"]) for row in owing})
    records = {
        row["region"]: Record(row["on_time"], row["late"], row["missing"])
        for row in await outlook.records(towns, period, PERIODS, now)
    }
    means = {
        town: township_mean(r for region, r in records.items() if _town(region) == town)
        for town in towns
    }
    there = {
        row["region"]: row
        for row in await outlook.presence(sorted({row["region"] for row in owing}), now)
    }
    found = []
    for row in owing:
        region, present = row["region"], there[row["region"]]
        record = records.get(region, Record())
        village = Village(row["due_at"], record, present["vacant"], present["last_contact"])
        made = forecast(village, means[_town(region)], now)
        found.append(Expected(row["id"], region, row["name"], row["due_at"], made))
    return found


def _town(region: str) -> str:
    return region[: Level.TOWNSHIP.digits]
