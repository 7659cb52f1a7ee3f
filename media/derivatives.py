"""What is shown instead of an original: an upright picture drawn anew, without metadata, in sRGB.

The original stays byte for byte; nobody is sent it as something a browser would show.
"""

from collections.abc import Sequence
from functools import cache
from io import BytesIO

import pypdfium2
from PIL import Image, ImageCms, ImageDraw, ImageFont

from media.font import unpacked
from media.kinds import Kind
from media.reading import Reading, decoding

PREVIEW_SIDE, THUMBNAIL_SIDE = 1600, 320  # pixels of the longest side
_PREVIEW_QUALITY, _THUMBNAIL_QUALITY = 80, 75

_FONT_SIZES = (6, 9, 12, 16, 24, 32)  # a few, as each takes 9 MiB
_LONGEST_LINE = 60  # characters
_FAINT, _SLANT = 46, 30  # of 255; degrees
_SRGB = (b"sRGB", "sRGB".encode("utf-16-be"))  # as profiles of versions 2 and 4 write it
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def preview_of(image: Image.Image, reading: Reading) -> Image.Image:
    """The opened picture decoded, at most PREVIEW_SIDE long, upright, RGB in sRGB.

    Raises BadImage when its pixels can't be decoded.
    """
    with decoding():
        size = _within(image.size, PREVIEW_SIDE)
        if reading.kind is Kind.JPEG:
            image.draft(None, size)  # decoded at a half or a quarter when that's enough
        small = _eight_bits(image)
        if small.size != size:
            small = small.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
        turn = _TURNS.get(reading.orientation)
        upright = small if turn is None else small.transpose(turn)
        return _srgb(_on_paper(upright), image)


def page_preview(document: pypdfium2.PdfDocument) -> Image.Image:
    """The first page, PREVIEW_SIDE long, RGB on white."""
    with decoding():
        page = document[0]
        scale = PREVIEW_SIDE / max(page.get_size())
        bitmap = page.render(scale=scale, may_draw_forms=False, rev_byteorder=True)
        picture: Image.Image = bitmap.to_pil()
        return picture.convert("RGB")


def preview_file(preview: Image.Image) -> bytes:
    """JPEG of a preview."""
    return _jpeg(preview, _PREVIEW_QUALITY)


def thumbnail_file(preview: Image.Image) -> bytes:
    """JPEG of the preview, at most THUMBNAIL_SIDE long."""
    size = _within(preview.size, THUMBNAIL_SIDE)
    small = preview.resize(size, Image.Resampling.BICUBIC, reducing_gap=1.0)
    return _jpeg(small, _THUMBNAIL_QUALITY)


def watermarked(picture: bytes, lines: Sequence[str]) -> bytes:
    """A preview or thumbnail with `lines` along its lower edge and, faintly, across all of it.

    The band is read, the repetition can't be cropped away. Raises BadImage when `picture` isn't
    a JPEG of ours.
    """
    with decoding(), Image.open(BytesIO(picture), formats=["JPEG"]) as opened:
        image = opened.convert("RGB")
    texts = [line[:_LONGEST_LINE] for line in lines]
    _repeat(image, " ".join(texts))
    _band(image, texts)
    return _jpeg(image, _PREVIEW_QUALITY)


def _within(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """`size` reduced, never enlarged, to `longest`; at least one pixel a side."""
    side = max(size)
    if side <= longest:
        return size
    width, height = (max(1, (length * longest + side // 2) // side) for length in size)
    return width, height


def _eight_bits(image: Image.Image) -> Image.Image:
    """Decoded; L, RGB, RGBA or CMYK."""
    if image.mode.startswith("I"):  # 16 bits of grey
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in {"L", "RGB", "CMYK"}:
        image.load()
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _on_paper(image: Image.Image) -> Image.Image:
    """Opaque, on white where it was clear."""
    if image.mode != "RGBA":
        return image
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def _srgb(small: Image.Image, source: Image.Image) -> Image.Image:
    """`small` in sRGB, by the colour profile of `source` where there is a usable one."""
    profile = source.info.get("icc_profile")
    if profile and not any(name in profile for name in _SRGB):
        try:
            given = ImageCms.ImageCmsProfile(BytesIO(profile))
            turned = ImageCms.profileToProfile(small, given, _srgb_profile(), outputMode="RGB")
            if turned is not None:
                return turned
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a profile that doesn't fit says nothing about the colours
    return small.convert("RGB")


@cache
def _srgb_profile() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _jpeg(image: Image.Image, quality: int) -> bytes:
    """The pixels and nothing else: Pillow would write a comment that it had read."""
    image.info.clear()
    file = BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def _font(size: float) -> ImageFont.FreeTypeFont:
    """The font, no larger than `size` pixels where there is one so small."""
    return _opened_font(max((step for step in _FONT_SIZES if step <= size), default=_FONT_SIZES[0]))


@cache
def _unpacked_font() -> bytes:
    return unpacked()


@cache
def _opened_font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(BytesIO(_unpacked_font()), size, layout_engine=ImageFont.Layout.BASIC)


def _band(image: Image.Image, lines: Sequence[str]) -> None:
    """White on a darkened band along the lower edge, every line within the width."""
    font = _font(max(9, max(image.size) / 50))
    widest = max((font.getlength(line) for line in lines), default=0.0)
    if widest > image.width - font.size:
        font = _font(font.size * (image.width - font.size) / widest)
    step = int(font.size * 1.4)
    top = max(0, image.height - step * len(lines) - step // 4)
    box = (0, top, image.width, image.height)
    image.paste(Image.blend(image.crop(box), Image.new("RGB", _extent(box), "black"), 0.6), box)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((font.size // 2, top + step * number), line, font=font, fill="white")


def _extent(box: tuple[int, int, int, int]) -> tuple[int, int]:
    return box[2] - box[0], box[3] - box[1]


def _repeat(image: Image.Image, text: str) -> None:
    """`text` at a slant again and again over all of `image`, light and dark so it shows on both."""
    font = _font(max(9, max(image.size) / 60))
    flat = Image.new("L", (int(font.getlength(text)) + 4 * int(font.size), 5 * int(font.size)))
    ImageDraw.Draw(flat).text((0, 2 * font.size), text, font=font, fill=_FAINT)
    tile = flat.rotate(_SLANT, Image.Resampling.BILINEAR, expand=True)
    mask = Image.new("L", image.size)
    for row, y in enumerate(range(-tile.height // 2, image.height, tile.height)):
        for x in range(-tile.width * (row % 2 + 1) // 2, image.width, tile.width):
            mask.paste(tile, (x, y))
    image.paste("black", (1, 1), mask.crop((0, 0, image.width - 1, image.height - 1)))
    image.paste("white", (0, 0), mask)
