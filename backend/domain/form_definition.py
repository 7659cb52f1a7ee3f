"""A form as the rules see it: parsed, checked, its expressions compiled. Never changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from backend.domain.answers import FieldType, Judge, Level
from backend.domain.expressions import Expression


class Kind(StrEnum):
    """The ways of filing: figures, 零报告 (nothing happened), 无变化 (as last period)."""

    REPORT = "report"
    ZERO = "zero"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages."""

    zh: str
    en: str

    def as_dict(self) -> dict[str, str]:
        return {"zh": self.zh, "en": self.en}


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: Words

    def as_dict(self) -> dict[str, Any]:
        return {"value": self.value, "label": self.label.as_dict()}


@dataclass(frozen=True, slots=True)
class Field:
    """One question.

    A `flow` counts events of the period and is zero when nothing happened; other fields are
    stocks, which stay as they were. `prefill` (over last period) is where a phone starts,
    `compute` a total it fills in. A `read_only` field may be typed while neither gives a value.
    Numbers have a minimum and maximum, texts a `max_length`; `ledger` names the figure of the
    village's ledger that says the same.
    """

    key: str
    label: Words
    type: FieldType
    judge: Judge = field(repr=False, compare=False)
    unit: Words | None = None
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    max_length: int | None = None
    choices: tuple[Choice, ...] = ()
    flow: bool = False
    prefill: Expression | None = None
    ledger: str | None = None
    compute: Expression | None = None
    read_only: bool = False
    help: Words | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "label": self.label.as_dict(),
            "type": self.type.value,
            "unit": self.unit.as_dict() if self.unit else None,
            "required": self.required,
            "min": self.minimum,
            "max": self.maximum,
            "max_length": self.max_length,
            "choices": [choice.as_dict() for choice in self.choices] or None,
            "flow": self.flow,
            "prefill": self.prefill.source if self.prefill else None,
            "ledger": self.ledger,
            "compute": self.compute.source if self.compute else None,
            "read_only": self.read_only,
            "help": self.help.as_dict() if self.help else None,
        }


@dataclass(frozen=True, slots=True)
class Group:
    """Fields shown together; with `repeat`, rows of them (that many at most)."""

    key: str
    label: Words
    fields: tuple[Field, ...]
    repeat: int | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "label": self.label.as_dict(),
            "repeat": None if self.repeat is None else {"max": self.repeat},
            "fields": [each.as_dict() for each in self.fields],
        }


@dataclass(frozen=True, slots=True)
class Check:
    """What must hold; false fails it, null means it does not apply. `each`: once per row."""

    key: str
    level: Level
    expression: Expression
    fields: tuple[str, ...]
    message: Words
    each: str | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "level": self.level.value,
            "expr": self.expression.source,
            "fields": list(self.fields),
            "message": self.message.as_dict(),
            "each": self.each,
        }


@dataclass(frozen=True, slots=True)
class FormDefinition:
    """A form. Derived from the groups: `fields` outside rows and `tables` (groups of rows) by
    key, and `computed`, in an order in which each total finds its parts done.
    """

    code: str
    title: Words
    kinds: tuple[Kind, ...]
    groups: tuple[Group, ...]
    checks: tuple[Check, ...]
    fields: Mapping[str, Field]
    tables: Mapping[str, Group]
    computed: tuple[Field, ...]

    def as_dict(self) -> dict[str, Any]:
        """The definition with every default written out; parses to an equal form."""
        return {
            "code": self.code,
            "title": self.title.as_dict(),
            "kinds": [kind.value for kind in self.kinds],
            "groups": [group.as_dict() for group in self.groups],
            "checks": [check.as_dict() for check in self.checks],
        }
