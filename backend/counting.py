"""Counts by period and area, for whoever shows rates."""

from collections import defaultdict
from datetime import datetime

import asyncpg

from backend.domain.rates import Counts, total
from backend.domain.regions import Level
from backend.store import rates

Cells = dict[tuple[int, str], Counts]


async def cells(wanted: rates.Wanted, level: Level, t: datetime) -> Cells:
    """Counts by (period, area)."""
    parts: dict[tuple[int, str], list[Counts]] = defaultdict(list)
    for row in await rates.by_area(wanted, level, t):
        parts[row["period"], row["area"]].append(_counts(row))
    for row in await rates.late_corrections(wanted, level, t):
        late = Counts(correction_late=row["correction_late"])
        parts[row["period"], row["area"]].append(late)
    return {key: found[0] if len(found) == 1 else total(found) for key, found in parts.items()}


def _counts(row: asyncpg.Record) -> Counts:
    _, _, *numbers = row  # thousands of them: by position, in the order of Counts
    return Counts(sum(numbers[:4]), *numbers)
