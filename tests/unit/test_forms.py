"""Forms: the shipped ones, the bank of cases shared with the phone, and what filing needs.

A bank names a shipped form or holds a definition, and gives sound answers and last answers. A case
says what differs: `answers` and `last` are laid over those of the bank (last null: no period
before; zero and unchanged start from no answers), `kind` is report unless said, `expect` lists what
is found without nulls, and may give the expanded answers, or the code of a refusal.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from backend.domain.expressions import Scope
from backend.domain.forms import (
    Change,
    Finding,
    FormDefinition,
    Kind,
    diff,
    expand,
    parse_definition,
    prefilled,
    validate,
)
from backend.domain.refusal import Refusal
from backend.forms import shipped

FOLDER = Path(__file__).parents[1] / "cases"
BANKS = [json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("form_*.json"))]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@cache
def forms() -> dict[str, FormDefinition]:
    return {raw["code"]: parse_definition(raw) for raw in shipped()}


def form_of(bank: dict[str, Any]) -> FormDefinition:
    return forms()[bank["form"]] if "form" in bank else parse_definition(bank["definition"])


def situation(bank: dict[str, Any], case: dict[str, Any]) -> tuple[Kind, Any, Any]:
    """Kind, answers and last answers of a case: what it says on top of what its bank says."""
    kind = Kind(case.get("kind", "report"))
    answers = case.get("answers", {})
    if kind is Kind.REPORT:
        answers = {**bank["answers"], **answers}
    last = case.get("last", {})
    return kind, answers, None if last is None else {**bank["last"], **last}


def named(finding: Finding) -> dict[str, Any]:
    told = finding.as_dict()
    return {key: told[key] for key in ("code", "field", "check", "row") if told[key] is not None}


def outcome(form: FormDefinition, bank: dict[str, Any], case: dict[str, Any]) -> dict[str, Any]:
    kind, given_answers, last = situation(bank, case)
    try:
        answers = expand(form, kind, given_answers, last)
    except Refusal as refusal:
        return {"refusal": refusal.code}
    findings = validate(form, answers, last, case.get("reasons", {}), kind)
    result: dict[str, Any] = {
        "errors": [named(found) for found in findings.errors],
        "warnings": [named(found) for found in findings.warnings],
    }
    return result | ({"answers": answers} if "answers" in case["expect"] else {})


@pytest.mark.parametrize("bank", BANKS, ids=lambda bank: bank.get("form", "field rules"))
def test_bank(bank: dict[str, Any]) -> None:
    form = form_of(bank)
    results = {case["name"]: outcome(form, bank, case) for case in bank["cases"]}
    expected = {case["name"]: case["expect"] for case in bank["cases"]}
    assert len(results) == len(bank["cases"])
    assert {n: (r, expected[n]) for n, r in results.items() if r != expected[n]} == {}


@pytest.mark.parametrize("code", sorted(raw["code"] for raw in shipped()))
def test_bank_fails_and_passes_every_check_of_every_form(code: str) -> None:
    form, bank = forms()[code], next(bank for bank in BANKS if bank.get("form") == code)
    failed: set[str] = set()
    passed: set[str] = set()
    for case in bank["cases"]:
        found = case["expect"].get("errors", []) + case["expect"].get("warnings", [])
        failed |= {each["check"] for each in found if each["code"] == "check_failed"}
        if not found and case.get("kind", "report") == "report":
            passed |= set(passing(form, *situation(bank, case)[1:]))
    keys = {check.key for check in form.checks}
    assert (keys - failed, keys - passed) == (set(), set())


def passing(form: FormDefinition, answers: dict[str, Any], last: Any) -> Iterator[str]:
    """Checks that hold, and not merely because nothing is known."""
    for check in form.checks:
        rows = [{}] if check.each is None else answers.get(check.each) or []
        scopes = [Scope({**answers, **row}, last or {}) for row in rows]
        if any(check.expression.evaluate(scope) is True for scope in scopes):
            yield check.key


def test_eight_forms_are_shipped() -> None:
    assert set(forms()) == {
        "LABOR_MONTHLY",
        "RETURN_WEEKLY",
        "POVERTY_MONTHLY",
        "AID_QUARTERLY",
        "PENSION_CHANGE",
        "JOB_DEMAND",
        "PLATFORM_ANNUAL",
        "CERTIFICATION",
    }


def words(raw: Any) -> Iterator[dict[str, str]]:
    if isinstance(raw, dict) and raw.keys() == {"zh", "en"}:
        yield raw
    elif isinstance(raw, dict | list):
        for inner in raw.values() if isinstance(raw, dict) else raw:
            yield from words(inner)


@pytest.mark.parametrize("raw", shipped(), ids=lambda raw: raw["code"])
def test_shipped_forms_speak_both_languages(raw: dict[str, Any]) -> None:
    for each in words(raw):
        assert CHINESE.search(each["zh"])
        assert not CHINESE.search(each["en"])
        assert each["en"].isprintable()


@pytest.mark.parametrize("raw", shipped(), ids=lambda raw: raw["code"])
def test_definition_survives_being_written_out(raw: dict[str, Any]) -> None:
    form = forms()[raw["code"]]
    again = parse_definition(json.loads(json.dumps(form.as_dict())))
    assert again == form
    assert again.as_dict() == form.as_dict()


def test_every_numeric_total_of_a_shipped_form_is_guarded_by_a_check() -> None:
    for form in forms().values():
        blocked = {field for c in form.checks if c.level == "error" for field in c.fields[:1]}
        assert {field.key for field in form.computed} <= blocked, form.code


def test_prefilled_carries_stocks_and_totals_but_asks_for_flows() -> None:
    form = forms()["LABOR_MONTHLY"]
    last = next(bank["last"] for bank in BANKS if bank.get("form") == "LABOR_MONTHLY")
    start = prefilled(form, last)
    assert start == {k: v for k, v in last.items() if k not in ("mig_new", "mig_back")}
    assert prefilled(form, None) == {}


def test_prefilled_opening_figures_come_from_closing_ones() -> None:
    start = prefilled(forms()["AID_QUARTERLY"], {"hard_begin": 1, "hard_end": 7})
    assert start == {"hard_begin": 7}


def test_expand_of_a_report_gives_back_what_came() -> None:
    form = forms()["LABOR_MONTHLY"]
    everything: list[Any] = [{"x": 1}, [], None, 3]
    for answers in everything:
        assert expand(form, Kind.REPORT, answers, None) is answers


def test_kind_not_allowed_says_which_are() -> None:
    with pytest.raises(Refusal) as caught:
        expand(forms()["PENSION_CHANGE"], Kind.UNCHANGED, {}, {})
    assert (caught.value.code, caught.value.params) == (
        "kind_not_allowed",
        {"allowed": ["report", "zero"]},
    )


def test_findings_carry_limits_for_the_message() -> None:
    form = forms()["AID_QUARTERLY"]
    found = validate(
        form, {"hard_new": -1, "zero_plan": "字" * 501, "pub_subsidy": 0.001}, None, {}
    )
    params = {each.field: dict(each.params) for each in found.errors if each.params}
    assert params == {"hard_new": {"min": 0}, "zero_plan": {"max": 500}, "pub_subsidy": {"max": 2}}


def test_numbers_that_are_none() -> None:
    form = forms()["AID_QUARTERLY"]
    for raw, code in ((float("nan"), "not_number"), (float("inf"), "above_max")):
        found = validate(form, {"pub_subsidy": raw}, None, {})
        assert [e.code for e in found.errors if e.field == "pub_subsidy"] == [code]


@pytest.mark.parametrize("answers", [None, [], "x", 3, True])
def test_answers_that_are_no_object(answers: Any) -> None:
    found = validate(forms()["PENSION_CHANGE"], answers, None, {})
    assert [(e.code, e.field) for e in found.errors] == [("not_object", "answers")]


def test_reasons_that_are_no_object() -> None:
    zero = expand(forms()["PENSION_CHANGE"], Kind.ZERO, {}, None)
    found = validate(forms()["PENSION_CHANGE"], zero, None, ["x"])
    assert [(e.code, e.field) for e in found.errors] == [("not_object", "reasons")]
    assert validate(forms()["PENSION_CHANGE"], zero, None, None).errors == ()


def test_unknown_names_are_repeated_safely_and_not_without_end() -> None:
    answers = {f"\ud800\u0000{index}" + "x" * 1000: 1 for index in range(1000)}
    found = validate(forms()["PENSION_CHANGE"], answers, None, dict.fromkeys(answers, "x"))
    unknown = [e for e in found.errors if e.code in ("unknown_field", "unknown_check")]
    assert len(unknown) == 40
    for each in unknown:
        text = each.field or each.check or ""
        assert len(text) == 40
        assert text.encode().isascii() is False
        assert "\u0000" not in text


def test_diff_names_fields_rows_and_whole_rows() -> None:
    old = {"a": 1, "b": 1, "gone": 3, "same": [1], "jobs": [{"n": 1, "t": "x"}, {"n": 2}]}
    new = {"a": 1.0, "b": True, "fresh": 4, "same": [1], "jobs": [{"n": 5, "t": "x"}]}
    assert diff(old, new) == [
        Change("b", None, 1, True),
        Change("gone", None, 3, None),
        Change("n", 0, 1, 5),
        Change("jobs", 1, {"n": 2}, None),
        Change("fresh", None, None, 4),
    ]
    assert diff({}, {"jobs": [{"n": 1}]}) == [Change("jobs", 0, None, {"n": 1})]
    assert diff({"a": None, "jobs": []}, {}) == []
    assert diff({"s": ["A"]}, {"s": ["A", "B"]}) == [Change("s", None, ["A"], ["A", "B"])]
    assert Change("a", None, 1, 2).as_dict() == {"field": "a", "row": None, "before": 1, "after": 2}


@pytest.mark.parametrize("code", sorted(raw["code"] for raw in shipped() if "zero" in raw["kinds"]))
def test_zero_in_a_first_period_is_in_order(code: str) -> None:
    answers = expand(forms()[code], Kind.ZERO, {}, None)
    assert validate(forms()[code], answers, None, {}, Kind.ZERO).errors == ()
