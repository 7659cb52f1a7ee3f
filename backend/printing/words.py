"""The words of the county's papers, which are Chinese, and how figures are written."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from backend.domain.calendar import SHANGHAI
from backend.domain.circulars import Band, Rules
from backend.domain.rates import Standing

BANDS: Final = {Band.GREEN: "绿", Band.AMBER: "黄", Band.RED: "红", Band.NONE: "—"}
COLOURS: Final = {Band.GREEN: "#C6E7CE", Band.AMBER: "#FFE9A8", Band.RED: "#F6C5C0"}
STANDINGS: Final = {Standing.MISSING: "漏报", Standing.PENDING: "待报"}
FIGURES: Final = {
    "expected": "应报",
    "on_time": "按时",
    "late": "迟报",
    "missing": "漏报",
    "pending": "待报",
    "exempt": "免报",
    "correction_late": "补正逾期",
    "report_rate": "报送率",
    "on_time_rate": "按时率",
    "decided": "已审核",
    "in_time": "按时审核",
    "median_workdays": "审核用时",
    "standing": "报送情况",
}
_RATES: Final = {"report_rate", "on_time_rate"}


def moment(instant: datetime) -> str:
    """An instant as the clocks of China show it."""
    local = instant.astimezone(SHANGHAI)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"


def day(instant: datetime) -> str:
    """Its day."""
    local = instant.astimezone(SHANGHAI)
    return f"{local.year}年{local.month}月{local.day}日"


def percent(rate: float | None) -> str:
    """A share, so exact that none below a band's limit looks as if it reached it; a dash where
    nothing was expected.
    """
    return "—" if rate is None else f"{100 * rate:.2f}%"


def title_of(words: Mapping[str, str]) -> str:
    """The Chinese name of something that has two."""
    return words.get("zh", "")


def figure(name: str, value: float | str | None) -> str:
    """A figure of a change: nothing said is a dash."""
    if value is None:
        return "—"
    if isinstance(value, str):
        return STANDINGS.get(Standing(value), value)
    return percent(value) if name in _RATES else f"{value:g}"


def rules(used: Rules) -> list[str]:
    """What the figures were made by, sentence by sentence."""
    return [
        "应报＝截至统计时点已到截止时间且未免报的任务数；应报＝按时＋迟报＋漏报＋待报。",
        "按时、迟报以首次报送的计入时间为准，审核快慢和退回补正不影响；离线填报按规定时限计入。",
        "漏报＝已过补报期限仍未报送；待报＝已过截止时间、尚在补报期限内；零报告视同报送。",
        "报送率＝（按时＋迟报）÷应报；按时率＝按时÷应报；应报为零的不计算。",
        f"报送率、按时率{used.green_from}%及以上为绿，{used.amber_from}%至{used.green_from}%为黄，"
        f"{used.amber_from}%以下为红。",
        "审核用时为人社所从收到报送到作出审核决定的工作日中位数；补正逾期指退回后未在限期内补正。",
        "乡镇（街道）按区划代码排列，不作个人排名。",
    ]
