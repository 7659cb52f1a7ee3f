"""The virus scanner's client, against a server that speaks clamd's protocol, well or badly."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from media.scanning import Scanner, ScannerUnavailable

Speaker = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
EVIL = b"this is what the signature looks for"
CLEAN = bytes(range(256)) * 1000


async def _received(reader: asyncio.StreamReader) -> bytes:
    assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
    data = b""
    while size := int.from_bytes(await reader.readexactly(4)):
        data += await reader.readexactly(size)
    return data


async def _clamd(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """INSTREAM as clamd answers it."""
    data = await _received(reader)
    known = EVIL in data or data == CLEAN
    verdict = b"Test.Evil-1 FOUND" if EVIL in data else b"OK" if known else b"UNEXPECTED ERROR"
    writer.write(b"stream: " + verdict + b"\0")


async def _hangs(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read(-1)


async def _drops(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.readexactly(20)


async def _stops_in_the_word(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _received(reader)
    writer.write(b"stream: OK")


async def _has_the_word_in_it(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _received(reader)
    writer.write(b"stream: not OK\0")


async def _refuses_the_length(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"INSTREAM size limit exceeded. ERROR\0")


async def _talks_without_end(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


async def _is_something_else(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _received(reader)
    writer.write(b"\xff\xfe stream: OK\0")


@asynccontextmanager
async def _listening(speaker: Speaker, socket: Path) -> AsyncIterator[Scanner]:
    server = await asyncio.start_unix_server(_polite(speaker), socket)
    try:
        yield Scanner(str(socket), seconds=1)
    finally:
        server.close()
        await server.wait_closed()


def _polite(speaker: Speaker) -> Speaker:
    """Closes the connection in the end, whatever the client does."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, EOFError):
            await speaker(reader, writer)
            await writer.drain()
        writer.close()

    return speak


async def test_verdicts(tmp_path: Path) -> None:
    async with _listening(_clamd, tmp_path / "clamd.ctl") as scanner:
        assert await scanner.finding(CLEAN) is None
        assert await scanner.finding(CLEAN + EVIL) == "Test.Evil-1"
        with pytest.raises(ScannerUnavailable, match="UNEXPECTED"):
            await scanner.finding(b"")


async def test_over_tcp() -> None:
    server = await asyncio.start_server(_polite(_clamd), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        assert await Scanner(f"127.0.0.1:{port}").finding(CLEAN) is None
    with pytest.raises(ScannerUnavailable):
        await Scanner(f"127.0.0.1:{port}").finding(CLEAN)


@pytest.mark.parametrize(
    "speaker",
    [
        _hangs,
        _drops,
        _stops_in_the_word,
        _has_the_word_in_it,
        _refuses_the_length,
        _talks_without_end,
        _is_something_else,
    ],
)
async def test_nothing_but_a_plain_word_lets_a_file_pass(speaker: Speaker, tmp_path: Path) -> None:
    async with _listening(speaker, tmp_path / "clamd.ctl") as scanner:
        with pytest.raises(ScannerUnavailable):
            await scanner.finding(CLEAN)


@pytest.mark.parametrize("address", ["", "nowhere", "/no/such/socket", "127.0.0.1:clamd", "::"])
async def test_no_scanner_at_the_address(address: str) -> None:
    with pytest.raises(ScannerUnavailable):
        await Scanner(address).finding(CLEAN)
