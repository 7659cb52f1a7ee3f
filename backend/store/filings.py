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
from backend.store.gathering import Gathering
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


Pairs = Sequence[tuple[int, UUID]]
Loaded = tuple[dict[int, Duty], dict[UUID, Known]]


async def load(pairs: Pairs) -> Loaded:
    """For (obligation, submission id) pairs: the duties, and the ids already stored."""
    return await _loading.ask(pairs)


async def _load(asked: Sequence[Pairs]) -> list[Loaded]:
    # The sub-select hides the number of pairs: one plan serves any number, and is kept.
    rows = await fetch(
        f"""SELECT item.submission, o.id, o.holder, v.change_no, o.opens_at, o.due_at, o.closes_at,
            o.exempt_at IS NOT NULL AS exempt, o.stage, o.revisions, p.form, p.allowance_hours,
            p.steps::text AS steps, ({LAST_ACCEPTED}) AS last,
            k.obligation AS known_obligation, k.digest, k.receipt, k.revision, k.received_at,
            k.counted_at, k.counted_by, k.withdrawn_at
        FROM unnest((SELECT $1::bigint[]), $2::uuid[]) AS item(obligation, submission)
        LEFT JOIN submission k ON k.id = item.submission
        LEFT JOIN obligation o ON o.id = item.obligation
        LEFT JOIN region v ON v.key = o.holder LEFT JOIN period p ON p.id = o.period""",
        [number for pairs in asked for number, _ in pairs],
        [submission for pairs in asked for _, submission in pairs],
    )
    forms = await definitions([row["form"] for row in rows if row["form"] is not None])
    duties = {row["id"]: _duty(row, forms[row["form"]]) for row in rows if row["id"] is not None}
    known = {row["submission"]: _known(row) for row in rows if row["digest"] is not None}
    return [
        (
            {number: duties[number] for number, _ in pairs if number in duties},
            {submission: known[submission] for _, submission in pairs if submission in known},
        )
        for pairs in asked
    ]


_loading = Gathering(_load)


