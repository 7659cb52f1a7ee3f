"""What offices and liaisons ask of each other beside the reports: nudges, feeds, requests."""

from piccolo.columns import (
    UUID,
    BigSerial,
    Bytea,
    Date,
    ForeignKey,
    Serial,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table

from backend.tables.duties import Obligation
from backend.tables.people import Post


class Nudge(Table):
    """A 催报 by an office, at most once per obligation and local day."""

    id = BigSerial(primary_key=True)
    obligation = ForeignKey(Obligation, on_delete=OnDelete.restrict)
    day = Date(default=None)
    at = Timestamptz(default=None)
    account = UUID()

    nudge_unique_day = Unique([obligation, day])


class CalendarFeed(Table):
    """The secret address of a post's due dates; only a keyed hash of its token is kept."""

    id = Serial(primary_key=True)
    post = ForeignKey(Post, on_delete=OnDelete.restrict, unique=True)
    token_index = Bytea(unique=True)
    created_at = Timestamptz(default=None)


class AdjustmentRequest(Table):
    """A village asks for more time or a waiver: the township advises, the county decides.

    The phone makes `id`. A partial index allows one undecided request per obligation.
    """

    id = UUID(primary_key=True)
    # Counts them in the order they came, for pages.
    number = BigSerial(unique=True)
    obligation = ForeignKey(Obligation, on_delete=OnDelete.restrict)
    kind = Varchar(length=10)
    reason = Varchar(length=200)
    wanted_due_at = Timestamptz(null=True, default=None)
    asked_by = UUID()
    asked_at = Timestamptz(default=None)
    advice = Varchar(length=10, null=True, default=None)
    advice_note = Varchar(length=500, default="")
    advised_by = UUID(null=True, default=None)
    advised_at = Timestamptz(null=True, default=None)
    decision = Varchar(length=10, null=True, default=None)
    decision_note = Varchar(length=500, default="")
    decided_by = UUID(null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)
    # Where an extension granted moved the deadline to, which may not be where it was wanted.
    granted_due_at = Timestamptz(null=True, default=None)
