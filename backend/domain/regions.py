"""Region codes and keys.

A code has 12 digits: 2 province + 2 city + 2 county (GB/T 2260), 3 township, 3 village
(GB/T 10114). The key of a region is the significant digits of its code: county 6, township 9,
village 12. One region contains another when its key is a prefix of the other's.
"""

import re
from enum import StrEnum

from backend.domain.refusal import Refusal

_CODE = re.compile(r"\d{12}", re.ASCII)
_KEY = re.compile(r"\d{2,12}", re.ASCII)


class Level(StrEnum):
    """A level of the administrative tree."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"

    @property
    def digits(self) -> int:
        """The length of a key of this level."""
        return _DIGITS[self]


_DIGITS = {
    Level.PROVINCE: 2,
    Level.CITY: 4,
    Level.COUNTY: 6,
    Level.TOWNSHIP: 9,
    Level.VILLAGE: 12,
}
_LEVELS = {digits: level for level, digits in _DIGITS.items()}


def key_of(code: str, level: Level) -> str:
    """The key of a 12-digit code at a level.

    Raises Refusal("bad_region_code") with a reason: not_12_digits, digits_below_level (the code
    names something deeper) or no_number (the township or village group is 000). A county group
    of 00 is a real one: cities such as Dongguan have no counties.
    """
    if not _CODE.fullmatch(code):
        raise Refusal("bad_region_code", reason="not_12_digits")
    key, rest = code[: level.digits], code[level.digits :]
    if rest.strip("0"):
        raise Refusal("bad_region_code", reason="digits_below_level")
    if level in (Level.TOWNSHIP, Level.VILLAGE) and key.endswith("000"):
        raise Refusal("bad_region_code", reason="no_number")
    return key


def code_of(key: str) -> str:
    """The 12-digit code of a key."""
    return key.ljust(12, "0")


def level_of(key: str) -> Level:
    """The level of a key. Raises Refusal("bad_region_code") for anything that is not a key."""
    level = _LEVELS.get(len(key))
    if level is None or not _KEY.fullmatch(key):
        raise Refusal("bad_region_code", reason="not_a_key")
    return level


def parent_key(key: str) -> str | None:
    """The key one level up, or None for a province. Errors as in `level_of`."""
    shorter = [digits for digits in _LEVELS if digits < level_of(key).digits]
    return key[: max(shorter)] if shorter else None


def contains(prefix: str, key: str) -> bool:
    """Whether the scope `prefix` holds the region `key`; a region holds itself, "" holds all."""
    return key.startswith(prefix)


def prefix_range(prefix: str) -> tuple[str, str]:
    """(low, high) such that `low <= key < high`, in C collation, is `contains(prefix, key)`."""
    return prefix, prefix + ":"  # the colon is the character after 9
