"""From the text of an expression to its tree. Every refusal names a reason and a position.

Grammar, weakest first: or; and; not; == != < <= > >= in; + -; * /; unary minus; then numbers,
'text', true, false, field, last.field, (…) and calls. Comparisons do not chain. Positions count
code points from 0.
"""

import re
from typing import Final, NamedTuple, NoReturn, TypeVar

from backend.domain.expression_tree import (
    AGGREGATES,
    ARGUMENTS,
    KEY,
    MAX_DEPTH,
    MAX_LENGTH,
    MAX_NODES,
    MAX_PLACES,
    RESERVED,
    Aggregate,
    Literal,
    Membership,
    Node,
    Operation,
    Reference,
    refuse,
)
from backend.domain.expression_values import LIMIT, is_number

_POWERS: Final = {
    **dict.fromkeys(("or",), 1),
    **dict.fromkeys(("and",), 2),
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), 4),
    **dict.fromkeys(("+", "-"), 5),
    **dict.fromkeys(("*", "/"), 6),
}
_NOT, _COMPARISON, _MINUS = 3, 4, 7

_TOKEN: Final = re.compile(
    r"(?P<space>[ \t\r\n]+)"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?)"
    r"|(?P<text>'[^'\x00-\x1f\x7f-\x9f\ud800-\udfff]*')"
    r"|(?P<sign>==|!=|<=|>=|[-+*/<>(),])"
)
_WORDS: Final = ("and", "or", "not", "in")


_N = TypeVar("_N", bound=Node)


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


def parse_tree(source: str) -> Node:
    """Parse `source`; raises Refusal("expression_invalid", reason, position)."""
    if len(source) > MAX_LENGTH:
        raise refuse("too_long", MAX_LENGTH)
    tokens = _tokens(source)
    if len(tokens) == 1:
        raise refuse("empty", 0)
    return _Parser(tokens).whole()


def _tokens(source: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            raise refuse("unclosed_text" if source[at] == "'" else "bad_character", at)
        kind, text = match.lastgroup or "", match.group()
        if kind != "space":
            kind = "sign" if kind == "name" and text in _WORDS else kind
            found.append(_Token(kind, text, at))
        at = match.end()
    found.append(_Token("end", "", at))
    return found


class _Parser:
    """Precedence climbing over the tokens, counting depth and nodes as it goes."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.index = 0
        self.depth = 0
        self.nodes = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.index]

    def take(self) -> _Token:
        self.index += 1
        return self.tokens[self.index - 1]

    def sees(self, text: str) -> bool:
        return self.token.kind == "sign" and self.token.text == text

    def expect(self, text: str) -> None:
        if not self.sees(text):
            self.fail()
        self.index += 1

    def fail(self) -> NoReturn:
        reason = "unexpected_end" if self.token.kind == "end" else "unexpected_token"
        raise refuse(reason, self.token.position)

    def made(self, node: _N) -> _N:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise refuse("too_many_nodes", node.position)
        return node

    def nested(self, power: int, position: int) -> Node:
        """An expression one level further down."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise refuse("too_deep", position)
        node = self.expression(power)
        self.depth -= 1
        return node

    def whole(self) -> Node:
        node = self.expression(0)
        if self.token.kind != "end":
            self.fail()
        return node

    def expression(self, floor: int) -> Node:
        left = self.prefix(floor)
        compared = False
        while self.token.kind == "sign":
            power = _POWERS.get(self.token.text, -1)
            if power < floor:
                break
            if compared and power == _COMPARISON:
                raise refuse("chained_comparison", self.token.position)
            compared = power == _COMPARISON
            left = self.infix(left, power)
        return left

    def infix(self, left: Node, power: int) -> Node:
        sign = self.take()
        if sign.text == "in":
            return self.membership(left, sign.position)
        right = self.expression(power + 1)
        return self.made(Operation(sign.position, sign.text, (left, right)))

    def prefix(self, floor: int) -> Node:
        token = self.token
        if self.sees("-"):
            return self.unary("minus", _MINUS)
        if self.sees("not") and floor <= _NOT:
            return self.unary("not", _NOT)
        if self.sees("("):
            self.index += 1
            inner = self.nested(0, token.position)
            self.expect(")")
            return inner
        if token.kind == "name":
            return self.named(self.take())
        return self.literal()

    def unary(self, name: str, power: int) -> Operation:
        position = self.take().position
        return self.made(Operation(position, name, (self.nested(power, position),)))

    def literal(self) -> Literal:
        token = self.token
        if token.kind == "text":
            value: int | float | str = token.text[1:-1]
        elif token.kind == "number":
            value = _number(token)
        else:
            self.fail()
        self.index += 1
        return self.made(Literal(token.position, value))

    def named(self, token: _Token) -> Node:
        position, name = token.position, token.text
        if name in ("true", "false"):
            return self.made(Literal(position, name == "true"))
        if name in AGGREGATES and self.sees("("):
            return self.made(self.aggregate(token))
        if self.sees("("):
            return self.made(self.call(token))
        owner, _, key = name.rpartition(".")
        _check_key(key, position)
        if owner not in ("", "last"):
            raise refuse("group_outside_aggregate", position)
        return self.made(Reference(position, key, last=owner == "last"))

    def aggregate(self, function: _Token) -> Aggregate:
        self.expect("(")
        token = self.take()
        if token.kind != "name":
            self.index -= 1
            self.fail()
        self.expect(")")
        group, _, key = token.text.partition(".")
        _check_key(group, token.position)
        if bool(key) != (function.text == "sum"):
            raise refuse("wrong_arguments", function.position)
        if key:
            _check_key(key, token.position)
        return Aggregate(token.position, group, key or None)

    def call(self, function: _Token) -> Operation:
        if function.text not in ARGUMENTS:
            raise refuse("unknown_function", function.position)
        self.expect("(")
        operands = [self.nested(0, function.position)]
        while self.sees(","):
            self.index += 1
            operands.append(self.nested(0, function.position))
        self.expect(")")
        fewest, most = ARGUMENTS[function.text]
        if not fewest <= len(operands) <= most:
            raise refuse("wrong_arguments", function.position)
        return Operation(function.position, function.text, tuple(operands))

    def membership(self, operand: Node, position: int) -> Membership:
        self.expect("(")
        choices = [self.literal().value]
        while self.sees(","):
            self.index += 1
            choices.append(self.literal().value)
        self.expect(")")
        if len({is_number(choice) for choice in choices}) > 1:
            raise refuse("mixed_list", position)
        return self.made(Membership(position, operand, tuple(choices)))


def _number(token: _Token) -> int | float:
    whole, _, places = token.text.partition(".")
    value = float(token.text) if places else int(whole)
    if value > LIMIT or len(places) > MAX_PLACES:
        raise refuse("bad_number", token.position)
    return int(value) if value == int(value) else value


def _check_key(key: str, position: int) -> None:
    if key in RESERVED:
        raise refuse("reserved_name", position, name=key)
    if not KEY.fullmatch(key):
        raise refuse("bad_name", position, name=key[:40])
