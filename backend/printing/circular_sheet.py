"""A circular as a workbook: a sheet with charts for each report, the villages, what changed."""

from typing import Any, Final

from backend.domain.circulars import Figures, Line, Report, ranks
from backend.domain.regions import code_of
from backend.printing.book import Book
from backend.printing.jobs import CircularText
from backend.printing.words import BANDS, FIGURES, STANDINGS, day, figure, moment, rules, title_of

_COLUMNS: Final = {
    "区划代码": 15,
    "乡镇（街道）": 18,
    "应报": 8,
    "按时": 8,
    "迟报": 8,
    "漏报": 8,
    "待报": 8,
    "免报": 8,
    "报送率": 10,
    "等次": 7,
    "按时率": 10,
    "补正逾期": 10,
    "已审核": 9,
    "按时审核": 10,
    "审核用时（工作日）": 12,
}
_VILLAGES: Final = {
    "区划代码": 15,
    "村（社区）": 28,
    "乡镇（街道）": 18,
    "报表": 26,
    "报告期": 12,
    "情况": 8,
    "件数": 7,
}
_CHANGES: Final = {
    "区划代码": 15,
    "单位": 28,
    "报表": 26,
    "报告期": 12,
    "项目": 12,
    "原为": 12,
    "更正为": 12,
}
_STACKED: Final = ((3, "#3B8A57"), (4, "#E0A526"), (5, "#B9392B"), (6, "#9A9A9A"))
_RATE, _BAND, _ON_TIME = 8, 9, 10


def drawn(text: CircularText) -> bytes:
    """The workbook's bytes."""
    book = Book(f"{text.number} 报表报送情况通报", text.at)
    for report in text.figures.reports:
        _report(book, text, report)
    _villages(book, text.figures)
    if text.changes:
        _changes(book, text)
    _about(book, text)
    return book.done()


def _notes(text: CircularText, report: Report) -> list[str]:
    draft = "" if text.published_at else "（草稿，未发布）"
    return [
        f"{text.number}　第{text.version}版{draft}　统计时点：{moment(text.figures.as_of)}",
        f"报告期：{report.period}　截止时间：{moment(report.due_at)}　制表：{text.figures.by}",
    ]


def _report(book: Book, text: CircularText, report: Report) -> None:
    ranked = text.figures.ranked
    columns = {**_COLUMNS, **({"名次": 7} if ranked else {})}
    places = ranks(report.lines) if ranked else {}
    name = title_of(report.title)
    title = f"{text.figures.name}{name}报送情况"
    sheet = book.sheet(f"{name} {report.period}", title, _notes(text, report), columns)
    head, count = 3, len(report.lines)
    for line, each in enumerate(report.lines, head + 1):
        _line(book, text.figures, sheet, line, each)
        if ranked:
            book.row(sheet, line, [places.get(each.region)], first=len(_COLUMNS))
    _line(book, text.figures, sheet, head + 1 + count, report.total, bold=True)
    book.filter(sheet, head, count, len(columns))
    if count:
        _charts(book, sheet, head + 1, count)


def _line(book: Book, figures: Figures, sheet: Any, line: int, found: Line, **style: Any) -> None:
    counts, reviews, used = found.counts, found.reviews, figures.rules
    name = "合计" if found.region == figures.county else found.name
    numbers = [counts.expected, counts.on_time, counts.late, counts.missing, counts.pending]
    band = used.band(counts.filed, counts.expected)
    cells = [code_of(found.region), name, *numbers, counts.exempt, None, BANDS[band], None]
    cells += [counts.correction_late, reviews.decided, reviews.in_time]
    book.row(sheet, line, [*cells, (reviews.median_workdays, "0.0")], **style)
    book.banded(sheet, line, _RATE, counts.report_rate, band)
    on_time = used.band(counts.on_time, counts.expected)
    book.banded(sheet, line, _ON_TIME, counts.on_time_rate, on_time)


def _charts(book: Book, sheet: Any, first: int, count: int) -> None:
    last, name = first + count - 1, sheet.get_name()
    stacked = book.book.add_chart({"type": "bar", "subtype": "stacked"})
    for column, colour in _STACKED:
        stacked.add_series(_series(name, first, last, column, colour))
    stacked.set_title({"name": "报送情况", "name_font": {"size": 12}})
    stacked.set_y_axis({"reverse": True})
    rate = book.book.add_chart({"type": "column"})
    rate.add_series(_series(name, first, last, _RATE, "#2F6DA8"))
    rate.add_series(_series(name, first, last, _ON_TIME, "#8FB6DA"))
    rate.set_title({"name": "报送率与按时率", "name_font": {"size": 12}})
    rate.set_y_axis({"min": 0, "max": 1, "num_format": "0%"})
    for chart, at in ((stacked, 0), (rate, 7)):
        chart.set_legend({"position": "bottom"})
        chart.set_size({"width": 520, "height": max(320, 22 * count + 120)})
        sheet.insert_chart(last + 3, at, chart)


def _series(name: str, first: int, last: int, column: int, colour: str) -> dict[str, Any]:
    return {
        "name": [name, first - 1, column],
        "categories": [name, first, 1, last, 1],
        "values": [name, first, column, last, column],
        "fill": {"color": colour},
    }


def _villages(book: Book, figures: Figures) -> None:
    note = f"统计时点：{moment(figures.as_of)}"
    sheet = book.sheet("未报村名单", "未报村（社区）名单", [note], _VILLAGES)
    line = 2
    for report in figures.reports:
        towns = {each.region: each.name for each in report.lines}
        for each in report.unfiled:
            line += 1
            place = (code_of(each.region), each.name, towns.get(each.region[:9], ""))
            what = (title_of(report.title), report.period, STANDINGS[each.standing], each.duties)
            book.row(sheet, line, [*place, *what])
    book.filter(sheet, 2, line - 2, len(_VILLAGES))


def _changes(book: Book, text: CircularText) -> None:
    note = f"第{text.version}版对前一版的更正。原因：{text.reason or '—'}"
    sheet = book.sheet("更正", "更正内容", [note], _CHANGES)
    titles = {(r.schedule, r.period): title_of(r.title) for r in text.figures.reports}
    for line, each in enumerate(text.changes, 3):
        report = titles.get((each.schedule, each.period), each.code)
        values = (figure(each.figure, value) for value in (each.was, each.became))
        cells = [code_of(each.region), each.name, report, each.period, FIGURES[each.figure]]
        book.row(sheet, line, [*cells, *values])
    book.filter(sheet, 2, len(text.changes), len(_CHANGES))


def _about(book: Book, text: CircularText) -> None:
    published = day(text.published_at) if text.published_at else "未发布"
    facts = {
        "文号": text.number,
        "版次": f"第{text.version}版",
        "统计时点": moment(text.figures.as_of),
        "制表人": text.figures.by,
        "制表时间": moment(text.at),
        "发布日期": published,
        "数据校验码": text.digest,
    }
    sheet = book.sheet("说明", "统计口径说明", [], {"项目": 15, "内容": 100})
    used = enumerate(rules(text.figures.rules), 1)
    told = [*facts.items(), *((f"口径{number}", rule) for number, rule in used)]
    for line, pair in enumerate(told, 2):
        book.row(sheet, line, pair, text_wrap=True)
