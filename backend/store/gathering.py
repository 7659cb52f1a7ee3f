"""Many who ask at the same moment, answered by one statement: on the due day all phones call.

A statement costs far more to send, start and commit than each further row in it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Final, Generic, TypeVar

from backend.store.database import in_transaction

# While this many statements are under way, who comes next is gathered, up to so many together.
AT_ONCE: Final = 2
MOST: Final = 32

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class Gathering(Generic[Question, Answer]):
    """Puts questions to `run`, which takes several and gives an answer to each, in order.

    Who asks alone waits for nobody. When a gathered statement fails, each question is put again
    by itself, so nobody fails for another. Inside a transaction nothing is gathered.
    """

    def __init__(self, run: Callable[[Sequence[Question]], Awaitable[Sequence[Answer]]]) -> None:
        self._run = run
        self._waiting: list[tuple[Question, asyncio.Future[Answer]]] = []
        self._working: set[asyncio.Task[None]] = set()
        self._idle = AT_ONCE

    async def ask(self, question: Question) -> Answer:
        """The answer, or what `run` raised for this question alone."""
        if in_transaction():
            return (await self._run([question]))[0]
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if self._idle:
            self._idle -= 1
            # In a context of its own, for it also works for those who come later.
            task = asyncio.create_task(self._work(), context=Context())
            self._working.add(task)
            task.add_done_callback(self._working.discard)
        return await answer

    async def _work(self) -> None:
        try:
            while self._waiting:
                taken, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._answer([pair for pair in taken if not pair[1].done()])
        finally:
            self._idle += 1

    async def _answer(self, pairs: Sequence[tuple[Question, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._run([question for question, _ in pairs])
        except Exception as error:
            if len(pairs) == 1:
                _settle(pairs[0][1], error)
                return
            for pair in pairs:
                await self._answer([pair])
            return
        for (_, future), answer in zip(pairs, answers, strict=True):
            _settle(future, answer)


def _settle(future: "asyncio.Future[Answer]", outcome: Answer | Exception) -> None:
    """Tells whoever still waits: the one who asked may have gone."""
    if future.done():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
