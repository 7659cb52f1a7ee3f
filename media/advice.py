"""Advice at the door: plain hints on a photo, by whole-number rules that the phone computes too.

From an upright picture reduced to at most 1600 pixels a side (the preview) comes its luminance,
L = (19595 R + 38470 G + 7471 B + 32768) >> 16. From that:

- `grid`: reduced f times; f is 1, 2 or 4, the least that leaves at most 512 cells a side, but 1
  when the shorter side is shorter than f.
- `detail`: the 192 x 192 cells in the middle, left = (width - 192) >> 1, top likewise; none when a
  side is shorter.

Reduced f times: the mean of each whole block of f x f cells, rounded half up; what is left at the
right and lower edge is dropped. Edges of a grid: 128 + 4c - up - down - left - right, held to
0..255, without the outermost cells. Percentile p: the least luminance that at least p of 100 cells
don't exceed. Variance of n values: floor((n * sum of squares - square of sum) / n^2).

The cases that both sides must agree on are in tests/cases/advice/. The thresholds were measured;
DECISIONS.md has the table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from PIL import Image, ImageChops, ImageFilter

GRID_SIDE, DETAIL_SIDE = 512, 192

_SMALLEST_SIDE = 480  # pixels of the original's shorter side
_UNIFORM = 36  # variance of luminance
_DARK = 60  # the 95th percentile of a dark picture is below
_BRIGHT, _FADED = 250, 140  # the median of a faded picture and its second percentile reach
_LOST = 5  # how much weaker a blurred picture's edges are than when it is reduced to half
_NO_EDGES = 16  # variance of the edges left after that
_LAGS = 16  # cells
_RIPPLE = 4  # mean difference of edges, in levels, that a judgement needs

_EDGES = ImageFilter.Kernel((3, 3), (0, -1, 0, -1, 4, -1, 0, -1, 0), scale=1, offset=128)


class Advice(StrEnum):
    """What may be wrong with a photo. None of it refuses the photo."""

    TOO_SMALL = "too_small"
    UNIFORM = "uniform"  # a wall, a pocket, a covered lens
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    BLURRED = "blurred"
    MOIRE = "moire"  # fine regular ripples, as on a photographed screen or print


@dataclass(frozen=True, slots=True)
class Grid:
    """Luminance, row by row, one byte a cell."""

    width: int
    height: int
    cells: bytes


def grids_of(preview: Image.Image) -> tuple[Grid, Grid | None]:
    """The grid and the detail of an upright preview."""
    grey = preview.convert("L")
    factor = next((few for few in (1, 2) if max(grey.size) <= few * GRID_SIDE), 4)
    factor = factor if factor <= min(grey.size) else 1
    left, top = (grey.width - DETAIL_SIDE) // 2, (grey.height - DETAIL_SIDE) // 2
    detail = grey.crop((left, top, left + DETAIL_SIDE, top + DETAIL_SIDE))
    return _grid(_reduced(grey, factor)), _grid(detail) if min(left, top) >= 0 else None


def advice(width: int, height: int, grid: Grid, detail: Grid | None) -> tuple[Advice, ...]:
    """Hints on a photo of `width` x `height` pixels, in the order of Advice."""
    grey = _image(grid)
    counts = grey.histogram()
    uniform = _variance(counts) < _UNIFORM
    found = {
        Advice.TOO_SMALL: min(width, height) < _SMALLEST_SIDE,
        Advice.UNIFORM: uniform,
        Advice.TOO_DARK: _percentile(counts, 95) < _DARK,
        Advice.TOO_BRIGHT: _percentile(counts, 50) >= _BRIGHT and _percentile(counts, 2) >= _FADED,
        Advice.BLURRED: not uniform and _is_blurred(grey),
        Advice.MOIRE: detail is not None and _ripples(_image(detail)),
    }
    return tuple(code for code, holds in found.items() if holds)


def _is_blurred(grey: Image.Image) -> bool:
    """Whether edges are much weaker than after halving, which hides blur and little else, or none.

    Judged against itself, so that a page of print and an empty wall are held to the same rule.
    """
    if min(grey.size) < 6:
        return False
    fine, coarse = (_variance(_edges(part).histogram()) for part in (grey, _reduced(grey, 2)))
    return coarse < _NO_EDGES or fine * _LOST < coarse


def _ripples(grey: Image.Image) -> bool:
    """Whether edges repeat: shifted by some cells they differ a third less than by fewer cells.

    Average magnitude differences, along rows and along columns.
    """
    edges = _edges(grey)
    return any(
        _dips([_difference(edges, lag * right, lag * down) for lag in range(1, _LAGS + 1)])
        for right, down in ((1, 0), (0, 1))
    )


def _dips(differences: Sequence[int]) -> bool:
    least = _RIPPLE * (DETAIL_SIDE - 2 - _LAGS) ** 2
    highest = differences[0]
    for difference in differences[1:]:
        if highest >= least and difference * 3 < highest * 2:
            return True
        highest = max(highest, difference)
    return False


def _difference(edges: Image.Image, right: int, down: int) -> int:
    """Sum of the differences between cells that are so far apart, over the same cells always."""
    side = DETAIL_SIDE - 2 - _LAGS
    here = edges.crop((0, 0, side, side))
    there = edges.crop((right, down, right + side, down + side))
    return sum(n * level for level, n in enumerate(ImageChops.difference(here, there).histogram()))


def _edges(grey: Image.Image) -> Image.Image:
    return grey.filter(_EDGES).crop((1, 1, grey.width - 1, grey.height - 1))


def _reduced(grey: Image.Image, factor: int) -> Image.Image:
    """Whole blocks of 4 or 16 cells: Pillow rounds other means in its own way."""
    width, height = (side // factor * factor for side in grey.size)
    return grey.crop((0, 0, width, height)).reduce(factor)


def _variance(counts: Sequence[int]) -> int:
    n = sum(counts)
    total = sum(count * level for level, count in enumerate(counts))
    squares = sum(count * level * level for level, count in enumerate(counts))
    return (n * squares - total * total) // (n * n)


def _percentile(counts: Sequence[int], percent: int) -> int:
    wanted, reached = sum(counts) * percent, 0
    for level, count in enumerate(counts):
        reached += count * 100
        if reached >= wanted:
            return level
    raise ValueError("a grid has at least one cell")


def _grid(grey: Image.Image) -> Grid:
    return Grid(grey.width, grey.height, grey.tobytes())


def _image(grid: Grid) -> Image.Image:
    return Image.frombytes("L", (grid.width, grid.height), grid.cells)
