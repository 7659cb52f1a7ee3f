"""A circular as PDF."""

import tempfile
from pathlib import Path
from typing import Any, Final

import msgspec
import typst

from backend.domain.circulars import Figures, Line, Report, ranks
from backend.domain.regions import code_of
from backend.printing.jobs import CircularText
from backend.printing.words import (
    FIGURES,
    STANDINGS,
    day,
    figure,
    moment,
    percent,
    rules,
    title_of,
)
from media import font

_PAGE: Final = Path(__file__).with_name("circular.typ")


def drawn(text: CircularText) -> bytes:
    """The PDF's bytes; made at the instant of the version, so that each making gives the same."""
    with tempfile.TemporaryDirectory(prefix="cunbao-print-") as folder:
        Path(folder, "font.ttf").write_bytes(font.unpacked())
        paper = typst.compile(
            _PAGE.read_bytes(),
            font_paths=typst.Fonts(False, False, [folder]),
            sys_inputs={"text": _readable(msgspec.json.encode(_said(text)).decode())},
            timestamp=int(text.at.timestamp()),
            format="pdf",
        )
    return bytes(paper)


def _readable(said: str) -> str:
    """Rare characters that even this font lacks, as their numbers instead of boxes."""
    for each in font.without_glyph(said):
        said = said.replace(each, f"〔U+{ord(each):X}〕")
    return said


def _said(text: CircularText) -> dict[str, Any]:
    """All that the page shows, as text."""
    figures = text.figures
    return {
        "font": font.FAMILY,
        "county": figures.name,
        "number": text.number,
        "version": f"第{text.version}版",
        "draft": text.published_at is None,
        "as_of": moment(figures.as_of),
        "by": text.figures.by,
        "made": moment(text.at),
        "date": day(text.published_at or text.at),
        "digest": text.digest,
        "reason": text.reason,
        "reports": [_report(figures, report) for report in figures.reports],
        "changes": _changes(text),
        "rules": rules(figures.rules),
    }


def _report(figures: Figures, report: Report) -> dict[str, Any]:
    places = ranks(report.lines) if figures.ranked else {}
    counts = report.total.counts
    return {
        "title": title_of(report.title),
        "period": report.period,
        "due": moment(report.due_at),
        "ranked": figures.ranked,
        "total": _line(figures, report.total, "合计", ""),
        "rates": [percent(counts.report_rate), percent(counts.on_time_rate)],
        "numbers": [counts.expected, counts.filed, counts.missing, counts.pending],
        "lines": [
            _line(figures, line, line.name, str(places.get(line.region, "—")))
            for line in report.lines
        ],
        "unfiled": _villages(report),
    }


def _line(figures: Figures, line: Line, name: str, place: str) -> dict[str, Any]:
    counts, used, median = line.counts, figures.rules, line.reviews.median_workdays
    numbers = (counts.expected, counts.on_time, counts.late, counts.missing, counts.pending)
    return {
        "name": name,
        "numbers": [str(number) for number in (*numbers, counts.exempt)],
        "report": [percent(counts.report_rate), used.band(counts.filed, counts.expected)],
        "on_time": [percent(counts.on_time_rate), used.band(counts.on_time, counts.expected)],
        "reviews": ["—" if median is None else f"{median:.1f}", str(line.reviews.decided)],
        "place": place,
    }


def _villages(report: Report) -> list[dict[str, Any]]:
    """Villages by township; the code stands beside the name, for names repeat in a county."""
    towns = {line.region: line.name for line in report.lines}
    found: dict[str, list[str]] = {}
    for each in report.unfiled:
        many = f"{each.duties}件" if each.duties > 1 else ""
        said = f"{each.name}（{code_of(each.region)}，{STANDINGS[each.standing]}{many}）"
        found.setdefault(each.region[:9], []).append(said)
    return [{"town": towns.get(town, town), "villages": names} for town, names in found.items()]


def _changes(text: CircularText) -> list[list[str]]:
    titles = {(r.schedule, r.period): title_of(r.title) for r in text.figures.reports}
    return [
        [
            f"{titles.get((each.schedule, each.period), each.code)} {each.period}",
            each.name,
            FIGURES[each.figure],
            *(figure(each.figure, value) for value in (each.was, each.became)),
        ]
        for each in text.changes
    ]
