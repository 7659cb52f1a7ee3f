"""Asking ClamAV's daemon about a file, where a county runs one."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 30.0
_CHUNK = 64 * 1024


class ScannerUnavailable(Exception):
    """The daemon gave no clear answer, so the file stays unaccepted: try again later."""


@dataclass(frozen=True, slots=True)
class Scanner:
    """`address` is the path of clamd's socket or HOST:PORT (`LocalSocket`, `TCPSocket` there)."""

    address: str
    seconds: float = _SECONDS

    async def finding(self, data: bytes) -> str | None:
        """The name of what was found in `data`, None when it is clean.

        Raises ScannerUnavailable for anything but a plain verdict.
        """
        try:
            async with asyncio.timeout(self.seconds):
                reply = await self._reply(data)
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            raise ScannerUnavailable(type(error).__name__) from error
        if reply == "stream: OK":
            return None
        if reply.startswith("stream: ") and reply.endswith(" FOUND"):
            return reply.removeprefix("stream: ").removesuffix(" FOUND")
        raise ScannerUnavailable(reply[:100])

    async def _reply(self, data: bytes) -> str:
        """INSTREAM, framed by nulls (clamd(8)): length-prefixed chunks, ended by an empty one."""
        reader, writer = await self._connected()
        try:
            writer.write(b"zINSTREAM\0")
            for at in range(0, len(data), _CHUNK):
                chunk = data[at : at + _CHUNK]
                writer.write(len(chunk).to_bytes(4) + chunk)
                await writer.drain()
            writer.write(bytes(4))
            await writer.drain()
            return (await reader.readuntil(b"\0"))[:-1].decode()
        finally:
            writer.transport.abort()  # a scanner that hangs would never take what is left to send

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, colon, port = self.address.rpartition(":")
        if colon and not Path(self.address).is_absolute():
            return await asyncio.open_connection(host.strip("[]"), int(port))
        return await asyncio.open_unix_connection(self.address)
