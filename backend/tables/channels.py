"""Where people can be reached, how fast, and whom to call instead."""

from piccolo.columns import (
    UUID,
    Array,
    BigSerial,
    Bytea,
    ForeignKey,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table

from backend.tables.people import Account


class Address(Table):
    """One way to one person, or a robot of a township's group; sealed, with its keyed index.

    A person or a region is given, never both. It is used while neither failed nor removed.
    """

    id = BigSerial(primary_key=True)
    account = ForeignKey(Account, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    region = Varchar(length=12, null=True, default=None)
    channel = Varchar(length=20)
    sealed = Bytea()
    key = Bytea()
    added_at = Timestamptz(default=None)
    failed_at = Timestamptz(null=True, default=None)
    failure = Text(null=True, default=None)
    removed_at = Timestamptz(null=True, default=None)


class Pace(Table):
    """The slots an address of a channel has used of late: the limit of all processes together."""

    id = BigSerial(primary_key=True)
    channel = Varchar(length=20)
    key = Bytea()
    taken = Array(Timestamptz(), default=list)
    held_until = Timestamptz(null=True, default=None)

    pace_unique_key = Unique([channel, key])


class CallEntry(Table):
    """Somebody whom no channel reaches: the office is to call. One open entry a region."""

    id = BigSerial(primary_key=True)
    region = Varchar(length=12)
    account = ForeignKey(Account, on_delete=OnDelete.restrict, index=True)
    channel = Varchar(length=20)
    reason = Varchar(length=40)
    since = Timestamptz(default=None)
    done_at = Timestamptz(null=True, default=None)
    done_by = UUID(null=True, default=None)
    note = Text(null=True, default=None)


class CallNote(Table):
    """The office called a village about what is late: what was said, and by when it will send."""

    id = UUID(primary_key=True, default=None)
    region = Varchar(length=12)
    account = ForeignKey(Account, on_delete=OnDelete.restrict, index=True)
    at = Timestamptz(default=None)
    will_send_by = Timestamptz(null=True, default=None)
    note = Text(default="")
