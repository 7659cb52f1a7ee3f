"""People of the labour ledger 劳动力台账, and the history of what is known of each."""

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    BigInt,
    BigSerial,
    Boolean,
    Bytea,
    Date,
    ForeignKey,
    Integer,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from backend.tables.beneficiaries import ImportBatch


class Resident(Table):
    """One person of one village. `facts` as in `backend.domain.ledger.fields`, `stamps` when what
    a field says was captured.

    The identity number is sealed, with its keyed index; so is the phone, of which `facts` hold
    the mask alone.
    """

    id = UUID(primary_key=True)
    county = Varchar(length=12)
    region = Varchar(length=12)
    id_number_sealed = Bytea()
    id_number_index = Bytea()
    born_on = Date(default=None)
    female = Boolean(default=False)
    phone_sealed = Bytea(null=True, default=None)
    phone_index = Bytea(null=True, default=None)
    facts = JSONB()
    stamps = JSONB()
    created_at = Timestamptz(default=None)
    changed_at = Timestamptz(default=None)
    # Left the ledger on that day, moved or dead; never deleted.
    gone_on = Date(null=True, default=None)
    # The village's number when phones were to hear of it.
    change_no = BigInt(default=0)


class ResidentChange(Table):
    """What somebody changed: `steps` are [field, from, to], `outdated` the fields in which
    something captured later already held. Of a list (`batch`) there is no digest and no receipt.
    """

    id = UUID(primary_key=True)
    resident = ForeignKey(Resident, null=False, on_delete=OnDelete.restrict)
    region = Varchar(length=12)
    account = UUID(null=True, default=None)
    kind = Varchar(length=10)
    captured_at = Timestamptz(null=True, default=None)
    # The capture by the server's clock: what orders changes.
    at = Timestamptz(default=None)
    received_at = Timestamptz(default=None)
    receipt = BigInt(null=True, default=None)
    digest = Bytea(null=True, default=None)
    steps = JSONB()
    outdated = Array(base_column=Varchar(length=20))
    batch = Integer(null=True, default=None)


class ResidentLeft(Table):
    """A village that somebody is no longer listed in, told to its phones under a number of its."""

    id = BigSerial(primary_key=True)
    resident = ForeignKey(Resident, null=False, on_delete=OnDelete.restrict)
    region = Varchar(length=12)
    change_no = BigInt()


class ResidentDiff(Table):
    """What a list changes, or would: who was known and differs, moved or leaves."""

    id = BigSerial(primary_key=True)
    batch = ForeignKey(ImportBatch, null=False, on_delete=OnDelete.cascade, index=True)
    resident = ForeignKey(Resident, null=False, on_delete=OnDelete.restrict)
    kind = Varchar(length=10)
    line = Integer()
    fields = Array(base_column=Varchar(length=20))
    region = Varchar(length=12)
    was_region = Varchar(length=12)
