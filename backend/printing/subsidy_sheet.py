"""The subsidy sheet as a workbook: what was accepted of each village, and what that comes to."""

from typing import Any, Final

from backend.domain.regions import code_of
from backend.domain.subsidies import Item, Share, amount_fen, by_township
from backend.printing.book import Book
from backend.printing.jobs import SubsidySheet
from backend.printing.words import moment, title_of

_MONEY: Final = "#,##0.00"


def drawn(job: SubsidySheet) -> bytes:
    """The workbook's bytes."""
    book = Book(f"{job.area}补助核算表", job.as_of)
    notes = [
        f"{job.first}至{job.last}审核通过　统计时点：{moment(job.as_of)}　制表：{job.by}",
        "按审核通过的件数乘以县定单价计算；代报的件数单列，不计补助；款项另行发放。",
    ]
    _shares(book, job, notes)
    _towns(book, job, notes)
    return book.done()


def _heading(item: Item) -> str:
    price = "未定价" if item.price_fen is None else f"{item.price_fen / 100:.2f}元"
    return f"{title_of(item.title)} {item.code}（{price}）"


def _shares(book: Book, job: SubsidySheet, notes: list[str]) -> None:
    columns = {"区划代码": 15, "村（社区）": 28}
    for item in job.items:
        columns |= {_heading(item): 16}
    columns |= {"其中代报（不计）": 12, "金额（元）": 13}
    sheet = book.sheet("各村", f"{job.area}补助核算表", notes, columns)
    for line, share in enumerate(job.shares, 4):
        book.row(sheet, line, _cells(share, job.items))
    book.filter(sheet, 3, len(job.shares), len(columns))
    total = sum(amount_fen(share, job.items) for share in job.shares)
    blank = [""] * (len(columns) - 3)
    cells = ["", "合计", *blank, (total / 100, _MONEY)]
    book.row(sheet, 4 + len(job.shares), cells, bold=True)


def _cells(share: Share, items: list[Item]) -> list[Any]:
    counts = [share.own.get(item.code, 0) for item in items]
    amount = amount_fen(share, items) / 100
    place = [code_of(share.region), share.name]
    return [*place, *counts, sum(share.on_behalf.values()), (amount, _MONEY)]


def _towns(book: Book, job: SubsidySheet, notes: list[str]) -> None:
    columns = {"区划代码": 15, "乡镇（街道）": 18, "金额（元）": 13}
    sheet = book.sheet("各乡镇", f"{job.area}补助核算表（按乡镇）", notes, columns)
    amounts = by_township(job.shares, job.items)
    for line, town in enumerate(sorted(amounts), 4):
        name = job.towns.get(town, "")
        book.row(sheet, line, [code_of(town), name, (amounts[town] / 100, _MONEY)])
    book.filter(sheet, 3, len(amounts), len(columns))
