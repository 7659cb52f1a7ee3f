"""In which week of a window a household is suggested to be visited.

A suggestion and no duty: the work of a village is spread evenly, and the last week stays free for
those who were not at home.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

_DAY = timedelta(days=1)
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Week:
    """From Monday to Sunday, cut where the window begins or ends."""

    first: date
    last: date


def weeks_of(opens_on: date, due_on: date) -> list[Week]:
    """The weeks of a window, in order; both days belong to it."""
    found = []
    first = opens_on
    while first <= due_on:
        last = min(first + (_WEEK - 1 - first.weekday()) * _DAY, due_on)
        found.append(Week(first, last))
        first = last + _DAY
    return found


def visiting_weeks(
    opens_on: date, due_on: date, households: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Week]:
    """A week for each household of a village, given as (group, household).

    The same households get the same weeks; one week has at most one household more than another;
    neighbours in a group come together. Whole weeks that end before the last seven days are used;
    a window too short for one uses its whole weeks, then whatever it has.
    """
    order = sorted(set(households))
    weeks = _usable(weeks_of(opens_on, due_on), due_on)
    return {each: weeks[at * len(weeks) // len(order)] for at, each in enumerate(order)}


def _usable(weeks: list[Week], due_on: date) -> list[Week]:
    whole = [week for week in weeks if (week.last - week.first).days == _WEEK - 1]
    early = [week for week in whole if week.last <= due_on - _WEEK * _DAY]
    return early or whole or weeks
