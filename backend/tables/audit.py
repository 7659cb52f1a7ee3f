"""Who did what: append-only entries, sealed in batches into a hash chain."""

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    BigInt,
    BigSerial,
    Bytea,
    Integer,
    Serial,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table


class AuditEntry(Table):
    """Who, when, what, on what, with which result. `seal` and `digest` are set once, by sealing."""

    id = BigSerial(primary_key=True)
    at = Timestamptz(default=None)
    account = UUID(null=True, default=None)
    action = Varchar(length=40)
    subject = Varchar(length=80)
    region = Varchar(length=12, null=True, default=None)
    result = Varchar(length=20)
    request = Varchar(length=40, null=True, default=None)
    detail = JSONB()
    seal = Integer(null=True, default=None)
    digest = Bytea(null=True, default=None)


class AuditSeal(Table):
    """One link of the chain: the ids it covers, the hash before it and its own."""

    id = Serial(primary_key=True)
    at = Timestamptz(default=None)
    entries = Array(base_column=BigInt())
    previous = Bytea()
    hash = Bytea()
