"""How many bytes may be in memory at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Budget:
    """Shares out `total` bytes; who needs more than that waits until everything is free."""

    def __init__(self, total: int) -> None:
        self._total = self._free = total
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def of(self, wanted: int) -> AsyncIterator[None]:
        wanted = min(wanted, self._total)
        async with self._changed:
            await self._changed.wait_for(lambda: self._free >= wanted)
            self._free -= wanted
        try:
            yield
        finally:
            self._free += wanted
            async with self._changed:
                self._changed.notify_all()
