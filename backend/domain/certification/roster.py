"""A row of the roster 花名册: checked whole, so that all its faults are told at once."""

from collections.abc import Callable, Mapping
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
from backend.domain.row_faults import RowFault

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
