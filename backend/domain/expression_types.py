"""The static check of an expression, made once when a form is published."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from backend.domain.expression_tree import (
    Aggregate,
    Literal,
    Membership,
    Node,
    Operation,
    Reference,
    refuse,
)
from backend.domain.refusal import Refusal


class Type(StrEnum):
    """What a value is; a `list` (several choices) can only be asked whether it is filled."""

    NUMBER = "number"
    TEXT = "text"
    BOOL = "bool"
    DATE = "date"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Schema:
    """The names an expression may use: fields, last period's fields, and columns of groups.

    A name of type None was reported elsewhere and fits anything.
    """

    fields: Mapping[str, Type | None]
    last: Mapping[str, Type | None] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, Type | None]] = field(default_factory=dict)


_ISO_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EQUALITY: Final = ("==", "!=", "coalesce")
_ORDER: Final = ("<", "<=", ">", ">=")
_LOGIC: Final = ("and", "or", "not")
_EQUAL_TYPES: Final = frozenset({Type.NUMBER, Type.TEXT, Type.BOOL, Type.DATE})
_ORDERED_TYPES: Final = frozenset({Type.NUMBER, Type.DATE})


def infer(node: Node, schema: Schema) -> tuple[Type | None, list[Refusal]]:
    """The type of `node` (None where it can't be told) and everything wrong with it."""
    problems: list[Refusal] = []
    return _Checker(schema, problems).type_of(node), problems


class _Checker:
    """Walks the tree; an operand of unknown type fits anything, so one mistake is told once."""

    def __init__(self, schema: Schema, problems: list[Refusal]) -> None:
        self.schema = schema
        self.problems = problems

    def type_of(self, node: Node) -> Type | None:
        match node:
            case Literal():
                return _literal_type(node.value)
            case Reference():
                names = self.schema.last if node.last else self.schema.fields
                return self.known(names, node.key, node.position)
            case Aggregate():
                return self.aggregate(node)
            case Membership():
                literals = [Literal(node.position, choice) for choice in node.choices]
                self.alike(node.position, [node.operand, *literals], _EQUAL_TYPES)
                return Type.BOOL
            case Operation():
                return self.operation(node)
        raise AssertionError(node)

    def operation(self, node: Operation) -> Type | None:
        if node.name == "filled":
            self.type_of(node.operands[0])
            return Type.BOOL
        if node.name in _LOGIC:
            return self.alike(node.position, node.operands, frozenset({Type.BOOL}))
        if node.name in _EQUALITY:
            shared = self.alike(node.position, node.operands, _EQUAL_TYPES)
            return shared if node.name == "coalesce" else Type.BOOL
        if node.name in _ORDER:
            self.alike(node.position, node.operands, _ORDERED_TYPES)
            return Type.BOOL
        self.alike(node.position, node.operands, frozenset({Type.NUMBER}))
        return Type.NUMBER

    def aggregate(self, node: Aggregate) -> Type:
        columns = self.schema.groups.get(node.group)
        if columns is None:
            self.report("unknown_name", node.position, name=node.group)
        elif node.key is not None:
            column = self.known(columns, node.key, node.position)
            if column not in (None, Type.NUMBER):
                self.report("type_mismatch", node.position)
        return Type.NUMBER

    def alike(
        self, position: int, operands: Sequence[Node], allowed: frozenset[Type]
    ) -> Type | None:
        """The one type that all operands share, if it is an allowed one."""
        typed = [(operand, self.type_of(operand)) for operand in operands]
        types = {found for _, found in typed if found is not None}
        if types == {Type.DATE, Type.TEXT}:
            types = {Type.DATE if _is_date(operand) else found for operand, found in typed if found}
        if len(types) > 1 or not types <= allowed:
            self.report("type_mismatch", position)
            return None
        return next(iter(types), None)

    def known(self, names: Mapping[str, Type | None], key: str, position: int) -> Type | None:
        if key not in names:
            self.report("unknown_name", position, name=key)
        return names.get(key)

    def report(self, reason: str, position: int, **more: str) -> None:
        self.problems.append(refuse(reason, position, **more))


def _literal_type(value: bool | int | float | str) -> Type:
    if isinstance(value, str):
        return Type.TEXT
    return Type.BOOL if isinstance(value, bool) else Type.NUMBER


def _is_date(node: Node) -> bool:
    """True for a text literal in the form of a date: among dates it counts as one."""
    literal = node.value if isinstance(node, Literal) else None
    return isinstance(literal, str) and _ISO_DATE.fullmatch(literal) is not None
