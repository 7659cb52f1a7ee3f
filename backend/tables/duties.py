"""What is expected: periods, obligations, and what moved them."""

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    BigSerial,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    Serial,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table

from backend.tables.forms import Form, Schedule


class Period(Table):
    """One round of a schedule, frozen when it is first seen. `opened_at` is set when complete.

    What the schedule asks is copied: deadlines, form, who reviews, how long a phone may be offline.
    """

    id = Serial(primary_key=True)
    schedule = ForeignKey(Schedule, null=False, on_delete=OnDelete.restrict)
    key = Varchar(length=10)
    starts_on = Date(default=None)
    ends_on = Date(default=None)
    opens_at = Timestamptz(default=None)
    due_at = Timestamptz(default=None)
    closes_at = Timestamptz(default=None)
    form = ForeignKey(Form, null=False, on_delete=OnDelete.restrict)
    steps = JSONB()
    allowance_hours = Integer(default=24)
    opened_at = Timestamptz(null=True, default=None)
    # How far the opening has come: the last chunk of villages done.
    opened_up_to = Varchar(length=12, default="")

    period_unique_key = Unique([schedule, key])


class Obligation(Table):
    """One expected thing.

    `region` is the village then and never changes, so past denominators stay; `holder` is the
    village that answers for it now. `due_at` and `closes_at` are as moved by extensions; the
    originals stay readable. The columns from `stage` on repeat what submissions and reviews say,
    kept by the same transaction, so that queues and rates need no join.
    """

    id = BigSerial(primary_key=True)
    period = ForeignKey(Period, null=False, on_delete=OnDelete.restrict)
    schedule = Integer()
    region = Varchar(length=12)
    holder = Varchar(length=12)
    beneficiary = UUID(null=True, default=None)
    opens_at = Timestamptz(default=None)
    due_at = Timestamptz(default=None)
    closes_at = Timestamptz(default=None)
    original_due_at = Timestamptz(default=None)
    original_closes_at = Timestamptz(default=None)
    exempt_at = Timestamptz(null=True, default=None)
    # Answered by another office's list or the roster, so that nobody needs to visit.
    matched_at = Timestamptz(null=True, default=None)
    # The suspicion it looks into, where nothing else asks for a visit.
    doubt = BigInt(null=True, default=None)
    # In which days a household is suggested to be visited.
    visit_from = Date(null=True, default=None)
    visit_to = Date(null=True, default=None)
    # Drawn, when it was filed, for a second person's look before it is accepted.
    second = Boolean(default=False)
    # Some adjustment or withdrawal exists, so a past instant must be read from the facts.
    amended = Boolean(default=False)
    stage = Varchar(length=10, default="none")
    stage_since = Timestamptz(null=True, default=None)
    fix_by = Timestamptz(null=True, default=None)
    newest = UUID(null=True, default=None)
    revisions = Integer(default=0)
    first_counted_at = Timestamptz(null=True, default=None)
    first_received_at = Timestamptz(null=True, default=None)
    # When to look again whether a reminder is due; a hint, never the truth.
    remind_at = Timestamptz(null=True, default=None)
    change_no = BigInt(default=0)

    obligation_unique_duty = Unique([period, region, beneficiary], nulls_distinct=False)


class Adjustment(Table):
    """An extension 顺延, an exemption 免报, a match or the restoring of these: reason, approver,
    instant.

    Of no account when a roster or another office's list brought it. A match counts as of
    `counted_at`, the day of the proof; `hit` is the row of the list that told it.
    """

    id = BigSerial(primary_key=True)
    obligation = ForeignKey(Obligation, null=False, on_delete=OnDelete.restrict, index=True)
    kind = Varchar(length=10)
    decided_at = Timestamptz(default=None)
    due_at = Timestamptz(null=True, default=None)
    closes_at = Timestamptz(null=True, default=None)
    reason = Varchar(length=500)
    account = UUID(null=True, default=None)
    counted_at = Timestamptz(null=True, default=None)
    hit = BigInt(null=True, default=None)


class ObligationMove(Table):
    """A duty that another village answers for since an instant, as its pensioner moved there.

    `change_no` is of the village it left, whose phones have to forget it.
    """

    id = BigSerial(primary_key=True)
    obligation = ForeignKey(Obligation, null=False, on_delete=OnDelete.restrict, index=True)
    was = Varchar(length=12)
    became = Varchar(length=12)
    at = Timestamptz(default=None)
    change_no = BigInt(default=0)


class RateCell(Table):
    """The counts of one period in one township; final, and used, for instants from `final_from`."""

    id = BigSerial(primary_key=True)
    period = ForeignKey(Period, null=False, on_delete=OnDelete.restrict)
    township = Varchar(length=12)
    closes_at = Timestamptz(default=None)
    final_from = Timestamptz(null=True, default=None)
    on_time = Integer(default=0)
    late = Integer(default=0)
    missing = Integer(default=0)
    exempt = Integer(default=0)
    correction_late = Integer(default=0)

    rate_cell_unique_township = Unique([period, township])
