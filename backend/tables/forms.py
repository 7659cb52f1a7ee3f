"""What is asked (forms) and when (schedules)."""

from piccolo.columns import JSONB, UUID, Date, ForeignKey, Integer, Serial, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table


class Form(Table):
    """Code + version. `owner` is the region that defined it, '' for the shipped ones."""

    id = Serial(primary_key=True)
    owner = Varchar(length=12, default="")
    code = Varchar(length=40)
    version = Integer()
    definition = JSONB()
    created_at = Timestamptz(default=None)
    created_by = UUID(null=True, default=None)
    published_at = Timestamptz(null=True, default=None)

    form_unique_version = Unique([owner, code, version])


class Schedule(Table):
    """Form × cadence × due rule × scope × ladder.

    `ladder` and `ladder_since` repeat the version published last, for those who send. One with an
    `insurance_type` asks for certifications: when is told by the county's cycle, and `cadence` is
    cycle; it has no timetable.
    """

    id = Serial(primary_key=True)
    scope = Varchar(length=12, index=True)
    form = ForeignKey(Form, null=False, on_delete=OnDelete.restrict)
    title = JSONB()
    cadence = Varchar(length=10)
    insurance_type = Varchar(length=10, null=True, default=None)
    timetable = JSONB()
    steps = JSONB()
    ladder = JSONB()
    ladder_since = Timestamptz(default=None)
    # The percentage of steps before due that is drawn not to be sent, so that one sees the effect.
    hold_back = Integer(default=0)
    allowance_hours = Integer(default=24)
    starts_on = Date(default=None)
    ends_on = Date(null=True, default=None)
    created_at = Timestamptz(default=None)


class Ladder(Table):
    """A version of a schedule's reminder ladder: a draft until published, never changed."""

    id = Serial(primary_key=True)
    schedule = ForeignKey(Schedule, null=False, on_delete=OnDelete.restrict)
    version = Integer()
    steps = JSONB()
    created_at = Timestamptz(default=None)
    created_by = UUID(null=True, default=None)
    published_at = Timestamptz(null=True, default=None)
    published_by = UUID(null=True, default=None)

    ladder_unique_version = Unique([schedule, version])
