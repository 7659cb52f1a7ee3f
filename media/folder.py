"""Objects as files of one folder."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from media.objects import Entry, ObjectMissing, StoreUnavailable, checked, checked_prefix

# Not allowed in a key, so a file name gives its key back.
_SLASH = "+"


class FolderStore:
    """Keeps each object in `<root>/<2 hex>/<key>`, the hex being of the key's SHA-256: some
    thousand files in a folder at a million objects, and a put seldom has to make one.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, key: str, data: bytes) -> None:
        await asyncio.to_thread(self._put, self._path(key), data)

    async def get(self, key: str) -> bytes:
        return await asyncio.to_thread(self._get, self._path(key))

    async def size(self, key: str) -> int:
        return await asyncio.to_thread(self._size, self._path(key))

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(self._delete, self._path(key))

    async def keys(self, prefix: str = "") -> list[str]:
        return await asyncio.to_thread(self._keys, checked_prefix(prefix))

    async def pages(self, prefix: str = "") -> AsyncIterator[list[Entry]]:
        checked_prefix(prefix)
        for folder in await asyncio.to_thread(self._folders):
            entries = await asyncio.to_thread(self._entries, folder)
            yield [entry for entry in entries if entry.key.startswith(prefix)]

    async def tidy(self, before: datetime) -> int:
        return await asyncio.to_thread(self._tidy, before.timestamp())

    async def check(self) -> None:
        probe, data = self._path(f"check/{uuid4()}"), os.urandom(64)
        await asyncio.to_thread(self._put, probe, data)
        same = await asyncio.to_thread(self._get, probe) == data
        await asyncio.to_thread(self._delete, probe)
        if not same:
            raise StoreUnavailable(f"the folder {self._root} gives back other bytes than it got")

    def _path(self, key: str) -> Path:
        digest = hashlib.sha256(checked(key).encode()).hexdigest()
        return self._root / digest[:2] / key.replace("/", _SLASH)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise StoreUnavailable(f"the folder {self._root} can't be used: {reason}") from error

    @contextmanager
    def _missing_explained(self) -> Iterator[None]:
        with self._explained():
            try:
                yield
            except FileNotFoundError as error:
                raise ObjectMissing("no such object") from error

    def _put(self, path: Path, data: bytes) -> None:
        # Beside its final place: in the same file system, under a name that no key has.
        partial = path.with_name(f".{uuid4()}")
        with self._explained():
            try:
                self._write(partial, data)
                partial.replace(path)
            except OSError:
                partial.unlink(missing_ok=True)
                raise
            _sync(path.parent)

    def _write(self, path: Path, data: bytes) -> None:
        try:
            _write(path, data)
        except FileNotFoundError:
            self._root.parent.mkdir(parents=True, exist_ok=True)
            _make(path.parent)
            _write(path, data)

    def _get(self, path: Path) -> bytes:
        with self._missing_explained():
            return path.read_bytes()

    def _size(self, path: Path) -> int:
        with self._missing_explained():
            return path.stat().st_size

    def _delete(self, path: Path) -> None:
        with suppress(ObjectMissing), self._missing_explained():
            path.unlink()
            _sync(path.parent)

    def _keys(self, prefix: str) -> list[str]:
        keys = [_key(path) for path in self._files(self._root) if not _is_partial(path)]
        return sorted(key for key in keys if key.startswith(prefix))

    def _folders(self) -> list[Path]:
        with suppress(ObjectMissing), self._missing_explained():
            return [path for path in self._root.iterdir() if path.is_dir()]
        return []  # nothing was ever stored

    def _entries(self, folder: Path) -> list[Entry]:
        found = []
        for path in self._files(folder):
            with suppress(ObjectMissing), self._missing_explained():
                modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                if not _is_partial(path):
                    found.append(Entry(_key(path), modified))
        return found

    def _tidy(self, before: float) -> int:
        removed = 0
        for path in filter(_is_partial, self._files(self._root)):
            with suppress(ObjectMissing), self._missing_explained():
                if path.stat().st_mtime < before:
                    path.unlink()
                    removed += 1
        return removed

    def _files(self, folder: Path) -> Iterator[Path]:
        with suppress(ObjectMissing), self._missing_explained():
            for parent, _, names in os.walk(folder, onerror=_raise):
                yield from (Path(parent, name) for name in names)


def _key(path: Path) -> str:
    return path.name.replace(_SLASH, "/")


def _is_partial(path: Path) -> bool:
    return path.name.startswith(".")


def _raise(error: OSError) -> None:
    raise error


def _make(folder: Path) -> None:
    """Makes the folder and those above it, closed to others and durable."""
    if folder.is_dir():
        return
    _make(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync(folder.parent)


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def _sync(folder: Path) -> None:
    """Makes the names in a folder durable, as `fsync` of a file alone does not."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
