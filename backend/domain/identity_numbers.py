"""Citizen identity numbers (GB 11643-1999): 6 digits of place, birth date, 3 of order, check.

The check character is ISO/IEC 7064 MOD 11-2. The place is where the number was first given, so it
says nothing about where somebody lives, and no list of places is consulted.
"""

import re
from dataclasses import dataclass
from datetime import date

from backend.domain.refusal import Refusal

_SHAPE = re.compile(r"[1-9]\d{16}[\dX]", re.ASCII)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
# Full-width forms as a Chinese keyboard gives them, and the small x.
_PLAIN = {0xFF10 + digit: str(digit) for digit in range(10)} | {
    ord("x"): "X",
    0xFF38: "X",
    0xFF58: "X",
}


@dataclass(frozen=True, slots=True)
class IdNumber:
    """A number that holds together, of 18 characters, and what it tells of its bearer."""

    text: str
    born_on: date
    is_male: bool


def parse_id_number(text: str) -> IdNumber:
    """Reads a number as typed: spaces anywhere, a small x and full-width digits are taken.

    Raises Refusal("bad_id_number") with a reason: not_18_characters (also for the old ones of 15
    digits), not_digits, no_such_date or wrong_check_character. Whether the birth date has come
    yet is the caller's question.
    """
    plain = "".join(text.split()).translate(_PLAIN)
    if len(plain) != len(_WEIGHTS) + 1:
        raise _bad("not_18_characters")
    if not _SHAPE.fullmatch(plain):
        raise _bad("not_digits")
    if check_character(plain[:-1]) != plain[-1]:
        raise _bad("wrong_check_character")
    try:
        born_on = date(int(plain[6:10]), int(plain[10:12]), int(plain[12:14]))
    except ValueError:
        raise _bad("no_such_date") from None
    return IdNumber(plain, born_on, int(plain[16]) % 2 == 1)


def check_character(digits: str) -> str:
    """The last character that belongs to the first 17 digits."""
    return _CHECKS[sum(int(d) * w for d, w in zip(digits, _WEIGHTS, strict=True)) % 11]


def age_on(born_on: date, day: date) -> int:
    """Full years of age; who was born on 29 February grows older on 1 March of common years."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def _bad(reason: str) -> Refusal:
    return Refusal("bad_id_number", reason=reason)
