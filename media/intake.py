"""The body of a request on its way into an upload."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

from media.space import Lease
from media.tus import Checksum, Refusal, Refused

IDLE_SECONDS: Final = 30
_LOOK_SECONDS: Final = 0.2
# One thread hop for many small chunks.
_PIECE: Final = 256 * 1024
# What a kill -9 costs a phone at most, besides what is on its way.
_CHECKPOINT: Final = 1024 * 1024


async def take_in(
    lease: Lease, body: AsyncIterator[bytes], checksum: Checksum | None, expires: datetime
) -> None:
    """Appends the body. When it breaks off, what arrived stays, unless a checksum speaks of the
    whole of it. Raises Refused, StoreUnavailable and what the body raises.
    """
    verified = checksum is None
    try:
        await _append(lease, body, checksum, expires)
        verified = checksum is None or checksum.holds
    finally:
        if not verified:
            lease.drop()
    if not verified:
        raise Refused(Refusal.CHUNK)


async def _append(
    lease: Lease, body: AsyncIterator[bytes], checksum: Checksum | None, expires: datetime
) -> None:
    room = lease.partial.length - lease.position
    buffer = bytearray()
    try:
        while chunk := await _next(body, lease):
            room -= len(chunk)
            if room < 0:
                buffer.clear()
                lease.drop()
                raise Refused(Refusal.TOO_LARGE)
            buffer += chunk
            if checksum is not None:
                checksum.update(chunk)
            if len(buffer) >= _PIECE:
                await _flush(lease, buffer)
                if checksum is None and lease.unrecorded >= _CHECKPOINT:
                    await lease.record(expires)
    finally:
        await _flush(lease, buffer)


async def _flush(lease: Lease, buffer: bytearray) -> None:
    data = bytes(buffer)
    buffer.clear()
    if data:
        await lease.append(data)


async def _next(body: AsyncIterator[bytes], lease: Lease) -> bytes:
    """The next bytes; none when the body is over, or nothing came for long, or nothing comes and
    the phone has come back on another connection.
    """
    while not lease.wanted:
        chunk = await _within_patience(body, lease)
        if chunk is None:
            break
        if chunk:
            return chunk
    return b""


async def _within_patience(body: AsyncIterator[bytes], lease: Lease) -> bytes | None:
    coming = asyncio.ensure_future(anext(body, None))
    try:
        for _ in range(round(IDLE_SECONDS / _LOOK_SECONDS)):
            await asyncio.wait({coming}, timeout=_LOOK_SECONDS)
            if coming.done():
                return coming.result()
            if lease.wanted:
                break
        return None
    finally:
        coming.cancel()
