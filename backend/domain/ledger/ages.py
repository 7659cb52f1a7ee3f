"""Working age by the month: from 16 until the age of retirement, which has been rising since 2025.

Decision of the Standing Committee of the National People's Congress of 13 September 2024: men 60,
women 55 (the limit of rural statistics), one month later for every four months from January 2025,
three years at most. A month of birth is all it takes, so no phone has to know the day.
"""

from datetime import date
from typing import Final

_FROM: Final = 16 * 12
_MEN, _WOMEN = 60 * 12, 55 * 12
_RISING_SINCE: Final = 2025 * 12
_STEP, _MOST = 4, 36


def month_number(month: str) -> int:
    """Months since the year 0, of "2026-11"."""
    year, _, number = month.partition("-")
    return int(year) * 12 + int(number) - 1


def month_of(day: date) -> str:
    """The month of a day as "2026-11"."""
    return f"{day:%Y-%m}"


def comes_of_age(born: str) -> int:
    """The month in which somebody turns 16."""
    return month_number(born) + _FROM


def leaves_at(born: str, female: bool) -> int:
    """The month from which somebody counts no longer."""
    limit = month_number(born) + (_WOMEN if female else _MEN)
    if limit < _RISING_SINCE:
        return limit
    return limit + min((limit - _RISING_SINCE) // _STEP + 1, _MOST)


def of_working_age(born: str, female: bool, month: str) -> bool:
    """Whether somebody born in a month counts in another."""
    return comes_of_age(born) <= month_number(month) < leaves_at(born, female)
