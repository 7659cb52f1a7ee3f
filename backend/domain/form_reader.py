"""Reads untrusted JSON key by key, noting everything that is wrong instead of stopping."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, TypeVar

from backend.domain.answers import is_bad_text, shown
from backend.domain.expression_values import is_blank
from backend.domain.expressions import Expression, parse
from backend.domain.form_definition import Words
from backend.domain.refusal import Refusal

_E = TypeVar("_E", bound=StrEnum)


class Problems:
    """What is wrong with a definition: [{path, reason, …}], in reading order."""

    def __init__(self) -> None:
        self.found: list[dict[str, Any]] = []

    def add(self, path: str, reason: str, **more: Any) -> None:
        self.found.append({"path": path, "reason": reason, **more})

    def refused(self, path: str, refusals: Iterable[Refusal]) -> None:
        """Note what is wrong with the expression at `path`."""
        for refusal in refusals:
            self.add(path, **refusal.params)


class Reader:
    """One object. A method whose value is absent or wrong notes it and returns a stand-in."""

    def __init__(self, raw: object, path: str, problems: Problems) -> None:
        self.path = path
        self.problems = problems
        self.asked: set[str] = set()
        self.raw: dict[str, Any] | None = raw if isinstance(raw, dict) else None
        if self.raw is None:
            problems.add(path, "wrong_type")

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def note(self, key: str, reason: str, **more: Any) -> None:
        if self.raw is not None:  # an object that is none was noted once, as a whole
            self.problems.add(self.at(key), reason, **more)

    def close(self) -> None:
        """Note the keys nobody asked for: a misspelt one must not go unseen."""
        for key in self.raw or ():
            if key not in self.asked:
                self.note(shown(key), "unknown_property")

    def optional(self, key: str) -> Any:
        self.asked.add(key)
        return None if self.raw is None else self.raw.get(key)

    def needed(self, key: str) -> Any:
        value = self.optional(key)
        if value is None:
            self.note(key, "missing")
        return value

    def text(self, key: str, limit: int) -> str:
        """A text of 1 to `limit` characters."""
        value = self.needed(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.note(key, "wrong_type")
            return ""
        if is_blank(value) or len(value) > limit or is_bad_text(value):
            bad = "empty" if is_blank(value) else "too_long" if len(value) > limit else "bad_text"
            self.note(key, bad)
        return value

    def name(self, key: str, pattern: re.Pattern[str]) -> str:
        value = self.text(key, 200)
        if value and not pattern.fullmatch(value):
            self.note(key, "bad_key")
        return value

    def words(self, key: str, limit: int) -> Words:
        """A text in both languages."""
        value = self.needed(key)
        if value is None:
            return Words("", "")
        inner = Reader(value, self.at(key), self.problems)
        words = Words(inner.text("zh", limit), inner.text("en", limit))
        inner.close()
        return words

    def optional_words(self, key: str, limit: int) -> Words | None:
        return None if self.optional(key) is None else self.words(key, limit)

    def flag(self, key: str) -> bool:
        value = self.optional(key)
        if value is not None and not isinstance(value, bool):
            self.note(key, "wrong_type")
        return value is True

    def one_of(self, key: str, options: type[_E]) -> _E | None:
        return self.member(key, self.needed(key), options)

    def member(self, key: str, value: object, options: type[_E]) -> _E | None:
        for option in options:
            if value == option.value:
                return option
        if value is not None:
            self.note(key, "unknown_value" if isinstance(value, str) else "wrong_type")
        return None

    def whole(self, key: str, most: int) -> int | None:
        """A whole number from 1 to `most`, or None."""
        value = self.optional(key)
        if value is None:
            return None
        if type(value) is not int:
            self.note(key, "wrong_type")
        elif not 1 <= value <= most:
            self.note(key, "out_of_range", max=most)
        else:
            return value
        return None

    def list_of(self, key: str, most: int, fewest: int = 1) -> list[Any]:
        """A list of `fewest` to `most` things."""
        value = self.needed(key) if fewest else self.optional(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.note(key, "wrong_type")
            return []
        if not fewest <= len(value) <= most:
            self.note(key, "too_many" if value else "empty", max=most)
            return []
        return value

    def objects(self, key: str, most: int, fewest: int = 1) -> list["Reader"]:
        return [
            Reader(item, f"{self.at(key)}[{index}]", self.problems)
            for index, item in enumerate(self.list_of(key, most, fewest))
        ]

    def expression(self, key: str) -> Expression | None:
        value = self.optional(key)
        if value is None:
            return None
        if not isinstance(value, str):
            self.note(key, "wrong_type")
            return None
        try:
            return parse(value)
        except Refusal as refusal:
            self.problems.refused(self.at(key), [refusal])
            return None
