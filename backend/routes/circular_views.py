"""What is shown of circulars."""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from backend.circulating import decoded, decoded_changes, digest
from backend.domain.circulars import Band, Change, Figures, Line, Report, document_number, ranks
from backend.domain.rates import Standing
from backend.printing.jobs import CircularText
from backend.printing.words import rules
from backend.routes.rates import CountsView, counts_view
from backend.routes.schemas import Words


class CircularView(msgspec.Struct):
    """A circular by its newest version that the asker may see; no `schedule`: on all monthly
    reports of the month.
    """

    id: UUID
    county: str
    document_number: str
    year: int
    number: int
    schedule: int | None
    period: str
    at: datetime
    by: str | None
    version: int
    as_of: datetime
    published_at: datetime | None


class LineView(msgspec.Struct):
    """One township, or the county. `rank` only where the circular has ranking."""

    region: str
    name: str
    counts: CountsView
    report_band: Band
    on_time_band: Band
    decided: int
    in_time: int
    median_workdays: float | None
    rank: int | None


class UnfiledView(msgspec.Struct):
    """A village with nothing filed for so many duties: missing, or pending where it still may."""

    region: str
    name: str
    standing: Standing
    duties: int


class ReportView(msgspec.Struct):
    schedule: int
    code: str
    title: Words
    period: str
    due_at: datetime
    closes_at: datetime
    total: LineView
    lines: list[LineView]
    unfiled: list[UnfiledView]


class ChangeView(msgspec.Struct):
    """A figure that the version before stated otherwise; null where one says nothing of it.

    `figure` is a name of the counts, or `standing` of a village among the unfiled.
    """

    schedule: int
    code: str
    period: str
    region: str
    name: str
    figure: str
    was: float | str | None
    became: float | str | None


class VersionView(msgspec.Struct):
    """A version in the list of all; `changes` says how many figures it corrected."""

    version: int
    as_of: datetime
    at: datetime
    by: str | None
    reason: str
    published_at: datetime | None
    changes: int


class RulesView(msgspec.Struct):
    """From which percentages a rate is green, or amber; and all rules in words, as printed."""

    green_from: int
    amber_from: int
    told: list[str]


class CircularDetail(msgspec.Struct):
    """One version, whole, for the screen and for printing from the browser."""

    circular: CircularView
    version: int
    as_of: datetime
    at: datetime
    by: str
    reason: str
    published_at: datetime | None
    ranked: bool
    county_name: str
    digest: str
    reports: list[ReportView]
    changes: list[ChangeView]
    rules: RulesView
    versions: list[VersionView]


def number_of(row: asyncpg.Record) -> str:
    return document_number(row["mark"], row["year"], row["number"])


def circular_view(row: asyncpg.Record) -> CircularView:
    return CircularView(
        document_number=number_of(row),
        by=row["by_name"],
        **{name: row[name] for name in _PLAIN},
    )


_PLAIN = tuple(
    name for name in CircularView.__struct_fields__ if name not in ("document_number", "by")
)


def _line(figures: Figures, line: Line, rank: int | None) -> LineView:
    counts, reviews, used = line.counts, line.reviews, figures.rules
    return LineView(
        line.region,
        line.name,
        counts_view(counts),
        used.band(counts.filed, counts.expected),
        used.band(counts.on_time, counts.expected),
        reviews.decided,
        reviews.in_time,
        reviews.median_workdays,
        rank,
    )


def _report(figures: Figures, report: Report) -> ReportView:
    places = ranks(report.lines) if figures.ranked else {}
    return ReportView(
        report.schedule,
        report.code,
        msgspec.convert(report.title, Words),
        report.period,
        report.due_at,
        report.closes_at,
        _line(figures, report.total, None),
        [_line(figures, line, places.get(line.region)) for line in report.lines],
        [UnfiledView(v.region, v.name, v.standing, v.duties) for v in report.unfiled],
    )


def _change(change: Change) -> ChangeView:
    return ChangeView(**{name: getattr(change, name) for name in ChangeView.__struct_fields__})


def detail(
    row: asyncpg.Record, kept: asyncpg.Record, versions: list[asyncpg.Record]
) -> CircularDetail:
    """A circular with one version of it, and the list of those the asker may see."""
    figures = decoded(kept["figures"])
    used = figures.rules
    return CircularDetail(
        circular_view(row),
        by=figures.by,
        **{name: kept[name] for name in _OF_VERSION},
        ranked=figures.ranked,
        county_name=figures.name,
        digest=digest(figures),
        reports=[_report(figures, report) for report in figures.reports],
        changes=[_change(change) for change in decoded_changes(kept["changes"])],
        rules=RulesView(used.green_from, used.amber_from, rules(used)),
        versions=[
            VersionView(by=each["by_name"], **{name: each[name] for name in _LISTED})
            for each in versions
        ],
    )


_OF_VERSION = ("version", "as_of", "at", "reason", "published_at")
_LISTED = tuple(name for name in VersionView.__struct_fields__ if name != "by")


def text_of(row: asyncpg.Record, kept: asyncpg.Record) -> CircularText:
    """The same as it is printed."""
    figures = decoded(kept["figures"])
    return CircularText(
        number_of(row),
        kept["version"],
        figures,
        decoded_changes(kept["changes"]),
        kept["reason"],
        kept["at"],
        kept["published_at"],
        digest(figures),
    )
