"""Conditions of a query, put together with their parameters in step."""

from collections.abc import Iterable
from typing import Any, Self


class Filters:
    """Collects conditions joined by AND; `?` in a condition stands for the next value."""

    def __init__(self, *args: Any) -> None:
        self._conditions: list[str] = []
        self.args: list[Any] = list(args)

    def add(self, condition: str, *values: Any) -> Self:
        """Adds a condition that holds for every row wanted."""
        for value in values:
            condition = condition.replace("?", self.param(value), 1)
        self._conditions.append(condition)
        return self

    def add_if(self, value: Any, condition: str) -> Self:
        """Adds the condition unless the value was not given (None)."""
        return self if value is None else self.add(condition, value)

    def within(self, column: str, scopes: Iterable[str]) -> Self:
        """Keeps rows whose region lies under one of the prefixes; no prefix, no row."""
        return self.add(self.under(column, scopes))

    def under(self, column: str, scopes: Iterable[str]) -> str:
        """The condition of `within`, to be combined with others.

        Keys are digits in collation C and ':' follows '9', so a prefix is one range scan.
        """
        ranges = [
            f"({column} >= {self.param(scope)} AND {column} < {self.param(scope + ':')})"
            for scope in scopes
        ]
        return f"({' OR '.join(ranges)})" if ranges else "false"

    def param(self, value: Any) -> str:
        """Adds a parameter and gives its placeholder."""
        self.args.append(value)
        return f"${len(self.args)}"

    @property
    def sql(self) -> str:
        return " AND ".join(self._conditions) if self._conditions else "true"
