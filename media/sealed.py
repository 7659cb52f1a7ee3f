"""A store whose objects are sealed before they leave the process."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

from media.objects import Entry, ObjectAltered, ObjectStore, checked
from media.sealing import OVERHEAD, KeyRing


class SealedStore:
    """Any store, sealed with the ring's newest key. What is in it unsealed does not come out."""

    def __init__(self, inner: ObjectStore, ring: KeyRing) -> None:
        self._inner = inner
        self._ring = ring

    async def put(self, key: str, data: bytes) -> None:
        sealed = await asyncio.to_thread(self._ring.seal, checked(key), data)
        await self._inner.put(key, sealed)

    async def get(self, key: str) -> bytes:
        """Raises ObjectAltered and SealKeyMissing too."""
        return await asyncio.to_thread(self._ring.open, key, await self._inner.get(key))

    async def size(self, key: str) -> int:
        size = await self._inner.size(key) - OVERHEAD
        if size < 0:
            raise ObjectAltered("the object is not sealed")
        return size

    async def delete(self, key: str) -> None:
        await self._inner.delete(key)

    async def keys(self, prefix: str = "") -> list[str]:
        return await self._inner.keys(prefix)

    def pages(self, prefix: str = "") -> AsyncIterator[list[Entry]]:
        return self._inner.pages(prefix)

    async def tidy(self, before: datetime) -> int:
        return await self._inner.tidy(before)

    async def check(self) -> None:
        await self._inner.check()

    async def reseal(self, key: str) -> bool:
        """Seals an object anew if an older key sealed it; whether it did. Once no object is left
        to reseal, the older keys can go. Raises as `get`.
        """
        sealed = await self._inner.get(key)
        if self._ring.is_newest(sealed):
            return False
        await self.put(key, await asyncio.to_thread(self._ring.open, key, sealed))
        return True
