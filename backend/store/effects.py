"""Steps held back, and what was filed after a step that was sent and after one that was not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from backend.domain.ladder import Step
from backend.store.database import fetch
from backend.store.facts import standing_then_sql
from backend.store.filters import Filters


async def hold_back(
    rows: Sequence[tuple[int, Step, UUID]], now: datetime
) -> set[tuple[int, str, UUID]]:
    """Notes steps that are not sent, and gives them; rows are (obligation, step, account).

    A step that has come to an office, since the village has nobody, is not among them.
    """
    found = await fetch(
        """INSERT INTO reminder (obligation, step, account, held_back, decided_at, channels)
        SELECT i.obligation, i.step, i.account, true, $4::timestamptz,
            string_to_array(nullif(i.channels, ''), ' ')
        FROM unnest($1::bigint[], $2::text[], $3::uuid[], $5::text[])
            AS i(obligation, step, account, channels)
        WHERE EXISTS (
            SELECT 1 FROM obligation o JOIN post p ON p.region = o.holder
            WHERE o.id = i.obligation AND p.account = i.account
              AND p.role IN ('liaison', 'station')
              AND p.starts_at <= $4 AND (p.ends_at IS NULL OR p.ends_at > $4))
        ON CONFLICT (obligation, step, round, account) DO NOTHING
        RETURNING obligation, step, account""",
        [row[0] for row in rows],
        [row[1].key for row in rows],
        [row[2] for row in rows],
        now,
        [" ".join(row[1].channels) for row in rows],
    )
    return {(row["obligation"], row["step"], row["account"]) for row in found}


_ANSWERED_FOR = """EXISTS (
    SELECT 1 FROM post p JOIN account a ON a.id = p.account
    WHERE p.region IN (o.region, o.holder) AND p.role IN ('liaison', 'station')
      AND p.starts_at <= r.decided_at AND (p.ends_at IS NULL OR p.ends_at > r.decided_at)
      AND (a.disabled_at IS NULL OR a.disabled_at > r.decided_at)
      AND NOT EXISTS (
        SELECT 1 FROM leave l WHERE l.post = p.id
        AND (r.decided_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN l.starts_on AND l.ends_on))"""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which steps to count: decided from `start` on and before `end`, of whose duties."""

    scopes: Sequence[str]
    start: datetime
    end: datetime
    under: str | None = None
    schedule: int | None = None

    def cut(self, where: Filters) -> str:
        """The condition over `reminder r` and `obligation o`; villages count where they were.

        Left out are those with nobody at their post: theirs is never held back, so that they would
        stand on one side alone.
        """
        where.within("o.region", self.scopes).add_if(self.schedule, "o.schedule = ?")
        if self.under is not None:
            where.within("o.region", [self.under])
        where.add("r.decided_at >= ? AND r.decided_at < ?", self.start, self.end)
        return where.add(_ANSWERED_FOR).sql


# A duty once per step and channel, from when the first of several people was told.
_TOLD = """SELECT r.obligation, r.step, d.channel, false AS held, min(d.sent_at) AS told_at
    FROM reminder r JOIN obligation o ON o.id = r.obligation
    JOIN message m ON m.id = r.message AND m.kind = 'reminder' AND r.concern = 'report'
    JOIN delivery d ON d.message = m.id AND d.sent_at IS NOT NULL AND d.failed_at IS NULL
    WHERE {where} GROUP BY 1, 2, 3
    UNION ALL
    SELECT r.obligation, r.step, c.channel, true, min(r.decided_at)
    FROM reminder r JOIN obligation o ON o.id = r.obligation
    CROSS JOIN LATERAL unnest(array_prepend('in_app'::varchar, r.channels)) AS c(channel)
    WHERE r.held_back AND {where} GROUP BY 1, 2, 3"""

_LOOKS = """SELECT t.*, look.* FROM told t JOIN obligation o ON o.id = t.obligation
    CROSS JOIN LATERAL (VALUES
        ('told', t.told_at), ('within_2h', t.told_at + interval '2 hours'),
        ('within_24h', t.told_at + interval '24 hours'), ('before_close', o.closes_at)
    ) AS look(name, seen_at)"""

WINDOWS = ("within_2h", "within_24h", "before_close")
_FILED = "standing IN ('on_time', 'late', 'filed_early')"
_OWED = "standing IN ('pending', 'not_due')"


def _window(name: str) -> str:
    return f"count({name})::int AS {name}_of, (count(*) FILTER (WHERE {name}))::int AS {name}"


async def effect(asked: Asked, now: datetime) -> list[asyncpg.Record]:
    """By schedule, step, channel and `held`: the duties outstanding when told, and then filed.

    `<window>_of` counts those of them whose window had ended by `now` and that were not waived at
    its end, `<window>` those of these filed by then. Both rest on `store.facts`.
    """
    where = Filters(now)
    told = _TOLD.format(where=asked.cut(where))
    kept = ("obligation", "step", "channel", "held", "name")
    seen = standing_then_sql(
        Filters(), "looks x JOIN obligation o ON o.id = x.obligation", "seen_at", kept
    )
    ends = ", ".join(
        f"""bool_or({_FILED}) FILTER (WHERE name = '{each}' AND seen_at <= $1
            AND standing <> 'exempt') AS {each}"""
        for each in WINDOWS
    )
    return await fetch(
        f"""WITH told AS ({told}), looks AS ({_LOOKS}), seen AS ({seen}),
        duty AS (
            SELECT obligation, step, channel, held, {ends} FROM seen
            GROUP BY obligation, step, channel, held
            HAVING bool_or({_OWED}) FILTER (WHERE name = 'told'))
        SELECT o.schedule, f.code, s.title::text AS title, d.step, d.channel, d.held,
            count(*)::int AS outstanding, {", ".join(map(_window, WINDOWS))}
        FROM duty d JOIN obligation o ON o.id = d.obligation
        JOIN schedule s ON s.id = o.schedule JOIN form f ON f.id = s.form
        GROUP BY o.schedule, f.code, s.title::text, d.step, d.channel, d.held
        ORDER BY o.schedule, d.step, d.channel, d.held""",
        *where.args,
    )
