"""A row of the roster 花名册: checked whole, so that all its faults are told at once."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final, TypeVar

from backend.domain.certification import cells
from backend.domain.certification.roster_columns import (
    INSURANCE_TYPES,
    LIVE_TYPES,
    METHODS,
    PAY_STATUSES,
    REQUIRED,
)
from backend.domain.certification.words import InsuranceType, LiveType, Method, PayStatus
from backend.domain.identity_numbers import parse_id_number
from backend.domain.refusal import Refusal
from backend.domain.regions import Level, key_of

# Reason → Chinese and English. None quotes the cell: faults are kept and shown where rows aren't.
REASONS: Final = {
    "missing": ("未填写", "is empty"),
    "too_long": ("过长", "is too long"),
    "unseen_character": ("含有不可见字符", "holds a control character"),
    "not_18_characters": ("应为18位", "has not 18 characters"),
    "not_digits": ("含有非数字字符", "holds something that is no digit"),
    "wrong_check_character": ("校验位不正确", "has a wrong check character"),
    "no_such_date": ("出生日期不存在", "holds a date that does not exist"),
    "unknown_word": ("不是可选的内容", "is none of the known words"),
    "not_a_date": ("不是日期", "is not a date"),
    "not_a_month": ("不是年月", "is not a month"),
    "not_an_amount": ("不是金额", "is not an amount"),
    "not_a_phone": ("不是电话号码", "is not a phone number"),
    "not_4_digits": ("只填账号后四位", "must be the last four digits alone"),
    "not_a_village_code": ("不是12位村级代码", "is not a village's code of 12 digits"),
    "in_future": ("晚于今天", "lies in the future"),
    "before_birth": ("早于出生", "lies before the birth"),
    "date_missing": ("有认证方式但没有认证日期", "is a method without its date"),
    "region_unknown": ("系统中没有这个村", "is no village known here"),
    "region_over": ("该村已撤销", "is a village that has ended"),
    "other_county": ("不属于本县", "lies in another county"),
    "kind_missing": ("缺少名单类别", "has no kind, and none was given for the list"),
    "twice": ("同一险种内身份证号重复", "comes twice in one insurance"),
    "listed_twice": ("身份证号重复", "comes twice"),
    "cannot_work": ("丧失劳动能力的人没有就业意愿", "can't be wished by who is unable to work"),
    "before_leaving": ("早于外出时间", "lies before the leaving"),
    "too_young": ("未满16周岁，不能新增", "is of somebody too young to be added"),
    "too_old": ("超过劳动年龄，不能新增", "is of somebody past working age"),
    "cells_beyond_header": ("单元格多于表头", "has more cells than the header"),
}

_LENGTHS: Final = {
    "benef_id": 40,
    "name": 60,
    "group_no": 20,
    "household_no": 40,
    "hukou_addr": 200,
    "live_addr": 200,
    "contact_name": 60,
    "contact_relation": 20,
    "bank_name": 60,
    "ref_photo_id": 80,
}
_MOST_TAGS, _LONGEST_TAG = 8, 20
_TAG_MARKS = str.maketrans(dict.fromkeys(",，、；|", ";"))
_BANK_DIGITS = 4

T = TypeVar("T")
W = TypeVar("W", bound=StrEnum)


@dataclass(frozen=True, slots=True, order=True)
class RowFault:
    """What is wrong with one field of one line; "" is the row as a whole."""

    line: int
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One pension drawn by one person. `texts` are the fields kept as they are, by name."""

    line: int
    id_number: str
    born_on: date
    insurance: InsuranceType
    village: str
    benefit_start: date
    pay_status: PayStatus
    stopped_from: date | None
    monthly_fen: int | None
    live_type: LiveType | None
    certified_on: date | None
    certified_by: Method | None
    due_told: date | None
    risk_tags: tuple[str, ...]
    texts: Mapping[str, str]


@dataclass(slots=True)
class _Reading:
    """Reads the cells of one row and gathers what is wrong with them."""

    line: int
    values: Mapping[str, str]
    faults: list[RowFault] = field(default_factory=list)

    def fault(self, name: str, reason: str) -> None:
        self.faults.append(RowFault(self.line, name, reason))

    def value(self, name: str, read: Callable[[str], T | None], reason: str) -> T | None:
        """The value of a cell; None when it is empty or wrong."""
        text = self.values.get(name, "")
        if not text:
            return None
        found = read(text)
        if found is None:
            self.fault(name, reason)
        return found

    def word(self, name: str, words: Mapping[str, W]) -> W | None:
        return self.value(name, lambda text: words.get(text.lower()), "unknown_word")

    def text(self, name: str) -> str:
        text = self.values.get(name, "")
        if len(text) > _LENGTHS[name]:
            self.fault(name, "too_long")
        elif not cells.is_plain(text):
            self.fault(name, "unseen_character")
        return text


