"""Expressions over answers: parsed once, run many times, on the server and on the phone.

    labor_total == employed + unemployed + no_intent
    abs(migrant - last.migrant) <= last.migrant * 0.3
    sum(jobs.headcount) == total_headcount

Null rules: an operator with a null operand gives null, except that `false and x` is false and
`true or x` is true; a wrong type, division by zero and numbers past 2**53 - 1 give null too.
A check fails only when its expression is false. `tests/cases/expressions.json` holds the
implementations together.
"""

from dataclasses import dataclass, field

from backend.domain.expression_compiler import Run, Scope, compiled
from backend.domain.expression_syntax import parse_tree
from backend.domain.expression_tree import Aggregate, Node, Reference, walk
from backend.domain.expression_types import Schema, Type, infer
from backend.domain.expression_values import Value

__all__ = ["Expression", "Names", "Schema", "Scope", "Type", "Value", "check_types", "parse"]


@dataclass(frozen=True, slots=True)
class Names:
    """What an expression refers to; `columns` are (group, key), key None for count(group)."""

    fields: frozenset[str]
    last: frozenset[str]
    columns: frozenset[tuple[str, str | None]]


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression. `evaluate(scope)` never raises."""

    source: str
    names: Names
    tree: Node = field(repr=False)
    evaluate: Run = field(repr=False, compare=False)


def parse(source: str) -> Expression:
    """Parse; raises Refusal("expression_invalid", reason, position)."""
    tree = parse_tree(source)
    return Expression(source, _names(tree), tree, compiled(tree))


def check_types(expression: Expression, schema: Schema) -> Type:
    """The type of the result; raises the first Refusal("expression_invalid", reason, position)."""
    found, problems = infer(expression.tree, schema)
    if problems:
        raise problems[0]
    assert found is not None
    return found


def _names(tree: Node) -> Names:
    nodes = list(walk(tree))
    references = [node for node in nodes if isinstance(node, Reference)]
    return Names(
        frozenset(node.key for node in references if not node.last),
        frozenset(node.key for node in references if node.last),
        frozenset((node.group, node.key) for node in nodes if isinstance(node, Aggregate)),
    )
