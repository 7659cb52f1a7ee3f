"""Objects sealed at rest, and the ring of keys that seals and opens them.

magic 4 | version 1 | algorithm 1 | key id 4 | nonce 12 | ciphertext | tag 16

All before the nonce, and the object's key in the store, are associated data: an object moved to
another key, or from another algorithm, does not open.
"""

import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES, SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM

from media.objects import ObjectAltered, SealKeyMissing

_MAGIC: Final = b"cbsl"
_VERSION: Final = 1
_HEADER: Final = struct.Struct(">4sBBI")
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
OVERHEAD: Final = _HEADER.size + _NONCE_BYTES + _TAG_BYTES
_MAX_ID: Final = 2**32 - 1


class Algorithm(IntEnum):
    """AES-256-GCM (NIST SP 800-38D), or SM4-GCM (GB/T 32907, RFC 8998) where 国密 is required."""

    AES_256_GCM = 1
    SM4_GCM = 2


_SECRET_BYTES: Final = {Algorithm.AES_256_GCM: 32, Algorithm.SM4_GCM: 16}


class BadKeyRing(Exception):
    """Keys that can't seal: why, in one line without secrets."""


@dataclass(frozen=True, slots=True)
class SealKey:
    """`secret` has 32 bytes for AES, 16 for SM4. An id is given once and never again."""

    id: int
    algorithm: Algorithm
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not 1 <= self.id <= _MAX_ID:
            raise BadKeyRing(f"a key's id is a whole number from 1 to {_MAX_ID}")
        wanted = _SECRET_BYTES[self.algorithm]
        if len(self.secret) != wanted:
            raise BadKeyRing(f"key {self.id} must have {wanted} bytes")

    @property
    def header(self) -> bytes:
        return _HEADER.pack(_MAGIC, _VERSION, self.algorithm, self.id)

    def cipher(self, nonce: bytes, tag: bytes | None) -> Cipher[GCM]:
        kind: BlockCipherAlgorithm
        kind = AES(self.secret) if self.algorithm is Algorithm.AES_256_GCM else SM4(self.secret)
        return Cipher(kind, GCM(nonce, tag))


class KeyRing:
    """The key with the highest id seals; all of them open."""

    def __init__(self, keys: Sequence[SealKey]) -> None:
        """Raises BadKeyRing."""
        if not keys:
            raise BadKeyRing("there must be a key to seal with")
        self._keys = {key.id: key for key in keys}
        if len(self._keys) < len(keys):
            raise BadKeyRing("two keys have the same id")
        self._newest = self._keys[max(self._keys)]
        for key in keys:
            _try(key)

    def seal(self, name: str, data: bytes) -> bytes:
        """The sealed bytes, OVERHEAD more than before. Slow for large ones: use a thread."""
        return _seal(self._newest, name, data)

    def open(self, name: str, sealed: bytes) -> bytes:
        """Raises ObjectAltered, and SealKeyMissing when the ring lacks the key."""
        header, nonce, body, tag = _parts(sealed)
        opener = self._key(sealed).cipher(nonce, tag).decryptor()
        opener.authenticate_additional_data(header + name.encode())
        try:
            return opener.update(body) + opener.finalize()
        except InvalidTag as error:
            raise ObjectAltered("the object is not as it was sealed") from error

    def is_newest(self, sealed: bytes) -> bool:
        """Whether it was sealed with the key that seals now. Raises as `open`."""
        return self._key(sealed) == self._newest

    def _key(self, sealed: bytes) -> SealKey:
        header, _, _, _ = _parts(sealed)
        magic, version, _, number = _HEADER.unpack(header)
        if (magic, version) != (_MAGIC, _VERSION):
            raise ObjectAltered("the object is not sealed")
        key = self._keys.get(number)
        if key is None:
            raise SealKeyMissing(f"the object is sealed with key {number}, which is not given")
        return key


def _parts(sealed: bytes) -> tuple[bytes, bytes, memoryview, bytes]:
    if len(sealed) < OVERHEAD:
        raise ObjectAltered("the object is not sealed")
    at = _HEADER.size + _NONCE_BYTES
    body = memoryview(sealed)[at:-_TAG_BYTES]
    return sealed[: _HEADER.size], sealed[_HEADER.size : at], body, sealed[-_TAG_BYTES:]


def _seal(key: SealKey, name: str, data: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    sealer = key.cipher(nonce, None).encryptor()
    sealer.authenticate_additional_data(key.header + name.encode())
    body = sealer.update(data)
    return b"".join((key.header, nonce, body, sealer.finalize(), sealer.tag))


def _try(key: SealKey) -> None:
    """An OpenSSL may be built without SM4: better said at the start than at the first photo."""
    try:
        _seal(key, "", b"")
    except UnsupportedAlgorithm as error:
        raise BadKeyRing(f"this machine's OpenSSL has no {key.algorithm.name}") from error
