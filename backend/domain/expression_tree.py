"""The tree of an expression, and the limits within which one is accepted."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from backend.domain.refusal import Refusal

MAX_LENGTH: Final = 1000
MAX_DEPTH: Final = 32
MAX_NODES: Final = 200
MAX_PLACES: Final = 6

KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
AGGREGATES: Final = ("sum", "count")
# Function name: fewest and most arguments.
ARGUMENTS: Final = {
    "abs": (1, 1),
    "filled": (1, 1),
    "coalesce": (2, 2),
    "min": (2, MAX_NODES),
    "max": (2, MAX_NODES),
}
RESERVED: Final = frozenset(
    {"and", "or", "not", "in", "true", "false", "null", "last", *AGGREGATES, *ARGUMENTS}
)


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of the tree; `position` is where it starts (an operator: where its sign stands)."""

    position: int


@dataclass(frozen=True, slots=True)
class Literal(Node):
    value: bool | int | float | str


@dataclass(frozen=True, slots=True)
class Reference(Node):
    """`key`, or `last.key` when `last` is set."""

    key: str
    last: bool


@dataclass(frozen=True, slots=True)
class Aggregate(Node):
    """sum(group.key), or count(group) with `key` None."""

    group: str
    key: str | None


@dataclass(frozen=True, slots=True)
class Operation(Node):
    """An operator or function over its operands; unary minus is named `minus`."""

    name: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Membership(Node):
    """operand in (literals), the literals being all text or all numbers."""

    operand: Node
    choices: tuple[int | float | str, ...]


def walk(node: Node) -> Iterator[Node]:
    """Every node of the tree, the root first."""
    yield node
    match node:
        case Operation():
            for operand in node.operands:
                yield from walk(operand)
        case Membership():
            yield from walk(node.operand)


def refuse(reason: str, position: int, **more: str) -> Refusal:
    """The one refusal of this language."""
    return Refusal("expression_invalid", reason=reason, position=position, **more)
