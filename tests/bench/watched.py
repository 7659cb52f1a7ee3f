"""Our application, with somebody who looks how long its event loop is held up."""

import asyncio
from time import perf_counter
from typing import Any

from backend.main import from_environment

_EVERY = 0.005


class Watched:
    """`GET /lag` answers with the longest hold-up since it was asked last, in ms."""

    def __init__(self) -> None:
        self._inner: Any = from_environment()
        self._watch: asyncio.Task[None] | None = None
        self._longest = 0.0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != "/lag":
            await self._inner(scope, receive, send)
            return
        self._watch = self._watch or asyncio.create_task(self._look())
        told, self._longest = str(self._longest).encode(), 0.0
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": told})

    async def _look(self) -> None:
        while True:
            begun = perf_counter()
            await asyncio.sleep(_EVERY)
            self._longest = max(self._longest, (perf_counter() - begun - _EVERY) * 1000)


def app() -> Watched:
    """The application as it is served, watched."""
    return Watched()
