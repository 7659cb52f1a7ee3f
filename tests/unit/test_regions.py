"""Region codes, keys and the ranges by which scopes are cut."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.refusal import Refusal
from backend.domain.regions import (
    Level,
    code_of,
    contains,
    key_of,
    level_of,
    parent_key,
    prefix_range,
)

KEYS = [
    ("99", Level.PROVINCE),
    ("9901", Level.CITY),
    ("990101", Level.COUNTY),
    ("990101100", Level.TOWNSHIP),
    ("990101100200", Level.VILLAGE),
]
quick = settings(max_examples=50, deadline=None)


@pytest.mark.parametrize(("key", "level"), KEYS)
def test_a_key_has_a_level_and_a_code(key: str, level: Level) -> None:
    assert level_of(key) is level
    assert level.digits == len(key)
    assert len(code_of(key)) == 12
    assert key_of(code_of(key), level) == key


def test_each_key_has_the_next_shorter_as_parent() -> None:
    parents = [parent_key(key) for key, _ in KEYS]
    assert parents == [None, *[key for key, _ in KEYS[:-1]]]


@pytest.mark.parametrize(
    ("code", "level", "reason"),
    [
        ("99010110020", Level.VILLAGE, "not_12_digits"),
        ("9901011002000", Level.VILLAGE, "not_12_digits"),
        ("99010110020x", Level.VILLAGE, "not_12_digits"),
        ("99010110020\u0660", Level.VILLAGE, "not_12_digits"),  # an Arabic-Indic zero
        ("990101100200\n", Level.VILLAGE, "not_12_digits"),
        ("", Level.COUNTY, "not_12_digits"),
        ("990101100200", Level.TOWNSHIP, "digits_below_level"),
        ("990101100000", Level.COUNTY, "digits_below_level"),
        ("990101000000", Level.TOWNSHIP, "no_number"),
        ("990101100000", Level.VILLAGE, "no_number"),
    ],
)
def test_a_code_that_does_not_fit_its_level(code: str, level: Level, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        key_of(code, level)
    assert refused.value.code == "bad_region_code"
    assert refused.value.params == {"reason": reason}


def test_a_city_without_counties_has_a_county_group_of_zeros() -> None:
    assert key_of("441900000000", Level.COUNTY) == "441900"
    assert key_of("419000000000", Level.COUNTY) == "419000"
    assert key_of("441900003000", Level.TOWNSHIP) == "441900003"


@pytest.mark.parametrize("key", ["", "9", "99010", "99010110", "9901011002001", "99010a", "9９"])
def test_what_is_no_key(key: str) -> None:
    for ask in (level_of, parent_key):
        with pytest.raises(Refusal, match="bad_region_code"):
            ask(key)


digits = st.text("0123456789", max_size=12)


@quick
@given(digits, digits, st.booleans())
def test_the_range_of_a_scope_holds_exactly_what_it_contains(
    prefix: str, key: str, inside: bool
) -> None:
    key = prefix + key if inside else key
    low, high = prefix_range(prefix)
    assert (low <= key < high) is contains(prefix, key)
    assert contains(prefix, key) is (key[: len(prefix)] == prefix)
