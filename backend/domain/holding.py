"""Holding reminders back: a random few are not sent, so that the effect of the rest can be seen.

Only what is of use before due may be held back, and only from the liaison: whoever is late is
always chased, and no office is ever left in the dark.
"""

from collections.abc import Collection
from typing import Final

from backend.domain.ladder import Audience, Concern, Step

MOST_HELD_BACK: Final = 50  # percent


def may_hold_back(step: Step) -> bool:
    """Whether a step on a report goes to the liaison alone, and no later than the due day."""
    to_liaison = step.audience == (Audience.LIAISON,)
    return step.of is Concern.REPORT and step.is_before_due and to_liaison


def earlier_draw(step: str, reached: Collection[str], held: Collection[str]) -> bool | None:
    """What was drawn for a step of a duty before; None when nothing was.

    `reached` holds the steps decided as "step account", `held` those held back.
    """
    if step in held:
        return True
    return False if any(each.partition(" ")[0] == step for each in reached) else None


def holds_back(step: Step, earlier: bool | None, *, drawn: bool) -> bool:
    """Whether a step is held back from everybody it is for.

    A duty is drawn once per step: who takes a village over is treated as who was there before.
    """
    return may_hold_back(step) and (drawn if earlier is None else earlier)
