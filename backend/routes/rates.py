"""Reporting rates: /rates. Every figure opens to its villages at /obligations."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import asyncpg
import msgspec
from litestar import Controller, get
from litestar.params import FromQuery

from backend import access, counting
from backend.access import allows
from backend.domain.rates import Counts, total
from backend.domain.regions import Level
from backend.domain.roles import Action, Actor
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
    """How an area's townships reviewed: decisions, how many in time, the median working days."""

    region: str
    name: str
    decided: int
    in_time: int
    median_workdays: float | None


class AreaRates(msgspec.Struct):
    region: str
    name: str
    counts: CountsView


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


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


# Every village of a county over some months: more is asked for by period or by township.
MOST_CELLS: Final = 20_000


def _areas(counts: dict[str, Counts], names: dict[str, str]) -> list[AreaRates]:
    return [
        AreaRates(area, names.get(area, ""), counts_view(counts[area])) for area in sorted(counts)
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
        counts_view(total(counts for _, counts in cells)),
        _areas(dict(cells), names),
    )


def _reach(actor: Actor, region: str | None, level: Level) -> Sequence[str]:
    """Who sees only aggregates sees no village."""
    of_village = level is Level.VILLAGE or len(region or "") > Level.TOWNSHIP.digits
    return access.reach(actor, Action.SEE_DUTIES if of_village else Action.SEE_RATES, region)


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
            t = instant(as_of, actor.now)
            scopes = _reach(actor, region, level)
            if any(len(key) < Level.COUNTY.digits for key in scopes):
                # A plan kept for counties would be slow for a province; a county's answer takes
                # no longer than to plan it anew.
                await plan_anew()
            wanted = rates.Wanted(scopes, region, schedule, period)
            if level is Level.VILLAGE and await rates.exceeds(wanted, MOST_CELLS):
                raise Problem("invalid", faults=[{"field": "period", "reason": "too_many"}])
            cells = await counting.cells(wanted, level, t)
            periods = await rates.periods(wanted, t)
            names = await regions.names(sorted({area for _, area in cells}))
        by_area: dict[str, list[Counts]] = defaultdict(list)
        by_period: dict[int, list[tuple[str, Counts]]] = defaultdict(list)
        for (number, area), counts in cells.items():
            by_area[area].append(counts)
            by_period[number].append((area, counts))
        shown = [
            _period(row, by_period[row["id"]], names) for row in periods if row["id"] in by_period
        ]
        areas = _areas({area: total(parts) for area, parts in by_area.items()}, names)
        return Rates(t, level, counts_view(total(cells.values())), areas, shown)

    @get("/turnaround", opt=allows(Action.SEE_RATES), responses=documented("as_of_future"))
    async def turnaround(
        self,
        request: ApiRequest,
        region: KeyQuery = None,
        level: FromQuery[Level] = Level.TOWNSHIP,
        as_of: AsOf = None,
    ) -> list[Turnaround]:
        """How the townships reviewed in the quarter before an instant, by area in order of code."""
        async with authorised(request) as actor:
            t = instant(as_of, actor.now)
            rows = await rates.turnaround(_reach(actor, region, level), region, level, t)
            names = await regions.names([row["area"] for row in rows])
        return [Turnaround(row["area"], names.get(row["area"], ""), row["decided"], row["in_time"],
                           row["median_workdays"]) for row in rows]  # fmt: skip
