"""The body of a request on its way into an upload."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

from media.space import Lease
from media.tus import Checksum, Refusal, Refused

IDLE_SECONDS: Final = 30
_LOOK_SECONDS: Final = 0.2
# One thread hop for many small chunks, and a photo as phones send it passes through memory alone.
_PIECE: Final = 512 * 1024
# What a kill -9 costs a phone at most, besides what is on its way.
_CHECKPOINT: Final = 1024 * 1024


async def take_in(
    lease: Lease, body: AsyncIterator[bytes], checksum: Checksum | None, expires: datetime
) -> None:
    """Adds the body. When it breaks off, or is broken off, what arrived stays, unless a checksum
    speaks of the whole of it. Raises Refused, StoreUnavailable and what the body raises.
    """
    coming = asyncio.create_task(_add(lease, body, checksum, expires))
    verified = checksum is None
    try:
        await _watch(coming, lease)
        if not coming.cancelled():
            coming.result()
        verified = checksum is None or checksum.holds
    finally:
        if not verified:
            lease.drop()
    if not verified:
        raise Refused(Refusal.CHUNK)


async def _watch(coming: "asyncio.Task[None]", lease: Lease) -> None:
    """Ends it when nothing came for long, or the phone has come back on another connection."""
    missing, silent = lease.missing, 0.0
    try:
        while not coming.done():
            await asyncio.wait({coming}, timeout=_LOOK_SECONDS)
            silent = silent + _LOOK_SECONDS if lease.missing == missing else 0
            missing = lease.missing
            if silent >= IDLE_SECONDS or lease.wanted:
                break
    finally:
        coming.cancel()
        await asyncio.wait({coming})


async def _add(
    lease: Lease, body: AsyncIterator[bytes], checksum: Checksum | None, expires: datetime
) -> None:
    async for chunk in body:
        if len(chunk) > lease.missing:
            lease.drop()
            raise Refused(Refusal.TOO_LARGE)
        lease.add(chunk)
        if checksum is not None:
            checksum.update(chunk)
        if lease.held >= _PIECE and lease.missing:
            await lease.write()
            if checksum is None and lease.unrecorded >= _CHECKPOINT:
                await lease.record(expires)
