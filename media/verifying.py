"""Whether what is stored is still what was stored: every object is read and hashed again."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum

from media.objects import ObjectAltered, ObjectMissing, ObjectStore, SealKeyMissing


class State(StrEnum):
    """What became of an object. `no_key`: the ring lacks the key it was sealed with."""

    OK = "ok"
    MISSING = "missing"
    ALTERED = "altered"
    NO_KEY = "no_key"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state of the object that should have this SHA-256."""

    key: str
    sha256: str
    state: State


async def verify(
    store: ObjectStore, contents: AsyncIterator[tuple[str, str]]
) -> AsyncIterator[Verdict]:
    """A verdict on each (key, SHA-256). Raises StoreUnavailable."""
    async for key, sha256 in contents:
        yield Verdict(key, sha256, await _state(store, key, sha256))


async def _state(store: ObjectStore, key: str, sha256: str) -> State:
    try:
        data = await store.get(key)
    except ObjectMissing:
        return State.MISSING
    except ObjectAltered:
        return State.ALTERED
    except SealKeyMissing:
        return State.NO_KEY
    found = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
    return State.OK if found == sha256 else State.ALTERED
