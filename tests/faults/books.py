"""Whether the tables agree with each other: what must hold after any accident."""

from typing import Any

import asyncpg

# Each query finds the rows that are wrong; the text says what is wrong with them.
_WRONG = {
    "an obligation that does not say what its submissions say": """
        SELECT o.id FROM obligation o
        LEFT JOIN LATERAL (
            SELECT s.id FROM submission s WHERE s.obligation = o.id AND s.withdrawn_at IS NULL
            ORDER BY s.revision DESC LIMIT 1) newest ON true
        LEFT JOIN LATERAL (
            SELECT s.counted_at, s.received_at FROM submission s
            WHERE s.obligation = o.id AND s.withdrawn_at IS NULL
            ORDER BY s.revision LIMIT 1) first ON true
        WHERE o.newest IS DISTINCT FROM newest.id
           OR o.first_counted_at IS DISTINCT FROM first.counted_at
           OR o.first_received_at IS DISTINCT FROM first.received_at
           OR o.revisions <> (SELECT count(*) FROM submission s WHERE s.obligation = o.id)
           OR o.revisions <> (SELECT coalesce(max(s.revision), 0) FROM submission s
                              WHERE s.obligation = o.id)""",
    "a stage that does not follow from the reviews": """
        SELECT o.id FROM obligation o JOIN period c ON c.id = o.period
        WHERE o.stage <> CASE
            WHEN o.newest IS NULL THEN 'none'
            WHEN EXISTS (SELECT 1 FROM review r WHERE r.submission = o.newest
                         AND r.decision = 'return') THEN 'returned'
            ELSE coalesce((
                SELECT e.step
                FROM jsonb_array_elements_text(c.steps) WITH ORDINALITY AS e(step, place)
                WHERE NOT EXISTS (SELECT 1 FROM review r WHERE r.submission = o.newest
                                  AND r.step = e.step)
                ORDER BY e.place LIMIT 1), 'accepted') END""",
    "times that the adjustments do not give": """
        SELECT o.id FROM obligation o
        LEFT JOIN LATERAL (
            SELECT a.due_at, a.closes_at FROM adjustment a
            WHERE a.obligation = o.id AND a.kind = 'extend'
            ORDER BY a.decided_at DESC, a.id DESC LIMIT 1) moved ON true
        LEFT JOIN LATERAL (
            SELECT a.kind, a.decided_at FROM adjustment a
            WHERE a.obligation = o.id AND a.kind <> 'extend'
            ORDER BY a.decided_at DESC, a.id DESC LIMIT 1) waived ON true
        WHERE o.due_at <> coalesce(moved.due_at, o.original_due_at)
           OR o.closes_at <> coalesce(moved.closes_at, o.original_closes_at)
           OR o.exempt_at IS DISTINCT FROM
              CASE WHEN waived.kind = 'exempt' THEN waived.decided_at END""",
    "a change number its village has not reached": """
        SELECT o.id FROM obligation o JOIN region v ON v.key = o.holder
        WHERE o.change_no > v.change_no
        UNION ALL SELECT o.id FROM submission s JOIN obligation o ON o.id = s.obligation
        JOIN region v ON v.key = o.region WHERE s.change_no > v.change_no AND o.region = o.holder
        UNION ALL SELECT o.id FROM review r JOIN obligation o ON o.id = r.obligation
        JOIN region v ON v.key = o.region
        WHERE r.change_no > v.change_no AND o.region = o.holder""",
    "a submission not audited exactly once": """
        SELECT s.id FROM submission s
        LEFT JOIN audit_entry e
            ON e.action = 'submission.file' AND e.subject = 'submission:' || s.id
        GROUP BY s.id HAVING count(e.id) <> 1""",
    "an audit entry of a submission that is not there": """
        SELECT e.id FROM audit_entry e WHERE e.action = 'submission.file' AND NOT EXISTS (
            SELECT 1 FROM submission s WHERE e.subject = 'submission:' || s.id)""",
    "a review not audited exactly once": """
        SELECT r.id FROM review r
        LEFT JOIN audit_entry e ON e.action = 'review.' || r.decision
            AND e.subject = 'submission:' || r.submission AND e.at = r.at
        GROUP BY r.id HAVING count(e.id) <> 1""",
    "a colleague not told exactly once of a filing": """
        SELECT o.id FROM obligation o WHERE
            (SELECT count(*) FROM message m WHERE m.kind = 'filed_by_other'
             AND m.params->'obligations' @> to_jsonb(o.id))
         <> (SELECT count(DISTINCT (s.id, p.account)) FROM submission s JOIN post p
             ON p.region = o.holder AND p.role IN ('liaison', 'station')
             AND p.account <> s.filed_by AND p.starts_at <= s.received_at
             AND (p.ends_at IS NULL OR p.ends_at > s.received_at)
             WHERE s.obligation = o.id)""",
    "a message without its one delivery": """
        SELECT m.id FROM message m LEFT JOIN delivery d ON d.message = m.id
        GROUP BY m.id HAVING count(d.id) <> 1""",
    "a reminder whose message is not there for that person": """
        SELECT r.id FROM reminder r JOIN message m ON m.id = r.message
        WHERE m.account <> r.account""",
}


async def wrong(connection: asyncpg.Connection) -> dict[str, list[Any]]:
    """What is wrong, with the ids of some of the rows; empty when the books are right."""
    found = {}
    for text, query in _WRONG.items():
        rows = await connection.fetch(f"{query} LIMIT 5")
        if rows:
            found[text] = [row[0] for row in rows]
    return found


async def check(url: str) -> None:
    """Fails when the tables of a database do not agree."""
    connection = await asyncpg.connect(url)
    try:
        assert await wrong(connection) == {}
    finally:
        await connection.close()
