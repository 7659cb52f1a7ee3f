"""Submissions: what filing needs to know, and writing a batch of them in one statement."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from backend.domain.clocks import Counted, CountedBy
from backend.domain.filing import Accepted, Duty, Known
from backend.domain.periods import Timing
from backend.domain.reviews import ReviewStep, Stage, stage_of
from backend.domain.timeliness import (
    Facts,
    known_filings,
)
from backend.store.database import fetch, fetch_value, from_json, to_json
from backend.store.filters import Filters
from backend.store.forms import definitions
from backend.store.rates import reopen_cells


async def lock_villages(obligations: Sequence[int], scopes: Sequence[str]) -> None:
    """Holds the villages that answer for these obligations, in code order, until the commit."""
    where = Filters().add("o.id = ANY(?)", list(obligations)).within("o.holder", scopes)
    await fetch(
        f"""SELECT key FROM region WHERE key IN
            (SELECT o.holder FROM obligation o WHERE {where.sql})
        ORDER BY key FOR NO KEY UPDATE""",
        *where.args,
    )


# The last accepted answers before obligation `o`: the village's own, or where it has only just
# got its code those of the village it was. Never those of a village that joined it.
LAST_ACCEPTED = """SELECT s.answers::text FROM obligation e JOIN submission s ON s.id = e.newest
    WHERE e.holder = o.holder AND e.schedule = o.schedule AND e.stage = 'accepted'
      AND e.beneficiary IS NOT DISTINCT FROM o.beneficiary
      AND e.original_due_at < o.original_due_at
      AND (e.region = o.region OR NOT EXISTS (
        SELECT 1 FROM obligation own WHERE own.holder = o.holder AND own.region = o.region
          AND own.schedule = o.schedule AND own.original_due_at < o.original_due_at))
    ORDER BY e.original_due_at DESC LIMIT 1"""


async def load(
    pairs: Sequence[tuple[int, UUID]], scopes: Sequence[str]
) -> tuple[dict[int, Duty], dict[UUID, Known]]:
    """For (obligation, submission id) pairs: the duties in scope and the ids already stored."""
    where = Filters([o for o, _ in pairs], [i for _, i in pairs]).within("o.holder", scopes)
    rows = await fetch(
        f"""SELECT item.submission, o.id, o.holder, o.opens_at, o.due_at, o.closes_at,
            o.exempt_at IS NOT NULL AS exempt, o.stage, o.revisions, p.form, p.allowance_hours,
            p.steps::text AS steps, ({LAST_ACCEPTED}) AS last,
            k.obligation AS known_obligation, k.digest, k.receipt, k.revision, k.received_at,
            k.counted_at, k.counted_by, k.withdrawn_at
        FROM unnest($1::bigint[], $2::uuid[]) AS item(obligation, submission)
        LEFT JOIN submission k ON k.id = item.submission
        LEFT JOIN obligation o ON o.id = item.obligation AND {where.sql}
        LEFT JOIN period p ON p.id = o.period""",
        *where.args,
    )
    forms = await definitions([row["form"] for row in rows if row["form"] is not None])
    duties = {row["id"]: _duty(row, forms[row["form"]]) for row in rows if row["id"] is not None}
    known = {row["submission"]: _known(row) for row in rows if row["digest"] is not None}
    return duties, known


def _duty(row: asyncpg.Record, form: Any) -> Duty:
    return Duty(
        id=row["id"],
        holder=row["holder"],
        times=Timing(row["opens_at"], row["due_at"], row["closes_at"]),
        exempt=row["exempt"],
        stage=Stage(row["stage"]),
        revisions=row["revisions"],
        allowance=timedelta(hours=row["allowance_hours"]),
        steps=tuple(ReviewStep(step) for step in from_json(row["steps"])),
        form=form,
        last=from_json(row["last"]),
    )


def _known(row: asyncpg.Record) -> Known:
    return Known(
        row["known_obligation"],
        row["digest"],
        row["receipt"],
        row["revision"],
        row["received_at"],
        Counted(row["counted_at"], CountedBy(row["counted_by"])),
        row["withdrawn_at"] is not None,
    )


# One statement writes a whole batch: the village's change number, the submissions, where their
# obligations stand, the audit, and word to the other holders of the post.
_RECORD = """WITH item AS (
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::int[], $4::text[], $5::jsonb[], $6::jsonb[],
        $7::text[], $8::jsonb[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[],
        $12::text[], $13::bool[], $14::text[], $15::bytea[], $16::text[], $17::text[],
        $18::timestamptz[], $19::uuid[])
    AS i(id, obligation, revision, kind, answers, reasons, remark, attachments, captured_at,
         corrected_at, counted_at, counted_by, on_behalf, on_behalf_reason, digest, holder, stage,
         received_at, filed_by)),
village AS (
    UPDATE region SET change_no = change_no + 1 WHERE key IN (SELECT holder FROM item)
    RETURNING key, change_no),
stored AS (
    INSERT INTO submission (id, obligation, revision, kind, answers, reasons, remark, attachments,
        captured_at, corrected_at, received_at, counted_at, counted_by, filed_by, on_behalf,
        on_behalf_reason, digest, change_no)
    SELECT i.id, i.obligation, i.revision, i.kind, i.answers, i.reasons, i.remark, i.attachments,
        i.captured_at, i.corrected_at, i.received_at, i.counted_at, i.counted_by, i.filed_by,
        i.on_behalf, i.on_behalf_reason, i.digest, v.change_no
    FROM item i JOIN village v ON v.key = i.holder
    RETURNING id, receipt),
