"""The outbox: what is to be said to whom, and through which channel it went."""

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    BigInt,
    BigSerial,
    Boolean,
    ForeignKey,
    Integer,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table

from backend.tables.channels import Address
from backend.tables.duties import Obligation
from backend.tables.people import Account


class Message(Table):
    """Something to tell one person. Visible to them once `delivered_at` is set."""

    id = UUID(primary_key=True)
    account = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    kind = Varchar(length=20)
    # The village it is about, where there is one: only who holds a post there is told.
    region = Varchar(length=12, null=True, default=None)
    params = JSONB()
    slot_at = Timestamptz(default=None)
    # A digest takes no more in once its delivery has been claimed.
    closed_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=None)
    delivered_at = Timestamptz(null=True, default=None)
    dropped_at = Timestamptz(null=True, default=None)
    read_at = Timestamptz(null=True, default=None)
    change_no = BigInt(default=0)


class Reminder(Table):
    """The decision that a step of the ladder reaches a person, at most once per obligation.

    Or that it does not: `held_back` for the sake of measuring, with no message. A correction and
    a review are reminded of anew in every `round`, the revision they are about; a report's is 0.
    """

    id = BigSerial(primary_key=True)
    obligation = ForeignKey(Obligation, null=False, on_delete=OnDelete.restrict)
    concern = Varchar(length=10, default="report")
    step = Varchar(length=40)
    round = Integer(default=0)
    account = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    message = ForeignKey(Message, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    held_back = Boolean(default=False)
    decided_at = Timestamptz(default=None)
    # The end of the time limit of a review; other deadlines are the obligation's own.
    deadline = Timestamptz(null=True, default=None)
    # Beyond the app, in this order, each when the one before has failed; None is the app alone.
    channels = Array(Varchar(length=20), null=True, default=None)
    # The county's own words, and how far up the ladder: the last step words the whole digest.
    text = JSONB(null=True, default=None)
    rank = SmallInt(default=0)

    reminder_unique_round = Unique([obligation, step, round, account])


class Delivery(Table):
    """A message on its way through one channel; claimed by a lease, retried with backoff.

    `sent_at`: the service took it; `delivered_at`: it said so of the person's phone. `dropped_at`:
    what it had to say was over before it went.
    """

    id = BigSerial(primary_key=True)
    message = ForeignKey(Message, null=False, on_delete=OnDelete.restrict)
    channel = Varchar(length=20)
    address = ForeignKey(Address, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    # The nearest due time of what it speaks of: a backlog goes out in this order.
    deadline = Timestamptz(null=True, default=None)
    not_before = Timestamptz(default=None)
    claimed_until = Timestamptz(null=True, default=None)
    attempts = Integer(default=0)
    sent_at = Timestamptz(null=True, default=None)
    failed_at = Timestamptz(null=True, default=None)
    delivered_at = Timestamptz(null=True, default=None)
    dropped_at = Timestamptz(null=True, default=None)
    failure = Text(null=True, default=None)

    delivery_unique_address = Unique([message, channel, address], nulls_distinct=False)
