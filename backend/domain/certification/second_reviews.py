"""Which certifications a second reviewer looks at, and what an auditor draws.

The draw is by a key that only the server has, from what nobody in the village chooses: filing
again, or under another id, draws the same.
"""

import hmac
from collections.abc import Iterable
from datetime import date
from uuid import UUID

from backend.domain.identity_numbers import age_on

OLD_AGE = 90
PERCENT = 5
_SPACE = 2**64


def needs_second_review(
    key: bytes, beneficiary: UUID, due_on: date, born_on: date, on: date
) -> bool:
    """Always from 90 years of age on, as of the day of certifying; else 5 of 100, by lot.

    One lot for each certification owed, named by its due day.
    """
    if age_on(born_on, on) >= OLD_AGE:
        return True
    return _lot(key, f"second review {beneficiary} {due_on}") < PERCENT * _SPACE // 100


def sample(key: bytes, draw: str, ids: Iterable[UUID], size: int) -> list[UUID]:
    """So many of the ids by lot, or all; the name of the draw gives the same ones again."""
    return sorted(set(ids), key=lambda each: (_lot(key, f"sample {draw} {each}"), each))[:size]


def _lot(key: bytes, subject: str) -> int:
    """A number below 2**64, evenly spread and unforeseeable without the key (HMAC-SHA256)."""
    return int.from_bytes(hmac.digest(key, subject.encode(), "sha256")[:8], "big")
