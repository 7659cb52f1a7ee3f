"""What a county may publish, and what it is told about what it may not."""

from typing import Any

import pytest

from backend.domain.forms import Kind, expand, parse_definition
from backend.domain.refusal import Refusal

WORDS = {"zh": "字", "en": "word"}


def field(key: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "label": WORDS, "type": "integer", **more}


def definition(*fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A sound form: fields a and b, rows with a number, one check; plus what a test adds."""
    return {
        "code": "SOUND",
        "title": WORDS,
        "kinds": ["report", "zero", "unchanged"],
        "groups": [
            {"key": "main", "label": WORDS, "fields": [field("a"), field("b"), *fields]},
            {"key": "jobs", "label": WORDS, "repeat": {"max": 3}, "fields": [field("n")]},
        ],
        "checks": [check("a <= b")],
        **more,
    }


def check(expr: Any, **more: Any) -> dict[str, Any]:
    return {
        "key": "c",
        "level": "error",
        "expr": expr,
        "fields": ["a"],
        "message": WORDS,
        **more,
    }


def problems(raw: Any) -> list[tuple[str, str]]:
    with pytest.raises(Refusal) as caught:
        parse_definition(raw)
    assert caught.value.code == "form_invalid"
    return [(each["path"], each["reason"]) for each in caught.value.params["problems"]]


def test_a_sound_definition() -> None:
    form = parse_definition(definition())
    assert (list(form.fields), list(form.tables)) == (["a", "b"], ["jobs"])
    assert form.fields["a"].as_dict()["max"] == 10**12


C = "groups[0].fields[2]"


@pytest.mark.parametrize(
    ("more", "path", "reason"),
    [
        ({"key": "A"}, f"{C}.key", "bad_key"),
        ({"key": "x" * 41}, f"{C}.key", "bad_key"),
        ({"key": "last"}, f"{C}.key", "reserved"),
        ({"key": "sum"}, f"{C}.key", "reserved"),
        ({"key": "a"}, f"{C}.key", "duplicate"),
        ({"key": "main"}, f"{C}.key", "duplicate"),
        ({"key": 5}, f"{C}.key", "wrong_type"),
        ({"key": None}, f"{C}.key", "missing"),
        ({"type": "number"}, f"{C}.type", "unknown_value"),
        ({"type": None}, f"{C}.type", "missing"),
        ({"type": ["text"]}, f"{C}.type", "wrong_type"),
        ({"label": None}, f"{C}.label", "missing"),
        ({"label": "字"}, f"{C}.label", "wrong_type"),
        ({"label": {"zh": "字"}}, f"{C}.label.en", "missing"),
        ({"label": {"zh": " ", "en": "x"}}, f"{C}.label.zh", "empty"),
        ({"label": {"zh": "字", "en": "x" * 101}}, f"{C}.label.en", "too_long"),
        ({"label": {"zh": "字\u0000", "en": "x"}}, f"{C}.label.zh", "bad_text"),
        ({"label": {"zh": "\ud800", "en": "x"}}, f"{C}.label.zh", "bad_text"),
        ({"label": {**WORDS, "fr": "x"}}, f"{C}.label.fr", "unknown_property"),
        ({"requierd": True}, f"{C}.requierd", "unknown_property"),
        ({"required": "yes"}, f"{C}.required", "wrong_type"),
        ({"flow": 1}, f"{C}.flow", "wrong_type"),
        ({"unit": "人"}, f"{C}.unit", "wrong_type"),
        ({"min": "0"}, f"{C}.min", "not_integer"),
        ({"min": 0.5}, f"{C}.min", "not_integer"),
        ({"min": True}, f"{C}.min", "not_integer"),
        ({"max": 10**13}, f"{C}.max", "above_max"),
        ({"min": 5, "max": 4}, f"{C}.max", "below_min"),
        ({"max": -1}, f"{C}.max", "below_min"),
        ({"type": "decimal", "max": float("nan")}, f"{C}.max", "not_number"),
        ({"type": "decimal", "max": 0.001}, f"{C}.max", "too_many_decimals"),
        ({"max_length": 5}, f"{C}.max_length", "not_for_type"),
        ({"choices": []}, f"{C}.choices", "not_for_type"),
        ({"type": "text", "min": 0}, f"{C}.min", "not_for_type"),
        ({"type": "text", "unit": WORDS}, f"{C}.unit", "not_for_type"),
        ({"type": "text", "ledger": "x"}, f"{C}.ledger", "not_for_type"),
        ({"type": "text", "max_length": 0}, f"{C}.max_length", "out_of_range"),
        ({"type": "text", "max_length": 2001}, f"{C}.max_length", "out_of_range"),
        ({"type": "text", "max_length": 5.0}, f"{C}.max_length", "wrong_type"),
        ({"type": "choice"}, f"{C}.choices", "missing"),
        ({"type": "choice", "choices": []}, f"{C}.choices", "empty"),
        ({"type": "choice", "choices": ["A"]}, f"{C}.choices[0]", "wrong_type"),
        (
            {"type": "choices", "choices": [{"value": "A", "label": WORDS}] * 2},
            f"{C}.choices[1].value",
            "duplicate",
        ),
        (
            {"type": "choice", "choices": [{"value": "甲", "label": WORDS}]},
            f"{C}.choices[0].value",
            "bad_key",
        ),
        ({"ledger": "Bad name"}, f"{C}.ledger", "bad_key"),
        ({"prefill": "a"}, f"{C}.prefill", "unknown_name"),
        ({"prefill": "last.zz"}, f"{C}.prefill", "unknown_name"),
        ({"prefill": "'x'"}, f"{C}.prefill", "type_mismatch"),
        ({"prefill": 5}, f"{C}.prefill", "wrong_type"),
        ({"compute": "a +"}, f"{C}.compute", "unexpected_end"),
        ({"compute": "n"}, f"{C}.compute", "unknown_name"),
        ({"compute": "sum(jobs.zz)"}, f"{C}.compute", "unknown_name"),
        ({"compute": "a > b"}, f"{C}.compute", "type_mismatch"),
        ({"compute": "c + 1"}, f"{C}.compute", "cycle"),
        (
            {
                "type": "choices",
                "choices": [{"value": "A", "label": WORDS}],
                "prefill": "last.c",
            },
            f"{C}.prefill",
            "type_mismatch",
        ),
    ],
)
def test_bad_fields(more: dict[str, Any], path: str, reason: str) -> None:
    assert problems(definition({**field("c"), **more})) == [(path, reason)]


@pytest.mark.parametrize(
    ("more", "path", "reason"),
    [
        ({"code": "lower"}, "code", "bad_key"),
        ({"code": None}, "code", "missing"),
        ({"title": []}, "title", "wrong_type"),
        ({"kinds": []}, "kinds", "empty"),
        ({"kinds": ["report", "report"]}, "kinds", "duplicate"),
        ({"kinds": ["nothing"]}, "kinds[0]", "unknown_value"),
        ({"kinds": "report"}, "kinds", "wrong_type"),
        ({"version": 1}, "version", "unknown_property"),
        ({"checks": {}}, "checks", "wrong_type"),
        ({"checks": [check("a <= b")] * 201}, "checks", "too_many"),
        ({"checks": [check("a <= b"), check("b <= a")]}, "checks[1].key", "duplicate"),
        ({"checks": [check(None)]}, "checks[0].expr", "missing"),
        ({"checks": [check(1)]}, "checks[0].expr", "wrong_type"),
        ({"checks": [check("a <= zz")]}, "checks[0].expr", "unknown_name"),
        ({"checks": [check("a + b")]}, "checks[0].expr", "type_mismatch"),
        ({"checks": [check("n > 1")]}, "checks[0].expr", "unknown_name"),
        ({"checks": [check("last.n > 1", each="jobs")]}, "checks[0].expr", "unknown_name"),
        ({"checks": [check("a > 1", each="main")]}, "checks[0].each", "unknown_name"),
        ({"checks": [check("a > 1", each=["jobs"])]}, "checks[0].each", "unknown_name"),
        ({"checks": [check("a > 1", level="fatal")]}, "checks[0].level", "unknown_value"),
        ({"checks": [check("a > 1", fields=[])]}, "checks[0].fields", "empty"),
        ({"checks": [check("a > 1", fields=["n"])]}, "checks[0].fields[0]", "unknown_name"),
        ({"checks": [check("a > 1", fields=[{}])]}, "checks[0].fields[0]", "wrong_type"),
        ({"checks": [check("a > 1", message=None)]}, "checks[0].message", "missing"),
        ({"checks": [check("a > 1", key="A")]}, "checks[0].key", "bad_key"),
        ({"checks": [7]}, "checks[0]", "wrong_type"),
    ],
)
def test_bad_forms(more: dict[str, Any], path: str, reason: str) -> None:
    assert problems(definition(**more)) == [(path, reason)]


@pytest.mark.parametrize(
    ("more", "path", "reason"),
    [
        ({"repeat": {"max": 0}}, "groups[0].repeat.max", "out_of_range"),
        ({"repeat": {"max": 501}}, "groups[0].repeat.max", "out_of_range"),
        ({"repeat": {}}, "groups[0].repeat.max", "missing"),
        ({"repeat": 5}, "groups[0].repeat", "wrong_type"),
        ({"fields": []}, "groups[0].fields", "empty"),
        ({"fields": [field("x", prefill="1")]}, "groups[0].fields[0].prefill", "not_in_rows"),
        ({"fields": [field("x", compute="1")]}, "groups[0].fields[0].compute", "not_in_rows"),
        ({"fields": [field("x", ledger="x")]}, "groups[0].fields[0].ledger", "not_in_rows"),
    ],
)
def test_bad_groups(more: dict[str, Any], path: str, reason: str) -> None:
    group = {"key": "g", "label": WORDS, "repeat": {"max": 3}, "fields": [field("x")], **more}
    assert problems(definition(groups=[group], checks=[])) == [(path, reason)]


def test_too_many_fields_and_groups() -> None:
    many = [field(f"f{index}") for index in range(198)]
    assert problems(definition(*many)) == [("groups", "too_many_fields")]
    parse_definition(definition(*many[:197]))
    assert ("groups", "too_many") in problems(definition(groups=[{}] * 41, checks=[]))


def test_everything_wrong_is_told_at_once_and_a_mistake_only_once() -> None:
    raw = definition(
        field("c", type="nonsense"),
        field("d", compute="zz + yy + c"),
        checks=[check("c > 1 and xx", fields=["c", "ww"]), {}],
        code=None,
    )
    assert problems(raw) == [
        ("code", "missing"),
        ("groups[0].fields[2].type", "unknown_value"),
        ("groups[0].fields[3].compute", "unknown_name"),
        ("groups[0].fields[3].compute", "unknown_name"),
        ("checks[0].expr", "unknown_name"),
        ("checks[0].fields[1]", "unknown_name"),
        ("checks[1].key", "missing"),
        ("checks[1].level", "missing"),
        ("checks[1].expr", "missing"),
        ("checks[1].fields", "missing"),
        ("checks[1].message", "missing"),
    ]


def test_totals_that_wait_for_each_other() -> None:
    raw = definition(field("c", compute="d"), field("d", compute="c + a"), field("e", compute="a"))
    assert problems(raw) == [(f"{C}.compute", "cycle"), ("groups[0].fields[3].compute", "cycle")]


def test_totals_of_totals_are_filled_in_order() -> None:
    form = parse_definition(definition(field("c", compute="d + d"), field("d", compute="a + b")))
    answers = expand(form, Kind.UNCHANGED, {}, {"a": 1, "b": 2})
    assert answers == {"a": 1, "b": 2, "c": 6, "d": 3, "jobs": []}
