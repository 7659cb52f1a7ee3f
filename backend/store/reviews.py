"""The offices' queue and their decisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from backend.store.accepting import LOCAL, PROVED
from backend.store.database import fetch, to_json
from backend.store.filings import LAST_ACCEPTED
from backend.store.filters import Filters

# The steps of obligation `o` of period `p`, the second look after the first where it was drawn.
STEPS = """CASE WHEN o.second THEN jsonb_insert(p.steps, '{0}', '"second"', true)
    ELSE p.steps END::text"""
_ENTRY = f"""SELECT o.id AS obligation, o.stage, o.stage_since, o.region, o.holder,
    r.name AS region_name, o.due_at, p.key AS period, p.form, sc.id AS schedule,
    sc.title::text AS title, f.code, {STEPS} AS steps, s.id, s.revision, s.kind,
    s.answers::text AS answers, s.reasons::text AS reasons, s.remark, s.on_behalf,
    s.received_at, s.counted_at, s.counted_by, s.receipt, a.name AS filed_by_name,
    before.answers::text AS answers_before, ({LAST_ACCEPTED}) AS last,
    o.beneficiary IS NOT NULL AS certification,
    ARRAY(SELECT r.step FROM review r WHERE r.submission = s.id) AS passed
    FROM obligation o JOIN submission s ON s.id = o.newest
    JOIN period p ON p.id = o.period JOIN schedule sc ON sc.id = o.schedule
    JOIN form f ON f.id = p.form JOIN region r ON r.key = o.region
    LEFT JOIN account a ON a.id = s.filed_by
    LEFT JOIN LATERAL (
        SELECT b.answers FROM submission b WHERE b.obligation = o.id AND b.revision < s.revision
        AND b.withdrawn_at IS NULL ORDER BY b.revision DESC LIMIT 1) before ON true"""


async def queue(
    town: Sequence[str],
    county: Sequence[str],
    under: str | None,
    schedule: int | None,
    after: tuple[datetime, int] | None,
    limit: int,
) -> list[asyncpg.Record]:
    """What waits at the town step within `town` and at the county step within `county`.

    Oldest first; `after` is the (stage_since, obligation) of the last one seen.
    """
    where = Filters()
    first, second = where.under("o.holder", town), where.under("o.holder", county)
    where.add(f"(o.stage = 'town' AND {first} OR o.stage = 'county' AND {second})")
    if under is not None:
        where.within("o.holder", [under])
    where.add_if(schedule, "o.schedule = ?")
    if after is not None:
        where.add("(o.stage_since, o.id) > (?, ?)", *after)
    return await fetch(
        f"{_ENTRY} WHERE {where.sql} ORDER BY o.stage_since, o.id LIMIT {where.param(limit)}",
        *where.args,
    )


async def lock_villages(submissions: Sequence[UUID], scopes: Sequence[str]) -> None:
    """Holds the villages of these submissions in code order until the commit."""
    where = Filters(list(submissions)).within("o.holder", scopes)
    await fetch(
        f"""SELECT key FROM region WHERE key IN (
            SELECT o.holder FROM obligation o JOIN submission s ON s.obligation = o.id
            WHERE s.id = ANY($1) AND {where.sql})
        ORDER BY key FOR NO KEY UPDATE""",
        *where.args,
    )


async def cases(submissions: Sequence[UUID], scopes: Sequence[str]) -> list[asyncpg.Record]:
    """What a decision needs to know of each submission in scope."""
    where = Filters(list(submissions)).within("o.holder", scopes)
    return await fetch(
        f"""SELECT s.id, s.obligation, s.received_at, s.withdrawn_at, o.newest, o.holder, p.form,
            o.schedule, o.original_due_at, {STEPS} AS steps, o.stage_since,
            (SELECT array_agg(DISTINCT b.filed_by) FROM submission b
             WHERE b.obligation = o.id) AS filers,
            ARRAY(SELECT w.account FROM review w WHERE w.submission = s.id) AS reviewers,
            EXISTS (SELECT 1 FROM attachment a JOIN reuse_flag u ON u.attachment = a.id
                WHERE a.submission = s.id AND u.kind = 'other_person'
                AND u.decision IS DISTINCT FROM 'cleared') AS held
        FROM submission s JOIN obligation o ON o.id = s.obligation
        JOIN period p ON p.id = o.period
        WHERE s.id = ANY($1) AND {where.sql}""",
        *where.args,
    )


async def decisions(submissions: Sequence[UUID]) -> list[asyncpg.Record]:
    """The decisions taken on these submissions, oldest first."""
    return await fetch(
        """SELECT r.id, r.submission, r.step, r.decision, r.defects::text AS defects, r.remark,
                  r.account, a.name, r.at, r.fix_by, r.waited_workdays, r.in_time
        FROM review r LEFT JOIN account a ON a.id = r.account
        WHERE r.submission = ANY($1) ORDER BY r.at, r.id""",
        list(submissions),
    )


async def by_ids(ids: Sequence[UUID]) -> dict[UUID, asyncpg.Record]:
    """Reviews stored under these ids."""
    rows = await fetch(
        """SELECT id, submission, step, decision, defects::text AS defects, remark, account, fix_by
        FROM review WHERE id = ANY($1)""",
        list(ids),
    )
    return {row["id"]: row for row in rows}


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision to store, and where its obligation then stands."""

    id: UUID
    submission: UUID
    obligation: int
    holder: str
    step: str
    decision: str
    defects: list[dict[str, str | None]]
    remark: str
    fix_by: datetime | None
    waited_workdays: float
    in_time: bool
    stage: str


