"""What is going to happen, in order of time, and storing it by batches."""

import heapq
from asyncio import Task, create_task
from collections.abc import Coroutine
from datetime import datetime
from itertools import count
from typing import Any, Final, Generic, TypeVar

E = TypeVar("E")
_BATCH: Final = 120


class Queue(Generic[E]):
    """Events in order of time, and those of one instant in the order they were added."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, E]] = []
        self._count = count()

    def add(self, at: datetime, event: E) -> None:
        heapq.heappush(self._heap, (at, next(self._count), event))

    def batches(self, t: datetime) -> list[list[tuple[datetime, E]]]:
        """Takes out what comes up to `t`, some hundreds at a time."""
        due = []
        while self._heap and self._heap[0][0] <= t:
            at, _, event = heapq.heappop(self._heap)
            due.append((at, event))
        return [due[start : start + _BATCH] for start in range(0, len(due), _BATCH)]


class Writer:
    """Stores one batch while the next is being decided on."""

    def __init__(self) -> None:
        self._under_way: Task[Any] | None = None

    async def write(self, statement: Coroutine[Any, Any, Any]) -> None:
        await self.wait()
        self._under_way = create_task(statement)

    async def wait(self) -> None:
        if self._under_way is not None:
            await self._under_way
