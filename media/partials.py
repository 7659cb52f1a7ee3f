"""A partial upload as one file: a page of header, then the bytes so far. Everything here blocks.

The bytes are enciphered (AES-256-CTR, NIST SP 800-38A, a key of its own for each upload), so that
no photo ever lies readable on the disk; that they are the right ones is known by their SHA-256.
"""

import fcntl
import hmac
import os
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

_MAGIC: Final = b"cbupl\x00\x00\x01"
# Magic, turn; offset, expires (Unix seconds); length, SHA-256, owner with its size.
_HEADER: Final = struct.Struct("<8s16s QQ Q32sB255s")
_TURN_AT: Final = 8
# Together, in one sector: they are written by one call and never half.
_RECORD: Final = struct.Struct("<QQ")
_RECORD_AT: Final = 24
_DATA_AT: Final = 4096
_BLOCK: Final = 16
TURN_BYTES: Final = 16


class NoPartial(Exception):
    """There is no such upload, or what is left of it can't be read."""


@dataclass(frozen=True, slots=True)
class Partial:
    """What is recorded of an upload. `offset` is `length` only when the content is stored."""

    id: str
    owner: str
    sha256: str
    length: int
    offset: int
    expires: datetime

    @property
    def complete(self) -> bool:
        return self.offset == self.length


def new(owner: str, sha256: str, length: int, offset: int, expires: datetime) -> Partial:
    """An upload that is on no disk yet."""
    if len(owner.encode()) > 255:
        raise ValueError("an owner has at most 255 bytes")
    return Partial(uuid4().hex, owner, sha256, length, offset, expires)


def create(root: Path, partial: Partial) -> Path:
    """Makes its file. Not synced: lost with the power, it is only begun again."""
    who, content = partial.owner.encode(), bytes.fromhex(partial.sha256)
    record = partial.offset, int(partial.expires.timestamp())
    header = _HEADER.pack(_MAGIC, b"", *record, partial.length, content, len(who), who)
    path = root / partial.id
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        _write(descriptor, header.ljust(_DATA_AT, b"\0"), 0)
    except OSError:
        path.unlink()
        raise
    finally:
        os.close(descriptor)
    return path


def read(descriptor: int, name: str) -> Partial:
    """Raises NoPartial."""
    header = os.pread(descriptor, _HEADER.size, 0)
    status = os.fstat(descriptor)
    held = status.st_size - _DATA_AT
    if status.st_nlink == 0 or held < 0 or not header.startswith(_MAGIC):
        raise NoPartial
    _, _, offset, expires, length, sha256, size, who = _HEADER.unpack(header)
    if offset < length:
        offset = min(offset, held)  # after a loss of power the record may have outlived its bytes
    until = datetime.fromtimestamp(expires, UTC)
    return Partial(name, who[:size].decode(), sha256.hex(), length, offset, until)


def _write(descriptor: int, data: bytes, at: int) -> None:
    """All of it: a disk that is nearly full takes less than was asked, and says so by a number."""
    left = memoryview(data)
    while left:
        written = os.pwrite(descriptor, left, at)
        left, at = left[written:], at + written


class PartialFile:
    """An upload's file, opened; `take` locks it against every other process and request."""

    def __init__(self, path: Path, secret: bytes) -> None:
        self._path = path
        self._key = hmac.digest(secret, path.name.encode(), "sha256")
        self._file = path.open("r+b", buffering=0)
        self.descriptor = self._file.fileno()

    def ask(self, turn: bytes) -> None:
        """Leaves word for who holds the file that somebody else wants it."""
        os.pwrite(self.descriptor, turn, _TURN_AT)

    def asked(self) -> bytes:
        """The turn of who asked last."""
        return os.pread(self.descriptor, TURN_BYTES, _TURN_AT)

    def read(self) -> Partial:
        """Raises NoPartial."""
        return read(self.descriptor, self._path.name)

    def take(self) -> bool:
        """Locks the file until `close`; False when another holds it."""
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    @property
    def changed(self) -> datetime:
        return datetime.fromtimestamp(os.fstat(self.descriptor).st_mtime, UTC)

    def begin(self) -> Partial:
        """What is recorded; bytes beyond it are cut off, for nobody vouches for them."""
        partial = read(self.descriptor, self._path.name)
        self._cut(0 if partial.complete else partial.offset)
        recorded, _ = _RECORD.unpack(os.pread(self.descriptor, _RECORD.size, _RECORD_AT))
        if recorded != partial.offset:  # or bytes to come would be taken for the lost ones
            self.record(partial.offset, partial.expires)
        return partial

    def write(self, position: int, data: bytes) -> None:
        _write(self.descriptor, self._cipher(position, data), _DATA_AT + position)

    def record(self, offset: int, expires: datetime) -> None:
        """Bytes first, then how many there are: a crash between leaves the older number."""
        os.fdatasync(self.descriptor)
        self._record(offset, expires)
        os.fdatasync(self.descriptor)

    def content(self, length: int) -> bytes:
        """The first so many bytes."""
        parts, at = [], _DATA_AT
        while length and (part := os.pread(self.descriptor, length, at)):
            parts.append(part)
            length, at = length - len(part), at + len(part)
        return self._cipher(0, b"".join(parts))

    def complete(self, length: int, expires: datetime) -> None:
        """The content is stored elsewhere: the bytes go, the record stays for who asks again."""
        self._record(length, expires)
        self._cut(0)

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        self._file.close()

    def _record(self, offset: int, expires: datetime) -> None:
        packed = _RECORD.pack(offset, int(expires.timestamp()))
        os.pwrite(self.descriptor, packed, _RECORD_AT)

    def _cut(self, offset: int) -> None:
        os.ftruncate(self.descriptor, _DATA_AT + offset)

    def _cipher(self, position: int, data: bytes) -> bytes:
        """Enciphers or deciphers what stands at a position: the same operation."""
        counter = (position // _BLOCK).to_bytes(_BLOCK, "big")
        stream = Cipher(AES(self._key), CTR(counter)).encryptor()
        stream.update(bytes(position % _BLOCK))
        return stream.update(data)
