"""A proxy that breaks connections after so many bytes, or holds them up."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

_PIECE = 16 * 1024


@dataclass
class CuttingProxy:
    """`limits` says after how many bytes to the server the next connections break; when it is
    used up they hold. `on_cut` is called after each. While `open` is cleared, nothing passes.
    """

    target: int
    limits: list[int]
    on_cut: Callable[[], None] = lambda: None
    port: int = 0
    sent: int = 0
    open: asyncio.Event = field(default_factory=asyncio.Event)
    _connections: set[asyncio.Task[None]] = field(default_factory=set)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Gives the address."""
        self.open.set()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield f"http://127.0.0.1:{self.port}"
        finally:
            server.close()
            for task in self._connections:
                task.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            with suppress(OSError):
                await self._join(reader, writer)
        finally:
            self._connections.discard(task)
            writer.transport.abort()

    async def _join(self, reader: StreamReader, writer: StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        try:
            ways = {
                asyncio.create_task(self._forward(reader, back)),
                asyncio.create_task(_pour(there, writer)),
            }
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        finally:
            back.transport.abort()

    async def _forward(self, reader: StreamReader, writer: StreamWriter) -> None:
        """To the server, until the bytes of this connection are used up."""
        limit = self.limits.pop(0) if self.limits else None
        passed = 0
        while data := await reader.read(_PIECE):
            await self.open.wait()
            if limit is not None and passed + len(data) > limit:
                data = data[: limit - passed]
                limit = 0
            writer.write(data)
            await writer.drain()
            passed += len(data)
            self.sent += len(data)
            if limit == 0:
                self.on_cut()
                return


async def _pour(reader: StreamReader, writer: StreamWriter) -> None:
    while data := await reader.read(_PIECE):
        writer.write(data)
        await writer.drain()
