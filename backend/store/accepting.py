"""What an accepted certification does to its pensioner, as parts of the statement that accepts.

They follow a part `answered` of (beneficiary, result, method, received_at, seen_on, account, at).
"""

from typing import Final

from backend.domain.certification.words import Result

_SETTLES: Final = ", ".join(f"'{each.value}'" for each in Result if each.settles)
_ALIVE: Final = ", ".join(f"'{each.value}'" for each in Result if each.proves_life)
LOCAL: Final = "AT TIME ZONE 'Asia/Shanghai'"

# The newest proof counts, whatever the order of reviews. What a visit found answers the doubts
# raised before it was handed in; who could not be met leaves them open.
PROVED: Final = f"""proof AS (
    SELECT DISTINCT ON (beneficiary) beneficiary, method, seen_on FROM answered
    WHERE result IN ({_ALIVE}) ORDER BY beneficiary, seen_on DESC),
told_of AS (
    UPDATE beneficiary b SET change_no = NULL, changed_at = a.at,
        certified_on = CASE WHEN p.is_newer THEN p.seen_on ELSE b.certified_on END,
        certified_by = CASE WHEN p.is_newer THEN p.method ELSE b.certified_by END,
        due_told = CASE WHEN p.is_newer THEN NULL ELSE b.due_told END
    FROM (SELECT DISTINCT ON (beneficiary) beneficiary, at FROM answered
          WHERE result IN ({_SETTLES})) a
    JOIN beneficiary was ON was.id = a.beneficiary
    LEFT JOIN LATERAL (
        SELECT proof.method, proof.seen_on,
            was.certified_on IS NULL OR was.certified_on < proof.seen_on AS is_newer
        FROM proof WHERE proof.beneficiary = was.id) p ON true
    WHERE b.id = a.beneficiary),
cleared AS (
    UPDATE match_hit h SET cleared_at = a.at, cleared_by = a.account FROM answered a
    WHERE h.beneficiary = a.beneficiary AND h.outcome = 'suspect' AND h.cleared_at IS NULL
      AND h.at < a.received_at AND a.result IN ({_SETTLES}))"""
