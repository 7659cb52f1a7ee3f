"""A line between phone and server that breaks in mid-photo."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

_PHOTO = b"PATCH /api/v1/uploads/"
_OFFSET = re.compile(rb"upload-offset: ([1-9][0-9]*)", re.IGNORECASE)
_PIECE = 8192


@dataclass
class Line:
    """Lets everything through, but ends `cuts` connections after so many bytes of a photo.

    `resumed`: from which bytes on photos were sent that had begun before.
    """

    to: int
    port: int = 0
    cuts: int = 0
    after: int = 40_000
    done: int = 0
    resumed: list[int] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, near: asyncio.StreamReader, phone: asyncio.StreamWriter) -> None:
        far, server = await asyncio.open_connection("127.0.0.1", self.to)
        with suppress(ConnectionError):
            back = asyncio.create_task(_flow(far, phone))
            await self._up(near, server)
            server.write_eof()
            await back
        for writer in (phone, server):
            writer.transport.abort()

    async def _up(self, near: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
        photo = 0
        while piece := await near.read(_PIECE):
            server.write(piece)
            await server.drain()
            if _PHOTO in piece and (found := _OFFSET.search(piece)):
                self.resumed.append(int(found[1]))
            if photo or _PHOTO in piece:
                photo += len(piece)
            if photo > self.after and self.done < self.cuts:
                self.done += 1
                raise ConnectionResetError


async def _flow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()


@asynccontextmanager
async def line_to(port: int) -> AsyncIterator[Line]:
    """A line to a server's port."""
    line = Line(port)
    listening = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    line.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield line
