"""The words of tus 1.0.0 (tus.io/protocols/resumable-upload): requests, answers, refusals, headers.

Extensions: creation, creation-with-upload, checksum, termination, expiration.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from typing import Final

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,creation-with-upload,checksum,termination,expiration"
CHECKSUMS: Final = ("sha1", "sha256")
CONTENT_TYPE: Final = "application/offset+octet-stream"
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
# Of 18 digits, so that nobody makes us read a number of a million digits.
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)


class Refusal(StrEnum):
    """Why a request was not done; `STATUS` has the answer's status."""

    VERSION = "tus_version_unsupported"
    METHOD = "upload_method_not_allowed"
    LENGTH = "upload_length_wrong"
    METADATA = "upload_metadata_wrong"
    TYPE = "upload_type_wrong"
    OFFSET = "upload_offset_wrong"
    ALGORITHM = "upload_checksum_unsupported"
    MISSING = "upload_missing"
    CONFLICT = "upload_offset_conflict"
    EXPIRED = "upload_expired"
    TOO_LARGE = "upload_too_large"
    BUSY = "upload_busy"
    CHUNK = "upload_checksum_mismatch"
    CONTENT = "upload_content_mismatch"
    UNAVAILABLE = "upload_store_unavailable"


STATUS: Final[Mapping[Refusal, int]] = {
    Refusal.VERSION: 412,
    Refusal.METHOD: 405,
    Refusal.LENGTH: 400,
    Refusal.METADATA: 400,
    Refusal.TYPE: 415,
    Refusal.OFFSET: 400,
    Refusal.ALGORITHM: 400,
    Refusal.MISSING: 404,
    Refusal.CONFLICT: 409,
    Refusal.EXPIRED: 410,
    Refusal.TOO_LARGE: 413,
    Refusal.BUSY: 423,
    Refusal.CHUNK: 460,
    Refusal.CONTENT: 460,
    Refusal.UNAVAILABLE: 503,
}


class Refused(Exception):
    """A request is answered with a refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Request:
    """`upload` is the last part of the address, None at the collection itself. `owner` is who asks,
    in the caller's words, of at most 255 bytes. Header names are in small letters.
    """

    method: str
    headers: Mapping[str, str]
    owner: str
    body: AsyncIterator[bytes]
    upload: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and headers; a body only if the caller wants to word the refusal."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    refusal: Refusal | None = None


def answer(status: int, **headers: str) -> Answer:
    """An answer of this protocol; `upload_offset="3"` becomes `Upload-Offset: 3`."""
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    return Answer(status, {"Tus-Resumable": VERSION, "Cache-Control": "no-store"} | named)


def refused(refusal: Refusal) -> Answer:
    """The answer of a refusal."""
    headers = {
        Refusal.VERSION: {"Tus-Version": VERSION},
        Refusal.METHOD: {"Allow": "OPTIONS, POST, HEAD, PATCH, DELETE"},
        Refusal.BUSY: {"Retry-After": "1"},
        Refusal.UNAVAILABLE: {"Retry-After": "10"},
    }.get(refusal, {})
    return Answer(STATUS[refusal], answer(0).headers | headers, refusal)


def capabilities(max_bytes: int) -> Answer:
    """What OPTIONS answers."""
    return answer(
        204,
        tus_version=VERSION,
        tus_extension=EXTENSIONS,
        tus_max_size=str(max_bytes),
        tus_checksum_algorithm=",".join(CHECKSUMS),
    )


def method_of(request: Request) -> str:
    """The method, which X-HTTP-Method-Override may name. Raises Refused for another version."""
    method = request.headers.get("x-http-method-override", request.method).upper()
    if method != "OPTIONS" and request.headers.get("tus-resumable") != VERSION:
        raise Refused(Refusal.VERSION)
    return method


def number(text: str | None, refusal: Refusal) -> int:
    """A whole number of a header. Raises Refused."""
    if text is None or not _NUMBER.fullmatch(text):
        raise Refused(refusal)
    return int(text)


def declared(headers: Mapping[str, str], max_bytes: int) -> tuple[int, str]:
    """Length and SHA-256 that a creation names. Empty contents are refused: nothing would be left
    to send after which they are complete. Raises Refused.
    """
    length = number(headers.get("upload-length"), Refusal.LENGTH)
    if length == 0:
        raise Refused(Refusal.LENGTH)
    if length > max_bytes:
        raise Refused(Refusal.TOO_LARGE)
    return length, _sha256(headers.get("upload-metadata", ""))


def _sha256(metadata: str) -> str:
    """From Upload-Metadata, which may hold nothing else: names of files are names of people."""
    words = metadata.split(" ")
    if len(words) != 2 or words[0] != "sha256":
        raise Refused(Refusal.METADATA)
    try:
        digest = base64.b64decode(words[1], validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise Refused(Refusal.METADATA) from error
    if not _SHA256.fullmatch(digest):
        raise Refused(Refusal.METADATA)
    return digest


def metadata(sha256: str) -> str:
    """Upload-Metadata as it was named at creation."""
    return f"sha256 {base64.b64encode(sha256.encode()).decode()}"


def check_body(headers: Mapping[str, str], room: int) -> None:
    """Raises Refused for a body that is no part of an upload, or says that it is longer than what
    is left. One that does not say is measured as it comes.
    """
    if headers.get("content-type") != CONTENT_TYPE:
        raise Refused(Refusal.TYPE)
    if "content-length" in headers and number(headers["content-length"], Refusal.LENGTH) > room:
        raise Refused(Refusal.TOO_LARGE)


def checksum_of(headers: Mapping[str, str]) -> "Checksum | None":
    """What Upload-Checksum says, if it is there. Raises Refused."""
    return Checksum(headers["upload-checksum"]) if "upload-checksum" in headers else None


def http_date(instant: datetime) -> str:
    """As in Upload-Expires (RFC 9110 §5.6.7)."""
    return format_datetime(instant.astimezone(UTC), usegmt=True)


class Checksum:
    """What Upload-Checksum says of a body, compared with what arrives."""

    def __init__(self, header: str) -> None:
        algorithm, _, digest = header.partition(" ")
        if algorithm not in CHECKSUMS:
            raise Refused(Refusal.ALGORITHM)
        try:
            self._wanted = base64.b64decode(digest, validate=True)
        except (binascii.Error, ValueError) as error:
            raise Refused(Refusal.CHUNK) from error
        self._found = hashlib.new(algorithm, usedforsecurity=False)

    def update(self, data: bytes) -> None:
        self._found.update(data)

    @property
    def holds(self) -> bool:
        return self._found.digest() == self._wanted
