"""The one font: of watermarks on photos, and of what is printed."""

from pathlib import Path
from typing import Final

import brotli

FAMILY: Final = "Noto Sans SC"
_PACKED: Final = Path(__file__).parent / "fonts" / "NotoSansSC-Regular.ttf.br"


def unpacked() -> bytes:
    """The font as TrueType, 10 MB; takes a tenth of a second."""
    return bytes(brotli.decompress(_PACKED.read_bytes()))
