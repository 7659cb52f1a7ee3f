"""Codes against the vectors of RFC 6238, appendix B (the last six digits of its eight)."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from backend.domain.second_factor import code_at, step_of, uri
from backend.second_factor import new_recovery_codes, new_secret

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_rfcs_vectors(seconds: int, code: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    assert code_at(SECRET, now) == code
    assert step_of(SECRET, code, now, None) == seconds // 30


def test_a_clock_may_be_a_step_off_and_no_more() -> None:
    now = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
    code, step = code_at(SECRET, now), int(now.timestamp()) // 30
    for seconds in (-30, 0, 29, 30, 59):
        assert step_of(SECRET, code, now + timedelta(seconds=seconds), None) == step
    for seconds in (-31, 60, 3600):
        assert step_of(SECRET, code, now + timedelta(seconds=seconds), None) is None
    assert step_of(SECRET, "abc", now, None) is None


def test_a_spent_step_and_those_before_it_open_nothing() -> None:
    now = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
    step = int(now.timestamp()) // 30
    assert step_of(SECRET, code_at(SECRET, now), now, step) is None
    before = code_at(SECRET, now - timedelta(seconds=30))
    assert step_of(SECRET, before, now, step) is None
    assert step_of(SECRET, before, now, step - 2) == step - 1


def test_secrets_and_recovery_codes_are_fresh_and_readable() -> None:
    assert new_secret() != new_secret()
    assert len(base64.b32decode(new_secret())) == 20
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    assert all(len(code) == 11 and code[5] == "-" for code in codes)
    assert "secret=" + SECRET in uri(SECRET, "孙丽")
