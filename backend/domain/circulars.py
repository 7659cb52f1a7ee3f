"""The circular 通报: the reporting figures of a county's townships, frozen as of an instant.

A circular is never changed. A correction is a further version, which names every figure that is
another than in the version before.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from backend.domain.rates import Counts, Standing
from backend.domain.refusal import Refusal

GREEN_FROM: Final = 95
AMBER_FROM: Final = 85
# Standings of a village that is named: nothing filed, whether or not it still may be.
UNFILED: Final = (Standing.MISSING, Standing.PENDING)


class Band(StrEnum):
    """Where a rate lies; none where nothing was expected."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Rules:
    """What a circular was made by: from which percentages a rate is green, or amber."""

    green_from: int = GREEN_FROM
    amber_from: int = AMBER_FROM

    def band(self, part: int, whole: int) -> Band:
        """The band of a share. In whole numbers: 95 of 100 is green, however floats round."""
        if not whole:
            return Band.NONE
        if part * 100 >= self.green_from * whole:
            return Band.GREEN
        return Band.AMBER if part * 100 >= self.amber_from * whole else Band.RED


@dataclass(frozen=True, slots=True)
class Turnaround:
    """How the office reviewed what was filed: decisions, those in time, the median working days."""

    decided: int = 0
    in_time: int = 0
    median_workdays: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """The figures of one township, or of the county, for one report."""

    region: str
    name: str
    counts: Counts
    reviews: Turnaround = Turnaround()


@dataclass(frozen=True, slots=True)
class Unfiled:
    """A village that has not filed: missing, or pending where it still may; and how many duties."""

    region: str
    name: str
    standing: Standing
    duties: int = 1


@dataclass(frozen=True, slots=True)
class Report:
    """What a circular says of one period of a schedule, townships in order of code."""

    schedule: int
    code: str
    title: Mapping[str, str]
    period: str
    due_at: datetime
    closes_at: datetime
    total: Line
    lines: tuple[Line, ...]
    unfiled: tuple[Unfiled, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """All that a version says, with the name of who made it. Ranking is off unless asked for."""

    county: str
    name: str
    as_of: datetime
    by: str
    ranked: bool
    reports: tuple[Report, ...]
    rules: Rules = field(default_factory=Rules)


@dataclass(frozen=True, slots=True)
class Change:
    """A figure that a later version states otherwise; None where a version says nothing of it."""

    schedule: int
    code: str
    period: str
    region: str
    name: str
    figure: str
    was: float | str | None
    became: float | str | None


def document_number(mark: str, year: int, number: int) -> str:
    """The number as such papers carry it: mark, year in brackets, number of that year."""
    return f"{mark}〔{year}〕{number}号"


def default_mark(county: str) -> str:
    """The mark of a county that has set none."""
    return f"{county}人社通报"


def may_freeze(reports: Sequence[Report]) -> Refusal | None:
    """Why there is nothing to tell yet: nothing was due as of the instant."""
    told = any(report.total.counts.expected or report.total.counts.exempt for report in reports)
    return None if told else Refusal("circular_empty")


def ranks(lines: Iterable[Line]) -> dict[str, int]:
    """Places by report rate, then by rate on time; equals share one. Who owed nothing has none."""
    rates = {
        line.region: (line.counts.report_rate or 0.0, line.counts.on_time_rate or 0.0)
        for line in lines
        if line.counts.expected
    }
    held = Counter(rates.values())
    return {
        region: 1 + sum(n for other, n in held.items() if other > own)
        for region, own in rates.items()
    }


_COUNTED: Final = ("expected", "on_time", "late", "missing", "pending", "exempt", "correction_late")


def _figures(line: Line) -> dict[str, float | None]:
    counts, reviews = line.counts, line.reviews
    return {
        **{name: getattr(counts, name) for name in _COUNTED},
        "report_rate": _rounded(counts.report_rate),
        "on_time_rate": _rounded(counts.on_time_rate),
        "decided": reviews.decided,
        "in_time": reviews.in_time,
        "median_workdays": reviews.median_workdays,
    }


def _rounded(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 6)


def changes(before: Figures, after: Figures) -> list[Change]:
    """What `after` states otherwise, by report, township and village in order of code."""
    old = {(report.schedule, report.period): report for report in before.reports}
    new = {(report.schedule, report.period): report for report in after.reports}
    found: list[Change] = []
    for key in sorted({*old, *new}):
        found += _changed(old.get(key), new.get(key))
    return found


def _changed(old: Report | None, new: Report | None) -> list[Change]:
    either = new or old
    assert either is not None
    about = (either.schedule, either.code, either.period)
    was, became = _by_region(old), _by_region(new)
    found = []
    for region in sorted({*was, *became}):
        name = (became.get(region) or was[region]).name
        figures = [_figures(each[region]) if region in each else {} for each in (was, became)]
        for figure in figures[1] or figures[0]:
            values = [each.get(figure) for each in figures]
            if values[0] != values[1]:
                found.append(Change(*about, region, name, figure, *values))
    return found + _villages_changed(about, old, new)


def _by_region(report: Report | None) -> dict[str, Line]:
    return {line.region: line for line in report.lines} if report else {}


def _villages_changed(
    about: tuple[int, str, str], old: Report | None, new: Report | None
) -> list[Change]:
    was, became = ({v.region: v for v in each.unfiled} if each else {} for each in (old, new))
    return [
        Change(*about, region, (became.get(region) or was[region]).name, "standing", *values)
        for region in sorted({*was, *became})
        if (values := [each[region].standing if region in each else None for each in (was, became)])
        and values[0] != values[1]
    ]
