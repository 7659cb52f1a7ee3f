"""Answers against a form: every field, every row, every check, and all that is wrong at once."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from backend.domain.answers import Code, Finding, Level, shown, text_judge
from backend.domain.expression_values import is_blank
from backend.domain.expressions import Scope
from backend.domain.form_definition import Check, Field, FormDefinition, Group, Kind

LONGEST_REASON: Final = 200
# Names that no field has are repeated in the answer; somebody could send a million of them.
MOST_UNKNOWN: Final = 20

_judge_reason: Final = text_judge(LONGEST_REASON)


@dataclass(frozen=True, slots=True)
class Findings:
    """`errors` block the report. `warnings` are all checks of that level that failed; one that
    no reason excuses is also an error, reason_required.
    """

    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]


def validate(
    form: FormDefinition,
    answers: Any,
    last: Mapping[str, Any] | None,
    reasons: Any,
    kind: Kind = Kind.REPORT,
) -> Findings:
    """All that is wrong with `answers`, which like `reasons` (check key to text) may be any JSON.

    For zero and unchanged reports pass what `expand` made of them, and the kind: nobody was asked
    anything, so only numbers can be missing.
    """
    if not isinstance(answers, dict):
        return Findings((_error(Code.NOT_OBJECT, field="answers"),), ())
    known = form.fields.keys() | form.tables.keys()
    named = {key: value for key, value in answers.items() if key in known}
    run = _Run(form, named, last or {}, reasons, asked=kind == Kind.REPORT)
    run.fields(form.fields.values(), named, None)
    run.unknown(answers, known, None)
    rows = {key: run.rows(group) for key, group in form.tables.items()}
    run.checks(rows)
    run.spare_reasons()
    return Findings(tuple(run.errors), tuple(run.warnings))


class _Run:
    """One validation: what came in, and what was found so far."""

    def __init__(
        self,
        form: FormDefinition,
        answers: dict[str, Any],
        last: Mapping[str, Any],
        reasons: Any,
        *,
        asked: bool,
    ) -> None:
        self.form, self.answers, self.last, self.asked = form, answers, last, asked
        self.errors: list[Finding] = []
        self.warnings: list[Finding] = []
        self.reasons: dict[str, Any] = reasons if isinstance(reasons, dict) else {}
        if reasons is not None and not isinstance(reasons, dict):
            self.errors.append(_error(Code.NOT_OBJECT, field="reasons"))

    def fields(self, fields: Iterable[Field], answers: dict[str, Any], row: int | None) -> None:
        for field in fields:
            value = answers.get(field.key)
            if value is None or (isinstance(value, (str, list)) and is_blank(value)):
                if field.required and (self.asked or field.type.is_number):
                    self.errors.append(_error(Code.REQUIRED, field=field.key, row=row))
                    continue
                if value is None:
                    continue
            fault = field.judge(value)
            if fault:
                code, params = fault
                self.errors.append(_error(code, field=field.key, row=row, params=params))

    def unknown(self, answers: dict[str, Any], known: AbstractSet[str], row: int | None) -> None:
        if not answers.keys() <= known:
            strange = [key for key in answers if key not in known][:MOST_UNKNOWN]
            self.errors += [
                _error(Code.UNKNOWN_FIELD, field=shown(key), row=row) for key in strange
            ]

    def rows(self, group: Group) -> list[dict[str, Any] | None]:
        """The rows of a group, None in place of one that is no row."""
        rows = self.answers.get(group.key)
        if rows is None:
            return []
        if not isinstance(rows, list):
            self.errors.append(_error(Code.NOT_ROWS, field=group.key))
            return []
        most = group.repeat or 0
        if len(rows) > most:
            self.errors.append(_error(Code.TOO_MANY_ROWS, field=group.key, params={"max": most}))
            return []
        known = {field.key for field in group.fields}
        found: list[dict[str, Any] | None] = []
        for index, row in enumerate(rows):
            found.append(row if isinstance(row, dict) else None)
            if isinstance(row, dict):
                self.fields(group.fields, row, index)
                self.unknown(row, known, index)
            else:
                self.errors.append(_error(Code.NOT_ROWS, field=group.key, row=index))
        return found

    def checks(self, rows: Mapping[str, list[dict[str, Any] | None]]) -> None:
        scope = Scope(self.answers, self.last)
        for check in self.form.checks:
            if check.each is not None:
                self.failed(check, self.failed_rows(check, rows[check.each]))
            elif check.expression.evaluate(scope) is False:
                self.failed(check, [None])

    def failed_rows(self, check: Check, rows: list[dict[str, Any] | None]) -> list[int]:
        return [
            index
            for index, row in enumerate(rows)
            if row is not None
            and check.expression.evaluate(Scope({**self.answers, **row}, self.last)) is False
        ]

    def failed(self, check: Check, rows: Sequence[int | None]) -> None:
        found = [
            Finding(check.level, Code.CHECK_FAILED, check.fields[0], check.key, row) for row in rows
        ]
        if check.level is Level.ERROR or not found:
            self.errors += found
            return
        self.warnings += found
        reason = self.reasons.get(check.key)
        if _judge_reason(reason) or is_blank(reason):
            field = check.fields[0]
            self.errors.append(_error(Code.REASON_REQUIRED, field=field, check=check.key))

    def spare_reasons(self) -> None:
        """A reason is stored with the report, so one that was not needed must be sound too."""
        if not self.reasons:
            return
        used = {finding.check for finding in self.warnings}
        known = {check.key for check in self.form.checks if check.level is Level.WARNING}
        strange = [key for key in self.reasons if key not in known][:MOST_UNKNOWN]
        self.errors += [_error(Code.UNKNOWN_CHECK, check=shown(key)) for key in strange]
        for key in sorted(known - used):
            fault = None if self.reasons.get(key) is None else _judge_reason(self.reasons[key])
            if fault:
                self.errors.append(_error(fault[0], check=key, params=fault[1]))


def _error(code: Code, **more: Any) -> Finding:
    return Finding(Level.ERROR, code, **more)