def _duty(row: asyncpg.Record, form: Any) -> Duty:
    return Duty(
        id=row["id"],
        holder=row["holder"],
        change_no=row["change_no"],
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


class VillageMoved(Exception):
    """A village was written to since its duties were read: nothing is stored, decide again."""


# One statement writes whole batches: the villages' change numbers, the submissions, where their
# obligations stand, the audit, and word to the other holders of the posts. Nothing is written for
# a village whose number is no longer the one that was read.
_RECORD = """WITH item AS (
    SELECT * FROM json_to_recordset($1::json) AS i(id uuid, obligation bigint, revision int,
        kind text, answers jsonb, reasons jsonb, remark text, attachments jsonb,
        captured_at timestamptz, corrected_at timestamptz, received_at timestamptz,
        counted_at timestamptz, counted_by text, filed_by uuid, on_behalf bool,
        on_behalf_reason text, digest bytea, holder text, seen bigint, stage text, request text)),
held AS (
    SELECT r.key, s.seen FROM region r
    JOIN unnest((SELECT $2::text[]), $3::bigint[]) AS s(key, seen) ON r.key = s.key
    WHERE coalesce(s.seen, r.change_no) = r.change_no ORDER BY r.key FOR NO KEY UPDATE OF r),
village AS (
    UPDATE region r SET change_no = r.change_no + 1 FROM held h WHERE r.key = h.key
    RETURNING r.key, r.change_no, h.seen),
stored AS (
    INSERT INTO submission (id, obligation, revision, kind, answers, reasons, remark, attachments,
        captured_at, corrected_at, received_at, counted_at, counted_by, filed_by, on_behalf,
        on_behalf_reason, digest, change_no)
    SELECT i.id, i.obligation, i.revision, i.kind, i.answers, i.reasons, i.remark, i.attachments,
        i.captured_at, i.corrected_at, i.received_at, i.counted_at, i.counted_by, i.filed_by,
        i.on_behalf, i.on_behalf_reason, i.digest, v.change_no
    FROM item i JOIN village v ON v.key = i.holder AND v.seen IS NOT DISTINCT FROM i.seen
    RETURNING id, receipt),
stands AS (
    UPDATE obligation o SET stage = i.stage, stage_since = i.received_at, newest = i.id,
        fix_by = NULL, revisions = i.revision,
        first_counted_at = coalesce(o.first_counted_at, i.counted_at),
        first_received_at = coalesce(o.first_received_at, i.received_at), change_no = v.change_no
    FROM item i JOIN village v ON v.key = i.holder AND v.seen IS NOT DISTINCT FROM i.seen
    WHERE o.id = i.obligation),
audited AS (
    INSERT INTO audit_entry (at, account, action, subject, region, result, request, detail)
    SELECT i.received_at, i.filed_by, 'submission.file', 'submission:' || i.id, i.holder, 'done',
        i.request, jsonb_build_object('obligation', i.obligation, 'revision', i.revision,
                                      'kind', i.kind, 'on_behalf', i.on_behalf)
    FROM item i JOIN village v ON v.key = i.holder AND v.seen IS NOT DISTINCT FROM i.seen),
told AS (
    INSERT INTO message (id, account, kind, region, params, slot_at, created_at)
    SELECT DISTINCT ON (i.id, p.account) gen_random_uuid(), p.account, 'filed_by_other', i.holder,
        jsonb_build_object('obligation', i.obligation, 'on_behalf', i.on_behalf),
        i.received_at, i.received_at
    FROM item i JOIN village v ON v.key = i.holder AND v.seen IS NOT DISTINCT FROM i.seen
    JOIN post p ON p.region = i.holder AND p.role IN ('liaison', 'station')
        AND p.account <> i.filed_by AND p.starts_at <= i.received_at
        AND (p.ends_at IS NULL OR p.ends_at > i.received_at)
    RETURNING id, slot_at),
queued AS (
    INSERT INTO delivery (message, channel, not_before, attempts)
    SELECT id, 'in_app', slot_at, 0 FROM told)
SELECT id, receipt FROM stored"""


async def record(accepted: Sequence[Accepted], account: UUID, request: str) -> dict[UUID, int]:
    """Stores the submissions and all that goes with them; gives the receipt sequence by id.

    Raises VillageMoved. Whoever files for several villages at once must hold them: else those of
    one might be stored and those of another not.
    """
    if not accepted:
        return {}
    rows = [_row(each, account, request, each.duty.change_no) for each in accepted]
    receipts = await _recording.ask(rows)
    if len(receipts) < len(rows):
        raise VillageMoved
    return receipts


async def record_each(accepted: Sequence[tuple[Accepted, UUID]], request: str) -> None:
    """The same where everybody filed for themselves; pairs are (submission, who filed it).

    For the only writer there is: whether the villages have moved is not asked.
    """
    await _record([[_row(each, account, request, None) for each, account in accepted]])


def _row(filed: Accepted, account: UUID, request: str, seen: int | None) -> dict[str, Any]:
    item, duty = filed.item, filed.duty
    return {
        "id": item.id,
        "obligation": duty.id,
        "revision": filed.revision,
        "kind": item.kind,
        "answers": filed.answers,
        "reasons": item.reasons,
        "remark": item.remark,
        "attachments": item.attachments,
        "captured_at": item.captured_at,
        "corrected_at": filed.corrected_at,
        "received_at": filed.received_at,
        "counted_at": filed.counted.at,
        "counted_by": filed.counted.by,
        "filed_by": account,
        "on_behalf": filed.on_behalf,
        "on_behalf_reason": item.on_behalf_reason if filed.on_behalf else None,
        "digest": f"\\x{item.digest.hex()}",
        "holder": duty.holder,
        "seen": seen,
        "stage": filed.stage,
        "request": request,
    }


async def _record(batches: Sequence[Sequence[dict[str, Any]]]) -> list[dict[UUID, int]]:
    """The receipts of each batch, by id; without those of villages that have moved."""
    rows = [row for batch in batches for row in batch]
    seen = {(row["holder"], row["seen"]) for row in rows}
    stored = await fetch(_RECORD, to_json(rows), [key for key, _ in seen], [no for _, no in seen])
    receipts = {row["id"]: row["receipt"] for row in stored}
    return [
        {row["id"]: receipts[row["id"]] for row in batch if row["id"] in receipts}
        for batch in batches
    ]


_recording = Gathering(_record)


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
