"""What may be a password or a PIN."""

import pytest

from backend.domain.passwords import STAFF_MIN, VILLAGE_MIN, check
from backend.domain.refusal import Refusal

PHONE = "13912345678"


@pytest.mark.parametrize("good", ["830264", "90471326", "mi-Ma-123"])
def test_a_village_takes_a_pin_or_a_password(good: str) -> None:
    check(good, VILLAGE_MIN, PHONE)


@pytest.mark.parametrize(
    ("bad", "least"),
    [
        ("83026", 6),
        ("123456", 6),
        ("654321", 6),
        ("112211", 6),
        ("123123", 6),
        ("345678", 6),
        ("147258", 6),
        (PHONE, 6),
        ("８３０２６４", 8),  # full-width digits are no PIN: a keypad has others
        ("a30264", 8),
    ],
)
def test_what_is_tried_first_is_refused(bad: str, least: int) -> None:
    with pytest.raises(Refusal) as refusal:
        check(bad, VILLAGE_MIN, PHONE)
    assert (refusal.value.code, refusal.value.params) == ("weak_password", {"min": least})


def test_staff_take_no_pin() -> None:
    with pytest.raises(Refusal):
        check("830264", STAFF_MIN, PHONE)
