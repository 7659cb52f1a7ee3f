"""The county's papers: circulars with their versions, and the rules the county sets for sheets."""

from piccolo.columns import (
    JSONB,
    UUID,
    BigSerial,
    Boolean,
    ForeignKey,
    Integer,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table


class Circular(Table):
    """A circular on one period of a schedule, or (no schedule) on all monthly reports of a month.

    Numbered by county and year when it is made; `mark` is what stands before the number.
    """

    id = UUID(primary_key=True)
    county = Varchar(length=6)
    year = Integer()
    number = Integer()
    mark = Varchar(length=40)
    schedule = Integer(null=True, default=None)
    period = Varchar(length=10)
    account = UUID()
    at = Timestamptz(default=None)

    circular_unique_number = Unique([county, year, number])
    circular_unique_subject = Unique([county, schedule, period], nulls_distinct=False)


class CircularVersion(Table):
    """Figures frozen as of an instant; nothing but its publication is ever added.

    `changes` name what is another than in the version before.
    """

    id = BigSerial(primary_key=True)
    circular = ForeignKey(Circular, null=False, on_delete=OnDelete.restrict)
    version = Integer()
    as_of = Timestamptz(default=None)
    ranked = Boolean(default=False)
    figures = JSONB()
    changes = JSONB()
    reason = Varchar(length=200, default="")
    account = UUID()
    at = Timestamptz(default=None)
    published_at = Timestamptz(null=True, default=None)
    published_by = UUID(null=True, default=None)

    circular_version_unique = Unique([circular, version])


class CountyRule(Table):
    """What a county has set, by kind: the newest one in force at an instant counts."""

    id = BigSerial(primary_key=True)
    county = Varchar(length=6)
    kind = Varchar(length=20)
    content = JSONB()
    account = UUID()
    at = Timestamptz(default=None)
