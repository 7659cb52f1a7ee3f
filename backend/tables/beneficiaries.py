"""Pensioners, the lists they come from, and how often a county certifies them."""

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
    Serial,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table


class ImportBatch(Table):
    """One list read: a roster or another office's list; dry runs and rejected ones as well.

    `outcome`: imported, shown (dry run), rejected or undone. `rows` are those below the `header`;
    `counts` say what became of them. `undoable`: what stood there before is known.
    """

    id = Serial(primary_key=True)
    kind = Varchar(length=10)
    county = Varchar(length=12)
    source = Varchar(length=60, default="")
    account = UUID(null=True, default=None)
    at = Timestamptz(default=None)
    file_sha256 = Bytea()
    dry_run = Boolean(default=False)
    outcome = Varchar(length=10)
    rows = Integer(default=0)
    header = JSONB()
    counts = JSONB()
    undoable = Boolean(default=False)


class ImportBefore(Table):
    """What a list wrote over: a pensioner or resident as they were (null: the list brought them)
    and as the list left them. Of the newest list of its kind alone.
    """

    id = BigSerial(primary_key=True)
    batch = ForeignKey(ImportBatch, null=False, on_delete=OnDelete.cascade)
    subject = UUID(default=None)
    before = JSONB(null=True, default=None)
    after = JSONB(null=True, default=None)

    import_before_unique_subject = Unique([batch, subject])


class ImportFault(Table):
    """A row that could not be taken: what is wrong in which fields, and its cells, sealed."""

    id = BigSerial(primary_key=True)
    batch = ForeignKey(ImportBatch, null=False, on_delete=OnDelete.cascade)
    line = Integer()
    faults = JSONB()
    cells_sealed = Bytea()

    import_fault_unique_line = Unique([batch, line])


class Beneficiary(Table):
    """One pension drawn by one person; who draws two is here twice.

    The identity number is sealed, with its keyed index for look-up. `private_sealed` holds phone,
    addresses, contact and bank as JSON, `private_digest` its keyed digest, so that a change shows.
    """

    id = UUID(primary_key=True)
    county = Varchar(length=12)
    insurance_type = Varchar(length=10)
    region = Varchar(length=12)
    id_number_sealed = Bytea()
    id_number_index = Bytea(index=True)
    name = Varchar(length=60)
    born_on = Date(default=None)
    number = Varchar(length=40, default="")
    group_no = Varchar(length=20, default="")
    household = Varchar(length=40, default="")
    live_type = Varchar(length=10, null=True, default=None)
    private_sealed = Bytea()
    private_digest = Bytea()
    benefit_start = Date(default=None)
    monthly_fen = Integer(null=True, default=None)
    pay_status = Varchar(length=10)
    stopped_from = Date(null=True, default=None)
    # The newest proof of life by any method; the due day told by the insurance for what follows.
    certified_on = Date(null=True, default=None)
    certified_by = Varchar(length=15, null=True, default=None)
    due_told = Date(null=True, default=None)
    risk_tags = Array(base_column=Varchar(length=20))
    ref_photo = Varchar(length=80, default="")
    created_at = Timestamptz(default=None)
    changed_at = Timestamptz(default=None)
    # No longer in the roster from that day; never deleted.
    gone_on = Date(null=True, default=None)
    # The village's number when phones were told; none while what has changed is still to follow.
    change_no = BigInt(null=True, default=None)

    beneficiary_unique_pension = Unique([county, insurance_type, id_number_index])


class BeneficiaryPlace(Table):
    """In which village a pensioner was listed, from a day until another; open while it lasts.

    Of no batch when the village itself was merged or re-coded.
    """

    id = BigSerial(primary_key=True)
    beneficiary = ForeignKey(Beneficiary, null=False, on_delete=OnDelete.restrict)
    region = Varchar(length=12)
    from_on = Date(default=None)
    until_on = Date(null=True, default=None)
    batch = Integer(null=True, default=None)
    # Of the village left, told when the place has ended.
    change_no = BigInt(null=True, default=None)


class RosterChange(Table):
    """What a roster changes, or would: who was known and differs, moved, is gone or is back."""

    id = BigSerial(primary_key=True)
    batch = ForeignKey(ImportBatch, null=False, on_delete=OnDelete.cascade, index=True)
    beneficiary = ForeignKey(Beneficiary, null=False, on_delete=OnDelete.restrict)
    kind = Varchar(length=10)
    line = Integer(null=True, default=None)
    fields = Array(base_column=Varchar(length=20))
    region = Varchar(length=12)
    was_region = Varchar(length=12)


class MatchHit(Table):
    """A row of another office's list that names a pensioner, and what became of it.

    A suspicion (outcome suspect) is open until `cleared_at`.
    """

    id = BigSerial(primary_key=True)
    batch = ForeignKey(ImportBatch, null=False, on_delete=OnDelete.restrict, index=True)
    line = Integer()
    beneficiary = ForeignKey(Beneficiary, null=False, on_delete=OnDelete.restrict, index=True)
    kind = Varchar(length=10)
    happened_on = Date(null=True, default=None)
    outcome = Varchar(length=15)
    at = Timestamptz(default=None)
    cleared_at = Timestamptz(null=True, default=None)
    cleared_by = UUID(null=True, default=None)


class CertCycle(Table):
    """How a county certifies the pensioners of one insurance, from a day on."""

    id = Serial(primary_key=True)
    county = Varchar(length=12)
    insurance_type = Varchar(length=10)
    starts_on = Date(default=None)
    rule = JSONB()
    account = UUID(null=True, default=None)
    at = Timestamptz(default=None)

    cert_cycle_unique_start = Unique([county, insurance_type, starts_on])


class CertEvidence(Table):
    """Which papers a county asks for each result, where it differs from the default."""

    county = Varchar(length=12, primary_key=True)
    papers = JSONB()
    account = UUID(null=True, default=None)
    at = Timestamptz(default=None)


class CertRound(Table):
    """The day for which a township was last gone through: who is to be certified from then on."""

    township = Varchar(length=12, primary_key=True)
    looked_on = Date(default=None)
