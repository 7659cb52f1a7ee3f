"""The advice codes: shared cases, and the rule written out cell by cell as it stands in words."""

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from media.advice import Advice, Grid, advice, grids_of
from tests.pictures import scene

CASES = sorted((Path(__file__).parents[1] / "cases/advice").glob("*.json"))
Rows = list[list[int]]


def _grid(case: dict[str, Any] | None) -> Grid | None:
    """A case's grid: its tile repeated to the right and downwards."""
    if case is None:
        return None
    tile, width, height = case["tile"], case["width"], case["height"]
    cells = base64.b64decode(tile["cells"])
    rows = [cells[at : at + tile["width"]] for at in range(0, len(cells), tile["width"])]
    wide = [(row * (width // len(row) + 1))[:width] for row in rows]
    return Grid(width, height, b"".join(wide[y % len(wide)] for y in range(height)))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_shared_cases(path: Path) -> None:
    case = json.loads(path.read_text("utf-8"))
    grid, detail = _grid(case["grid"]), _grid(case["detail"])
    assert grid is not None
    assert [*advice(case["width"], case["height"], grid, detail)] == case["advice"]
    assert _in_words(case["width"], case["height"], grid, detail) == case["advice"]


def test_every_code_has_a_case() -> None:
    found = {code for path in CASES for code in json.loads(path.read_text("utf-8"))["advice"]}
    assert found == set(Advice)


@settings(max_examples=60, deadline=2000)
@given(st.integers(1, 14), st.integers(1, 14), st.randoms(use_true_random=False), st.booleans())
def test_the_rule_in_words_agrees(width: int, height: int, made: Any, smooth: bool) -> None:
    low = made.randrange(256)
    high = made.randrange(low, 256)
    cells = bytes(made.randint(low, high) for _ in range(width * height))
    if smooth:
        image = Image.frombytes("L", (width, height), cells)
        cells = image.filter(ImageFilter.GaussianBlur(2)).tobytes()
    grid = Grid(width, height, cells)
    assert [*advice(800, 600, grid, None)] == _in_words(800, 600, grid, None)


@pytest.mark.parametrize("size", [(511, 300), (513, 40), (300, 1024), (1600, 203), (1025, 3)])
def test_the_reduction_in_words_agrees(size: tuple[int, int]) -> None:
    image = scene(size=(size[0], max(size[1], 60))).crop((0, 0, *size))
    factor = 1 if max(size) <= 512 else 2 if max(size) <= 1024 else 4
    factor = 1 if min(size) < factor else factor
    colours = image.tobytes()
    grey = [
        (19595 * colours[at] + 38470 * colours[at + 1] + 7471 * colours[at + 2] + 32768) >> 16
        for at in range(0, len(colours), 3)
    ]
    rows = [grey[at : at + size[0]] for at in range(0, len(grey), size[0])]
    grid, detail = grids_of(image)
    assert _rows(grid) == _reduced(rows, factor)
    if min(size) < 192:
        assert detail is None
        return
    left, top = (size[0] - 192) >> 1, (size[1] - 192) >> 1
    assert detail is not None
    assert _rows(detail) == [row[left : left + 192] for row in rows[top : top + 192]]


def test_a_photo_and_what_can_go_wrong_with_it() -> None:
    photo = scene()
    blurred = photo.filter(ImageFilter.GaussianBlur(5))
    dark = photo.point(lambda value: value // 6)
    assert advice(1280, 960, *grids_of(photo)) == ()
    assert advice(1280, 960, *grids_of(blurred)) == (Advice.BLURRED,)
    assert Advice.TOO_DARK in advice(1280, 960, *grids_of(dark))


def _in_words(width: int, height: int, grid: Grid, detail: Grid | None) -> list[str]:
    rows = _rows(grid)
    cells = sorted(cell for row in rows for cell in row)
    uniform = _variance(cells) < 36
    found = []
    if min(width, height) < 480:
        found.append("too_small")
    if uniform:
        found.append("uniform")
    if _percentile(cells, 95) < 60:
        found.append("too_dark")
    if _percentile(cells, 50) >= 250 and _percentile(cells, 2) >= 140:
        found.append("too_bright")
    if not uniform and min(grid.width, grid.height) >= 6:
        fine, coarse = (
            _variance([cell for row in _edges(part) for cell in row])
            for part in (rows, _reduced(rows, 2))
        )
        if coarse < 16 or fine * 5 < coarse:
            found.append("blurred")
    if detail is not None and _ripples(_edges(_rows(detail))):
        found.append("moire")
    return found


def _ripples(edges: Rows) -> bool:
    side = 192 - 2 - 16
    turned = [list(column) for column in zip(*edges, strict=True)]
    for part in (edges, turned):
        sums = [
            sum(abs(row[x] - row[x + lag]) for row in part[:side] for x in range(side))
            for lag in range(1, 17)
        ]
        for at in range(1, 16):
            highest = max(sums[:at])
            if highest >= 4 * side * side and sums[at] * 3 < highest * 2:
                return True
    return False


def _rows(grid: Grid) -> Rows:
    size = grid.width * grid.height
    return [list(grid.cells[at : at + grid.width]) for at in range(0, size, grid.width)]


def _edges(rows: Rows) -> Rows:
    return [
        [
            min(255, max(0, 128 + 4 * rows[y][x] - sum(_around(rows, x, y))))
            for x in range(1, len(rows[0]) - 1)
        ]
        for y in range(1, len(rows) - 1)
    ]


def _around(rows: Rows, x: int, y: int) -> Iterable[int]:
    return rows[y - 1][x], rows[y + 1][x], rows[y][x - 1], rows[y][x + 1]


def _reduced(rows: Rows, factor: int) -> Rows:
    reduced = []
    for top in range(0, len(rows) - factor + 1, factor):
        part = rows[top : top + factor]
        blocks = (
            [cell for row in part for cell in row[left : left + factor]]
            for left in range(0, len(rows[0]) - factor + 1, factor)
        )
        reduced.append([(2 * sum(block) + len(block)) // (2 * len(block)) for block in blocks])
    return reduced


def _variance(cells: list[int]) -> int:
    n = len(cells)
    return (n * sum(cell * cell for cell in cells) - sum(cells) ** 2) // (n * n)


def _percentile(ascending: list[int], percent: int) -> int:
    return ascending[-(-len(ascending) * percent // 100) - 1]
