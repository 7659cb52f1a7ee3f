"""The load generator: prebuilt requests over keep-alive connections, in a process of its own.

It must cost little beside the servers it measures, so it speaks just enough HTTP/1.1: it writes
bytes made beforehand and reads answers that name their length.
"""

import asyncio
import re
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from time import perf_counter
from typing import cast

import uvloop

CONNECTIONS = 32
PATIENCE_S = 120.0

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Run:
    """How long the requests took in all, and what was answered, in order of arrival."""

    seconds: float
    answers: list[bytes]


def request(path: str, body: bytes, token: str | None = None) -> bytes:
    """A POST of JSON, ready to be written."""
    lines = [
        f"POST {path} HTTP/1.1",
        "host: cunbao.test",
        "content-type: application/json",
        f"content-length: {len(body)}",
        *([f"authorization: Bearer {token}"] if token else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


class _Connection(asyncio.Protocol):
    """Sends the next request as soon as the answer to the last one is whole."""

    def __init__(self, left: list[bytes], answers: list[bytes]) -> None:
        self._left, self._answers = left, answers
        self._buffer = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = _LENGTH.search(head)
        if not head.startswith(b"HTTP/1.1 2") or length is None:
            self.fail(f"answered {self._buffer[:400]!r}")
        elif len(body) >= int(length[1]):
            self._answers.append(body)
            self._buffer = b""
            self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        self.fail(f"the server closed the connection: {exc}")

    def send(self) -> None:
        if self._left:
            self._transport.write(self._left.pop())
        elif not self.done.done():
            self.done.set_result(None)
            self._transport.close()

    def fail(self, why: str) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(why))


async def _drive(port: int, requests: Sequence[bytes], connections: int) -> Run:
    loop, answers = asyncio.get_running_loop(), list[bytes]()
    left = list(reversed(requests))
    pairs = [
        await loop.create_connection(lambda: _Connection(left, answers), "127.0.0.1", port)
        for _ in range(min(connections, len(left)))
    ]
    started = perf_counter()
    for _, connection in pairs:
        connection.send()
    await asyncio.wait_for(asyncio.gather(*(each.done for _, each in pairs)), PATIENCE_S)
    return Run(perf_counter() - started, answers)


def _run(port: int, requests: Sequence[bytes], connections: int) -> Run:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_drive(port, requests, connections))


class Generator:
    """The process that makes load; one for a whole bench."""

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))

    async def drive(
        self, port: int, requests: Sequence[bytes], connections: int = CONNECTIONS
    ) -> Run:
        """Sends all requests, so many at a time. Raises when an answer is not a 2xx."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, _run, port, requests, connections)

    def close(self) -> None:
        self._pool.shutdown()
