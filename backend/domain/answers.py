"""One answer against the type and limits of its field, and what is found wrong."""

import dataclasses
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

MAX_NUMBER: Final = 10**12
MAX_TEXT: Final = 500

# Control characters but for the line break, and halves of surrogate pairs: neither can be stored.
_BAD_TEXT: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_ISO_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEARS: Final = range(1900, 2101)


class FieldType(StrEnum):
    INTEGER = "integer"
    DECIMAL = "decimal"
    TEXT = "text"
    CHOICE = "choice"
    CHOICES = "choices"
    DATE = "date"
    BOOLEAN = "boolean"

    @property
    def is_number(self) -> bool:
        return self in (FieldType.INTEGER, FieldType.DECIMAL)


class Level(StrEnum):
    """An error blocks; a warning wants a reason."""

    ERROR = "error"
    WARNING = "warning"


class Code(StrEnum):
    """What can be wrong with answers. Stable: phones and offices have words for each."""

    REQUIRED = "required"
    NOT_INTEGER = "not_integer"
    NOT_NUMBER = "not_number"
    TOO_MANY_DECIMALS = "too_many_decimals"
    BELOW_MIN = "below_min"
    ABOVE_MAX = "above_max"
    UNKNOWN_FIELD = "unknown_field"
    NOT_IN_CHOICES = "not_in_choices"
    TOO_LONG = "too_long"
    BAD_DATE = "bad_date"
    NOT_TEXT = "not_text"
    BAD_TEXT = "bad_text"
    NOT_BOOLEAN = "not_boolean"
    NOT_ROWS = "not_rows"
    TOO_MANY_ROWS = "too_many_rows"
    CHECK_FAILED = "check_failed"
    PAPER_LACKING = "paper_lacking"
    DAY_AHEAD = "day_ahead"
    REASON_REQUIRED = "reason_required"
    UNKNOWN_CHECK = "unknown_check"
    NOT_OBJECT = "not_object"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong: a field (in a row, counted from 0), or a failed check and its first field.

    `params` are limits for the message, never what was answered.
    """

    level: Level
    code: Code
    field: str | None = None
    check: str | None = None
    row: int | None = None
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {
            "level": self.level.value,
            "code": self.code.value,
            "field": self.field,
            "check": self.check,
            "row": self.row,
            "params": dict(self.params),
        }


Fault = tuple[Code, Mapping[str, Any]]
Judge = Callable[[Any], Fault | None]
_NO_PARAMS: Final[Mapping[str, Any]] = {}


def integer_judge(minimum: float, maximum: float) -> Judge:
    def judge(value: object) -> Fault | None:
        if type(value) is not int:  # neither true nor 3.0
            return Code.NOT_INTEGER, _NO_PARAMS
        return None if minimum <= value <= maximum else _out_of_range(value, minimum, maximum)

    return judge


def decimal_judge(minimum: float, maximum: float) -> Judge:
    """Numbers with at most two decimals (a whole one may be written either way)."""

    def judge(value: object) -> Fault | None:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return Code.NOT_NUMBER, _NO_PARAMS
        if not minimum <= value <= maximum:
            if value != value:  # NaN
                return Code.NOT_NUMBER, _NO_PARAMS
            return _out_of_range(value, minimum, maximum)
        if math.floor(value * 100 + 0.5) / 100 != value:
            return Code.TOO_MANY_DECIMALS, {"max": 2}
        return None

    return judge


def _out_of_range(value: float, minimum: float, maximum: float) -> Fault:
    if value < minimum:
        return Code.BELOW_MIN, {"min": minimum}
    return Code.ABOVE_MAX, {"max": maximum}


def text_judge(max_length: int) -> Judge:
    """Length counts code points."""

    def judge(value: object) -> Fault | None:
        if not isinstance(value, str):
            return Code.NOT_TEXT, _NO_PARAMS
        if len(value) > max_length:
            return Code.TOO_LONG, {"max": max_length}
        return (Code.BAD_TEXT, _NO_PARAMS) if is_bad_text(value) else None

    return judge


def choice_judge(values: frozenset[str]) -> Judge:
    def judge(value: object) -> Fault | None:
        known = isinstance(value, str) and value in values
        return None if known else (Code.NOT_IN_CHOICES, _NO_PARAMS)

    return judge


def choices_judge(values: frozenset[str]) -> Judge:
    """A list of different choices."""

    def judge(value: object) -> Fault | None:
        picked = value if isinstance(value, list) else [None]
        known = all(isinstance(item, str) and item in values for item in picked)
        if known and len(set(picked)) == len(picked):
            return None
        return Code.NOT_IN_CHOICES, _NO_PARAMS

    return judge


def date_judge() -> Judge:
    """A real day, written YYYY-MM-DD (ISO 8601), of the years 1900 to 2100."""

    def judge(value: object) -> Fault | None:
        return None if is_date(value) else (Code.BAD_DATE, _NO_PARAMS)

    return judge


def boolean_judge() -> Judge:
    def judge(value: object) -> Fault | None:
        return None if isinstance(value, bool) else (Code.NOT_BOOLEAN, _NO_PARAMS)

    return judge


def is_date(value: object) -> bool:
    if not isinstance(value, str) or not _ISO_DATE.fullmatch(value):
        return False
    try:
        return date.fromisoformat(value).year in _YEARS
    except ValueError:
        return False


def is_bad_text(value: str) -> bool:
    return _BAD_TEXT.search(value) is not None


def shown(key: str) -> str:
    """A name somebody else chose, made safe to repeat in an answer."""
    return _BAD_TEXT.sub("\ufffd", key[:40])
