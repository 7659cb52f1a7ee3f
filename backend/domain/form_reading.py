"""A definition while it is being written: all that is wrong with it, and its expressions read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from backend.domain.expression_outline import outline
from backend.domain.expressions import parse
from backend.domain.form_parsing import MAX_CHECKS, MAX_FIELDS, parse_definition
from backend.domain.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Reading:
    """`problems` as in Refusal("form_invalid"); `outlines` by the text of each sound expression."""

    problems: list[dict[str, Any]]
    outlines: dict[str, dict[str, Any]]


def read_definition(raw: Any) -> Reading:
    """Reads any JSON."""
    try:
        parse_definition(raw)
        problems: list[dict[str, Any]] = []
    except Refusal as refusal:
        problems = refusal.params["problems"]
    outlines = {}
    for source in _expressions(raw):
        try:
            outlines[source] = outline(parse(source).tree)
        except Refusal:
            continue  # told among the problems
    return Reading(problems, outlines)


def _expressions(raw: Any) -> Iterator[str]:
    """The texts that stand where expressions do, of no more places than a form may have."""
    for group in _objects(raw, "groups", MAX_FIELDS):
        for field in _objects(group, "fields", MAX_FIELDS):
            yield from _texts(field, "prefill", "compute")
    for check in _objects(raw, "checks", MAX_CHECKS):
        yield from _texts(check, "expr")


def _objects(raw: Any, key: str, most: int) -> list[Any]:
    found = raw.get(key) if isinstance(raw, dict) else None
    return found[:most] if isinstance(found, list) else []


def _texts(raw: Any, *keys: str) -> Iterator[str]:
    for key in keys:
        value = raw.get(key) if isinstance(raw, dict) else None
        if isinstance(value, str):
            yield value
