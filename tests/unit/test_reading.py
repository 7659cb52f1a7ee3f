"""Reading headers, decoding and reducing: honest files of every sort, and hostile ones."""

from contextlib import suppress
from datetime import datetime
from io import BytesIO

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms, ImageOps, ImageStat

from media import reading
from media.derivatives import PREVIEW_SIDE, THUMBNAIL_SIDE, watermarked
from media.examining import examine
from media.kinds import BadImage, Fault, Kind
from tests.pictures import exif, locked_pdf, pdf, png_bomb, saved, scene, swapped_profile

SMALL = scene(size=(200, 150))
KINDS = {Kind.JPEG: "JPEG", Kind.PNG: "PNG", Kind.WEBP: "WEBP", Kind.HEIC: "HEIF"}


def _fault(data: bytes) -> Fault:
    with pytest.raises(BadImage) as caught:
        examine(data)
    with pytest.raises(BadImage):
        reading.read(data)
    return caught.value.fault


def _preview(data: bytes) -> Image.Image:
    return Image.open(BytesIO(examine(data).preview))


def _apart(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of the channels, of 255."""
    assert one.size == other.size
    difference = ImageChops.difference(one.convert("RGB"), other.convert("RGB"))
    return sum(ImageStat.Stat(difference).mean) / 3


@pytest.mark.parametrize(("kind", "name"), KINDS.items())
def test_what_a_picture_says(kind: Kind, name: str) -> None:
    data = saved(SMALL, name, exif=exif(taken_at="2026:11:20 09:30:00"))
    expected = reading.Reading(kind, 200, 150, 1, datetime(2026, 11, 20, 9, 30), 1, 0)
    assert reading.read(data) == expected
    assert examine(data).reading == expected


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", [Kind.JPEG, Kind.PNG, Kind.WEBP])
def test_every_orientation_is_shown_upright(kind: Kind, orientation: int) -> None:
    data = saved(SMALL, KINDS[kind], exif=exif(orientation))
    upright = ImageOps.exif_transpose(Image.open(BytesIO(data)))
    found = examine(data)
    assert (found.reading.width, found.reading.height) == upright.size
    assert _apart(_preview(data), upright) < 6
    wrong = ImageOps.mirror(upright)
    assert _apart(_preview(data), wrong) > 25


def test_a_large_photo_is_reduced_and_loses_its_metadata() -> None:
    big = scene(size=(2000, 1500))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = saved(big, exif=exif(6), icc_profile=profile, comment=b"secret comment")
    found = examine(data)
    for file, side in ((found.preview, PREVIEW_SIDE), (found.thumbnail, THUMBNAIL_SIDE)):
        shown = Image.open(BytesIO(file))
        assert (shown.format, shown.size) == ("JPEG", (side * 3 // 4, side))
        assert set(shown.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert b"secret" not in file
        assert b"Exif" not in file
    assert (
        _apart(
            Image.open(BytesIO(found.preview)), big.rotate(-90, expand=True).resize((1200, 1600))
        )
        < 8
    )


def test_a_small_photo_is_not_enlarged_and_loses_its_metadata_too() -> None:
    found = examine(saved(SMALL, exif=exif(), comment=b"secret comment"))
    assert Image.open(BytesIO(found.preview)).size == SMALL.size
    assert b"secret" not in found.preview + found.thumbnail
    assert _preview(saved(Image.new("RGB", (3000, 1)))).size == (1600, 1)


@pytest.mark.parametrize(
    ("image", "colour"),
    [
        (Image.new("CMYK", (60, 40), (0, 255, 255, 0)), (255, 0, 0)),
        (Image.new("L", (60, 40), 90), (90, 90, 90)),
    ],
)
def test_other_colour_models_of_jpeg(image: Image.Image, colour: tuple[int, ...]) -> None:
    assert _apart(_preview(saved(image, quality=95)), Image.new("RGB", (60, 40), colour)) < 3


@pytest.mark.parametrize(
    ("image", "colour"),
    [
        (Image.new("I;16", (60, 40), 0x8000), (128, 128, 128)),
        (Image.new("1", (60, 40), 1), (255, 255, 255)),
        (Image.new("RGBA", (60, 40), (0, 0, 0, 0)), (255, 255, 255)),
        (Image.new("LA", (60, 40), (0, 255)), (0, 0, 0)),
        (Image.new("RGB", (60, 40), (10, 200, 30)).quantize(4), (10, 200, 30)),
    ],
)
def test_other_modes_of_png(image: Image.Image, colour: tuple[int, ...]) -> None:
    assert _apart(_preview(saved(image, "PNG")), Image.new("RGB", (60, 40), colour)) < 8


def test_a_colour_profile_is_followed_where_it_fits() -> None:
    given = Image.new("RGB", (60, 40), (200, 90, 30))
    for profile, colour in (
        (swapped_profile(), (90, 200, 30)),
        (ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(), (200, 90, 30)),
        (b"nonsense" * 30, (200, 90, 30)),
    ):
        shown = _preview(saved(given, quality=95, icc_profile=profile))
        assert _apart(shown, Image.new("RGB", (60, 40), colour)) < 4
        assert "icc_profile" not in shown.info


def test_too_many_bytes_are_not_looked_at() -> None:
    assert _fault(saved(SMALL) + bytes(reading.MAX_BYTES)) is Fault.TOO_HEAVY


@pytest.mark.parametrize("size", [(7072, 7072), (60_000, 60_000), (50_000_001, 1)])
def test_a_bomb_is_refused_by_what_it_says(size: tuple[int, int]) -> None:
    assert _fault(png_bomb(*size)) is Fault.TOO_LARGE


def test_webp_bombs_are_refused_before_their_library_sees_them() -> None:
    lossless, lossy = (bytearray(saved(SMALL, "WEBP", lossless=how)) for how in (True, False))
    lossless[21:25] = (16_383 | 16_383 << 14).to_bytes(4, "little")
    lossy[26:30] = b"\xff\x3f\xff\x3f"
    assert _fault(bytes(lossless)) is Fault.TOO_LARGE
    assert _fault(bytes(lossy)) is Fault.TOO_LARGE
    extended = bytearray(saved(SMALL, "WEBP", exif=exif()))
    extended[24:30] = b"\xff" * 6
    assert _fault(bytes(extended)) is Fault.TOO_LARGE


def test_heic_bombs_are_refused() -> None:
    data = bytearray(saved(SMALL, "HEIF"))
    at = data.index(b"ispe") + 8  # the size of the picture (ISO 23008-12, 6.5.3)
    data[at : at + 8] = (60_000).to_bytes(4) * 2
    assert _fault(bytes(data)) in {Fault.TOO_LARGE, Fault.BROKEN}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_heic_is_turned_by_its_boxes_and_only_once(orientation: int) -> None:
    data = saved(SMALL, "HEIF", exif=exif(orientation))  # written as boxes, and kept as Exif
    upright = ImageOps.exif_transpose(
        Image.open(BytesIO(saved(SMALL, "PNG", exif=exif(orientation))))
    )
    found = examine(data).reading
    assert (found.width, found.height, found.orientation) == (*upright.size, 1)
    assert _apart(_preview(data), upright) < 6


@pytest.mark.parametrize("name", ["PNG", "WEBP"])
def test_animations_are_refused(name: str) -> None:
    data = saved(SMALL, name, save_all=True, append_images=[ImageOps.mirror(SMALL)])
    assert _fault(data) is Fault.ANIMATED


def test_a_gif_is_refused() -> None:
    assert _fault(saved(SMALL, "GIF")) is Fault.UNKNOWN_KIND


def test_pdf_pages_are_counted_and_the_first_is_shown() -> None:
    found = examine(pdf(3))
    assert found.reading == reading.Reading(Kind.PDF, 595, 842, 1, None, 3, 0)
    shown = Image.open(BytesIO(found.preview))
    assert max(shown.size) == PREVIEW_SIDE
    assert _apart(shown, Image.new("RGB", shown.size, "white")) < 1
    assert (found.advice, found.likeness) == ((), None)


def test_a_pdf_page_of_any_shape_takes_no_more_than_a_preview() -> None:
    for size in ((14_400.0, 14_400.0), (14_400.0, 1.0)):
        assert max(_preview(pdf(1, size)).size) <= PREVIEW_SIDE + 1


def test_pdf_limits() -> None:
    assert _fault(pdf(reading.MAX_PAGES + 1)) is Fault.TOO_MANY_PAGES
    assert _fault(locked_pdf()) is Fault.LOCKED
    assert _fault(b"%PDF-1.7 nothing of the kind %%EOF") is Fault.BROKEN


def test_the_watermark_is_drawn_and_the_picture_stays() -> None:
    preview = examine(saved(scene())).preview
    marked = watermarked(preview, ["2026-11-23 08:00 东王家庄村", "𡐓 堌 垚", "查看：张三"])
    before, after = Image.open(BytesIO(preview)), Image.open(BytesIO(marked))
    assert after.size == before.size
    width, height = before.size
    top, band = (0, 0, width, height // 2), (0, height - 40, width, height)
    assert 0.5 < _apart(before.crop(top), after.crop(top)) < 20
    assert _apart(before.crop(band), after.crop(band)) > 25
    other = watermarked(preview, ["2026-11-23 08:00 东王家庄村", "𡐓 堌 垚", "查看：李四"])
    assert other != marked


def test_a_watermark_fits_on_anything() -> None:
    for size in ((1, 1), (320, 20), (20, 1600)):
        assert watermarked(saved(Image.new("RGB", size)), ["长" * 200, "", "x"])
    assert watermarked(saved(SMALL), [])


FUZZED = [
    *(saved(scene(size=(40, 30)), name, exif=exif(3)) for name in KINDS.values()),
    pdf(),
]


@settings(max_examples=100, deadline=2000)
@given(
    data=st.sampled_from(FUZZED),
    changes=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=20
    ),
    cut=st.floats(0, 1),
)
@example(FUZZED[0], [], 1.0)
def test_damaged_files_are_refused_or_read_and_nothing_else(
    data: bytes, changes: list[tuple[float, int]], cut: float
) -> None:
    damaged = bytearray(data)
    for place, value in changes:
        damaged[int(place * len(damaged))] = value
    if cut < 0.5:
        del damaged[int(2 * cut * len(damaged)) :]
    with suppress(BadImage):
        assert max(Image.open(BytesIO(examine(bytes(damaged)).preview)).size) <= PREVIEW_SIDE + 1
