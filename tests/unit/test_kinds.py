"""What a file is, told by its content."""

import io
import zipfile

import pytest

from media.kinds import BadImage, Fault, Kind, content_of
from tests.pictures import pdf, saved, scene

SMALL = scene(size=(64, 48))
FILES = {
    Kind.JPEG: saved(SMALL),
    Kind.PNG: saved(SMALL, "PNG"),
    Kind.WEBP: saved(SMALL, "WEBP"),
    Kind.HEIC: saved(SMALL, "HEIF"),
    Kind.PDF: pdf(),
}


def _fault(data: bytes) -> Fault:
    with pytest.raises(BadImage) as caught:
        content_of(data)
    return caught.value.fault


def _archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("Main.class", b"x" * 100)
        archive.comment = b"a comment moves the record away from the end"
    return file.getvalue()


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_is_told_by_its_first_bytes(kind: Kind) -> None:
    assert content_of(FILES[kind]).kind is kind


@pytest.mark.parametrize("kind", set(Kind) - {Kind.PDF})
def test_the_end_of_the_picture_is_found_and_what_phones_append_is_allowed(kind: Kind) -> None:
    motion = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 20
    for tail in (b"", b"SEFH" + bytes(40), motion, FILES[Kind.JPEG]):
        if kind is Kind.HEIC and tail == motion:
            continue  # boxes behind boxes are one file
        assert content_of(FILES[kind] + tail).end == len(FILES[kind])


def test_a_progressive_jpeg_with_a_picture_in_its_header_ends_at_its_own_end() -> None:
    inner = saved(SMALL.resize((16, 12)))
    comment = b"\xff\xfe" + (len(inner) + 2).to_bytes(2) + inner
    outer = saved(SMALL, "JPEG", progressive=True)
    data = outer[:2] + comment + outer[2:]
    assert content_of(data + b"tail").end == len(data)


@pytest.mark.parametrize("kind", Kind)
def test_cut_anywhere_a_file_is_refused(kind: Kind) -> None:
    data = FILES[kind].rstrip()
    step = max(1, len(data) // 60)
    for length in [*range(0, len(data) - 1, step), len(data) - 1]:
        assert _fault(data[:length]) in {Fault.TRUNCATED, Fault.UNKNOWN_KIND}, length


@pytest.mark.parametrize("kind", Kind)
def test_an_archive_behind_the_picture_is_refused(kind: Kind) -> None:
    assert _fault(FILES[kind] + _archive()) is Fault.POLYGLOT


@pytest.mark.parametrize("text", [b"<HTML><script>", b"%PDF-1.7", b"<svg onload=", b"<?php "])
def test_a_page_or_document_in_the_head_is_refused(text: bytes) -> None:
    jpeg = FILES[Kind.JPEG]
    comment = b"\xff\xfe" + (len(text) + 2).to_bytes(2) + text
    assert _fault(jpeg[:2] + comment + jpeg[2:]) is Fault.POLYGLOT


def test_the_letters_of_an_archive_alone_refuse_nothing() -> None:
    assert content_of(FILES[Kind.JPEG] + b"PK\x05\x06" + bytes(30)).kind is Kind.JPEG


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8",
        b"GIF89a" + bytes(100),
        b"BM" + bytes(100),
        b"II*\0" + bytes(100),
        b"<svg xmlns='x'/>",
        b"\0\0\0\x1cftypavif\0\0\0\0mif1avifmiaf" + bytes(100),
        b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + bytes(100),
        b"RIFF\x24\0\0\0WAVEfmt " + bytes(100),
        b" " + FILES[Kind.PDF],
        _archive(),
    ],
)
def test_anything_else_is_of_no_kind(data: bytes) -> None:
    assert _fault(data) is Fault.UNKNOWN_KIND
