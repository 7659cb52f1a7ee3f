"""Which duties an office may chase now."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.domain.nudges import Chase, chase
from backend.domain.reviews import Stage
from backend.domain.wording import wording

NOW = datetime(2026, 11, 6, 4, tzinfo=UTC)
WEEK = timedelta(days=7)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Chase.NUDGED),
        ({"answered_for": False}, Chase.NOBODY),
        ({"done_today": True}, Chase.DONE_TODAY),
        ({"done_today": True, "answered_for": False}, Chase.DONE_TODAY),
        ({"exempt": True, "done_today": True}, Chase.NOT_OWED),
        ({"opens_at": NOW}, Chase.NUDGED),
        ({"opens_at": NOW + TICK}, Chase.NOT_OWED),
        ({"closes_at": NOW}, Chase.NUDGED),
        ({"closes_at": NOW - TICK}, Chase.NOT_OWED),
        *[({"stage": s, "exempt": True}, Chase.FILED) for s in Stage if s is not Stage.NONE],
    ],
)
def test_only_what_is_outstanding_is_chased(changes: dict[str, object], expected: Chase) -> None:
    given: dict[str, object] = {
        "stage": Stage.NONE,
        "opens_at": NOW - WEEK,
        "closes_at": NOW + WEEK,
        "exempt": False,
        "done_today": False,
        "answered_for": True,
        "now": NOW,
        **changes,
    }
    assert chase(**given) is expected  # type: ignore[arg-type]


def test_what_a_nudge_says_in_both_languages() -> None:
    said = {"duties": 3, "overdue": 1, "villages": 2, "nearest": "2026-11-06T04:00:00Z"}
    assert wording("nudge", said, "zh") == (
        "上级催报：2个村有3项待报，其中1项已逾期，最近截止时间：11月6日12:00。请尽快填报。"
    )
    assert wording("nudge", said, "en") == (
        "Your office asks for your reports: 3 reports are still to be filed in 2 villages, "
        "1 of them overdue. Nearest deadline: 2026-11-06 12:00."
    )