stands AS (
    UPDATE obligation o SET stage = i.stage, stage_since = i.received_at, newest = i.id,
        fix_by = NULL, revisions = i.revision,
        first_counted_at = coalesce(o.first_counted_at, i.counted_at),
        first_received_at = coalesce(o.first_received_at, i.received_at), change_no = v.change_no
    FROM item i JOIN village v ON v.key = i.holder WHERE o.id = i.obligation),
audited AS (
    INSERT INTO audit_entry (at, account, action, subject, region, result, request, detail)
    SELECT i.received_at, i.filed_by, 'submission.file', 'submission:' || i.id, i.holder, 'done',
        $20, jsonb_build_object('obligation', i.obligation, 'revision', i.revision,
                                'kind', i.kind, 'on_behalf', i.on_behalf)
    FROM item i),
told AS (
    INSERT INTO message (id, account, kind, region, params, slot_at, created_at)
    SELECT DISTINCT ON (i.id, p.account) gen_random_uuid(), p.account, 'filed_by_other', i.holder,
        jsonb_build_object('obligation', i.obligation, 'on_behalf', i.on_behalf),
        i.received_at, i.received_at
    FROM item i JOIN post p ON p.region = i.holder AND p.role IN ('liaison', 'station')
        AND p.account <> i.filed_by AND p.starts_at <= i.received_at
        AND (p.ends_at IS NULL OR p.ends_at > i.received_at)
    RETURNING id, slot_at),
queued AS (
    INSERT INTO delivery (message, channel, not_before, attempts)
    SELECT id, 'in_app', slot_at, 0 FROM told)
SELECT id, receipt FROM stored"""


async def record(accepted: Sequence[Accepted], account: UUID, request: str) -> dict[UUID, int]:
    """Stores the submissions and all that goes with them; gives the receipt sequence by id."""
    return await record_each([(each, account) for each in accepted], request)


async def record_each(accepted: Sequence[tuple[Accepted, UUID]], request: str) -> dict[UUID, int]:
    """The same where everybody filed for themselves; pairs are (submission, who filed it)."""
    if not accepted:
        return {}
    rows = [
        (
            a.item.id,
            a.duty.id,
            a.revision,
            a.item.kind.value,
            to_json(a.answers),
            to_json(a.item.reasons),
            a.item.remark,
            to_json(a.item.attachments),
            a.item.captured_at,
            a.corrected_at,
            a.counted.at,
            a.counted.by.value,
            a.on_behalf,
            a.item.on_behalf_reason if a.on_behalf else None,
            a.item.digest,
            a.duty.holder,
            a.stage.value,
            a.received_at,
            account,
        )
        for a, account in accepted
    ]
    columns = [list(column) for column in zip(*rows, strict=True)]
    stored = await fetch(_RECORD, *columns, request)
    return {row["id"]: row["receipt"] for row in stored}


_SUBMISSION = """SELECT s.id, s.obligation, s.revision, s.kind, s.answers::text AS answers,
    s.reasons::text AS reasons, s.remark, s.attachments::text AS attachments, s.captured_at,
    s.corrected_at, s.received_at, s.counted_at, s.counted_by, s.filed_by, a.name AS filed_by_name,
    s.on_behalf, s.on_behalf_reason, s.receipt, s.withdrawn_at, s.withdrawn_by
    FROM submission s LEFT JOIN account a ON a.id = s.filed_by"""


async def of_obligation(obligation: int) -> list[asyncpg.Record]:
    """Every revision, oldest first."""
    return await fetch(f"{_SUBMISSION} WHERE s.obligation = $1 ORDER BY s.revision", obligation)


async def obligation_of(
    submission: UUID | None, receipt: int | None, scopes: Sequence[str]
) -> int | None:
    """The obligation of a submission in scope, by its id or its receipt's sequence."""
    where = Filters().add_if(submission, "s.id = ?").add_if(receipt, "s.receipt = ?")
    where.within("o.holder", scopes)
    value: int | None = await fetch_value(
        f"""SELECT o.id FROM submission s JOIN obligation o ON o.id = s.obligation
        WHERE {where.sql}""",
        *where.args,
    )
    return value


async def withdraw(
    obligation: int, submission: UUID, facts: Facts, account: UUID, now: datetime
) -> None:
    """Withdraws a revision; `facts` are those before. Its obligation stands where it stood then."""
    await fetch(
        """UPDATE submission SET withdrawn_at = $2, withdrawn_by = $3 WHERE id = $1""",
        submission,
        now,
        account,
    )
    left = [f for f in known_filings(facts, now) if f.id != submission]
    newest = left[-1] if left else None
    decided = [r for r in facts.reviews if newest is not None and r.submission_id == newest.id]
    await fetch(
        """WITH village AS (
            UPDATE region SET change_no = change_no + 1
            WHERE key = (SELECT holder FROM obligation WHERE id = $1) RETURNING change_no)
        UPDATE obligation o SET stage = $2, stage_since = $3, newest = $4, fix_by = $5,
            amended = true, first_counted_at = $6, first_received_at = $7,
            change_no = v.change_no
        FROM village v WHERE o.id = $1""",
        obligation,
        (stage_of(facts.steps, decided) if newest else Stage.NONE).value,
        decided[-1].at if decided else newest.received_at if newest else None,
        newest.id if newest else None,
        decided[-1].fix_by if decided else None,
        left[0].counted_at if left else None,
        left[0].received_at if left else None,
    )
    await reopen_cells([obligation])
