"""Which certification a pensioner is asked for on a day, by the windows of the county's cycle."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from backend.domain.certification.cycles import Cycle, Pensioner, Window, window

# A death has to be reported within 20 working days; who is named in a list of them is seen by then.
_DOUBT_DAYS: Final = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Asked:
    """The certification that counts on a day, and the one to ask for.

    They differ where the first fell due before anybody could be asked: nobody is late for that,
    so it is asked for as of a cycle that starts now.
    """

    counts: Window
    window: Window


def asked_on(cycle: Cycle, pensioner: Pensioner, on: date) -> Asked | None:
    """What is asked for on a day; None while its window has not opened."""
    counts = window(cycle, pensioner, on)
    found = counts
    if counts.due_on < on:
        found = window(replace(cycle, starts_on=on), pensioner, on)
    return Asked(counts, found) if found.opens_on <= on else None


def doubt_window(on: date) -> Window:
    """The visit to somebody doubted whom no certification asks for: within four weeks, and four
    more are left to answer late. Its silence stops nobody: see `results.line_of`.
    """
    due = on + _DOUBT_DAYS
    return Window(on, due, due + _DOUBT_DAYS)
