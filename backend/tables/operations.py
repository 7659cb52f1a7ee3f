"""The working calendar, the record of background work, requests to export."""

from piccolo.columns import (
    JSONB,
    UUID,
    BigSerial,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    Serial,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table

from backend.tables.people import Account


class WorkCalendar(Table):
    """Whether a date is a working day. `owner` is the county that says so, '' for the seed.

    A county's own word on a day stands beside what the notice it adopted says, and before it.
    """

    id = Serial(primary_key=True)
    owner = Varchar(length=12, default="")
    date = Date(default=None)
    is_workday = Boolean()
    note = Varchar(length=200)
    source = Varchar(length=40)

    work_calendar_unique_word = Unique([owner, date, source])


class TaskRun(Table):
    """The last run of each background task, for the doctor."""

    name = Varchar(length=40, primary_key=True)
    started_at = Timestamptz(default=None)
    finished_at = Timestamptz(null=True, default=None)
    failure = Text(null=True, default=None)


class RetentionDay(Table):
    """How much was removed on a day because a rule said so, and when last."""

    id = Serial(primary_key=True)
    rule = Varchar(length=30)
    day = Date(default=None)
    removed = Integer()
    at = Timestamptz(default=None)

    retention_day_unique = Unique([rule, day])


class ExportRequest(Table):
    """Somebody wants personal data in plain text; `number` is what the file is marked with."""

    id = UUID(primary_key=True, default=None)
    number = BigSerial()
    region = Varchar(length=12)
    kind = Varchar(length=20)
    filter = JSONB()
    purpose = Varchar(length=200)
    asked_by = ForeignKey(Account, on_delete=OnDelete.restrict)
    asked_at = Timestamptz(default=None)
    approved = Boolean(null=True, default=None)
    decided_by = UUID(null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)
    used_at = Timestamptz(null=True, default=None)
