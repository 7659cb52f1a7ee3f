"""The entries of a post's calendar."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from backend.domain.feeds import Due, event

POST = UUID("0f6f2c4e-0000-4000-8000-000000000001")
AT = datetime(2026, 11, 6, 4, tzinfo=UTC)
DUE = Due(
    7,
    "2026-W45",
    {"zh": "返乡农民工周报", "en": "Weekly return report"},
    False,
    AT,
    AT - timedelta(days=5),
    3,
)


def test_what_an_entry_says_in_both_languages() -> None:
    zh, en = event(DUE, POST, "zh"), event(DUE, POST, "en")
    assert (zh.summary, zh.description) == ("返乡农民工周报（2026-W45）截止", "3项待报")
    assert (en.summary, en.description) == (
        "Weekly return report 2026-W45 due",
        "3 reports still to be filed",
    )
    back = replace(DUE, returned=True, duties=1)
    assert (event(back, POST, "zh").summary, event(back, POST, "zh").description) == (
        "返乡农民工周报（2026-W45）补正",
        "1项待补正",
    )
    assert event(back, POST, "en").description == "1 report to correct"


def test_an_entry_keeps_its_name_when_the_deadline_moves() -> None:
    moved = replace(DUE, at=AT + timedelta(days=3), duties=1)
    assert event(moved, POST, "zh").uid == event(DUE, POST, "en").uid
    others = {
        event(replace(DUE, returned=True), POST, "zh").uid,
        event(replace(DUE, period=8), POST, "zh").uid,
        event(DUE, UUID(int=1), "zh").uid,
    }
    assert len(others | {event(DUE, POST, "zh").uid}) == 4
