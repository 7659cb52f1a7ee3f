"""The assessment of a quarter as a workbook."""

from typing import Any, Final

from backend.domain.assessment import ITEMS, Score, Weights
from backend.domain.regions import code_of
from backend.printing.book import Book
from backend.printing.jobs import AssessmentSheet
from backend.printing.words import moment

_ITEMS: Final = {
    "on_time": "按时率",
    "report": "报送率",
    "first_pass": "一次通过率",
    "cert": "认证率",
    "review_on_time": "按时审核率",
}
_SHOWN: Final = {
    "抽查数": 9,
    "虚假认证": 10,
    "扣分": 8,
    "得分": 9,
    "死亡上报天数（中位，不计分）": 14,
}


def drawn(job: AssessmentSheet) -> bytes:
    """The workbook's bytes."""
    book = Book(f"{job.area}{job.quarter}考核表", job.as_of)
    columns = {"区划代码": 15, "乡镇（街道）": 18}
    for name in ITEMS:
        weight = getattr(job.weights, name)
        columns |= {f"{_ITEMS[name]}（{weight}分）": 13, f"{_ITEMS[name]}得分": 11}
    columns |= _SHOWN
    title = f"{job.area}{job.quarter}季度考核表"
    sheet = book.sheet(f"考核 {job.quarter}", title, _notes(job), columns)
    for line, score in enumerate(job.scores, 4):
        book.row(sheet, line, _cells(score))
    book.filter(sheet, 3, len(job.scores), len(columns))
    return book.done()


def _notes(job: AssessmentSheet) -> list[str]:
    return [f"统计时点：{moment(job.as_of)}　制表：{job.by}", _rule(job.weights)]


def _rule(weights: Weights) -> str:
    parts = "，".join(f"{_ITEMS[name]}{getattr(weights, name)}分" for name in ITEMS)
    return (
        f"{parts}；抽查查实虚假认证每例扣{weights.false_certification}分；没有发生的项目不计分，"
        "其分值按比例并入其他项目；零报告视同报送；按区划代码排列，不排名。"
    )


def _cells(score: Score) -> list[Any]:
    facts = score.facts
    cells: list[Any] = [code_of(facts.region), facts.name]
    for name in ITEMS:
        cells += [(getattr(facts, name).rate, "0.00%"), (score.points.get(name), "0.00")]
    found = [facts.checked, facts.false_found, score.deducted]
    return [*cells, *found, (score.score, "0.00"), (facts.death_lag_days, "0.0")]
