"""Identity numbers: the published examples, and every slip of the pen."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.identity_numbers import age_on, check_character, parse_id_number
from backend.domain.masking import masked_account, masked_id_number, masked_name, masked_phone
from backend.domain.refusal import Refusal

quick = settings(max_examples=50, deadline=None)
births = st.dates(date(1900, 1, 1), date(2099, 12, 31))


def number(born_on: date, order: int = 2) -> str:
    digits = f"990101{born_on:%Y%m%d}{order:03}"
    return digits + check_character(digits)


def reason(text: str) -> str:
    with pytest.raises(Refusal) as refused:
        parse_id_number(text)
    assert refused.value.code == "bad_id_number"
    return str(refused.value.params["reason"])


def test_sound_ones() -> None:
    found = parse_id_number("11010519491231002X")
    assert (found.born_on, found.is_male) == (date(1949, 12, 31), False)
    assert parse_id_number("440308199901101512").is_male


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("110101199003074515", "wrong_check_character"),
        ("990101199002304510", "no_such_date"),
        ("010101199003074510", "not_digits"),
        ("1101051949123100X2", "not_digits"),
        ("110105491231002", "not_18_characters"),
        ("11010519491231002", "not_18_characters"),
        ("", "not_18_characters"),
        ("①10105194912310021", "not_digits"),
        ("x" * 10_000, "not_18_characters"),
    ],
)
def test_unsound_ones(text: str, why: str) -> None:
    assert reason(text) == why


def test_as_people_type_them() -> None:
    wide = "11010519491231002X".translate({ord(str(d)): 0xFF10 + d for d in range(10)})
    for typed in ("11010519491231002x", " 110105 19491231 002X\u3000", wide, f"{wide[:-1]}ｘ"):
        assert parse_id_number(typed).text == "11010519491231002X"


@quick
@given(births, st.integers(0, 999))
def test_what_it_tells(born_on: date, order: int) -> None:
    found = parse_id_number(number(born_on, order))
    assert (found.born_on, found.is_male) == (born_on, order % 2 == 1)


@quick
@given(births, st.integers(0, 16), st.integers(1, 9))
def test_a_wrong_digit_is_caught(born_on: date, at: int, more: int) -> None:
    right = number(born_on)
    wrong = str((int(right[at]) + more) % 10)
    with pytest.raises(Refusal):
        parse_id_number(right[:at] + wrong + right[at + 1 :])


@quick
@given(births, st.integers(0, 15))
def test_a_swap_of_neighbours_is_caught(born_on: date, at: int) -> None:
    right = number(born_on)
    swapped = right[:at] + right[at + 1] + right[at] + right[at + 2 :]
    if swapped != right:
        with pytest.raises(Refusal):
            parse_id_number(swapped)


def test_age_counts_from_the_birthday() -> None:
    assert age_on(date(1936, 11, 23), date(2026, 11, 22)) == 89
    assert age_on(date(1936, 11, 23), date(2026, 11, 23)) == 90


def test_who_was_born_on_29_february_grows_older_on_1_march() -> None:
    born_on = date(1936, 2, 29)
    assert age_on(born_on, date(2026, 2, 28)) == 89
    assert age_on(born_on, date(2026, 3, 1)) == 90
    assert age_on(born_on, date(2028, 2, 29)) == 92


@pytest.mark.parametrize(
    ("name", "shown"),
    [("张三", "张*"), ("李小明", "李*明"), ("欧阳小明", "欧**明"), ("王", "*"), ("", "*")],
)
def test_masked_names(name: str, shown: str) -> None:
    assert masked_name(name) == shown


def test_masked_numbers() -> None:
    assert masked_id_number("370701194912310024") == "3707**********0024"
    assert masked_account("0123") == "****0123"
    assert masked_phone("13812340000") == "138****0000"
    assert masked_phone("2345678") == "*****78"
    assert masked_phone("") == ""
