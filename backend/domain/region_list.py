"""What a list of regions must be for an import, and what importing it would write."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from backend.domain.refusal import Refusal
from backend.domain.regions import Level, code_of, key_of

MAX_NAME: Final = 120
_CODE = re.compile(r"\d{12}", re.ASCII)
_PARTS = ("new", "renamed", "unchanged", "ended")

_LEVELS = {level.value: level for level in Level} | {
    "省": Level.PROVINCE,
    "市": Level.CITY,
    "县": Level.COUNTY,
    "乡镇街道": Level.TOWNSHIP,
    "村": Level.VILLAGE,
}
# The nearest first: a county belongs to a city, or straight to its province.
_PARENTS = {
    Level.PROVINCE: (),
    Level.CITY: (Level.PROVINCE,),
    Level.COUNTY: (Level.CITY, Level.PROVINCE),
    Level.TOWNSHIP: (Level.COUNTY,),
    Level.VILLAGE: (Level.TOWNSHIP,),
}
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})

_REASONS = {
    "file": "{detail}",
    "empty": "the file has no rows below its header",
    "column_missing": "no column {detail}; the header is code,name,level,parent_code "
    "(代码,名称,级别,上级代码)",
    "column_twice": "the column {detail} comes twice",
    "cells_beyond_header": "more cells than the header has columns: is there a comma in a name?",
    "level_unknown": "the level {detail} is none of province, city, county, township, village "
    "(省, 市, 县, 乡镇街道, 村)",
    "not_12_digits": "the code {detail} has not 12 digits; in Excel, format the column as text",
    "digits_below_level": "the code {detail} names something below this level",
    "no_number": "the code {detail} has no number at this level",
    "name_missing": "the name is empty",
    "name_too_long": f"the name has more than {MAX_NAME} characters",
    "name_unseen_character": "the name holds a control character: {detail}",
    "code_twice": "the code {detail} is in the file already",
    "level_changed": "the code {detail} is known at another level",
    "parent_empty": "parent_code is empty; it must be {detail}",
    "parent_differs": "by its code this region belongs to {detail}",
    "parent_unexpected": "a province has no parent_code",
    "parent_missing": "the parent {detail} is neither in the file nor known",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in which line; line 0 is the file as a whole. `reason` is one of `_REASONS`."""

    line: int
    reason: str
    detail: str = ""

    def __str__(self) -> str:
        said = _REASONS[self.reason].format(detail=self.detail)
        return f"line {self.line}: {said}" if self.line else said


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of the file, as it says; `beyond` when it has more cells than the header."""

    line: int
    code: str
    name: str
    level: str
    parent_code: str
    beyond: bool


@dataclass(frozen=True, slots=True)
class Stored:
    """A region the database knows."""

    name: str
    ended: bool


@dataclass(frozen=True, slots=True)
class Region:
    """A region as it is to be written."""

    key: str
    name: str
    level: Level
    parent: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import writes, in key order, and what it leaves alone."""

    new: tuple[Region, ...]
    renamed: tuple[Region, ...]
    unchanged: tuple[Region, ...]
    ended: tuple[Region, ...]

    def counts(self) -> dict[str, int]:
        """How many there are of each."""
        return {part: len(getattr(self, part)) for part in _PARTS}


def shown(text: str) -> str:
    """A value as a message can carry it: short, and without what would disturb a terminal."""
    plain = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text[:40])
    return f'"{plain}…"' if len(text) > 40 else f'"{plain}"'


def keys_asked(rows: Sequence[Listed]) -> list[str]:
    """The keys about which `check` needs to know whether they are stored."""
    codes = {code for row in rows for code in (row.code, row.parent_code)}
    return sorted({key for code in codes if _CODE.fullmatch(code) for key in _keys_of(code)})


def _keys_of(code: str) -> list[str]:
    """The keys a code can stand for: that of a city without counties is its county's too."""
    return [code[: level.digits] for level in Level if not code[level.digits :].strip("0")]


def check(rows: Sequence[Listed], known: Mapping[str, Stored]) -> Plan | list[Fault]:
    """What to write, or everything that is wrong, in the order of the lines.

    `known` holds the stored ones of `keys_asked(rows)`.
    """
    faults: list[Fault] = []
    listed: dict[str, tuple[Listed, Level]] = {}
    found: list[Region] = []
    for row in rows:
        faults += _cell_faults(row)
        try:
            _list(row, listed)
        except _Wrong as wrong:
            faults.append(Fault(row.line, wrong.reason, wrong.detail))
    for key, (row, level) in listed.items():
        try:
            _check_level(key, row, listed, known)
            found.append(Region(key, row.name, level, _parent(key, row, level, listed, known)))
        except _Wrong as wrong:
            faults.append(Fault(row.line, wrong.reason, wrong.detail))
    return sorted(faults, key=lambda fault: fault.line) if faults else _plan(found, known)


class _Wrong(Exception):
    """A reason why a row can't be taken, and the value it is about."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


def _cell_faults(row: Listed) -> Iterator[Fault]:
    if row.beyond:
        yield Fault(row.line, "cells_beyond_header")
    if not row.name:
        yield Fault(row.line, "name_missing")
    if len(row.name) > MAX_NAME:
        yield Fault(row.line, "name_too_long")
    elif any(unicodedata.category(c) in _UNSEEN for c in row.name):
        yield Fault(row.line, "name_unseen_character", shown(row.name))


def _list(row: Listed, listed: dict[str, tuple[Listed, Level]]) -> None:
    level = _LEVELS.get(row.level.lower())
    if level is None:
        raise _Wrong("level_unknown", shown(row.level))
    try:
        key = key_of(row.code, level)
    except Refusal as refused:
        raise _Wrong(refused.params["reason"], shown(row.code)) from None
    if key in listed:
        raise _Wrong("code_twice", row.code)
    listed[key] = row, level


def _check_level(
    key: str, row: Listed, listed: Mapping[str, object], known: Mapping[str, Stored]
) -> None:
    """A code stored at another level must not come back as this one, unless listed as both."""
    others = (other for other in _keys_of(row.code) if other != key and other not in listed)
    if key not in known and any(other in known for other in others):
        raise _Wrong("level_changed", row.code)


def _parent(
    key: str,
    row: Listed,
    level: Level,
    listed: Mapping[str, object],
    known: Mapping[str, Stored],
) -> str | None:
    """The key of the parent named, which must be what the code itself says."""
    above = [key[: each.digits] for each in _PARENTS[level]]
    if not row.parent_code:
        if level in (Level.TOWNSHIP, Level.VILLAGE):
            raise _Wrong("parent_empty", code_of(above[0]))
        return None
    if not above:
        raise _Wrong("parent_unexpected")
    named = [each for each in above if code_of(each) == row.parent_code]
    if not named:
        raise _Wrong("parent_differs", code_of(above[0]))
    for each in named:
        if each in listed or each in known:
            return each
    raise _Wrong("parent_missing", row.parent_code)


def _plan(found: Sequence[Region], known: Mapping[str, Stored]) -> Plan:
    parts: dict[str, list[Region]] = {part: [] for part in _PARTS}
    for region in sorted(found, key=lambda each: each.key):
        parts[_part(region, known.get(region.key))].append(region)
    return Plan(**{part: tuple(each) for part, each in parts.items()})


def _part(region: Region, stored: Stored | None) -> str:
    if stored is None:
        return "new"
    if stored.ended:
        return "ended"
    return "unchanged" if stored.name == region.name else "renamed"