def read_row(line: int, values: Mapping[str, str], today: date) -> RosterRow | list[RowFault]:
    """The row of a line, or everything that is wrong with it. Cells come without space around.

    Whether the village exists, and whether somebody comes twice, is not seen from one row.
    """
    reading = _Reading(line, values)
    for name in REQUIRED:
        if not values.get(name):
            reading.fault(name, "missing")
    number = _id_number(reading, today)
    row = {
        "insurance": reading.word("insurance_type", INSURANCE_TYPES),
        "village": _village(reading),
        **_dates(reading, number[1] if number else None, today),
        **_payment(reading),
        "live_type": reading.word("live_type", LIVE_TYPES),
        "risk_tags": _tags(reading),
        "texts": {name: reading.text(name) for name in _LENGTHS}
        | {name: _phone(reading, name) for name in ("phone", "contact_phone")}
        | {"bank_tail4": _bank_tail(reading)},
    }
    if reading.faults or number is None:
        return reading.faults
    return RosterRow(line, *number, **_complete(row))


def _complete(row: dict[str, Any]) -> dict[str, Any]:
    """What an empty cell means where it means something."""
    return {**row, "pay_status": row["pay_status"] or PayStatus.NORMAL}


def _id_number(reading: _Reading, today: date) -> tuple[str, date] | None:
    text = reading.values.get("id_no", "")
    if not text:
        return None
    try:
        number = parse_id_number(text)
    except Refusal as refusal:
        reading.fault("id_no", refusal.params["reason"])
        return None
    if number.born_on > today:
        reading.fault("id_no", "in_future")
        return None
    return number.text, number.born_on


def _village(reading: _Reading) -> str | None:
    def key(text: str) -> str | None:
        try:
            return key_of(text, Level.VILLAGE)
        except Refusal:
            return None

    return reading.value("region_code", key, "not_a_village_code")


def _dates(reading: _Reading, born_on: date | None, today: date) -> dict[str, Any]:
    start = reading.value(
        "benefit_start", lambda text: cells.day_of(text) or cells.first_of_month(text), "not_a_date"
    )
    certified = reading.value("last_cert_date", cells.day_of, "not_a_date")
    if certified is not None and certified > today:
        reading.fault("last_cert_date", "in_future")
    for name, day in (("benefit_start", start), ("last_cert_date", certified)):
        if day is not None and born_on is not None and day < born_on:
            reading.fault(name, "before_birth")
    method = reading.word("last_cert_method", METHODS)
    if method is not None and not reading.values.get("last_cert_date"):
        reading.fault("last_cert_method", "date_missing")
    return {
        "benefit_start": start,
        "certified_on": certified,
        "certified_by": method,
        "due_told": reading.value("cert_due", cells.day_of, "not_a_date"),
    }


def _payment(reading: _Reading) -> dict[str, Any]:
    return {
        "pay_status": reading.word("pay_status", PAY_STATUSES),
        "stopped_from": reading.value(
            "stopped_from",
            lambda text: cells.first_of_month(text) or _month_of_day(text),
            "not_a_month",
        ),
        "monthly_fen": reading.value("monthly_amount", cells.fen_of, "not_an_amount"),
    }


def _month_of_day(text: str) -> date | None:
    day = cells.day_of(text)
    return day.replace(day=1) if day else None


def _phone(reading: _Reading, name: str) -> str:
    return reading.value(name, cells.phone_of, "not_a_phone") or ""


def _bank_tail(reading: _Reading) -> str:
    """The last four digits; a sheet that took them for a number has lost the zeros in front."""

    def tail(text: str) -> str | None:
        plain = text.isascii() and text.isdigit() and len(text) <= _BANK_DIGITS
        return text.zfill(_BANK_DIGITS) if plain else None

    return reading.value("bank_tail4", tail, "not_4_digits") or ""


def _tags(reading: _Reading) -> tuple[str, ...]:
    text = reading.values.get("risk_tags", "").translate(_TAG_MARKS)
    tags = tuple(dict.fromkeys(tag.strip() for tag in text.split(";") if tag.strip()))
    if len(tags) > _MOST_TAGS or any(len(tag) > _LONGEST_TAG for tag in tags):
        reading.fault("risk_tags", "too_long")
    elif not all(map(cells.is_plain, tags)):
        reading.fault("risk_tags", "unseen_character")
    return tags


def told(faults: Iterable[RowFault], titles: Mapping[str, str], language: str = "zh") -> str:
    """All faults of a row in one cell, with the titles its columns have in the file."""
    at = 1 if language == "en" else 0
    gap, join = (" ", "; ") if at else ("", "；")
    parts = [
        f"{titles.get(fault.field, fault.field)}{gap}{REASONS[fault.reason][at]}".strip()
        for fault in faults
    ]
    return join.join(parts)