# A return is told to whoever holds the village's post; an acceptance changes what the next
# periods start from, so these are stamped as well.
_RECORD = f"""WITH item AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[],
        $7::jsonb[], $8::text[], $9::timestamptz[], $10::float8[], $11::bool[], $12::text[],
        $13::timestamptz[], $14::uuid[])
    AS i(id, submission, obligation, holder, step, decision, defects, remark, fix_by,
         waited_workdays, in_time, stage, at, account)),
village AS (
    UPDATE region SET change_no = change_no + 1 WHERE key IN (SELECT holder FROM item)
    RETURNING key, change_no),
stored AS (
    INSERT INTO review (id, submission, obligation, region, step, decision, defects, remark,
                        account, at, fix_by, waited_workdays, in_time, change_no)
    SELECT i.id, i.submission, i.obligation, d.region, i.step, i.decision, i.defects, i.remark,
           i.account, i.at, i.fix_by, i.waited_workdays, i.in_time, v.change_no
    FROM item i JOIN village v ON v.key = i.holder JOIN obligation d ON d.id = i.obligation),
stands AS (
    UPDATE obligation o SET stage = i.stage, stage_since = i.at, fix_by = i.fix_by,
        remind_at = CASE i.stage WHEN 'returned' THEN i.at
            WHEN 'accepted' THEN NULL ELSE i.at + interval '1 day' END,
        change_no = v.change_no
    FROM item i JOIN village v ON v.key = i.holder WHERE o.id = i.obligation),
following AS (
    UPDATE obligation o SET change_no = v.change_no
    FROM item i JOIN village v ON v.key = i.holder JOIN obligation d ON d.id = i.obligation
    WHERE i.stage = 'accepted' AND o.holder = d.holder AND o.schedule = d.schedule
      AND o.original_due_at > d.original_due_at AND o.stage IN ('none', 'returned')
      AND o.id NOT IN (SELECT obligation FROM item)),
answered AS (
    SELECT o.beneficiary, s.answers->>'result' AS result, s.answers->>'method' AS method,
        s.received_at, (coalesce(s.corrected_at, s.received_at) {LOCAL})::date AS seen_on,
        i.account, i.at
    FROM item i JOIN submission s ON s.id = i.submission JOIN obligation o ON o.id = i.obligation
    WHERE i.stage = 'accepted' AND o.beneficiary IS NOT NULL),
{PROVED},
audited AS (
    INSERT INTO audit_entry (at, account, action, subject, region, result, request, detail)
    SELECT i.at, i.account, 'review.' || i.decision, 'submission:' || i.submission, i.holder,
        'done', $15,
        jsonb_build_object('obligation', i.obligation, 'step', i.step, 'stage', i.stage)
    FROM item i),
told AS (
    INSERT INTO message (id, account, kind, region, params, slot_at, created_at)
    SELECT DISTINCT ON (i.id, p.account) gen_random_uuid(), p.account, 'returned', i.holder,
        jsonb_build_object('obligation', i.obligation, 'fix_by', i.fix_by,
                           'defects', jsonb_array_length(i.defects)), i.at, i.at
    FROM item i JOIN post p ON p.region = i.holder AND p.role IN ('liaison', 'station')
        AND p.starts_at <= i.at AND (p.ends_at IS NULL OR p.ends_at > i.at)
    WHERE i.decision = 'return'
    RETURNING id, slot_at)
INSERT INTO delivery (message, channel, not_before, attempts)
SELECT id, 'in_app', slot_at, 0 FROM told"""


async def record(decided: Sequence[Decided], account: UUID, now: datetime, request: str) -> None:
    """Stores the decisions and all that goes with them, in one statement."""
    await record_each([(each, account, now) for each in decided], request)


async def record_each(decided: Sequence[tuple[Decided, UUID, datetime]], request: str) -> None:
    """The same for decisions of several people at several instants; (decision, whose, when)."""
    if not decided:
        return
    rows = [
        (
            d.id,
            d.submission,
            d.obligation,
            d.holder,
            d.step,
            d.decision,
            to_json(d.defects),
            d.remark,
            d.fix_by,
            d.waited_workdays,
            d.in_time,
            d.stage,
            at,
            account,
        )
        for d, account, at in decided
    ]
    columns = [list(column) for column in zip(*rows, strict=True)]
    await fetch(_RECORD, *columns, request)
