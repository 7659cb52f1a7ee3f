"""Cells of the lists that offices send: dates, amounts, phones, as people and programs write them.

Each function gives the value of a cell that is not empty, or None when it is not one.
"""

import re
import unicodedata
from datetime import date

_FULL = re.compile(
    r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d\d)(\d\d))(?:[ T]00:00(?::00)?)?", re.ASCII
)
_MONTH = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})月?|(\d\d))", re.ASCII)
_AMOUNT = re.compile(r"\d{1,6}(?:\.\d{1,2}0*)?", re.ASCII)
# Mobile, or landline with or without its area code, dash and extension left out.
_PHONE = re.compile(r"1[3-9]\d{9}|(?:0\d{2,3}-?)?[2-9]\d{6,7}", re.ASCII)
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_YEARS = range(1900, 2100)


def day_of(text: str) -> date | None:
    """2026-11-02, 2026/11/2, 2026.11.2, 2026年11月2日 or 20261102."""
    match = _FULL.fullmatch(text)
    if match is None:
        return None
    year, month, day, packed_month, packed_day = match.groups()
    return _day(int(year), int(month or packed_month), int(day or packed_day))


def first_of_month(text: str) -> date | None:
    """The first day of 2026-11, 2026/11, 2026年11月 or 202611."""
    match = _MONTH.fullmatch(text)
    return _day(int(match[1]), int(match[2] or match[3]), 1) if match else None


def fen_of(text: str) -> int | None:
    """An amount in yuan, of two decimals at most, as fen."""
    plain = text.replace(",", "")
    if not _AMOUNT.fullmatch(plain):
        return None
    yuan, _, rest = plain.partition(".")
    return int(yuan) * 100 + int(rest[:2].ljust(2, "0"))


def phone_of(text: str) -> str | None:
    """A mobile or landline number without spaces."""
    plain = text.replace(" ", "")
    return plain if _PHONE.fullmatch(plain) else None


def is_plain(text: str) -> bool:
    """Without control characters, which nobody sees and programs stumble over."""
    return text.isprintable() or not any(unicodedata.category(c) in _UNSEEN for c in text)


def _day(year: int, month: int, day: int) -> date | None:
    if year not in _YEARS:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
