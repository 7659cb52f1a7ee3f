"""Dated leave from a post: local days, the first and the last included."""

from datetime import date, timedelta
from typing import Final

from backend.domain.refusal import Refusal

MOST_DAYS: Final = 366
_DAY: Final = timedelta(days=1)


def check_leave(starts_on: date, ends_on: date, today: date) -> None:
    """Refusal leave_dates: it ends before it starts, ended before today, or is too long."""
    days = (ends_on - starts_on).days + 1
    if not 1 <= days <= MOST_DAYS or ends_on < today:
        raise Refusal("leave_dates", max=MOST_DAYS)


def last_day_if_ended(starts_on: date, ends_on: date, today: date) -> date | None:
    """The last day of a leave from which its holder is back today; None if no day remains.

    Refusal leave_over: it has passed, and what was sent in it was sent rightly.
    """
    if ends_on < today:
        raise Refusal("leave_over")
    return today - _DAY if starts_on < today else None
