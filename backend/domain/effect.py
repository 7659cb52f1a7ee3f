"""What reminders change: the share that files after one, and without it, and the difference."""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Final

ENOUGH: Final = 30  # in each group: below it a difference says more about chance than reminders
_Z: Final = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Share:
    """How many of a group of duties were filed. ValueError unless 0 <= filed <= of."""

    of: int
    filed: int

    def __post_init__(self) -> None:
        if not 0 <= self.filed <= self.of:
            raise ValueError(f"{self.filed} of {self.of}")


@dataclass(frozen=True, slots=True)
class Difference:
    """Percentage points that the first share lies above the second, with its 95 % interval."""

    points: float
    low: float
    high: float


def wilson(share: Share) -> tuple[float, float]:
    """The 95 % score interval of a share, 0 to 1. ValueError for an empty group.

    E. B. Wilson, Probable inference, the law of succession, and statistical inference, Journal of
    the American Statistical Association 22 (1927), 209-212.
    """
    if not share.of:
        raise ValueError("an empty group has no share")
    n, p, square = share.of, share.filed / share.of, _Z * _Z
    middle, half = 2 * n * p + square, _Z * sqrt(square + 4 * n * p * (1 - p))
    below = 2 * (n + square)
    # Clamped, since a share of 0 or 1 is its own bound and rounding may step beyond it.
    return max(0.0, (middle - half) / below), min(1.0, (middle + half) / below)


def difference(sent: Share, held_back: Share) -> Difference | None:
    """The difference of two independent shares; None when either group is empty.

    The interval is the hybrid score interval, method 10 of R. G. Newcombe, Interval estimation for
    the difference between independent proportions, Statistics in Medicine 17 (1998), 873-890. It
    holds for small groups and for shares near 0 and 1, where the textbook interval does not.
    """
    if not sent.of or not held_back.of:
        return None
    p, q = sent.filed / sent.of, held_back.filed / held_back.of
    (low_p, high_p), (low_q, high_q) = wilson(sent), wilson(held_back)
    low = p - q - sqrt((p - low_p) ** 2 + (high_q - q) ** 2)
    high = p - q + sqrt((high_p - p) ** 2 + (q - low_q) ** 2)
    return Difference(100 * (p - q), 100 * low, 100 * high)


def enough(sent: Share, held_back: Share) -> bool:
    """Whether both groups are large enough for the difference to be read at all."""
    return min(sent.of, held_back.of) >= ENOUGH
