"""Which steps may be held back, and that a draw is made once."""

from datetime import time

import pytest

from backend.domain.holding import earlier_draw, holds_back, may_hold_back
from backend.domain.ladder import DEFAULT_LADDER, Audience, Step

BEFORE = Step("before_1", (Audience.LIAISON,), offset_workdays=-1, at=time(9))


def test_of_the_default_ladder_only_what_comes_before_due() -> None:
    held = [step.key for step in DEFAULT_LADDER if may_hold_back(step)]
    assert held == ["before_3", "before_1", "due_day", "last_hour"]


@pytest.mark.parametrize("audience", [(who,) for who in Audience if who != "liaison"])
def test_never_from_anybody_else(audience: tuple[Audience, ...]) -> None:
    for mixed in (audience, (Audience.LIAISON, *audience), (*audience, Audience.LIAISON)):
        step = Step("before_1", mixed, offset_workdays=-1, at=time(9))
        assert not may_hold_back(step)
        assert not holds_back(step, None, drawn=True)
        assert not holds_back(step, True, drawn=True)


@pytest.mark.parametrize(
    "step",
    [
        Step("after_1", (Audience.LIAISON,), offset_workdays=1, at=time(9)),
        Step("after_hour", (Audience.LIAISON,), offset_hours=1),
    ],
)
def test_never_once_it_is_late(step: Step) -> None:
    assert not holds_back(step, None, drawn=True)


@pytest.mark.parametrize("drawn", [False, True])
def test_the_first_draw_counts(drawn: bool) -> None:
    assert holds_back(BEFORE, None, drawn=drawn) is drawn
    assert holds_back(BEFORE, True, drawn=drawn) is True
    assert holds_back(BEFORE, False, drawn=drawn) is False


def test_what_was_drawn_before() -> None:
    reached = ["before_1 aa", "before_10 bb", "due_day aa"]
    assert earlier_draw("before_10", reached, ["before_10"]) is True
    assert earlier_draw("before_1", reached, ["before_10"]) is False
    assert earlier_draw("before", reached, ["before_10"]) is None
    assert earlier_draw("last_hour", [], []) is None
