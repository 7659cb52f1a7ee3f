"""One picture saved anew is found again, another one isn't; look-ups by blocks miss nothing."""

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from media.examining import examine
from media.likeness import (
    FULL_BITS,
    KEY_BITS,
    NEAR_KEY,
    SAME,
    Likeness,
    Match,
    compare,
    likeness_of,
    near_blocks,
)
from tests.pictures import saved, scene

PHOTO = scene(3)
KEY = "0xc23db56d5de253"
FULL = "0001c2463d27b5ff6d3d5da0e23753a91f35f87a766caaaaf22e50e01a9945aa"


def _again(image: Image.Image, quality: int) -> Image.Image:
    return Image.open(BytesIO(saved(image, quality=quality)))


def _cut(image: Image.Image, part: float) -> Image.Image:
    width, height = image.size
    edge = (width * part, height * part, width * (1 - part), height * (1 - part))
    return image.crop(tuple(round(length) for length in edge))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        (PHOTO, Match.SAME),
        (_again(PHOTO, 30), Match.SAME),
        (PHOTO.resize((320, 240)), Match.SAME),
        (PHOTO.point(lambda value: value * 6 // 10), Match.SAME),
        (_cut(PHOTO, 0.0125), Match.SIMILAR),
        (_cut(PHOTO, 0.025), Match.SIMILAR),
        (scene(4), None),
    ],
)
def test_the_same_picture_is_known_again(changed: Image.Image, match: Match | None) -> None:
    assert compare(likeness_of(PHOTO), likeness_of(changed)) is match
    assert compare(likeness_of(changed), likeness_of(PHOTO)) is match


def test_different_pictures_are_apart() -> None:
    found = [likeness_of(scene(seed, (400, 300))) for seed in range(25)]
    matches = [compare(a, b) for n, a in enumerate(found) for b in found[:n]]
    assert set(matches) == {None}


def test_its_bits_are_fixed_for_ever() -> None:
    """Stored likenesses are compared over years: this must not change."""
    cells = bytes((x * 37 + x * x * y) % 251 for y in range(32) for x in range(32))
    found = likeness_of(Image.frombytes("L", (32, 32), cells))
    assert (hex(found.key), found.full.hex()) == (KEY, FULL)


def test_bits() -> None:
    found = likeness_of(PHOTO)
    assert 0 <= found.key < 2**KEY_BITS
    assert int.from_bytes(found.full) < 2**FULL_BITS
    assert len(found.full) == 32
    assert found.key.bit_count() == KEY_BITS // 2


def test_a_uniform_photo_is_like_nothing() -> None:
    assert examine(saved(Image.new("RGB", (800, 600), (90, 80, 70)))).likeness is None
    assert examine(saved(PHOTO)).likeness is not None


@settings(max_examples=100)
@given(st.integers(0, 2**KEY_BITS - 1), st.sets(st.integers(0, KEY_BITS - 1), max_size=NEAR_KEY))
def test_every_near_key_shares_a_block(key: int, changed: set[int]) -> None:
    other = key
    for place in changed:
        other ^= 1 << place
    blocks = near_blocks(key)
    assert any(other >> 16 * n & 0xFFFF in set(values) for n, values in enumerate(blocks))


def test_how_many_blocks_are_looked_up() -> None:
    assert [len(set(values)) for values in near_blocks(2**KEY_BITS - 1)] == [137] * 4


def test_where_the_limits_lie() -> None:
    def apart(key: int, full: int) -> Match | None:
        zero = Likeness(0, bytes(32))
        return compare(zero, Likeness(2**key - 1, (2**full - 1).to_bytes(32)))

    assert apart(NEAR_KEY, SAME) is Match.SAME
    assert apart(0, SAME + 1) is Match.SIMILAR
    assert apart(NEAR_KEY, 84) is Match.SIMILAR
    assert apart(NEAR_KEY, 85) is None
    assert apart(NEAR_KEY + 1, 0) is None
