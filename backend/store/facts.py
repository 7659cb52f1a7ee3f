"""What was true of obligations at an instant, in SQL.

The same rule as `domain.timeliness`, set by set instead of one by one; a test holds the two
together. Obligations never amended are read from their own columns, the few others from the
adjustments and submissions known at the instant.
"""

from collections.abc import Sequence

from backend.store.filters import Filters

STANDINGS = ("on_time", "late", "missing", "pending", "exempt", "not_due", "filed_early")

_PLAIN = """SELECT o.id, o.period, o.region, o.holder, false AS exempt, o.due_at, o.closes_at,
        CASE WHEN o.first_received_at <= {t} THEN o.first_counted_at END AS counted_at{also}
    FROM {source} WHERE NOT o.amended AND o.opens_at <= {t} AND {where}"""

_AMENDED = """SELECT o.id, o.period, o.region, o.holder, coalesce(waiver.kind = 'exempt', false)
        AS exempt,
        coalesce(moved.due_at, o.original_due_at) AS due_at,
        greatest(coalesce(moved.closes_at, o.original_closes_at),
                 coalesce(moved.due_at, o.original_due_at)) AS closes_at,
        coalesce(first.counted_at, waiver.counted_at) AS counted_at{also}
    FROM {source}
    LEFT JOIN LATERAL (
        SELECT due_at, closes_at FROM adjustment a
        WHERE a.obligation = o.id AND a.kind = 'extend' AND a.decided_at <= {t}
        ORDER BY a.decided_at DESC, a.id DESC LIMIT 1) moved ON true
    LEFT JOIN LATERAL (
        SELECT kind, counted_at FROM adjustment a
        WHERE a.obligation = o.id AND a.kind <> 'extend' AND a.decided_at <= {t}
        ORDER BY a.decided_at DESC, a.id DESC LIMIT 1) waiver ON true
    LEFT JOIN LATERAL (
        SELECT counted_at FROM submission s
        WHERE s.obligation = o.id AND s.received_at <= {t}
          AND (s.withdrawn_at IS NULL OR s.withdrawn_at > {t})
        ORDER BY s.revision LIMIT 1) first ON true
    WHERE o.amended AND o.opens_at <= {t} AND {where}"""

_STANDING = """CASE WHEN exempt THEN 'exempt'
    WHEN due_at > {t} THEN CASE WHEN counted_at IS NULL THEN 'not_due' ELSE 'filed_early' END
    WHEN counted_at IS NOT NULL
        THEN CASE WHEN counted_at <= due_at THEN 'on_time' ELSE 'late' END
    WHEN closes_at < {t} THEN 'missing'
    ELSE 'pending' END"""


def standing_sql(where: Filters, t: str, source: str = "obligation o") -> str:
    """A query of (id, period, region, holder, exempt, due_at, closes_at, counted_at, standing).

    `where` cuts the obligations `o` of `source`, `t` is the placeholder of the instant.
    """
    return _standing(where, t, t, source, "")


def standing_then_sql(where: Filters, source: str, then: str, also: Sequence[str]) -> str:
    """The same at an instant of each row's own, the column `then` of the table `x` of `source`.

    It and the other columns `also` of `x` are given as well.
    """
    kept = "".join(f", x.{name}" for name in (then, *also))
    return _standing(where, f"x.{then}", then, source, kept)


def standing_parts(where: Filters, t: str, source: str) -> list[str]:
    """`standing_sql` in its parts, for who adds them up: the first, by far the largest, is read
    and grouped by several processes of the database at once, which a union is not.
    """
    return [_judged(part, where, t, t, source, "") for part in (_PLAIN, _AMENDED)]


def _standing(where: Filters, inner: str, outer: str, source: str, also: str) -> str:
    both = f"{_PLAIN} UNION ALL {_AMENDED}"
    return _judged(both, where, inner, outer, source, also)


def _judged(part: str, where: Filters, inner: str, outer: str, source: str, also: str) -> str:
    facts = part.format(source=source, t=inner, where=where.sql, also=also)
    return f"SELECT facts.*, {_STANDING.format(t=outer)} AS standing FROM ({facts}) facts"
