"""Does the outlook rank villages better than their last period does? Asked of the demo's history.

Each period past is looked at as it stood three working days before it was due, by the very code
that serves /outlook, and compared with what came of it. The figure is the share of pairs, one
village late and one on time in the same period, that the rule puts in the right order, ties
counting half: the area under the ROC curve (AUC), pairs pooled over all periods.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product

import asyncpg

from backend.clock import system_clock
from backend.demo import making
from backend.demo.regions import COUNTY
from backend.domain.outlook import watch_from
from backend.outlook import expect
from backend.store import calendar, outlook
from backend.store.database import fetch
from backend.store.facts import standing_sql
from backend.store.filters import Filters
from backend.vault import Vault
from tests import databases
from tests.bench.figures import Figure
from tests.bench.server import SECRET


@dataclass(frozen=True, slots=True)
class Pairs:
    """How many pairs there are, and how many are in the right order."""

    right: float = 0.0
    total: int = 0

    def __add__(self, other: "Pairs") -> "Pairs":
        return Pairs(self.right + other.right, self.total + other.total)

    @property
    def auc(self) -> float:
        return self.right / self.total


def pairs(scores: Mapping[str, float], failed: Mapping[str, bool]) -> Pairs:
    """The pairs of one period."""
    late = [scores[v] for v in scores if failed[v]]
    fine = [scores[v] for v in scores if not failed[v]]
    right = sum((a > b) + (a == b) / 2 for a, b in product(late, fine))
    return Pairs(right, len(late) * len(fine))


async def _failed(period: int, t: datetime) -> dict[str, bool]:
    """Whether each village was late or missing, as of `t`; waived ones are left out."""
    where = Filters(t).add("o.period = ?", period)
    rows = await fetch(f"SELECT holder, standing FROM ({standing_sql(where, '$1')}) x", *where.args)
    ended = ("on_time", "late", "missing", "pending")
    return {r["holder"]: r["standing"] != "on_time" for r in rows if r["standing"] in ended}


async def _periods(now: datetime) -> list[asyncpg.Record]:
    """The periods that are over, with another one of the same schedule before them."""
    return await fetch(
        """SELECT p.id, p.due_at FROM period p WHERE p.closes_at < $1 AND EXISTS (
            SELECT 1 FROM period e WHERE e.schedule = p.schedule AND e.due_at < p.due_at)
        ORDER BY p.due_at, p.id""",
        now,
    )


async def _compared(period: asyncpg.Record, now: datetime) -> tuple[Pairs, Pairs]:
    """Our rule and the plain one on the same villages of one period."""
    days = await calendar.load(COUNTY)
    t = watch_from(period["due_at"], days)
    failed = await _failed(period["id"], now)
    found = await expect([COUNTY], None, period["id"], days, t)
    ours = {each.region: each.forecast.chance for each in found if each.region in failed}
    towns = sorted({region[:9] for region in ours})
    last = {row["region"]: row for row in await outlook.records(towns, period["id"], 1, t)}
    plain = {v: float(v in last and last[v]["late"] + last[v]["missing"] > 0) for v in ours}
    return pairs(ours, failed), pairs(plain, failed)


async def bench(url: str) -> list[Figure]:
    """The area under the curve of both rules."""
    async with databases.copy(url) as copied, databases.connected(copied):
        await making.make(Vault(SECRET), system_clock)
        now = system_clock()
        compared = [await _compared(period, now) for period in await _periods(now)]
    return _figures([each for each, _ in compared], [each for _, each in compared])


def _figures(ours: Sequence[Pairs], plain: Sequence[Pairs]) -> list[Figure]:
    pooled = [sum(parts, Pairs()) for parts in (ours, plain)]
    better = sum(a.auc > b.auc for a, b in zip(ours, plain, strict=True) if a.total)
    note = f"{pooled[0].total} pairs; better in {better} of {len(ours)} periods"
    return [
        Figure("outlook, AUC of our rule", [pooled[0].auc], "", at_least=pooled[1].auc, note=note),
        Figure("outlook, AUC of the last period", [pooled[1].auc], "", at_least=0.5),
    ]
