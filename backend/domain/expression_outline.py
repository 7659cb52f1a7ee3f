"""An expression as plain data, for who shows it in words: the tree, without places in the text."""

from typing import Any

from backend.domain.expression_tree import (
    Aggregate,
    Literal,
    Membership,
    Node,
    Operation,
    Reference,
)


def outline(node: Node) -> dict[str, Any]:
    """{"value"}, {"field", "last"}, {"table", "column"} (None: count) or {"name", "parts"}.

    Operators and functions are named as they are written (minus and not too); `in` has its
    "choices" as well.
    """
    match node:
        case Literal():
            return {"value": node.value}
        case Reference():
            return {"field": node.key, "last": node.last}
        case Aggregate():
            return {"table": node.group, "column": node.key}
        case Operation():
            return {"name": node.name, "parts": [outline(each) for each in node.operands]}
        case Membership():
            return {"name": "in", "parts": [outline(node.operand)], "choices": list(node.choices)}
    raise AssertionError(node)
