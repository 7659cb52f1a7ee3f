"""What was filed, and what the office said."""

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    BigSerial,
    Boolean,
    Bytea,
    DoublePrecision,
    ForeignKey,
    Integer,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table

from backend.tables.duties import Obligation


class Submission(Table):
    """One revision of a report. The phone makes `id`; nothing but a withdrawal is ever added.

    Clocks: `captured_at` as the device said, `corrected_at` less the device's measured skew,
    `received_at` the server's; `counted_at` is the one that counts and `counted_by` says which.
    """

    id = UUID(primary_key=True)
    obligation = ForeignKey(Obligation, null=False, on_delete=OnDelete.restrict)
    revision = Integer()
    kind = Varchar(length=10)
    answers = JSONB()
    reasons = JSONB()
    remark = Varchar(length=500)
    attachments = JSONB()
    captured_at = Timestamptz(null=True, default=None)
    corrected_at = Timestamptz(null=True, default=None)
    received_at = Timestamptz(default=None)
    counted_at = Timestamptz(default=None)
    counted_by = Varchar(length=10)
    filed_by = UUID()
    on_behalf = Boolean(default=False)
    on_behalf_reason = Varchar(length=200, null=True, default=None)
    digest = Bytea()
    receipt = BigSerial()
    withdrawn_at = Timestamptz(null=True, default=None)
    withdrawn_by = UUID(null=True, default=None)
    change_no = BigInt(default=0)

    submission_unique_revision = Unique([obligation, revision])


class Review(Table):
    """A decision on one submission at one step. The reviewer's device makes `id`."""

    id = UUID(primary_key=True)
    submission = ForeignKey(Submission, null=False, on_delete=OnDelete.restrict)
    obligation = ForeignKey(Obligation, null=False, on_delete=OnDelete.restrict, index=True)
    region = Varchar(length=12)
    step = Varchar(length=10)
    decision = Varchar(length=10)
    defects = JSONB()
    remark = Varchar(length=500)
    account = UUID()
    at = Timestamptz(default=None)
    fix_by = Timestamptz(null=True, default=None)
    waited_workdays = DoublePrecision()
    in_time = Boolean()
    change_no = BigInt(default=0)

    review_unique_step = Unique([submission, step])
