"""The one font: of watermarks on photos, and of what is printed."""

from io import BytesIO
from pathlib import Path
from typing import Final

import brotli
from PIL import ImageFont

FAMILY: Final = "Noto Sans SC"
_PACKED: Final = Path(__file__).parent / "fonts" / "NotoSansSC-Regular.ttf.br"
_IN_NO_FONT: Final = "\uffff"


def unpacked() -> bytes:
    """The font as TrueType, 10 MB; takes a tenth of a second."""
    return bytes(brotli.decompress(_PACKED.read_bytes()))


def without_glyph(text: str) -> set[str]:
    """The characters of a text that the font would show as a box."""
    opened = ImageFont.truetype(BytesIO(unpacked()), 16, layout_engine=ImageFont.Layout.BASIC)
    box = bytes(opened.getmask(_IN_NO_FONT))
    return {each for each in set(text) if each > " " and bytes(opened.getmask(each)) == box}
