"""Objects that no row names are removed, and rows whose object is gone are reported.

An upload puts its object first and writes the row then, so for a while every object is an orphan:
only old ones are removed. `named` asks the caller which of some keys have a row.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from media.objects import Entry, ObjectMissing, ObjectStore, holds

Named = Callable[[Sequence[str]], Awaitable[AbstractSet[str]]]
GRACE: Final = timedelta(days=7)
# Up to so many orphans, or one object in so many, are what crashes leave behind.
_USUAL: Final = 100
_USUAL_SHARE: Final = 10
_AT_ONCE: Final = 8


class TooManyOrphans(Exception):
    """So many objects have no row that it must be the wrong database, or an old copy of it."""


@dataclass(frozen=True, slots=True)
class Swept:
    """How many objects were seen, which orphans were removed, and how many remains of broken
    writes.
    """

    seen: int
    removed: tuple[str, ...]
    remains: int


def old_enough(entries: Iterable[Entry], now: datetime) -> list[str]:
    """The keys that would be orphans if no row named them."""
    return [entry.key for entry in entries if entry.modified < now - GRACE]


def plausible(orphans: int, seen: int) -> bool:
    """Whether crashes alone can have left so many."""
    return orphans <= max(_USUAL, seen // _USUAL_SHARE)


async def sweep(store: ObjectStore, named: Named, now: datetime) -> Swept:
    """Removes old orphans. `store` is the bare one, for what no key opens can be an orphan too.
    Raises TooManyOrphans, having removed nothing, and StoreUnavailable.
    """
    seen, orphans = 0, list[str]()
    async for page in store.pages():
        seen += len(page)
        old = old_enough(page, now)
        if old:
            rows = await named(old)
            orphans += [key for key in old if key not in rows]
    if not plausible(len(orphans), seen):
        raise TooManyOrphans(f"{len(orphans)} of {seen} objects have no row: nothing was removed")
    removed = [key for key in orphans if await _remove(store, named, key)]
    return Swept(seen, tuple(removed), await store.tidy(now - GRACE))


async def _remove(store: ObjectStore, named: Named, key: str) -> bool:
    """Removes an orphan; puts it back if a row came to name it at that very moment. An upload of
    the same content looks after its row whether the object is still there: one of both sees it.
    """
    try:
        data = await store.get(key)
    except ObjectMissing:
        return False
    if key in await named([key]):
        return False
    await store.delete(key)
    if key in await named([key]):
        await store.put(key, data)
        return False
    return True


async def missing(store: ObjectStore, batches: AsyncIterator[Sequence[str]]) -> AsyncIterator[str]:
    """Those of the keys that rows name whose object is not there. Raises StoreUnavailable."""
    async for batch in batches:
        for start in range(0, len(batch), _AT_ONCE):
            keys = batch[start : start + _AT_ONCE]
            held = await asyncio.gather(*(holds(store, key) for key in keys))
            for key, there in zip(keys, held, strict=True):
                if not there:
                    yield key
