"""What messages made of reminders still have to say, in SQL.

Over `message m`, `reminder r` and `obligation o`; `$2` is the instant. The in-app list and the
channels beyond it ask the same, each at its own moment.
"""

from typing import Any, Final

import asyncpg

from backend.store.database import from_json

# Held at this moment: a post at the village, its township or its county.
POSTED = """EXISTS (SELECT 1 FROM post p WHERE p.account = m.account AND p.starts_at <= $2
    AND (p.ends_at IS NULL OR p.ends_at > $2)
    AND p.region IN (o.holder, left(o.holder, 9), left(o.holder, 6)))"""

# Neither filed, corrected, reviewed, waived nor closed in the meantime. What one office has passed
# on to the next is no longer the first one's to review.
OUTSTANDING = """o.exempt_at IS NULL AND CASE r.concern
    WHEN 'report' THEN o.stage = 'none' AND o.closes_at >= $2
    WHEN 'correction' THEN o.stage = 'returned' AND o.revisions = r.round
    ELSE o.stage IN ('town', 'county') AND o.revisions = r.round
        AND o.stage_since < r.decided_at END"""

STILL_DUE = f"{OUTSTANDING} AND {POSTED}"

DEADLINE = """CASE r.concern WHEN 'report' THEN o.due_at WHEN 'correction' THEN o.fix_by
    ELSE r.deadline END"""


def _count(concern: str, more: str = "") -> str:
    return f"(count(DISTINCT o.id) FILTER (WHERE r.concern = '{concern}'{more}))::int"


# What is counted, each duty once however many steps speak of it, and the words of the last step.
COUNTS = f"""{_count("report")} AS duties, {_count("report", " AND o.due_at < $2")} AS overdue,
    {_count("correction")} AS to_correct, {_count("review")} AS to_review,
    count(DISTINCT o.holder)::int AS villages, min({DEADLINE}) AS nearest,
    ((array_agg(r.text ORDER BY r.rank DESC, r.id DESC))[1])::text AS text"""
_COUNTED: Final = ("duties", "overdue", "to_correct", "to_review", "villages", "nearest")


def said_of(row: asyncpg.Record) -> dict[str, Any]:
    """The parameters of a digest, from a row of COUNTS; `text` only where a step has its own."""
    said = {name: row[name] for name in _COUNTED}
    return said if row["text"] is None else {**said, "text": from_json(row["text"])}
