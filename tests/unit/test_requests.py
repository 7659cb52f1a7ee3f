"""When more time or a waiver may be asked, advised on and decided; what the asker hears."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.domain.refusal import Refusal
from backend.domain.requests import (
    Advice,
    Owed,
    RequestKind,
    Ruling,
    check_advising,
    check_asking,
    check_deciding,
    granted_due_at,
)
from backend.domain.reviews import Stage
from backend.domain.wording import wording

DUE = datetime(2026, 11, 6, 4, tzinfo=UTC)
WEEK = timedelta(days=7)
TICK = timedelta(microseconds=1)
OWED = Owed(Stage.NONE, False, DUE, DUE + WEEK)
EXTEND, EXEMPT = RequestKind.EXTEND, RequestKind.EXEMPT


def code(kind: RequestKind, wanted: datetime | None, owed: Owed, now: datetime) -> str | None:
    try:
        check_asking(kind, wanted, owed, now)
    except Refusal as refusal:
        return refusal.code
    return None


@pytest.mark.parametrize(
    ("kind", "wanted", "changes", "now", "expected"),
    [
        (EXEMPT, None, {}, DUE - WEEK, None),
        (EXTEND, DUE + TICK, {}, DUE - WEEK, None),
        (EXTEND, DUE, {}, DUE - WEEK, "extension_not_later"),
        (EXTEND, DUE + WEEK, {}, DUE + WEEK, "extension_not_later"),
        (EXTEND, DUE + WEEK + TICK, {}, DUE + WEEK, None),
        (EXEMPT, None, {}, DUE + WEEK + TICK, "period_closed"),
        (EXEMPT, None, {"exempt": True}, DUE, "exempt"),
        (EXTEND, None, {}, DUE, "invalid"),
        (EXEMPT, DUE + WEEK, {}, DUE, "invalid"),
        *[(EXEMPT, None, {"stage": s}, DUE, "request_not_needed") for s in Stage if s != "none"],
    ],
)
def test_when_a_village_may_ask(
    kind: RequestKind,
    wanted: datetime | None,
    changes: dict[str, Any],
    now: datetime,
    expected: str | None,
) -> None:
    assert code(kind, wanted, replace(OWED, **changes), now) == expected


def test_advice_once_and_never_after_the_decision() -> None:
    check_advising(None, None)
    for advice, ruling, expected in (
        (Advice.OPPOSE, None, "request_advised"),
        (None, Ruling.GRANT, "request_decided"),
        (Advice.SUPPORT, Ruling.REFUSE, "request_decided"),
    ):
        with pytest.raises(Refusal) as refused:
            check_advising(advice, ruling)
        assert refused.value.code == expected
    check_deciding(None)


def test_until_when_an_extension_is_granted() -> None:
    wanted, given = DUE + WEEK, DUE + 2 * WEEK
    assert granted_due_at(EXTEND, Ruling.GRANT, wanted, None) == wanted
    assert granted_due_at(EXTEND, Ruling.GRANT, wanted, given) == given
    assert granted_due_at(EXTEND, Ruling.REFUSE, wanted, None) is None
    assert granted_due_at(EXEMPT, Ruling.GRANT, None, None) is None
    for kind, ruling in ((EXTEND, Ruling.REFUSE), (EXEMPT, Ruling.GRANT)):
        with pytest.raises(Refusal):
            granted_due_at(kind, ruling, wanted, given)


@pytest.mark.parametrize(
    ("asked", "decision", "due_at", "zh", "en"),
    [
        (
            "extend",
            "grant",
            "2026-11-13T04:00:00Z",
            "您的延期申请已获批准，新的截止时间：11月13日12:00。",
            "Your request for more time was granted. New deadline: 2026-11-13 12:00.",
        ),
        (
            "exempt",
            "grant",
            None,
            "您的免报申请已获批准，本期无需填报。",
            "Your request for a waiver was granted; nothing is left to do for it.",
        ),
        (
            "extend",
            "refuse",
            None,
            "您的延期申请未获批准，请按时填报。",
            "Your request for more time was refused; please file the report.",
        ),
    ],
)
def test_what_the_asker_hears(
    asked: str, decision: str, due_at: str | None, zh: str, en: str
) -> None:
    said = {"asked": asked, "decision": decision, "due_at": due_at, "obligation": 7}
    assert wording("request_decided", said, "zh") == zh
    assert wording("request_decided", said, "en") == en
