"""Writing filings: a whole batch, and all that goes with it, in one statement."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from backend.domain.filing import Accepted
from backend.store.database import fetch, to_json
from backend.store.gathering import Gathering


class VillageMoved(Exception):
    """A village was written to since its duties were read: nothing is stored, decide again."""


# One statement writes whole batches: the villages' change numbers, the submissions, where their
# obligations stand, the audit, and one word to each other holder of the posts, however many reports
# came together. Nothing is written for a village whose number is no longer the one that was read.
_ITEM: Final = {
    "id": "uuid",
    "obligation": "bigint",
    "revision": "int",
    "kind": "text",
    "answers": "jsonb",
    "reasons": "jsonb",
    "remark": "text",
    "attachments": "jsonb",
    "captured_at": "timestamptz",
    "corrected_at": "timestamptz",
    "received_at": "timestamptz",
    "counted_at": "timestamptz",
    "counted_by": "text",
    "filed_by": "uuid",
    "on_behalf": "bool",
    "on_behalf_reason": "text",
    "digest": "bytea",
    "holder": "text",
    "seen": "bigint",
    "stage": "text",
    "second": "bool",
    "request": "text",
}
# A death is told to the county with the filing itself, whoever reviews it and when; once.
_DEATHS: Final = """warned AS (
    INSERT INTO message (id, account, kind, region, params, slot_at, created_at)
    SELECT gen_random_uuid(), p.account, 'death_reported', p.region,
        jsonb_build_object('obligations', jsonb_agg(DISTINCT i.obligation)),
        max(i.received_at), max(i.received_at)
    FROM item i JOIN village v ON v.key = i.holder AND v.seen IS NOT DISTINCT FROM i.seen
    JOIN obligation o ON o.id = i.obligation AND o.beneficiary IS NOT NULL
    JOIN post p ON p.region = left(i.holder, 6) AND p.role = 'county_ops'
        AND p.starts_at <= i.received_at AND (p.ends_at IS NULL OR p.ends_at > i.received_at)
    WHERE i.answers->>'result' = 'death' AND NOT EXISTS (SELECT 1 FROM submission e
        WHERE e.obligation = i.obligation AND e.withdrawn_at IS NULL
          AND e.answers->>'result' = 'death')
    GROUP BY p.account, p.region
    RETURNING id, slot_at)"""
# Sub-selects hide the number of rows: one plan serves any number, and is kept.
_COLUMNS = ", ".join(f"(SELECT ${n}::{kind}[])" for n, kind in enumerate(_ITEM.values(), 3))
_RECORD = f"""WITH item AS (
    SELECT i.* FROM unnest({_COLUMNS}) AS i({", ".join(_ITEM)})),
held AS (
    SELECT r.key, s.seen FROM region r
    JOIN unnest((SELECT $1::text[]), $2::bigint[]) AS s(key, seen) ON r.key = s.key
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
named AS (
    INSERT INTO attachment (submission, position, county, region, beneficiary, account, sha256,
        name, size, evidence, from_gallery, filed_at, arrived_at)
    SELECT i.id, a.position, left(i.holder, 6), i.holder, o.beneficiary, i.filed_by,
        a.value->>'sha256', a.value->>'name', (a.value->>'size')::int, a.value->>'evidence',
        coalesce((a.value->>'from_gallery')::bool, false), i.received_at, u.at
    FROM item i JOIN village v ON v.key = i.holder AND v.seen IS NOT DISTINCT FROM i.seen
    CROSS JOIN LATERAL jsonb_array_elements(i.attachments)
        WITH ORDINALITY AS a(value, position)
    JOIN obligation o ON o.id = i.obligation
    LEFT JOIN media_upload u ON u.sha256 = a.value->>'sha256' AND u.account = i.filed_by
    WHERE i.attachments <> '[]'),
stands AS (
    UPDATE obligation o SET stage = i.stage, stage_since = i.received_at, newest = i.id,
        fix_by = NULL, revisions = i.revision,
        second = o.second OR i.second,
        remind_at = CASE i.stage WHEN 'accepted' THEN NULL
            ELSE i.received_at + interval '1 day' END,
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
    SELECT gen_random_uuid(), p.account, 'filed_by_other', f.holder,
        jsonb_build_object('obligations', f.obligations, 'on_behalf', f.on_behalf), f.at, f.at
    FROM (SELECT i.holder, i.filed_by, i.on_behalf, i.received_at AS at,
            array_agg(DISTINCT i.obligation) AS obligations
        FROM item i JOIN village v ON v.key = i.holder AND v.seen IS NOT DISTINCT FROM i.seen
        GROUP BY 1, 2, 3, 4) f
    CROSS JOIN LATERAL (
        SELECT DISTINCT account FROM post WHERE region = f.holder AND account <> f.filed_by
        AND role IN ('liaison', 'station') AND starts_at <= f.at
        AND (ends_at IS NULL OR ends_at > f.at)) p
    RETURNING id, slot_at),
{_DEATHS},
queued AS (
    INSERT INTO delivery (message, channel, not_before, attempts)
    SELECT id, 'in_app', slot_at, 0 FROM told UNION ALL
    SELECT id, 'in_app', slot_at, 0 FROM warned)
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
        "answers": to_json(filed.answers),
        "reasons": to_json(item.reasons),
        "remark": item.remark,
        "attachments": to_json(item.attachments),
        "captured_at": item.captured_at,
        "corrected_at": filed.corrected_at,
        "received_at": filed.received_at,
        "counted_at": filed.counted.at,
        "counted_by": filed.counted.by,
        "filed_by": account,
        "on_behalf": filed.on_behalf,
        "on_behalf_reason": item.on_behalf_reason if filed.on_behalf else None,
        "digest": item.digest,
        "holder": duty.holder,
        "seen": seen,
        "stage": filed.stage,
        "second": filed.second,
        "request": request,
    }


async def _record(batches: Sequence[Sequence[dict[str, Any]]]) -> list[dict[UUID, int]]:
    """The receipts of each batch, by id; without those of villages that have moved."""
    rows = [row for batch in batches for row in batch]
    seen = {(row["holder"], row["seen"]) for row in rows}
    stored = await fetch(
        _RECORD,
        [key for key, _ in seen],
        [number for _, number in seen],
        *([row[name] for row in rows] for name in _ITEM),
    )
    receipts = {row["id"]: row["receipt"] for row in stored}
    return [
        {row["id"]: receipts[row["id"]] for row in batch if row["id"] in receipts}
        for batch in batches
    ]


_recording = Gathering(_record)
