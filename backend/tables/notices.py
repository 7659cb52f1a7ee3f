"""What offices tell the villages, and what villages tell the offices beside the reports."""

from piccolo.columns import (
    UUID,
    Array,
    BigSerial,
    ForeignKey,
    Integer,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table


class Notice(Table):
    """A bulletin of a county or township, to all villages below `scopes`.

    Its words stand in the version named; the publisher makes `id`.
    """

    id = UUID(primary_key=True)
    # Counts them in the order they came, for pages.
    number = BigSerial(unique=True)
    office = Varchar(length=12)
    scopes = Array(base_column=Varchar(length=12))
    version = Integer(default=1)
    published_at = Timestamptz(default=None)
    withdrawn_at = Timestamptz(null=True, default=None)


class NoticeVersion(Table):
    """The words of a notice as published, or as corrected; none is ever changed."""

    id = BigSerial(primary_key=True)
    notice = ForeignKey(Notice, null=False, on_delete=OnDelete.restrict)
    version = Integer()
    title = Varchar(length=100)
    body = Text()
    confirm_by = Timestamptz(null=True, default=None)
    at = Timestamptz(default=None)
    account = UUID()

    notice_version_unique_number = Unique([notice, version])


class NoticeFile(Table):
    """A picture or paper that goes with a version of a notice; its bytes are a MediaObject."""

    id = BigSerial(primary_key=True)
    notice = ForeignKey(Notice, null=False, on_delete=OnDelete.restrict)
    version = Integer()
    position = Integer()
    sha256 = Varchar(length=64, index=True)
    name = Varchar(length=200)
    size = Integer()
    at = Timestamptz(default=None)

    notice_file_unique_position = Unique([notice, version, position])


class NoticeRead(Table):
    """That somebody has read a version: when by their own phone, and when we heard of it."""

    id = BigSerial(primary_key=True)
    notice = ForeignKey(Notice, null=False, on_delete=OnDelete.restrict)
    version = Integer()
    account = UUID()
    read_at = Timestamptz(default=None)
    received_at = Timestamptz(default=None)

    notice_read_unique_reader = Unique([notice, account, version])


class Feedback(Table):
    """A suggestion or complaint of a village to its township or county; the phone makes `id`.

    `office` has it since `office_since`; `holder` is who of it has taken it on. The office that it
    first went to (`first_office`) goes on seeing it.
    """

    id = UUID(primary_key=True)
    number = BigSerial(unique=True)
    kind = Varchar(length=10)
    text = Text()
    region = Varchar(length=12)
    account = UUID()
    first_office = Varchar(length=12)
    office = Varchar(length=12)
    office_since = Timestamptz(default=None)
    holder = UUID(null=True, default=None)
    held_since = Timestamptz(null=True, default=None)
    written_at = Timestamptz(default=None)
    received_at = Timestamptz(default=None)
    answered_at = Timestamptz(null=True, default=None)


class FeedbackStep(Table):
    """What became of it: taken, passed on (`text` says why), answered (`text` is the answer)."""

    id = BigSerial(primary_key=True)
    feedback = ForeignKey(Feedback, null=False, on_delete=OnDelete.restrict)
    act = Varchar(length=10)
    office = Varchar(length=12)
    account = UUID()
    text = Text(default="")
    at = Timestamptz(default=None)
