"""Calendar months, which pensions are paid and counted by."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month of a year, `month` from 1; ordered by time, written 2026-11."""

    year: int
    month: int

    @classmethod
    def of(cls, day: date) -> "Month":
        """The month in which a day lies."""
        return cls(day.year, day.month)

    def plus(self, months: int) -> "Month":
        """So many months later, earlier when negative."""
        years, month = divmod(self.month - 1 + months, 12)
        return Month(self.year + years, month + 1)

    def until(self, other: "Month") -> int:
        """How many months from this one to the other; 0 for itself, negative for one before."""
        return (other.year - self.year) * 12 + other.month - self.month

    @property
    def first(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        return date(self.year, self.month, monthrange(self.year, self.month)[1])

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02}"


@dataclass(frozen=True, slots=True)
class Months:
    """The months from `first` through `last`, at least one."""

    first: Month
    last: Month

    def __len__(self) -> int:
        return self.first.until(self.last) + 1


def months_between(first: Month, last: Month) -> Months | None:
    """The months from `first` through `last`; None when there are none."""
    return Months(first, last) if first <= last else None
