"""Expressions: the bank of cases shared with the phone, the type check, and hostile input."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.expressions import Names, Schema, Scope, Type, check_types, parse
from backend.domain.refusal import Refusal

BANK = Path(__file__).parents[1] / "cases" / "expressions.json"
CASES = json.loads(BANK.read_text("utf-8"))

SCHEMA = Schema(
    fields={
        "n": Type.NUMBER,
        "m": Type.NUMBER,
        "t": Type.TEXT,
        "u": Type.TEXT,
        "b": Type.BOOL,
        "day": Type.DATE,
        "many": Type.LIST,
        "broken": None,
    },
    last={"n": Type.NUMBER, "day": Type.DATE},
    groups={"jobs": {"n": Type.NUMBER, "t": Type.TEXT}},
)


def outcome(case: dict[str, Any]) -> Any:
    try:
        return parse(case["expr"]).evaluate(Scope(case["answers"], case["last"]))
    except Refusal as refusal:
        return {"error": {key: refusal.params[key] for key in ("reason", "position")}}


def test_bank() -> None:
    results = {case["name"]: outcome(case) for case in CASES}
    expected = {case["name"]: case["expect"] for case in CASES}
    assert {n: (r, expected[n]) for n, r in results.items() if not same(r, expected[n])} == {}


def same(one: Any, other: Any) -> bool:
    return bool(one == other) and type(one) is type(other)  # true is not 1, and 3 is not 3.0


def test_bank_is_broad_and_its_names_are_unique() -> None:
    assert len(CASES) >= 80
    assert len({case["name"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("n + m * 2 - last.n / 3", Type.NUMBER),
        ("abs(-n) <= max(n, m, 1)", Type.BOOL),
        ("t == 'A' or u != t", Type.BOOL),
        ("t in ('A', 'B') and not b", Type.BOOL),
        ("n in (1, 2.5)", Type.BOOL),
        ("b == (n > 1)", Type.BOOL),
        ("day <= '2026-12-31'", Type.BOOL),
        ("'2026-12-31' == day", Type.BOOL),
        ("day > last.day", Type.BOOL),
        ("day in ('2026-01-01', '2026-10-01')", Type.BOOL),
        ("filled(many) and filled(t)", Type.BOOL),
        ("sum(jobs.n) == count(jobs)", Type.BOOL),
        ("coalesce(last.n, 0)", Type.NUMBER),
        ("coalesce(t, u)", Type.TEXT),
        ("coalesce(day, '2026-01-01')", Type.DATE),
        ("day", Type.DATE),
        ("broken + n > 1 and broken", Type.BOOL),
    ],
)
def test_types_that_fit(source: str, expected: Type) -> None:
    assert check_types(parse(source), SCHEMA) is expected


@pytest.mark.parametrize(
    ("source", "reason", "position"),
    [
        ("n + t", "type_mismatch", 2),
        ("-b", "type_mismatch", 0),
        ("abs(t)", "type_mismatch", 0),
        ("max(n, day)", "type_mismatch", 0),
        ("n < 'A'", "type_mismatch", 2),
        ("t < u", "type_mismatch", 2),
        ("b > false", "type_mismatch", 2),
        ("n == t", "type_mismatch", 2),
        ("n and b", "type_mismatch", 2),
        ("not n", "type_mismatch", 0),
        ("day == t", "type_mismatch", 4),
        ("day == 'tomorrow'", "type_mismatch", 4),
        ("day < 20260101", "type_mismatch", 4),
        ("day in ('2026-01-01', 'x')", "type_mismatch", 4),
        ("t in (1, 2)", "type_mismatch", 2),
        ("many == 'A'", "type_mismatch", 5),
        ("coalesce(n, 'x')", "type_mismatch", 0),
        ("sum(jobs.t)", "type_mismatch", 4),
        ("n + nobody", "unknown_name", 4),
        ("last.t == 'x'", "unknown_name", 0),
        ("count(rows)", "unknown_name", 6),
        ("sum(jobs.x)", "unknown_name", 4),
        ("filled(nobody)", "unknown_name", 7),
        ("jobs == 1", "unknown_name", 0),
    ],
)
def test_types_that_do_not_fit(source: str, reason: str, position: int) -> None:
    with pytest.raises(Refusal) as caught:
        check_types(parse(source), SCHEMA)
    assert caught.value.code == "expression_invalid"
    assert (caught.value.params["reason"], caught.value.params["position"]) == (reason, position)


def test_names() -> None:
    expression = parse("a + last.b > sum(jobs.n) + count(rows) or a in (1) or filled(last.c)")
    assert expression.names == Names(
        fields=frozenset({"a"}),
        last=frozenset({"b", "c"}),
        columns=frozenset({("jobs", "n"), ("rows", None)}),
    )


def test_refusals_name_the_name() -> None:
    with pytest.raises(Refusal) as caught:
        parse("a + Bad")
    assert caught.value.params == {"reason": "bad_name", "position": 4, "name": "Bad"}


def test_numbers_that_are_none_read_as_null() -> None:
    for raw in (float("nan"), float("inf"), 10**400, -(2**53)):
        assert parse("a + 1").evaluate(Scope({"a": raw})) is None
        assert parse("filled(a)").evaluate(Scope({"a": raw})) is False


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(Refusal):
        parse("a == '\ud800'")


PIECES = st.one_of(
    st.sampled_from(["a", "b", "last.a", "jobs.n", "last", "0", "2.5", "9007199254740991", "'x'"]),
    st.sampled_from(["sum(", "count(", "abs(", "filled(", "coalesce(", "min(", "(", ")", ","]),
    st.sampled_from(["+", "-", "*", "/", "==", "!=", "<", ">=", "and", "or", "not", "in", "#"]),
)
# Not st.text(): it leaves out halves of surrogate pairs.
TEXTS = st.lists(st.integers(0, 0x7F) | st.integers(0, 0x10FFFF)).map(
    lambda c: "".join(map(chr, c))
)
SOURCES = st.one_of(TEXTS, st.lists(PIECES, max_size=25).map(" ".join))
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), TEXTS, st.just([{"n": 1.5}])
)


@settings(max_examples=100, deadline=None)
@given(SOURCES, SCALARS, SCALARS)
def test_any_text_parses_or_is_refused_and_then_evaluates(source: str, a: Any, b: Any) -> None:
    try:
        expression = parse(source)
    except Refusal as refusal:
        position = refusal.params["position"]
        assert 0 <= position <= len(source)
    else:
        value = expression.evaluate(Scope({"a": a, "b": b, "jobs": a}, {"a": b}))
        assert value is None or isinstance(value, bool | int | float | str)
        assert not isinstance(value, float) or not value.is_integer()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(-(10**14), 10**14), min_size=2, max_size=6))
def test_sums_of_cents_compare_equal_in_any_order(cents: list[int]) -> None:
    keys = [f"f{index}" for index in range(len(cents))]
    answers = {key: value / 100 for key, value in zip(keys, cents, strict=True)}
    forwards, backwards = " + ".join(keys), " + ".join(reversed(keys))
    assert parse(f"{forwards} == {backwards}").evaluate(Scope(answers)) is True
    assert parse(forwards).evaluate(Scope(answers)) == sum(cents) / 100
