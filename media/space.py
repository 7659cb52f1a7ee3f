"""The folder of partial uploads, shared by all processes of a machine; one request at a time has
an upload in hand.
"""

import asyncio
import contextlib
import hashlib
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from media import partials
from media.objects import StoreUnavailable
from media.partials import NoPartial, Partial, PartialFile

P = ParamSpec("P")
T = TypeVar("T")
TICK_SECONDS: Final = 0.1
PATIENCE_SECONDS: Final = 3
_NAME = re.compile(r"[0-9a-f]{32}", re.ASCII)
_ILLEGIBLE_AFTER: Final = timedelta(days=1)


class Busy(Exception):
    """Another request has the upload in hand and does not let go."""


class Lease:
    """An upload in hand. What is added is held in memory, then written, then recorded; only what
    is recorded counts. A new upload has a file from the first write on: a small content that is
    complete in one request is never written here.
    """

    def __init__(
        self, space: "UploadSpace", file: PartialFile | None, partial: Partial, turn: bytes
    ) -> None:
        self._space, self._file, self._turn = space, file, turn
        self.partial = partial
        self._written = partial.offset
        self._held: list[bytes] = []
        self.held = 0

    @property
    def wanted(self) -> bool:
        """Whether a newer request waits: the phone has given up the connection of this one."""
        return self._file is not None and self._file.asked() != self._turn

    @property
    def lasting(self) -> bool:
        """Whether the next request will find the upload."""
        return self._file is not None or self.partial.complete

    @property
    def unrecorded(self) -> int:
        return self._written + self.held - self.partial.offset

    @property
    def missing(self) -> int:
        """How many bytes have not been added."""
        return self.partial.length - self._written - self.held

    def add(self, data: bytes) -> None:
        self._held.append(data)
        self.held += len(data)

    def drop(self) -> None:
        """Forgets what was added and not recorded."""
        self._written = self.partial.offset
        self._held, self.held = [], 0

    async def write(self) -> None:
        """Writes what is held."""
        await self._space.run(self._write)

    async def record(self, expires: datetime) -> None:
        """Makes durable what was added. The last byte never counts here, so that whoever is told
        that nothing is left to send knows that the content is stored.
        """
        await self._space.run(self._record, expires)

    async def content(self) -> tuple[bytes, str]:
        """All bytes, with their SHA-256."""
        return await self._space.run(self._content)

    async def complete(self, expires: datetime) -> None:
        """The content is stored: the last byte counts, and no byte is kept here."""
        await self._space.run(self._complete, expires)
        self.drop()

    async def remove(self) -> None:
        if self._file is not None:
            await self._space.run(self._file.remove)
        self.drop()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _made(self) -> PartialFile:
        if self._file is None:
            self._file = self._space.make(self.partial, self._turn)
        return self._file

    def _write(self) -> None:
        if self._held:
            self._made().write(self._written, b"".join(self._held))
            self._written += self.held
            self._held, self.held = [], 0

    def _record(self, expires: datetime) -> None:
        self._write()
        offset = min(self._written, self.partial.length - 1)
        self._made().record(offset, expires)
        self.partial = replace(self.partial, offset=offset, expires=expires)

    def _content(self) -> tuple[bytes, str]:
        if self._written and self._file is not None:
            self._write()
            data = self._file.content(self.partial.length)
        else:
            data = b"".join(self._held)
        return data, hashlib.sha256(data).hexdigest()

    def _complete(self, expires: datetime) -> None:
        whole = replace(self.partial, offset=self.partial.length, expires=expires)
        if self._file is None:
            self._space.create(whole)
        else:
            self._file.complete(whole.length, expires)
        self.partial = whole


class UploadSpace:
    """`secret` enciphers the bytes; under another one, uploads begun before come out wrong and
    have to be begun again.
    """

    def __init__(self, root: Path, secret: bytes) -> None:
        self._root = root
        self._secret = secret

    @asynccontextmanager
    async def begin(
        self, owner: str, sha256: str, length: int, expires: datetime
    ) -> AsyncIterator[Lease]:
        """A new upload in hand. Raises StoreUnavailable, as all methods do."""
        turn = os.urandom(partials.TURN_BYTES)
        lease = Lease(self, None, partials.new(owner, sha256, length, 0, expires), turn)
        try:
            yield lease
        finally:
            lease.close()

    @asynccontextmanager
    async def lease(self, upload: str, owner: str) -> AsyncIterator[Lease]:
        """Takes the owner's upload in hand, from who had it if need be. Raises NoPartial, Busy."""
        turn = os.urandom(partials.TURN_BYTES)
        file, partial = await self.run(self._ask, self._path(upload), owner, turn)
        try:
            yield Lease(self, file, partial or await self._wait(file, turn), turn)
        finally:
            file.close()

    async def expire(self, now: datetime) -> int:
        """Removes the uploads whose time is over; how many."""
        return await self.run(self._expire, now)

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Does it in a thread, to its end even when the request is cancelled meanwhile: nobody
        may write to a file that was given up.
        """
        task = asyncio.ensure_future(asyncio.to_thread(call, *args, **kwargs))
        try:
            with self._explained():
                return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait({task})
            with contextlib.suppress(Exception):
                task.result()
            raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise StoreUnavailable(f"the folder {self._root} can't be used: {reason}") from error

    def _path(self, upload: str) -> Path:
        if not _NAME.fullmatch(upload):
            raise NoPartial
        return self._root / upload

    def create(self, partial: Partial) -> Path:
        """Makes the file of an upload. Blocks, and raises OSError, as `make` does."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        return partials.create(self._root, partial)

    def make(self, partial: Partial, turn: bytes) -> PartialFile:
        """Makes it and takes it in hand; nobody else knows of it yet."""
        file = PartialFile(self.create(partial), self._secret)
        file.ask(turn)
        file.take()
        return file

    def _ask(self, path: Path, owner: str, turn: bytes) -> tuple[PartialFile, Partial | None]:
        file = self._open(path)
        try:
            _check_owner(file, owner)
            file.ask(turn)
            return file, file.begin() if file.take() else None
        except BaseException:
            file.close()
            raise

    async def _wait(self, file: PartialFile, turn: bytes) -> Partial:
        """Waits until who holds the upload has seen that it is wanted. Raises Busy, NoPartial."""
        for _ in range(round(PATIENCE_SECONDS / TICK_SECONDS)):
            await asyncio.sleep(TICK_SECONDS)
            if file.take():
                return await self.run(file.begin)
            if file.asked() != turn:
                break  # somebody came later still
        raise Busy

    def _open(self, path: Path) -> PartialFile:
        try:
            return PartialFile(path, self._secret)
        except FileNotFoundError as error:
            raise NoPartial from error

    def _expire(self, now: datetime) -> int:
        paths = list(self._root.iterdir()) if self._root.is_dir() else []
        return sum(self._removed(path, now) for path in paths if _NAME.fullmatch(path.name))

    def _removed(self, path: Path, now: datetime) -> bool:
        try:
            with contextlib.closing(self._open(path)) as file:
                over = file.take() and _ends(file) < now
                if over:
                    file.remove()
                return over
        except NoPartial:
            return False  # another process removed it


def _check_owner(file: PartialFile, owner: str) -> None:
    """Before the holder is told that somebody waits: a stranger does not even disturb."""
    if file.read().owner != owner:
        raise NoPartial


def _ends(file: PartialFile) -> datetime:
    try:
        return file.read().expires
    except NoPartial:
        return file.changed + _ILLEGIBLE_AFTER
