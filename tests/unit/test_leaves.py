"""The dates of leave: which are taken, and what ending one leaves of it."""

from datetime import date, timedelta

import pytest

from backend.domain.leaves import MOST_DAYS, check_leave, last_day_if_ended
from backend.domain.refusal import Refusal

TODAY = date(2026, 11, 2)


def day(offset: int) -> date:
    return TODAY + timedelta(days=offset)


@pytest.mark.parametrize("span", [(0, 0), (-3, 0), (5, 5), (0, MOST_DAYS - 1), (1, MOST_DAYS)])
def test_dates_that_are_taken(span: tuple[int, int]) -> None:
    check_leave(day(span[0]), day(span[1]), TODAY)


@pytest.mark.parametrize("span", [(1, 0), (-3, -1), (-1, -1), (0, MOST_DAYS)])
def test_dates_that_are_refused(span: tuple[int, int]) -> None:
    with pytest.raises(Refusal, match="leave_dates"):
        check_leave(day(span[0]), day(span[1]), TODAY)


@pytest.mark.parametrize(
    ("span", "last"), [((1, 4), None), ((0, 4), None), ((-1, 4), -1), ((-4, 0), -1)]
)
def test_whoever_ends_it_is_back_today(span: tuple[int, int], last: int | None) -> None:
    expected = None if last is None else day(last)
    assert last_day_if_ended(day(span[0]), day(span[1]), TODAY) == expected


def test_what_has_passed_stays() -> None:
    with pytest.raises(Refusal, match="leave_over"):
        last_day_if_ended(day(-4), day(-1), TODAY)
