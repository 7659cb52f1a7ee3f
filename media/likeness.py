"""Whether two photos are one picture, saved anew, resized, cut a little or photographed again.

A photo's likeness is two bit strings from one discrete cosine transform of its luminance: `key`,
the coarse shapes, which finds candidates among a county's years of photos, and `full`, which also
has the finer ones, and tells the same picture from another of the same room. Neither says anything
about who is on it. DECISIONS.md has the measurements they were chosen by.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import combinations
from math import cos, pi
from operator import mul
from statistics import median

from PIL import Image

KEY_BITS, FULL_BITS = 63, 255
# Candidates differ in at most so many bits of the key, and pass for similar up to so many of the
# whole; up to the last they are the same picture.
NEAR_KEY, SIMILAR, SAME = 11, 84, 12

_SIDE = 32  # cells of the reduced picture
_WAVES, _KEY_WAVES = 16, 8
_BLOCKS, _BLOCK_BITS, _BLOCK_MASK = 4, 16, 0xFFFF
_SCALE = 4096  # whole numbers throughout, so that every machine gets the same bits


class Match(StrEnum):
    """How alike two photos are."""

    SAME = "same"
    SIMILAR = "similar"


@dataclass(frozen=True, slots=True)
class Likeness:
    """`key` has 63 bits and is never negative; `full` has 255 bits in 32 bytes, big-endian."""

    key: int
    full: bytes


def likeness_of(preview: Image.Image) -> Likeness:
    """The likeness of an upright preview. One that is nearly uniform has none worth keeping."""
    cells = preview.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX).tobytes()
    rows = [cells[at : at + _SIDE] for at in range(0, len(cells), _SIDE)]
    across = [[_dot(wave, row) for row in rows] for wave in _waves()]
    waves = [[_dot(wave, column) for column in across] for wave in _waves()]
    low = [wave[:_KEY_WAVES] for wave in waves[:_KEY_WAVES]]
    return Likeness(_bits(low), _bits(waves).to_bytes(32))


def compare(one: Likeness, other: Likeness) -> Match | None:
    """How alike two photos are; None when they are not."""
    if (one.key ^ other.key).bit_count() > NEAR_KEY:
        return None
    apart = (int.from_bytes(one.full) ^ int.from_bytes(other.full)).bit_count()
    if apart > SIMILAR:
        return None
    return Match.SAME if apart <= SAME else Match.SIMILAR


def _bits(waves: Sequence[Sequence[int]]) -> int:
    """One bit for each wave: is it above the middle of all? Without the first, the brightness."""
    values = [value for row in waves for value in row][1:]
    middle = median(values)
    return int("".join("1" if value > middle else "0" for value in values), 2)


def _dot(wave: Sequence[int], values: Sequence[int]) -> int:
    return sum(map(mul, wave, values))


@cache
def _waves() -> tuple[tuple[int, ...], ...]:
    """The lowest cosines of the DCT-II, scaled to whole numbers."""
    return tuple(
        tuple(round(_SCALE * cos(pi * (2 * at + 1) * wave / (2 * _SIDE))) for at in range(_SIDE))
        for wave in range(_WAVES)
    )


def near_blocks(key: int) -> tuple[tuple[int, ...], ...]:
    """For each 16-bit block of a key, lowest first, the values that a near key may have there.

    Keys that differ in at most 11 bits differ in at most 2 in one of their four blocks, so looking
    for 137 values of each block finds every key within NEAR_KEY bits, in four indexes.
    """
    return tuple(
        tuple((key >> place & _BLOCK_MASK) ^ change for change in _changes())
        for place in range(0, _BLOCKS * _BLOCK_BITS, _BLOCK_BITS)
    )


@cache
def _changes() -> tuple[int, ...]:
    """Every way to change at most NEAR_KEY // _BLOCKS bits of a block."""
    bits = [1 << place for place in range(_BLOCK_BITS)]
    most = NEAR_KEY // _BLOCKS
    return tuple(sum(some) for n in range(most + 1) for some in combinations(bits, n))
