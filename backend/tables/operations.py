"""The working calendar and the record of background work."""

from piccolo.columns import Boolean, Date, Serial, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table


class WorkCalendar(Table):
    """Whether a date is a working day. `owner` is the county that says so, '' for the seed."""

    id = Serial(primary_key=True)
    owner = Varchar(length=12, default="")
    date = Date(default=None)
    is_workday = Boolean()
    note = Varchar(length=200)
    source = Varchar(length=40)

    work_calendar_unique_date = Unique([owner, date])


class TaskRun(Table):
    """The last run of each background task, for the doctor."""

    name = Varchar(length=40, primary_key=True)
    started_at = Timestamptz(default=None)
    finished_at = Timestamptz(null=True, default=None)
    failure = Text(null=True, default=None)
