"""A simulated county: the promises hold for several seeds, a seed repeats itself, and each check
finds the one fact that is made wrong.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from backend import simulation
from backend.domain.calendar import local_day, local_instant
from backend.simulation import Evidence
from backend.simulation.checks import CHECKS, violations
from backend.simulation.place import own_database
from backend.simulation.report import outcome
from backend.store import database
from tests import databases

VILLAGES, MONTHS = 24, 3


async def lived(server: str, seed: int, villages: int = VILLAGES, months: int = MONTHS) -> Evidence:
    async with own_database(server, databases.TEMPLATE):
        return await simulation.live(villages=villages, months=months, seed=seed)


@pytest.fixture(scope="module")
async def evidence(template: str) -> Evidence:
    return await lived(template, seed=1)


@pytest.mark.parametrize("seed", [2, 3, 4])
async def test_the_promises_hold(template: str, seed: int) -> None:
    found = await lived(template, seed)
    assert violations(found) == {name: [] for name in CHECKS}
    assert len(found.journal.days) == 90
    assert found.journal.crashes.total() > 0


async def test_a_seed_repeats_itself_and_another_does_not(template: str) -> None:
    runs = [await lived(template, seed, 12, 2) for seed in (7, 7, 8)]
    first, again, other = (outcome(each, {}).digest for each in runs)
    assert first == again
    assert first != other


async def test_reminders_are_heeded_in_the_model(evidence: Evidence) -> None:
    found = outcome(evidence, violations(evidence))
    assert found.holds
    assert found.reminded["missing"] < found.unreminded["missing"]
    assert sum(found.reminded.values()) == sum(found.unreminded.values())
    assert "This is a model" in found.lines()[0]


def _shown(e: Evidence) -> dict[str, Any]:
    """A digest that was shown, of one duty only."""
    return next(
        m
        for m in e.messages.values()
        if m["kind"] == "reminder"
        and m["delivered_at"]
        and [r["concern"] for r in e.of_message[m["id"]]] == ["report"]
    )


def _with_message(e: Evidence, message: dict[str, Any], **changes: Any) -> Evidence:
    return replace(e, messages={**e.messages, message["id"]: {**message, **changes}})


def _filed_before_it_was_shown(e: Evidence) -> Evidence:
    """A report came in just before its reminder."""
    told = _shown(e)
    number = e.of_message[told["id"]][0]["obligation"]
    early = told["delivered_at"] - timedelta(seconds=1)
    row = {"id": UUID(int=1), "obligation": number, "revision": 1, "received_at": early}
    journal = replace(e.journal, filed=[])
    return replace(e, submissions=[*e.submissions, row], journal=journal)


def _told_twice(e: Evidence) -> Evidence:
    told = _shown(e)
    another = UUID(int=1)
    again = {**told, "id": another}
    row = {**e.of_message[told["id"]][0], "message": another}
    return replace(e, messages={**e.messages, another: again}, reminders=[*e.reminders, row])


def _sent_twice(e: Evidence) -> Evidence:
    sent = next(s for s in e.journal.sent if s.kind == "sms")
    return replace(e, journal=replace(e.journal, sent=[*e.journal.sent, sent]))


def _shown_at_night(e: Evidence) -> Evidence:
    told = _shown(e)
    at = told["delivered_at"].replace(hour=12, minute=30)  # 20:30 in China
    return _with_message(e, told, delivered_at=at)


def _sent_on_a_day_off(e: Evidence) -> Evidence:
    sent = next(s for s in e.journal.sent if s.kind == "sms")
    day = local_day(sent.at)
    while e.days.is_workday(day):
        day += timedelta(days=1)
    noon = local_instant(day, sent.at.replace(hour=12).time())
    sent = replace(sent, at=noon)
    return replace(e, journal=replace(e.journal, sent=[*e.journal.sent, sent]))


def _a_step_left_out(e: Evidence) -> Evidence:
    late = [n for n, at in e.first_filed.items() if at > e.obligations[n]["due_at"]]
    left = [r for r in e.reminders if (r["obligation"], r["step"]) != (late[0], "due_day")]
    assert len(left) < len(e.reminders)
    return replace(e, reminders=left)


def _an_escalation_held_back(e: Evidence) -> Evidence:
    row = next(r for r in e.reminders if r["step"] == "after_1")
    return replace(e, reminders=[*e.reminders, {**row, "held_back": True, "message": None}])


def _never_shown(e: Evidence) -> Evidence:
    told = _shown(e)
    way = next(d for d in e.deliveries.values() if d["message"] == told["id"])
    return replace(e, deliveries={**e.deliveries, way["id"]: {**way, "sent_at": None}})


def _dropped_without_reason(e: Evidence) -> Evidence:
    told = _shown(e)
    way = next(d for d in e.deliveries.values() if d["message"] == told["id"])
    dropped = {**way, "sent_at": None, "dropped_at": way["sent_at"]}
    return replace(e, deliveries={**e.deliveries, way["id"]: dropped})


def _failed_and_nobody_calls(e: Evidence) -> Evidence:
    way = next(
        d
        for d in e.deliveries.values()
        if d["channel"] == "sms" and d["sent_at"] and len(e.ways_of[d["message"]]) == 1
    )
    failed = {**way, "sent_at": None, "failed_at": way["sent_at"]}
    return replace(e, deliveries={**e.deliveries, way["id"]: failed}, calls=[])


def _a_day_miscounted(e: Evidence) -> Evidence:
    day = e.journal.days[-1]
    wrong = replace(day, said={**day.said, "late": day.said["late"] + 1})
    return replace(e, journal=replace(e.journal, days=[*e.journal.days[:-1], wrong]))


def _a_report_lost(e: Evidence) -> Evidence:
    return replace(e, submissions=e.submissions[1:])


@pytest.mark.parametrize(
    ("name", "sabotage"),
    [
        ("nobody was reminded of what was done", _filed_before_it_was_shown),
        ("no step reached a person twice", _told_twice),
        ("no step reached a person twice", _sent_twice),
        ("nothing went out in quiet hours or on days off", _shown_at_night),
        ("nothing went out in quiet hours or on days off", _sent_on_a_day_off),
        ("every late duty climbed the whole ladder", _a_step_left_out),
        ("only steps before due are held back", _an_escalation_held_back),
        ("every message arrived, was called or had become pointless", _never_shown),
        ("every message arrived, was called or had become pointless", _dropped_without_reason),
        ("every message arrived, was called or had become pointless", _failed_and_nobody_calls),
        ("expected = on time + late + missing + pending, every day", _a_day_miscounted),
        ("no report was lost or taken twice", _a_report_lost),
    ],
)
async def test_one_wrong_fact_is_found(
    evidence: Evidence, name: str, sabotage: Callable[[Evidence], Evidence]
) -> None:
    assert list(CHECKS[name](evidence)) == []
    assert list(CHECKS[name](sabotage(evidence)))


async def test_its_database_is_gone_afterwards(template: str) -> None:
    async with own_database(template, databases.TEMPLATE):
        here = await database.fetch_value("SELECT current_database()")
    async with databases.copy(template) as url, databases.connected(url, 2):
        left = await database.fetch("SELECT 1 FROM pg_database WHERE datname = $1", here)
    assert left == []
