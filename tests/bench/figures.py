"""What a bench found: one line each."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """The median of `values` beside what is wanted of it; `note` tells what stands behind it."""

    name: str
    values: Sequence[float]
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether the median is what was wanted."""
        found = median(self.values)
        return (self.at_least is None or found >= self.at_least) and (
            self.at_most is None or found <= self.at_most
        )

    def line(self) -> str:
        wanted = [f"≥ {self.at_least:g} {self.unit}"] if self.at_least is not None else []
        wanted += [f"≤ {self.at_most:g} {self.unit}"] if self.at_most is not None else []
        spread = f"{_short(min(self.values))} … {_short(max(self.values))}"
        verdict = "ok" if self.met else "MISSED"
        note = f"  ({self.note})" if self.note else ""
        found = f"{_short(median(self.values))} {self.unit}"
        return (
            f"{verdict:6} {self.name:34} {found:>12}  wanted {' '.join(wanted) or '–'}"
            f"  spread {spread}, n={len(self.values)}{note}"
        )


def _short(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"
