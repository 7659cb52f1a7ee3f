"""The rates at a day's end, as the product counts them and as the journal does."""

from collections import Counter
from datetime import datetime
from typing import Final

from backend.domain.regions import Level
from backend.simulation.county import COUNTY
from backend.simulation.journal import DayEnd, Journal
from backend.store import rates
from backend.store.rates import Wanted

STANDINGS: Final = ("on_time", "late", "missing", "pending")


async def day_end(journal: Journal, at: datetime) -> DayEnd:
    """Both counts of the whole county as of `at`."""
    return DayEnd(at, await said(at), counted(journal, at))


async def said(at: datetime) -> dict[str, int]:
    """What the product says."""
    rows = await rates.by_area(Wanted([COUNTY]), Level.COUNTY, at)
    return {name: sum(row[name] for row in rows) for name in STANDINGS}


def counted(journal: Journal, at: datetime) -> dict[str, int]:
    """What follows from the first report received for each duty, in the simplest words."""
    first = {f.obligation: f for f in journal.filed if f.revision == 1 and f.received_at <= at}
    found: Counter[str] = Counter()
    for duty in journal.owed.values():
        if duty.due_at > at:
            continue
        filed = first.get(duty.id)
        if filed is not None:
            found["on_time" if filed.counted_at <= duty.due_at else "late"] += 1
        else:
            found["missing" if duty.closes_at < at else "pending"] += 1
    return {name: found[name] for name in STANDINGS}
