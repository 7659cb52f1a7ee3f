"""Reading files as if an enemy had made them: what they say they are, before a pixel is decoded."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

import pillow_heif
import pypdfium2
from PIL import Image
from pypdfium2 import raw as pdfium

from media.kinds import BadImage, Content, Fault, Kind, content_of

MAX_BYTES = 20 * 2**20
MAX_PIXELS = 50_000_000
MAX_PAGES = 50

_PILLOW = {Kind.JPEG: "JPEG", Kind.PNG: "PNG", Kind.WEBP: "WEBP", Kind.HEIC: "HEIF"}
# Exif 3.0, 4.6.4 and 4.6.5: the tags of IFD0 and of the Exif IFD that are read.
_ORIENTATION, _EXIF_IFD, _TAKEN_AT = 0x0112, 0x8769, 0x9003

pillow_heif.options.DECODE_THREADS = 1  # a worker has one core
# Other pictures in the file, which need not show the same: only the one that is meant is decoded.
pillow_heif.options.THUMBNAILS = False
pillow_heif.options.DEPTH_IMAGES = False
pillow_heif.options.AUX_IMAGES = False
pillow_heif.register_heif_opener()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says of itself. Nothing in it is proof of anything."""

    kind: Kind
    width: int  # pixels as seen upright; points of the first page of a PDF
    height: int
    orientation: int  # Exif, 1 to 8: how the stored pixels are to be turned
    taken_at: datetime | None  # by the camera's own clock, without a zone
    pages: int
    trailing: int  # bytes behind the picture's end


def read(data: bytes) -> Reading:
    """What `data` says of itself, decoding no pixel. Raises BadImage.

    The sides of a HEIC picture may be swapped or larger: its boxes turn and cut it when decoded.
    """
    content = checked_content(data)
    if content.kind is Kind.PDF:
        with opened_pdf(data) as document:
            width, height = document.get_page_size(0)
            pages = len(document)
        size = (round(width), round(height))
        return Reading(content.kind, *size, 1, None, pages, len(data) - content.end)
    with opened_picture(data, content) as image:
        return reading_of(image, data, content)


def checked_content(data: bytes) -> Content:
    """The kind of `data`, which isn't too heavy. Raises BadImage."""
    if len(data) > MAX_BYTES:
        raise BadImage(Fault.TOO_HEAVY)
    return content_of(data)


@contextmanager
def decoding() -> Iterator[None]:
    """Whatever goes wrong inside is the file's fault and becomes BadImage.

    Everything is caught because decoders meet hostile bytes with every kind of exception there is.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except BadImage:
        raise
    except MemoryError:
        raise BadImage(Fault.TOO_COSTLY) from None
    except Image.DecompressionBombError:
        raise BadImage(Fault.TOO_LARGE) from None
    except Exception as error:
        truncated = "truncated" in str(error).lower() or isinstance(error, EOFError)
        raise BadImage(Fault.TRUNCATED if truncated else Fault.BROKEN) from None


@contextmanager
def opened_picture(data: bytes, content: Content) -> Iterator[Image.Image]:
    """The picture in `data`, its header read and its limits checked, no pixel decoded yet."""
    with decoding():
        if content.kind is Kind.WEBP:
            _check_webp(data)
        with Image.open(BytesIO(data), formats=[_PILLOW[content.kind]]) as image:
            _check_pixels(*image.size)
            if content.kind is Kind.PNG and getattr(image, "is_animated", False):
                raise BadImage(Fault.ANIMATED)
            yield image


def load_heic(image: Image.Image) -> None:
    """Decodes an opened HEIC picture, whose size is known only then. Raises BadImage."""
    with decoding():
        image.load()
        _check_pixels(*image.size)


def reading_of(image: Image.Image, data: bytes, content: Content) -> Reading:
    """What the header of an opened picture says."""
    exif = _exif(image)
    # A HEIC file says by its own boxes how to turn it, which decoding does; its Exif tag is void.
    orientation = 1 if content.kind is Kind.HEIC else _orientation(exif)
    width, height = image.size if orientation < 5 else image.size[::-1]
    trailing = len(data) - content.end
    return Reading(content.kind, width, height, orientation, _taken_at(exif), 1, trailing)


@contextmanager
def opened_pdf(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """The document in `data`: at least one page, at most MAX_PAGES. Raises BadImage.

    PDFium as carried by pypdfium2 has no JavaScript engine; forms are not initialised.
    """
    with decoding():
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError:
            locked = pdfium.FPDF_GetLastError() == pdfium.FPDF_ERR_PASSWORD
            raise BadImage(Fault.LOCKED if locked else Fault.BROKEN) from None
        try:
            if len(document) == 0:
                raise BadImage(Fault.BROKEN)
            if len(document) > MAX_PAGES:
                raise BadImage(Fault.TOO_MANY_PAGES)
            yield document
        finally:
            document.close()


def _check_pixels(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise BadImage(Fault.TOO_LARGE)


def _check_webp(data: bytes) -> None:
    """Checks what the header says (RFC 9649, 2.5 to 2.7): libwebp allocates it on opening."""
    if data[12:16] == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
        if data[20] & 0x02:
            raise BadImage(Fault.ANIMATED)
    elif data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (26, 28))
    _check_pixels(width, height)


def _exif(image: Image.Image) -> Image.Exif:
    """The picture's Exif; none when it can't be parsed, as it is only a hint."""
    try:
        return image.getexif()
    except Exception:  # as in `decoding`
        return Image.Exif()


def _orientation(exif: Image.Exif) -> int:
    value = exif.get(_ORIENTATION)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _taken_at(exif: Image.Exif) -> datetime | None:
    try:
        value = str(exif.get_ifd(_EXIF_IFD)[_TAKEN_AT])
        return datetime.strptime(value.strip("\0 "), "%Y:%m:%d %H:%M:%S")
    except Exception:  # as in `decoding`
        return None
