"""What keeps certifications honest: codes for the photos, and the auditor's samples."""

from piccolo.columns import (
    UUID,
    BigSerial,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table

from backend.tables.filings import Submission


class CertCode(Table):
    """Four digits given to a collector, to be written on paper in the photo. Never removed, so
    that a code can be checked again.
    """

    id = BigSerial(primary_key=True)
    account = UUID()
    code = Varchar(length=4)
    issued_at = Timestamptz(default=None)


class CertSample(Table):
    """A draw of accepted certifications received between two days; `seed` draws the same again."""

    id = UUID(primary_key=True)
    region = Varchar(length=12)
    from_on = Date(default=None)
    to_on = Date(default=None)
    size = Integer()
    # How many there were to draw from.
    drawn_from = Integer()
    seed = Varchar(length=32)
    account = UUID()
    at = Timestamptz(default=None)


class CertSampleItem(Table):
    """One certification drawn, and what the auditor found; `ok` is null until then."""

    id = BigSerial(primary_key=True)
    sample = ForeignKey(CertSample, null=False, on_delete=OnDelete.restrict)
    position = Integer()
    submission = ForeignKey(Submission, null=False, on_delete=OnDelete.restrict)
    ok = Boolean(null=True, default=None)
    note = Varchar(length=500, default="")
    account = UUID(null=True, default=None)
    at = Timestamptz(null=True, default=None)

    cert_sample_item_unique = Unique([sample, submission])
