"""The ledger's rules: working age, monthly figures, fields, changes made without a signal."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from backend import forms
from backend.domain.forms import parse_definition, validate
from backend.domain.ledger.ages import leaves_at, month_number
from backend.domain.ledger.changes import Applied, Item, Person, add, change
from backend.domain.ledger.fields import EMPTY
from backend.domain.ledger.figures import KEYS, Counted, ledger_figures
from backend.domain.ledger.rows import NEEDED, LedgerRow, read_row
from backend.domain.ledger.words import ChangeType, Status, WorkPlace
from backend.domain.refusal import Refusal
from tests.rosters import id_number
from tests.world import VILLAGE

CASES = json.loads((Path(__file__).parents[1] / "cases/ledger.json").read_text("utf-8"))
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
TODAY = date(2026, 11, 23)
ONE, TWO = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize("case", CASES["ages"], ids=lambda c: f"{c['born']} {c['female']}")
def test_working_age_rises_as_the_decision_says(case: dict[str, Any]) -> None:
    assert leaves_at(case["born"], case["female"]) == month_number(case["leaves"])


def _counted(person: dict[str, Any]) -> Counted:
    place = person.get("work_place")
    return Counted(
        person["born"],
        person.get("female", False),
        Status(person["status"]),
        WorkPlace(place) if place else None,
        person.get("train_wish", False),
        person.get("job_wish", False),
    )


@pytest.mark.parametrize("case", CASES["figures"], ids=lambda c: c["name"])
def test_figures(case: dict[str, Any]) -> None:
    assert ledger_figures(map(_counted, case["residents"]), case["month"]) == case["figures"]


def _labor_monthly() -> dict[str, Any]:
    path = Path(forms.__file__).parent / "labor_monthly.json"
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def test_the_form_asks_the_ledger_for_nothing_else() -> None:
    fields = [f for group in _labor_monthly()["groups"] for f in group["fields"]]
    assert {f["ledger"] for f in fields if "ledger" in f} == set(KEYS)


@pytest.mark.parametrize("case", CASES["figures"], ids=lambda c: c["name"])
def test_figures_are_accepted_by_the_form(case: dict[str, Any]) -> None:
    rest = {"unemp_reg": 0, "mig_new": 0, "mig_back": 0}
    found = ledger_figures(map(_counted, case["residents"]), case["month"])
    assert validate(parse_definition(_labor_monthly()), {**found, **rest}, None, {}).errors == ()


def item(number: int = 1, **changes: Any) -> Item:
    values = {
        "id": UUID(int=100 + number),
        "resident": ONE,
        "kind": ChangeType.UPDATE,
        "village": None,
        "id_number": None,
        "fields": {},
        "captured_at": None,
        "digest": b"",
        **changes,
    }
    return Item(**values)


def person(**facts: Any) -> Person:
    known = {**EMPTY, "name": "王建国", "status": "farm", **facts}
    return Person(ONE, VILLAGE, date(1985, 6, 15), False, known, {})


def changed(who: Person, hours_ago: int, **fields: Any) -> Applied:
    at = NOW - timedelta(hours=hours_ago)
    return change(item(fields=fields, captured_at=at), who, NOW, NOW)


def faults(refusal: Refusal) -> set[tuple[str, str]]:
    return {(each["field"], each["reason"]) for each in refusal.params["faults"]}


def test_a_status_changes_and_leaves_its_step() -> None:
    found = changed(person(), 3, status="flex", work_place="county")
    assert (found.person.facts["status"], found.person.facts["work_place"]) == ("flex", "county")
    steps = [(step.field, step.was, step.became) for step in found.steps]
    assert steps == [("status", "farm", "flex"), ("work_place", None, "county")]
    assert found.at == NOW - timedelta(hours=3)


def test_in_each_field_the_change_captured_last_holds() -> None:
    newest = changed(person(), 1, status="flex").person
    late = changed(newest, 5, status="unemployed", job_wish=True)
    assert late.outdated == ("status",)
    assert (late.person.facts["status"], late.person.facts["job_wish"]) == ("flex", True)


def test_a_wrong_clock_is_corrected_by_the_time_of_sending() -> None:
    two_days = timedelta(days=2)
    captured = NOW + two_days - timedelta(hours=1)
    found = change(item(captured_at=captured), person(), NOW + two_days, NOW)
    assert found.at == NOW - timedelta(hours=1)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"status": "unit"}, {("employer", "missing")}),
        ({"work_place": "out"}, {("work_region", "missing")}),
        ({"work_place": "province"}, {("work_region", "missing")}),
        ({"status": "incapable", "job_wish": True}, {("job_wish", "cannot_work")}),
        (
            {"leave_date": "2026-03-01", "return_date": "2026-02-01"},
            {("return_date", "before_leaving")},
        ),
        ({"name": ""}, {("name", "missing")}),
        ({"status": "asleep"}, {("status", "unknown_word")}),
        ({"train_wish": "yes", "shoe": 1}, {("train_wish", "type"), ("shoe", "unknown_field")}),
        ({"monthly_income": -1}, {("monthly_income", "not_an_amount")}),
        ({"group_no": "x" * 21}, {("group_no", "too_long")}),
        ({"tags": ["lifted", "rich"]}, {("tags", "unknown_word")}),
    ],
)
def test_what_does_not_hold_is_told_by_field(fields: Any, expected: Any) -> None:
    with pytest.raises(Refusal) as caught:
        changed(person(), 0, **fields)
    assert faults(caught.value) == expected


def test_who_has_left_stays_gone() -> None:
    gone = change(item(kind=ChangeType.DEATH), person(), NOW, NOW).person
    assert gone.gone
    with pytest.raises(Refusal, match="resident_gone"):
        changed(gone, 0, status="flex")


def new(number: str, **fields: Any) -> Applied:
    known = {"name": "王芳", "status": "farm", **fields}
    made = item(kind=ChangeType.NEW, village=VILLAGE, id_number=number, fields=known)
    return add(made, NOW, NOW, TODAY)


def test_somebody_new_has_birth_and_sex_from_the_number() -> None:
    found = new(id_number(2, date(1990, 1, 2)), phone="13800001234")
    assert (found.person.born_on, found.person.female) == (date(1990, 1, 2), True)
    assert (found.person.facts["phone"], found.phone) == ("138****1234", "13800001234")


@pytest.mark.parametrize(
    ("born", "reason"),
    [(date(2010, 12, 1), "too_young"), (date(1960, 1, 1), "too_old")],
)
def test_somebody_new_is_of_working_age(born: date, reason: str) -> None:
    with pytest.raises(Refusal) as caught:
        new(id_number(1, born))
    assert faults(caught.value) == {("id_number", reason)}


def test_a_row_in_chinese() -> None:
    values = {
        "name": "王建国",
        "id_no": id_number(1, date(1985, 6, 15)),
        "region_code": VILLAGE,
        "status": "灵活就业",
        "work_place": "省外",
        "work_region": "苏州",
        "tags": "脱贫、低保",
        "train_wish": "是",
    }
    row = read_row(2, values, list(values), TODAY)
    assert isinstance(row, LedgerRow)
    assert (row.said["status"], row.said["work_place"]) == ("flex", "out")
    assert (row.said["tags"], row.said["train_wish"]) == (("lifted", "allowance"), True)


def test_all_faults_of_a_row_at_once() -> None:
    listed = [*NEEDED, "work_place", "work_region", "phone"]
    values = {"id_no": "1", "status": "走了", "work_place": "省外", "phone": "1"}
    found = read_row(2, values, listed, TODAY)
    assert isinstance(found, list)
    assert {(fault.field, fault.reason) for fault in found} == {
        ("id_no", "not_18_characters"),
        ("region_code", "missing"),
        ("name", "missing"),
        ("status", "unknown_word"),
        ("work_region", "missing"),
        ("phone", "not_a_phone"),
    }
