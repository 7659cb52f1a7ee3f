"""Everything that is computed from one file, at once, as its pixels are decoded only once."""

from dataclasses import dataclass

from media.advice import Advice, advice, grids_of
from media.derivatives import page_preview, preview_file, preview_of, thumbnail_file
from media.kinds import Kind
from media.likeness import Likeness, likeness_of
from media.reading import (
    Reading,
    checked_content,
    load_heic,
    opened_pdf,
    opened_picture,
    read,
    reading_of,
)


@dataclass(frozen=True, slots=True)
class Examination:
    """What a file is and what is shown of it. Both pictures are JPEG without metadata.

    A PDF gets no advice and no likeness, a nearly uniform photo no likeness: it would be like
    every other.
    """

    reading: Reading
    preview: bytes
    thumbnail: bytes
    advice: tuple[Advice, ...]
    likeness: Likeness | None


def examine(data: bytes) -> Examination:
    """Reads, decodes and reduces `data`. To be run in a worker. Raises BadImage."""
    content = checked_content(data)
    if content.kind is Kind.PDF:
        with opened_pdf(data) as document:
            page = page_preview(document)
        return Examination(read(data), preview_file(page), thumbnail_file(page), (), None)
    with opened_picture(data, content) as image:
        if content.kind is Kind.HEIC:
            load_heic(image)
        reading = reading_of(image, data, content)
        preview = preview_of(image, reading)
    grey = preview.convert("L")
    hints = advice(reading.width, reading.height, *grids_of(grey))
    alike = None if Advice.UNIFORM in hints else likeness_of(grey)
    return Examination(reading, preview_file(preview), thumbnail_file(preview), hints, alike)
