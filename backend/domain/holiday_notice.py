"""The State Council's yearly notice on public holidays (国务院办公厅关于部分节假日安排的通知).

It says for each holiday when it is off and which weekend days are worked in exchange:
「二、春节：2月15日（周日）至23日（周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。」
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from backend.domain.refusal import Refusal

MOST_CHARACTERS: Final = 5000
_DAY: Final = timedelta(days=1)
# Each must be told: a part of the notice must not pass for a whole year.
_HOLIDAYS: Final = ("元旦", "春节", "清明", "劳动", "端午", "中秋", "国庆")
_ITEM: Final = re.compile(
    r"^\s*[一二三四五六七八九十]+[、.．]\s*(.{2,20}?)\s*[：:](.+)$", re.MULTILINE
)
_ASIDE: Final = re.compile(r"（[^（）]*）|\([^()]*\)")
_DATE: Final = r"(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日"
_RANGE: Final = re.compile(rf"{_DATE}(?:\s*[至到—-]+\s*{_DATE})?")
_COUNT: Final = re.compile(r"共\s*(\d{1,2})\s*天")


@dataclass(frozen=True, slots=True)
class NamedDay:
    """A day of the year, whether it is worked, and the holiday that makes it so, if any."""

    date: date
    is_workday: bool
    note: str


def read_notice(text: str, year: int) -> list[NamedDay]:
    """Every day of the year as the notice arranges it, with the days it names beside the year.

    Raises Refusal("holiday_notice_invalid") with `reason` (missing, date, count, weekday, twice)
    and the holiday it is `about`.
    """
    found: dict[date, NamedDay] = {}
    told = ""
    for name, words in _ITEM.findall(text):
        told += name
        for each in _item(name.strip(), _ASIDE.sub("", words), year):
            if each.date in found:
                raise _invalid("twice", name)
            found[each.date] = each
    for name in _HOLIDAYS:
        if name not in told:
            raise _invalid("missing", name)
    for number in range((date(year, 12, 31) - date(year, 1, 1)).days + 1):
        day = date(year, 1, 1) + number * _DAY
        found.setdefault(day, NamedDay(day, day.weekday() < 5, ""))
    return [found[day] for day in sorted(found)]


def _item(name: str, words: str, year: int) -> Iterator[NamedDay]:
    """The days off and the days worked of one holiday. Dates go on from the one before."""
    month: int | None = None
    off = 0
    for sentence in re.split(r"[。；;]", words):
        worked = "上班" in sentence
        if not worked and "放假" not in sentence and "补休" not in sentence:
            continue
        for match in _RANGE.finditer(sentence):
            first, month = _date(match.groups()[:3], year, month, name)
            last = first
            if match[6]:
                last, month = _date(match.groups()[3:], first.year, month, name)
            if not timedelta() <= last - first <= timedelta(days=20):
                raise _invalid("date", name)
            days = [first + number * _DAY for number in range((last - first).days + 1)]
            off += 0 if worked else len(days)
            yield from (_named(day, name, worked) for day in days)
    stated = _COUNT.search(words)
    if off == 0 or (stated and int(stated[1]) != off):
        raise _invalid("count", name)


def _named(day: date, name: str, worked: bool) -> NamedDay:
    # Only weekend days are given in exchange; anything else is a slip of the pen.
    if worked and day.weekday() < 5:
        raise _invalid("weekday", name)
    return NamedDay(day, worked, f"{name}调休上班" if worked else name)


def _date(
    parts: tuple[str | None, ...], year: int, month: int | None, name: str
) -> tuple[date, int]:
    said = int(parts[1]) if parts[1] else month
    if said is None:
        raise _invalid("date", name)
    try:
        found = date(int(parts[0] or year), said, int(parts[2] or 0))
    except ValueError:
        raise _invalid("date", name) from None
    if abs(found.year - year) > 1:
        raise _invalid("date", name)
    return found, said


def _invalid(reason: str, about: str) -> Refusal:
    return Refusal("holiday_notice_invalid", reason=reason, about=about)
