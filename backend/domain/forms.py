"""What a form says about answers: how they start, what zero and unchanged reports stand for,
what is wrong with them, and what a correction changed.

Answers are a flat dict of field key to value, with `group: [{…}, …]` for groups of rows. Null and
absent mean the same. `last` are the accepted answers of the period before, None if there are none.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from backend.domain.answers import Code, FieldType, Finding, Level
from backend.domain.expressions import Scope
from backend.domain.form_definition import Field, FormDefinition, Kind
from backend.domain.form_parsing import parse_definition
from backend.domain.form_validation import Findings, validate
from backend.domain.refusal import Refusal

__all__ = [
    "Change",
    "Code",
    "FieldType",
    "Finding",
    "Findings",
    "FormDefinition",
    "Kind",
    "Level",
    "diff",
    "expand",
    "parse_definition",
    "prefilled",
    "validate",
]


@dataclass(frozen=True, slots=True)
class Change:
    """One answer that differs; `row` counts from 0. Where a whole row came or went, `field` is
    the group and the row stands in `before` or `after`.
    """

    field: str
    row: int | None
    before: Any
    after: Any

    def as_dict(self) -> dict[str, Any]:
        return {"field": self.field, "row": self.row, "before": self.before, "after": self.after}


def prefilled(form: FormDefinition, last: Mapping[str, Any] | None) -> dict[str, Any]:
    """The answers a phone starts from."""
    return _filled_in(form, {}, last or {})


def expand(form: FormDefinition, kind: Kind, answers: Any, last: Mapping[str, Any] | None) -> Any:
    """The answers that a filing of this kind stands for.

    A report: what was given, any JSON, untouched. Zero and unchanged are given no answers: flows
    become 0, stocks keep last period's value (zero: 0 without one; no rows), then prefilled
    fields and totals follow. Raises Refusal kind_not_allowed, answers_not_empty,
    nothing_to_repeat.
    """
    if kind not in form.kinds:
        raise Refusal("kind_not_allowed", allowed=[allowed.value for allowed in form.kinds])
    if kind == Kind.REPORT:
        return answers
    if answers:
        raise Refusal("answers_not_empty")
    if kind == Kind.UNCHANGED and last is None:
        raise Refusal("nothing_to_repeat")
    before = last or {}
    given = _carried(form.fields.values(), before, zero=kind == Kind.ZERO)
    for key, group in form.tables.items():
        rows = before.get(key) if kind == Kind.UNCHANGED else None
        given[key] = [_carried(group.fields, row, zero=False) for row in _rows(rows) or ()]
    return _filled_in(form, given, before)


def diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """What a correction changed, in the order of the fields; rows are compared by position."""
    return list(_changes(old, new, None))


def _carried(fields: Iterable[Field], before: Mapping[str, Any], *, zero: bool) -> dict[str, Any]:
    """Flows at zero, stocks as before; with `zero`, numbers never asked before at 0 as well."""
    carried: dict[str, Any] = {}
    for field in fields:
        value = None if field.flow else before.get(field.key)
        if value is None and field.type.is_number and (field.flow or zero):
            value = 0
        if value is not None:
            carried[field.key] = value
    return carried


def _filled_in(
    form: FormDefinition, given: dict[str, Any], last: Mapping[str, Any]
) -> dict[str, Any]:
    """`given` with prefilled fields and totals, as far as they can be told."""
    scope = Scope(given, last)
    starts = [(field.key, field.prefill) for field in form.fields.values()]
    totals = [(field.key, field.compute) for field in form.computed]
    for key, expression in starts + totals:
        value = expression.evaluate(scope) if expression else None
        if value is not None:
            given[key] = value
    return given


def _changes(old: Mapping[str, Any], new: Mapping[str, Any], row: int | None) -> Iterator[Change]:
    for key in dict.fromkeys([*old, *new]):
        before, after = old.get(key), new.get(key)
        old_rows, new_rows = _rows(before), _rows(after)
        if old_rows is not None and new_rows is not None:
            yield from _row_changes(key, old_rows, new_rows)
        elif not _same(before, after):
            yield Change(key, row, before, after)


def _row_changes(group: str, old: list[Any], new: list[Any]) -> Iterator[Change]:
    for index, (before, after) in enumerate(zip_longest(old, new)):
        if before is None or after is None:
            yield Change(group, index, before, after)
        else:
            yield from _changes(before, after, index)


def _rows(value: object) -> list[dict[str, Any]] | None:
    """The rows of a group, none for null, or None when `value` is something else."""
    if value is None:
        return []
    if isinstance(value, list) and all(isinstance(row, dict) for row in value):
        return value
    return None


def _same(before: object, after: object) -> bool:
    """Equal as JSON values: 1 is 1.0, but true is not 1."""
    return before == after and isinstance(before, bool) == isinstance(after, bool)
