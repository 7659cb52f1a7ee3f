"""Long work that this process does for somebody, and how far it is.

Whoever leaves the page finds it again here; how it ended is written down by the work itself.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from backend.domain.regions import contains


@dataclass(slots=True)
class Work:
    """What is done for which county since when; `total` is known when all has been read."""

    number: UUID
    kind: str
    county: str
    who: str
    since: datetime
    done: int = 0
    total: int | None = None


class Underway:
    """What is under way now."""

    def __init__(self) -> None:
        self._works: dict[UUID, Work] = {}

    @contextmanager
    def work(
        self, kind: str, county: str, who: str, since: datetime
    ) -> Iterator[Callable[[int, int | None], None]]:
        """Notes the work while the block runs; gives what it tells how far it is."""
        work = Work(uuid4(), kind, county, who, since)
        self._works[work.number] = work

        def progress(done: int, total: int | None) -> None:
            work.done, work.total = done, total

        try:
            yield progress
        finally:
            del self._works[work.number]

    def within(self, scopes: Sequence[str]) -> list[Work]:
        """What is done for counties of these scopes, the oldest first."""
        return [w for w in self._works.values() if any(contains(s, w.county) for s in scopes)]
