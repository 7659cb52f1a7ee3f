"""Photos and papers: what reports name, what has arrived, and what was found in it."""

from piccolo.columns import (
    UUID,
    Array,
    BigInt,
    BigSerial,
    Boolean,
    Bytea,
    ForeignKey,
    Integer,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table

from backend.tables.filings import Submission


class MediaObject(Table):
    """A content that is stored, known by its SHA-256 in hex; the bytes lie in the object store.

    What it is was found by reading it (`kind` and what follows) at `examined_at`; a bad one has
    `refused`, why. After `erased_at` no byte of it is left, this row is the record of it.
    """

    sha256 = Varchar(length=64, primary_key=True)
    bytes = Integer()
    stored_at = Timestamptz(default=None)
    claimed_until = Timestamptz(null=True, default=None)
    attempts = Integer(default=0)
    examined_at = Timestamptz(null=True, default=None)
    refused = Varchar(length=30, null=True, default=None)
    kind = Varchar(length=30, null=True, default=None)
    width = Integer(null=True, default=None)
    height = Integer(null=True, default=None)
    pages = Integer(null=True, default=None)
    advice = Array(base_column=Varchar(length=20))
    # 63 bits to look up and 255 to compare; none for papers and for what is nearly uniform.
    like_key = BigInt(null=True, default=None)
    like_full = Bytea(null=True, default=None)
    erased_at = Timestamptz(null=True, default=None)


class MediaUpload(Table):
    """Who sent a content: a hash is not a ticket to what others sent."""

    id = BigSerial(primary_key=True)
    sha256 = Varchar(length=64)
    account = UUID()
    at = Timestamptz(default=None)

    media_upload_unique_sender = Unique([sha256, account])


class Attachment(Table):
    """A photo or paper named by a submission, whose bytes may follow later.

    `region` is the village that filed, `county` its county. `arrived_at`: whoever filed has sent
    the content. `held_at`: kept in spite of its age, for a procedure under way.
    """

    id = BigSerial(primary_key=True)
    submission = ForeignKey(Submission, null=False, on_delete=OnDelete.restrict)
    position = Integer()
    county = Varchar(length=12)
    region = Varchar(length=12)
    beneficiary = UUID(null=True, default=None)
    account = UUID()
    sha256 = Varchar(length=64)
    name = Varchar(length=200)
    size = Integer()
    evidence = Varchar(length=30, null=True, default=None)
    from_gallery = Boolean(default=False)
    filed_at = Timestamptz(default=None)
    arrived_at = Timestamptz(null=True, default=None)
    held_at = Timestamptz(null=True, default=None)
    compared_at = Timestamptz(null=True, default=None)

    attachment_unique_position = Unique([submission, position])


class ReuseFlag(Table):
    """A photo that was used before: `kind` other_person or same_person, `match` same or similar.

    `decision`: cleared or confirmed, by the office or, where it may not see both, the county.
    """

    id = BigSerial(primary_key=True)
    attachment = ForeignKey(Attachment, null=False, on_delete=OnDelete.restrict)
    other = ForeignKey(Attachment, null=False, on_delete=OnDelete.restrict)
    kind = Varchar(length=15)
    match = Varchar(length=10)
    found_at = Timestamptz(default=None)
    decision = Varchar(length=10, null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)
    decided_by = UUID(null=True, default=None)

    reuse_flag_unique_pair = Unique([attachment, other])
