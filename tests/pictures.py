"""Pictures made for tests: honest ones and hostile ones."""

import random
import struct
import zlib
from io import BytesIO
from typing import Any

import pypdfium2
from PIL import Image, ImageChops, ImageCms, ImageDraw, ImageFilter

import media.reading  # noqa: F401  Pillow learns HEIC there


def scene(seed: int = 1, size: tuple[int, int] = (1280, 960)) -> Image.Image:
    """Something like a photo: a shaded wall, shapes with edges, a little noise."""
    made = random.Random(seed)
    width, height = size
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    draw = ImageDraw.Draw(image)
    for _ in range(40):
        x, y = made.randint(0, width), made.randint(0, height)
        corner = x + made.randint(width // 30, width // 3), y + made.randint(5, height // 3)
        colour = tuple(made.randint(0, 255) for _ in range(3))
        (draw.ellipse if made.random() < 0.5 else draw.rectangle)((x, y, *corner), fill=colour)
    soft = image.filter(ImageFilter.GaussianBlur(0.8))
    noise = random.Random(seed).randbytes(width * height)
    grain = Image.frombytes("L", size, noise).point(lambda value: 124 + value // 32)
    return ImageChops.add(soft, grain.convert("RGB"), 1, -128)


def saved(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The picture as a file."""
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def exif(orientation: int = 1, taken_at: str | None = None) -> bytes:
    """Exif with a place in it, too, which must never come out again."""
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010F] = "secret maker"
    if taken_at is not None:
        tags.get_ifd(0x8769)[0x9003] = taken_at
    tags.get_ifd(0x8825)[1] = "N"
    return tags.tobytes()


def swapped_profile() -> bytes:
    """A colour profile whose red is what sRGB calls green, and the other way round."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    renamed = profile.replace("sRGB".encode("utf-16-be"), "odd!".encode("utf-16-be"))
    red, green = (renamed.index(name, 128) for name in (b"rXYZ", b"gXYZ"))  # in its list of tags
    swapped = bytearray(renamed)
    swapped[red : red + 4], swapped[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(swapped)


def pdf(pages: int = 1, size: tuple[float, float] = (595, 842)) -> bytes:
    """Empty pages."""
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(*size)
    file = BytesIO()
    document.save(file)
    document.close()
    return file.getvalue()


def locked_pdf() -> bytes:
    """A page under a password nobody knows (ISO 32000-1, 7.6.3)."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n"
        b"4 0 obj<</Filter/Standard/V 1/R 2/P -4/O<" + b"5a" * 32 + b">"
        b"/U<" + b"a5" * 32 + b">>>endobj\n"
        b"trailer<</Root 1 0 R/Size 5/Encrypt 4 0 R/ID[<00><00>]>>\n%%EOF"
    )


def png_bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is huge."""
    header = struct.pack(">LLBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">L", len(data)) + name + data + struct.pack(">L", zlib.crc32(name + data))
