"""What may be printed: each job holds everything its paper says."""

from datetime import datetime

import msgspec

from backend.domain.assessment import Score, Weights
from backend.domain.circulars import Change, Figures
from backend.domain.subsidies import Item, Share


class CircularText(msgspec.Struct, frozen=True):
    """A version of a circular. Not published yet, it says that it is a draft."""

    number: str
    version: int
    figures: Figures
    changes: list[Change]
    reason: str
    at: datetime
    published_at: datetime | None
    digest: str


class CircularSheet(msgspec.Struct, frozen=True, tag=True):
    """A circular as a workbook."""

    circular: CircularText


class CircularPage(msgspec.Struct, frozen=True, tag=True):
    """A circular as PDF."""

    circular: CircularText


class AssessmentSheet(msgspec.Struct, frozen=True, tag=True):
    """The assessment of a quarter as a workbook."""

    area: str
    quarter: str
    as_of: datetime
    by: str
    weights: Weights
    scores: list[Score]


class SubsidySheet(msgspec.Struct, frozen=True, tag=True):
    """What was accepted between two days, by village, with the county's prices."""

    area: str
    first: str
    last: str
    as_of: datetime
    by: str
    towns: dict[str, str]
    items: list[Item]
    shares: list[Share]


Job = CircularSheet | CircularPage | AssessmentSheet | SubsidySheet
