"""Receipt numbers survive being read out and typed in, and errors in them are caught."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.receipts import parse_receipt, receipt_number

quick = settings(max_examples=50, deadline=None)
sequences = st.integers(1, 2**63 - 1) | st.integers(1_000_000, 9_999_999)


def test_the_published_example_of_the_check_digit() -> None:
    assert receipt_number(572) == "0000 5724"


@pytest.mark.parametrize(
    ("sequence", "shape"),
    [(1_000_000, "dddd dddd"), (9_999_999, "dddd dddd"), (10_000_000, "dddd dddd dddd")],
)
def test_groups_of_four(sequence: int, shape: str) -> None:
    text = receipt_number(sequence)
    assert "".join("d" if char.isdigit() else char for char in text) == shape


@quick
@given(sequences)
def test_it_can_be_read_back(sequence: int) -> None:
    text = receipt_number(sequence)
    full_width = text.translate({ord(str(d)): 0xFF10 + d for d in range(10)} | {0x20: 0x3000})
    for typed in (text, text.replace(" ", ""), text.replace(" ", "-"), f" {text}\n", full_width):
        assert parse_receipt(typed) == sequence
    assert parse_receipt(text.replace(" ", "\uff0d")) == sequence


@quick
@given(sequences)
def test_every_wrong_digit_and_every_swap_of_neighbours_is_caught(sequence: int) -> None:
    right = receipt_number(sequence).replace(" ", "")
    for i, digit in enumerate(right):
        for other in "0123456789".replace(digit, ""):
            assert parse_receipt(right[:i] + other + right[i + 1 :]) is None
    for i, (a, b) in enumerate(pairwise(right)):
        if a != b:
            assert parse_receipt(right[:i] + b + a + right[i + 2 :]) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        "0",
        "0000 0000",
        "5724",  # its leading zeros were left out
        "0000 0000 5724",
        "0000 5724 x",
        "0000 5\u00b224",  # a superscript is no digit
        "\u0660\u0660\u0660\u06605724",
        "\ud800",
        "1" * 5000,
        "9" * 20,
    ],
)
def test_what_is_no_receipt_number(text: str) -> None:
    assert parse_receipt(text) is None


def test_a_number_beyond_the_sequence_is_none() -> None:
    assert parse_receipt(receipt_number(2**63 - 1)) == 2**63 - 1
    beyond = [parse_receipt(f"{2**63}{check}") for check in range(10)]
    assert beyond == [None] * 10


@pytest.mark.parametrize("sequence", [0, -1, 2**63])
def test_a_sequence_out_of_range_has_no_receipt_number(sequence: int) -> None:
    with pytest.raises(ValueError, match=str(sequence)):
        receipt_number(sequence)
