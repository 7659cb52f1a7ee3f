"""What a file is, by its content: never by its name or by what a client says it is."""

import re
import struct
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kinds accepted; the value is the media type."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    HEIC = "image/heic"
    PDF = "application/pdf"


class Fault(StrEnum):
    """Why a file is refused: the closed set of codes."""

    UNKNOWN_KIND = "image_unknown_kind"
    TOO_HEAVY = "image_too_heavy"  # bytes
    TOO_LARGE = "image_too_large"  # pixels
    TOO_COSTLY = "image_too_costly"  # memory or computing time while decoding
    TRUNCATED = "image_truncated"
    BROKEN = "image_broken"
    POLYGLOT = "image_polyglot"
    ANIMATED = "image_animated"
    LOCKED = "pdf_locked"
    TOO_MANY_PAGES = "pdf_too_many_pages"


class BadImage(Exception):
    """The file can't be taken; sending the same bytes again will not help."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Content:
    """A file's kind and where, in bytes, the picture or document in it ends."""

    kind: Kind
    end: int


# As many bytes as programs look through for another kind's beginning (PDF 1.7, annex H.3.4.1;
# browsers sniff 1,445 bytes, WHATWG MIME Sniffing 7).
_SNIFFED = 1500
_MARKUP = re.compile(rb"<(?:!doctype|html|head|body|script|svg|iframe|\?php)", re.IGNORECASE)
_ZIP_END = struct.Struct("<4s4H2LH")
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis"})
# JPEG (ITU T.81, B.1.1): a marker inside the entropy-coded data that is neither stuffing nor a
# restart.
_MARKER = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])", re.DOTALL)
_END_OF_IMAGE = b"\xd9"


def content_of(data: bytes) -> Content:
    """The one kind that `data` is. Raises BadImage: UNKNOWN_KIND, TRUNCATED, POLYGLOT.

    A file that other programs would open as something else is refused: a page or PDF that begins
    within what they look through, or a ZIP archive (JAR, office file) that ends with the file.
    Other bytes after a picture's end stay, because honest phones write them there (motion photos,
    gain maps, Samsung trailers); they reach nobody, since what is shown is drawn anew from pixels.
    """
    for kind, begins, end_of in _KINDS:
        if begins(data):
            if _is_also_something_else(data, kind):
                raise BadImage(Fault.POLYGLOT)
            return Content(kind, end_of(data))
    raise BadImage(Fault.UNKNOWN_KIND)


def _is_also_something_else(data: bytes, kind: Kind) -> bool:
    head = data[:_SNIFFED]
    if kind is not Kind.PDF and (b"%PDF-" in head or _MARKUP.search(head)):
        return True
    return _ends_as_zip(data)


def _ends_as_zip(data: bytes) -> bool:
    """Whether an end-of-central-directory record (APPNOTE 4.3.16) closes with the file's end."""
    lowest = max(0, len(data) - _ZIP_END.size - 0xFFFF)
    at = data.rfind(b"PK\x05\x06", lowest)
    while at >= 0:
        if at + _ZIP_END.size <= len(data):
            comment = _ZIP_END.unpack_from(data, at)[-1]
            if at + _ZIP_END.size + comment == len(data):
                return True
        at = data.rfind(b"PK\x05\x06", lowest, at)
    return False


def _is_heic(data: bytes) -> bool:
    """ISO 14496-12 `ftyp` with a brand of ISO 23008-12 B.4 for HEVC pictures."""
    if data[4:8] != b"ftyp":
        return False
    size = int.from_bytes(data[:4])
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, min(size, 256), 4))]
    return brands[0] in _HEIC_BRANDS or (
        brands[0] in {b"mif1", b"msf1"} and not _HEIC_BRANDS.isdisjoint(brands)
    )


def _jpeg_end(data: bytes) -> int:
    """Offset behind the first end-of-image marker outside of segments (ITU T.81, annex B)."""
    at = 2
    while found := _MARKER.search(data, at):
        if found.group(1) == _END_OF_IMAGE:
            return found.end()
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2])
    raise BadImage(Fault.TRUNCATED)


def _png_end(data: bytes) -> int:
    """Offset behind the IEND chunk (ISO 15948, 5.3)."""
    at = 8
    while at + 12 <= len(data):
        size, name = struct.unpack_from(">L4s", data, at)
        at += 12 + int(size)
        if name == b"IEND" and at <= len(data):
            return at
    raise BadImage(Fault.TRUNCATED)


def _webp_end(data: bytes) -> int:
    """What the RIFF header says (RFC 9649, 2.4)."""
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise BadImage(Fault.TRUNCATED)
    return end


def _heic_end(data: bytes) -> int:
    """Offset behind the last whole box of the file's own level (ISO 14496-12, 4.2)."""
    at, seen = 0, set()
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">L4s", data, at)
        if size == 1 and at + 16 <= len(data):
            size = int.from_bytes(data[at + 8 : at + 16])
        size = int(size) or len(data) - at
        if size < 8 or at + size > len(data):
            break
        seen.add(name)
        at += int(size)
    if not {b"meta", b"mdat"} <= seen:
        raise BadImage(Fault.TRUNCATED)
    return at


def _pdf_end(data: bytes) -> int:
    """Offset behind the last end-of-file marker and its line end (ISO 32000-1, 7.5.5)."""
    at = data.rfind(b"%%EOF")
    if at < 0:
        raise BadImage(Fault.TRUNCATED)
    behind = data[at + len(b"%%EOF") :]
    return len(data) - len(behind.lstrip())


_KINDS = (
    (Kind.JPEG, lambda data: data[:3] == b"\xff\xd8\xff", _jpeg_end),
    (Kind.PNG, lambda data: data[:8] == b"\x89PNG\r\n\x1a\n", _png_end),
    (Kind.WEBP, lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP", _webp_end),
    (Kind.HEIC, _is_heic, _heic_end),
    (Kind.PDF, lambda data: data[:5] == b"%PDF-", _pdf_end),
)
