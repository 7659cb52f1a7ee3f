"""Values of expressions, and arithmetic that gives the same answer in Python and in JavaScript.

A number is what a double holds exactly: whole numbers up to 2**53 - 1, and decimals kept on a
fixed grid. Null (None) stands for everything unknown, and spreads.
"""

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeGuard

Value = bool | int | float | str | None
Arithmetic = Callable[[float, float], float]
Comparison = Callable[[Any, Any], bool]

LIMIT: Final = 2**53 - 1
# Explicit, because Python's strip() and JavaScript's trim() disagree about what white space is.
BLANKS: Final = " \t\r\n\u00a0\u3000"

ARITHMETIC: Final[Mapping[str, Arithmetic]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
COMPARISONS: Final[Mapping[str, Comparison]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def normal(raw: object) -> Value:
    """What an expression sees of one JSON value: lists, objects and unsafe numbers are null."""
    if isinstance(raw, (bool, str)):  # a tuple: `bool | str` would be made anew each time
        return raw
    if isinstance(raw, int):
        return raw if -LIMIT <= raw <= LIMIT else None
    return tidy(raw) if isinstance(raw, float) else None


def tidy(number: float, reach: float = 0) -> Value:
    """`number` on the grid: six decimals below 2**30, two (money) below 2**43, then none.

    The steps are where a double holds that many decimals with room for the errors of a sum, so
    that equal amounts compare equal. `reach` is the largest number that went into a sum: where
    large ones cancel, their rounding errors stay, so the sum keeps their grid. Halves go up,
    towards plus infinity: floor(x * scale + 0.5) / scale, all in doubles.
    """
    if not -LIMIT <= number <= LIMIT:  # NaN lands here too
        return None
    if not number.is_integer():
        size = max(abs(number), reach)
        scale = 1e6 if size < 2**30 else 1e2 if size < 2**43 else 1.0
        number = math.floor(number * scale + 0.5) / scale
    return int(number) if number.is_integer() else number


def calculate(function: Arithmetic, left: Value, right: Value) -> Value:
    """Apply + - or *; anything but two numbers gives null."""
    if type(left) is int and type(right) is int:
        whole = function(left, right)
        return whole if -LIMIT <= whole <= LIMIT else None
    if not (is_number(left) and is_number(right)):
        return None
    reach = 0 if function is operator.mul else max(abs(left), abs(right))
    return tidy(function(left, right), reach)


def divide(left: Value, right: Value) -> Value:
    """left / right; null for anything but two numbers, and for division by zero."""
    if not (is_number(left) and is_number(right)) or right == 0:
        return None
    return tidy(left / right)


def compare(function: Comparison, left: Value, right: Value) -> bool | None:
    """Compare two numbers, or two texts by code point; booleans only for equality."""
    if is_number(left) and is_number(right):
        return function(left, right)
    if isinstance(left, str) and isinstance(right, str):
        return function(left, right)
    if isinstance(left, bool) and isinstance(right, bool):
        return function(left, right) if function in (operator.eq, operator.ne) else None
    return None


def is_number(value: object) -> TypeGuard[float]:
    """True for numbers; true and false are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_blank(raw: object) -> bool:
    """True for null, for an empty list, and for text made of white space only."""
    if isinstance(raw, str):
        return not raw.strip(BLANKS)
    return not raw if isinstance(raw, list) else normal(raw) is None
