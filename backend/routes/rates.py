"""Reporting rates: /rates. Every figure opens to its villages at /obligations."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import asyncpg
import msgspec
from litestar import Controller, get
from litestar.params import FromQuery

from backend import access
from backend.access import allows
from backend.domain.rates import Counts
from backend.domain.regions import Level
from backend.domain.roles import Action
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.obligations import AsOf, instant
from backend.routes.schemas import KeyQuery, PeriodQuery, SmallQuery, Words
from backend.store import rates, regions
from backend.store.database import from_json, plan_anew


class CountsView(msgspec.Struct):
    """expected = on_time + late + missing + pending, always. Rates are shares of expected.

    Beside them: exempt; not_due (owed later) and how many of these are filed_early; and
    correction_late, returns not answered in time.
    """

    expected: int
    on_time: int
    late: int
    missing: int
    pending: int
    exempt: int
    not_due: int
    filed_early: int
    correction_late: int
    report_rate: float | None
    on_time_rate: float | None


class Turnaround(msgspec.Struct):
    """How the township reviewed: decisions, how many in time, and the median working days."""

    decided: int
    in_time: int
    median_workdays: float | None


class AreaRates(msgspec.Struct):
    region: str
    name: str
    counts: CountsView
    turnaround: Turnaround | None


class PeriodRates(msgspec.Struct):
    schedule: int
    code: str
    title: Words
    period: str
    due_at: datetime
    closes_at: datetime
    counts: CountsView
    areas: list[AreaRates]


class Rates(msgspec.Struct):
    """As of one instant, in order of code. `areas` are totals over the periods chosen."""

    as_of: datetime
    level: Level
    total: CountsView
    areas: list[AreaRates]
    periods: list[PeriodRates]


def counts_view(counts: Counts) -> CountsView:
    return CountsView(
        counts.expected,
        counts.on_time,
        counts.late,
        counts.missing,
        counts.pending,
        counts.exempt,
        counts.not_due,
        counts.filed_early,
        counts.correction_late,
        _share(counts.report_rate),
        _share(counts.on_time_rate),
    )


_NAMES = ("expected", "on_time", "late", "missing", "pending", "exempt", "not_due", "filed_early",
          "correction_late")  # fmt: skip


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _counts(row: asyncpg.Record) -> Counts:
    filed = row["on_time"] + row["late"]
    return Counts(filed + row["missing"] + row["pending"], *(row[name] for name in _NAMES[1:]))


def _total(parts: Iterable[Counts]) -> Counts:
    return sum(parts, Counts())


# Every village of a county over some months: more is asked for by period or by township.
MOST_CELLS: Final = 20_000


Cells = dict[tuple[int, str], Counts]


async def _cells(wanted: rates.Wanted, level: Level, t: datetime) -> Cells:
    """Counts by (period, area)."""
    cells: Cells = defaultdict(Counts)
    for row in await rates.by_area(wanted, level, t):
        key, counts = (row["period"], row["area"]), _counts(row)
        cells[key] = cells[key] + counts if key in cells else counts
    for row in await rates.late_corrections(wanted, level, t):
        late = Counts(correction_late=row["correction_late"])
        cells[row["period"], row["area"]] += late
    return cells


def _areas(
    counts: dict[str, Counts], names: dict[str, str], turnaround: dict[str, Turnaround]
) -> list[AreaRates]:
    return [
        AreaRates(area, names.get(area, ""), counts_view(counts[area]), turnaround.get(area))
        for area in sorted(counts)
    ]


def _period(
    row: asyncpg.Record, cells: Sequence[tuple[str, Counts]], names: dict[str, str]
) -> PeriodRates:
    return PeriodRates(
        row["schedule"],
        row["code"],
        msgspec.convert(from_json(row["title"]), Words),
        row["key"],
        row["due_at"],
        row["closes_at"],
        counts_view(_total(counts for _, counts in cells)),
        _areas(dict(cells), names, {}),
    )


class RateController(Controller):
    path = "/rates"
    tags = ("rates",)

    @get("/", opt=allows(Action.SEE_RATES), responses=documented("as_of_future"))
    async def rates(
        self,
        request: ApiRequest,
        region: KeyQuery = None,
        level: FromQuery[Level] = Level.TOWNSHIP,
        schedule: SmallQuery = None,
        period: PeriodQuery = None,
        as_of: AsOf = None,
    ) -> Rates:
        """Counts by area and period as of an instant; the same question gives the same answer."""
        async with authorised(request) as actor:
            await plan_anew()
            t = instant(as_of, actor.now)
            # Who sees only aggregates sees no village.
            of_village = level is Level.VILLAGE or len(region or "") > Level.TOWNSHIP.digits
            seeing = Action.SEE_DUTIES if of_village else Action.SEE_RATES
            scopes = access.reach(actor, seeing, region)
            wanted = rates.Wanted(scopes, region, schedule, period)
            if level is Level.VILLAGE and await rates.exceeds(wanted, MOST_CELLS):
                raise Problem("invalid", faults=[{"field": "period", "reason": "too_many"}])
            cells = await _cells(wanted, level, t)
            turned = {
                row["area"]: Turnaround(row["decided"], row["in_time"], row["median_workdays"])
                for row in await rates.turnaround(wanted.scopes, region, level, t)
            }
            periods = await rates.periods(wanted, t)
            names = await regions.names(sorted({area for _, area in cells}))
        by_area: dict[str, Counts] = defaultdict(Counts)
        by_period: dict[int, list[tuple[str, Counts]]] = defaultdict(list)
        for (number, area), counts in cells.items():
            by_area[area] += counts
            by_period[number].append((area, counts))
        shown = [
            _period(row, by_period[row["id"]], names) for row in periods if row["id"] in by_period
        ]
        total = counts_view(_total(cells.values()))
        return Rates(t, level, total, _areas(by_area, names, turned), shown)
