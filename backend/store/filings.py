"""Submissions: what filing needs to know, their revisions, and taking one back."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import asyncpg

from backend.domain.certification.collecting import About
from backend.domain.certification.evidence import (
    DEFAULT_EVIDENCE,
    EvidenceTable,
    parse_evidence_table,
)
from backend.domain.clocks import Counted, CountedBy
from backend.domain.filing import Duty, Known
from backend.domain.periods import Timing
from backend.domain.reviews import ReviewStep, Stage, stage_of
from backend.domain.timeliness import (
    Facts,
    known_filings,
)
from backend.store.database import fetch, fetch_value, from_json
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
# got its code those of the village it was. Never those of a village that joined it, and none for a
# certification: what was found of somebody is asked anew.
LAST_ACCEPTED = """SELECT s.answers::text FROM obligation e JOIN submission s ON s.id = e.newest
    WHERE e.holder = o.holder AND e.schedule = o.schedule AND e.stage = 'accepted'
      AND o.beneficiary IS NULL
      AND e.original_due_at < o.original_due_at
      AND (e.region = o.region OR NOT EXISTS (
        SELECT 1 FROM obligation own WHERE own.holder = o.holder AND own.region = o.region
          AND own.schedule = o.schedule AND own.original_due_at < o.original_due_at))
    ORDER BY e.original_due_at DESC LIMIT 1"""


async def last_accepted(number: int) -> str | None:
    """The same of one obligation, as JSON."""
    found: str | None = await fetch_value(
        f"SELECT ({LAST_ACCEPTED}) FROM obligation o WHERE o.id = $1", number
    )
    return found


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
            o.beneficiary, b.born_on, e.papers::text AS papers,
            (o.original_due_at AT TIME ZONE 'Asia/Shanghai')::date AS due_on,
            p.steps::text AS steps, ({LAST_ACCEPTED}) AS last,
            k.obligation AS known_obligation, k.digest, k.receipt, k.revision, k.received_at,
            k.counted_at, k.counted_by, k.withdrawn_at
        FROM unnest((SELECT $1::bigint[]), $2::uuid[]) AS item(obligation, submission)
        LEFT JOIN submission k ON k.id = item.submission
        LEFT JOIN obligation o ON o.id = item.obligation
        LEFT JOIN region v ON v.key = o.holder LEFT JOIN period p ON p.id = o.period
        LEFT JOIN beneficiary b ON b.id = o.beneficiary
        LEFT JOIN cert_evidence e ON e.county = b.county""",
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
        steps=_steps(row["steps"]),
        form=form,
        last=from_json(row["last"]),
        about=_about(row),
    )


def _about(row: asyncpg.Record) -> About | None:
    if row["beneficiary"] is None:
        return None
    return About(row["beneficiary"], row["born_on"], row["due_on"], _papers(row["papers"]))


@lru_cache(maxsize=16)
def _papers(text: str | None) -> EvidenceTable:
    return DEFAULT_EVIDENCE if text is None else parse_evidence_table(from_json(text))


@lru_cache(maxsize=16)
def _steps(text: str) -> tuple[ReviewStep, ...]:
    return tuple(ReviewStep(step) for step in from_json(text))


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
            amended = true, first_counted_at = $6, first_received_at = $7, remind_at = $8,
            change_no = v.change_no
        FROM village v WHERE o.id = $1""",
        obligation,
        (stage_of(facts.steps, decided) if newest else Stage.NONE).value,
        decided[-1].at if decided else newest.received_at if newest else None,
        newest.id if newest else None,
        decided[-1].fix_by if decided else None,
        left[0].counted_at if left else None,
        left[0].received_at if left else None,
        now,
    )
    await reopen_cells([obligation])
