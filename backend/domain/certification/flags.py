"""What a reviewer should look at twice. Flags accuse nobody and refuse nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from backend.domain.certification.evidence import Evidence

CODE_HOLDS: Final = timedelta(minutes=30)
MANY: Final = 20
_STRETCH: Final = timedelta(minutes=10)
_PHOTOS: Final = frozenset({Evidence.FACE_PHOTO.value, Evidence.PLATE_PHOTO.value})


class Flag(StrEnum):
    """Very many persons at once; a photo not just taken; a code that was never, or long ago,
    given out.
    """

    MANY_AT_ONCE = "many_at_once"
    FROM_GALLERY = "from_gallery"
    CODE_WRONG = "code_wrong"
    CODE_LATE = "code_late"


@dataclass(frozen=True, slots=True)
class Issued:
    """A code given to the collector."""

    code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody certified by the collector, at the instant the phone says, or else when filed."""

    beneficiary: UUID
    at: datetime


def flags_of(
    seen_at: datetime,
    written: str | None,
    issued: Sequence[Issued],
    attachments: Sequence[Mapping[str, Any]],
    others: Sequence[Seen],
) -> tuple[Flag, ...]:
    """The flags of one filing, given the codes and the filings of its collector around it."""
    found = []
    if many_at_once(seen_at, others):
        found.append(Flag.MANY_AT_ONCE)
    if any(a.get("from_gallery") and a.get("evidence") in _PHOTOS for a in attachments):
        found.append(Flag.FROM_GALLERY)
    code = code_flag(written, seen_at, issued)
    return (*found, code) if code else tuple(found)


def code_flag(written: str | None, seen_at: datetime, issued: Sequence[Issued]) -> Flag | None:
    """Wrong unless it was given out before; late when that was more than half an hour before.

    No code is no flag: where there is no signal none can be fetched.
    """
    if not written:
        return None
    ages = [seen_at - each.at for each in issued if each.code == written and each.at <= seen_at]
    if not ages:
        return Flag.CODE_WRONG
    return None if min(ages) <= CODE_HOLDS else Flag.CODE_LATE


def many_at_once(seen_at: datetime, others: Sequence[Seen]) -> bool:
    """Whether more than twenty persons fall into some ten minutes that hold this instant."""
    starts = [each.at for each in others if seen_at - _STRETCH <= each.at <= seen_at]
    return any(
        len({each.beneficiary for each in others if start <= each.at <= start + _STRETCH}) > MANY
        for start in starts
    )
