"""A field of a row, by its path, as a cell of an exported list."""

from datetime import date, datetime
from enum import Enum
from typing import Any

import msgspec

from backend.domain.calendar import SHANGHAI
from backend.routes.export_words import HEADINGS, VALUES
from backend.routes.schemas import Words
from backend.written_sheets import Cell


def heading(path: str, language: str) -> str:
    """What the column is called."""
    return HEADINGS[path][language == "en"]


def cells(row: Any, path: str, language: str) -> Cell:
    """The value at a path like `holders.name`; several are joined."""
    name, _, rest = path.partition(".")
    value = getattr(row, name)
    if rest and isinstance(value, list):
        return _joined([cells(each, rest, language) for each in value], language)
    if rest:
        return "" if value is None else cells(value, rest, language)
    return _cell(value, language)


def _cell(value: Any, language: str) -> Cell:
    match value:
        case None:
            return ""
        case bool():
            return (("否", "是"), ("no", "yes"))[language == "en"][value]
        case int() | float():
            return value
        case Enum():
            return _value(str(value.value), language)
        case datetime():
            return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        case date():
            return value.isoformat()
        case Words():
            return value.en if language == "en" else value.zh
        case list():
            return _joined([_cell(each, language) for each in value], language)
        case dict():
            told = (f"{_value(str(key), language)} {each}" for key, each in value.items())
            return _joined(list(told), language)
        case msgspec.Struct():
            raise AssertionError(value)
    return _value(str(value), language)


def _value(text: str, language: str) -> str:
    return text if language == "en" else VALUES.get(text, text)


def _joined(found: list[Cell], language: str) -> str:
    return (", " if language == "en" else "、").join(str(each) for each in found)
