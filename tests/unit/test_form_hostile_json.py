"""Any JSON in the place of a definition, of answers, of last answers or of reasons."""

import copy
import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.forms import Kind, diff, expand, parse_definition, prefilled, validate
from backend.domain.refusal import Refusal

BANK = Path(__file__).parents[1] / "cases" / "form_fields.json"
EVERY_TYPE = json.loads(BANK.read_text("utf-8"))["definition"]
FORM = parse_definition(EVERY_TYPE)

ODD: list[Any] = [
    *(None, True, 0, -1, 3.0, 0.1, -0.0, 1e308, float("nan"), float("-inf"), 2**53, 10**400),
    *("", " ", "x", "A", "\x00", "\ud800", "\U0001f600" * 400, "2026-02-30", "2026-02-28"),
    *([], {}, [[]], [{}], ["A"], [None], [{"x": "1", "zz": []}], {"a": {"b": []}}, [{}] * 600),
]
VALUES = st.sampled_from(ODD)
NAMES = st.sampled_from([*FORM.fields, "rows", "m_small", "x_small", "zz", "\ud800", "\x00", ""])
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=6)
ANY = VALUES | OBJECTS | st.lists(VALUES | OBJECTS, max_size=3)


def places(raw: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) in some JSON."""
    found: list[tuple[Any, Any]] = []
    if isinstance(raw, dict | list):
        for key, inner in list(raw.items() if isinstance(raw, dict) else enumerate(raw)):
            found += [(raw, key), *places(inner)]
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 999), ANY), min_size=1, max_size=3), st.booleans())
def test_any_json_is_a_definition_or_refused(changes: list[tuple[int, Any]], whole: bool) -> None:
    raw = json.loads(json.dumps(EVERY_TYPE))
    for place, value in changes:
        spots = places(raw)
        container, key = spots[place % len(spots)]
        container[key] = copy.deepcopy(value)  # never a container inside itself
    try:
        form = parse_definition(changes[0][1] if whole else raw)
    except Refusal as refusal:
        told = refusal.params["problems"]
        json.dumps(told, ensure_ascii=False).encode()
    else:
        assert parse_definition(form.as_dict()) == form


@settings(max_examples=60, deadline=None)
@given(OBJECTS | ANY, st.none() | OBJECTS, OBJECTS | ANY)
def test_any_json_as_answers_is_validated(answers: Any, last: Any, reasons: Any) -> None:
    findings = validate(FORM, answers, last, reasons)
    told = [each.as_dict() for each in findings.errors + findings.warnings]
    json.dumps(told, ensure_ascii=False).encode()
    prefilled(FORM, last)
    for kind in (Kind.ZERO, Kind.UNCHANGED) if last is not None else (Kind.ZERO,):
        validate(FORM, expand(FORM, kind, None, last), last, reasons, kind)
    if isinstance(answers, dict) and last is not None:
        assert diff(answers, answers) == [] or "nan" in repr(answers)
        diff(last, answers)
