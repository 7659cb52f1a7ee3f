"""What an object store is: bytes under a key, written whole or not at all."""

import re
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

MAX_KEY: Final = 201
_KEY = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*", re.ASCII)
_PREFIX = re.compile(r"[a-z0-9/._-]*", re.ASCII)


class StoreError(Exception):
    """Why the store did not do it, in one line without secrets."""


class BadKey(StoreError):
    """Not a key; see `checked`."""


class ObjectMissing(StoreError):
    """Nothing is stored under the key."""


class StoreUnavailable(StoreError):
    """The store does not answer, refuses, or is full; later it may work."""


class ObjectAltered(StoreError):
    """The object is not what was put under this key."""


class SealKeyMissing(StoreError):
    """The object was sealed with a key that is not at hand."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An object of a list; `modified` is when it was last put, by the store's clock."""

    key: str
    modified: datetime


def checked(key: str) -> str:
    """The key again. It is words of a-z 0-9 . _ - joined by /, each beginning with a letter or
    digit, without `..` and of at most 201 characters: the same key everywhere. Raises BadKey.
    """
    if len(key) > MAX_KEY or ".." in key or not _KEY.fullmatch(key):
        raise BadKey("not a key of an object")
    return key


def checked_prefix(prefix: str) -> str:
    """The beginning of a key again, which may be empty. Raises BadKey."""
    if len(prefix) > MAX_KEY or ".." in prefix or not _PREFIX.fullmatch(prefix):
        raise BadKey("not the beginning of a key")
    return prefix


class ObjectStore(Protocol):
    """Every method may raise StoreUnavailable, and those that take a key BadKey."""

    async def put(self, key: str, data: bytes) -> None:
        """Stores durably. Whoever reads meanwhile gets the old bytes or the new, never a mixture;
        of several puts at once, one stays whole.
        """
        ...

    async def get(self, key: str) -> bytes:
        """The bytes. Raises ObjectMissing."""
        ...

    async def size(self, key: str) -> int:
        """How many bytes there are. Raises ObjectMissing."""
        ...

    async def delete(self, key: str) -> None:
        """Removes the object; when there is none, nothing is to be done."""
        ...

    async def keys(self, prefix: str = "") -> list[str]:
        """The keys that begin with the prefix, in order."""
        ...

    def pages(self, prefix: str = "") -> AsyncIterator[list[Entry]]:
        """The objects whose keys begin with the prefix, some at a time, in no order. One that is
        put or deleted meanwhile may be in it or not.
        """
        ...

    async def tidy(self, before: datetime) -> int:
        """Removes what puts that broke off before then left behind; how many."""
        ...

    async def check(self) -> None:
        """Writes, reads and removes a small object. Raises StoreUnavailable saying what fails."""
        ...


async def holds(store: ObjectStore, key: str) -> bool:
    """Whether there is an object under the key, be it altered. Raises StoreUnavailable."""
    with suppress(ObjectAltered):
        try:
            await store.size(key)
        except ObjectMissing:
            return False
    return True
