"""Shares and their difference: the published examples, and what must hold of any two groups."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.effect import ENOUGH, Share, difference, enough, wilson

# Newcombe 1998, table II, method 10; the shares as (filed, of).
PUBLISHED = [
    ((56, 70), (48, 80), 0.0524, 0.3339),
    ((9, 10), (3, 10), 0.1705, 0.8090),
    ((6, 7), (2, 7), 0.0582, 0.8062),
    ((5, 56), (0, 29), -0.0381, 0.1926),
    ((0, 10), (0, 20), -0.1611, 0.2775),
    ((0, 10), (0, 10), -0.2775, 0.2775),
    ((10, 10), (0, 20), 0.6791, 1.0),
    ((10, 10), (0, 10), 0.6075, 1.0),
]


@st.composite
def shares(draw: st.DrawFn, least: int = 1) -> Share:
    of = draw(st.integers(least, 2000))
    return Share(of, draw(st.integers(0, of)))


@pytest.mark.parametrize(("first", "second", "low", "high"), PUBLISHED)
def test_published_examples(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    found = difference(Share(first[1], first[0]), Share(second[1], second[0]))
    assert found is not None
    assert found.points == pytest.approx(100 * (first[0] / first[1] - second[0] / second[1]))
    assert (found.low / 100, found.high / 100) == pytest.approx((low, high), abs=5e-5)


def test_a_share_s_own_interval() -> None:
    assert wilson(Share(263, 81)) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(Share(30, 0))[0] == 0
    assert wilson(Share(30, 30))[1] == 1
    with pytest.raises(ValueError, match="empty"):
        wilson(Share(0, 0))


@settings(max_examples=100)
@given(shares(), shares())
def test_any_two_groups(one: Share, other: Share) -> None:
    found, back = difference(one, other), difference(other, one)
    assert found is not None
    assert back is not None
    assert -100.0001 <= found.low <= found.points <= found.high <= 100.0001
    assert (back.points, back.low, back.high) == pytest.approx(
        (-found.points, -found.high, -found.low)
    )


@settings(max_examples=50)
@given(shares(20), shares(20))
def test_ten_times_as_many_tell_more(one: Share, other: Share) -> None:
    narrow = difference(Share(one.of * 10, one.filed * 10), Share(other.of * 10, other.filed * 10))
    wide = difference(one, other)
    assert narrow is not None
    assert wide is not None
    assert narrow.high - narrow.low < wide.high - wide.low


def test_an_empty_group_has_no_difference_and_a_small_one_is_marked() -> None:
    full, small, empty = Share(ENOUGH, 10), Share(ENOUGH - 1, 10), Share(0, 0)
    assert difference(full, empty) is None
    assert difference(empty, full) is None
    assert enough(full, full)
    assert not enough(full, small)
    assert not enough(small, full)


@pytest.mark.parametrize(("of", "filed"), [(3, 4), (3, -1), (-1, -1)])
def test_a_share_that_is_none(of: int, filed: int) -> None:
    with pytest.raises(ValueError, match="of"):
        Share(of, filed)
