"""Accounts, the posts they hold, and their sessions."""

from piccolo.columns import (
    UUID,
    BigInt,
    BigSerial,
    Boolean,
    Bytea,
    Date,
    ForeignKey,
    Integer,
    Serial,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.columns.indexes import IndexMethod
from piccolo.table import Table


class Account(Table):
    """One person. The phone number is sealed; `phone_index` is its keyed index for look-up."""

    id = UUID(primary_key=True)
    phone_sealed = Bytea()
    phone_index = Bytea(unique=True)
    name = Varchar(length=60)
    password_hash = Text()
    language = Varchar(length=5, default="zh")
    created_at = Timestamptz(default=None)
    disabled_at = Timestamptz(null=True, default=None)
    # The second factor's secret: of use from `totp_since`; `totp_step` is the last step spent.
    totp_sealed = Bytea(null=True, default=None)
    totp_since = Timestamptz(null=True, default=None)
    totp_step = BigInt(null=True, default=None)
    # Counts what reached this person's messages, for the sync cursor.
    change_no = BigInt(default=0)


class Post(Table):
    """Account × role × region × dates. Duties belong to the village, never to the person."""

    id = UUID(primary_key=True)
    account = ForeignKey(Account, null=False, on_delete=OnDelete.restrict, index=True)
    role = Varchar(length=20)
    region = Varchar(length=12, index=True, index_method=IndexMethod.btree)
    is_backup = Boolean(default=False)
    starts_at = Timestamptz(default=None)
    ends_at = Timestamptz(null=True, default=None)


class Leave(Table):
    """Dated leave from a post: from `starts_on` to `ends_on`, both included, the B角 answers."""

    id = Serial(primary_key=True)
    post = ForeignKey(Post, null=False, on_delete=OnDelete.restrict, index=True)
    starts_on = Date(default=None)
    ends_on = Date(default=None)
    entered_at = Timestamptz(default=None)
    entered_by = UUID()


class Session(Table):
    """A family of tokens: `generation` counts its refreshes, so an old one shows as replayed."""

    id = UUID(primary_key=True)
    account = ForeignKey(Account, null=False, on_delete=OnDelete.restrict, index=True)
    device = Varchar(length=120)
    generation = Integer(default=1)
    created_at = Timestamptz(default=None)
    refreshed_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None)
    ended_at = Timestamptz(null=True, default=None)
    end_reason = Varchar(length=20, null=True, default=None)
    # Opened without the second factor that the county requires: good for setting that up, no more.
    enrol_only = Boolean(default=False)


class RecoveryCode(Table):
    """Stands in for the second factor once; only a keyed digest is kept."""

    id = UUID(primary_key=True)
    account = ForeignKey(Account, null=False, on_delete=OnDelete.restrict, index=True)
    digest = Bytea()
    used_at = Timestamptz(null=True, default=None)


class Invitation(Table):
    """A one-use link that sets an account's password; of its secret only a keyed digest is kept."""

    id = UUID(primary_key=True)
    account = ForeignKey(Account, null=False, on_delete=OnDelete.restrict, index=True)
    secret_digest = Bytea()
    created_by = UUID()
    created_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None)
    redeemed_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)


class LoginFailure(Table):
    """A failed password, by phone index: unknown numbers lock out like known ones."""

    id = BigSerial(primary_key=True)
    phone_index = Bytea(index=True)
    at = Timestamptz(default=None, index=True)
