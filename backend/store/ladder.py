"""Which obligations are to be looked at, and which steps of the ladder were decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from backend.domain.ladder import Step
from backend.store.database import fetch, to_json


async def claim_remindable(now: datetime, limit: int) -> list[asyncpg.Record]:
    """Obligations to look at now, earliest first, held until the commit.

    `reached` are the steps decided so far in this round, each as "step account"; `held` those of
    them held back; `drawn` is whether chance holds back the step that is due now, if it may be;
    `filers` who filed, where somebody is to review it.
    """
    return await fetch(
        """SELECT o.id, o.holder, o.stage, o.stage_since, o.due_at, o.closes_at, o.fix_by,
                  o.exempt_at, CASE o.stage WHEN 'none' THEN 0 ELSE o.revisions END AS round,
                  s.scope, s.ladder::text AS ladder, s.ladder_since,
                  ARRAY(SELECT r.step || ' ' || r.account FROM reminder r
                        WHERE r.obligation = o.id AND r.round
                            = CASE o.stage WHEN 'none' THEN 0 ELSE o.revisions END) AS reached,
                  ARRAY(SELECT r.step FROM reminder r
                        WHERE r.obligation = o.id AND r.held_back) AS held,
                  CASE WHEN o.stage IN ('town', 'county') THEN ARRAY(
                      SELECT DISTINCT b.filed_by FROM submission b WHERE b.obligation = o.id)
                  END AS filers,
                  random() * 100 < s.hold_back AS drawn
        FROM obligation o JOIN schedule s ON s.id = o.schedule
        WHERE o.remind_at <= $1
        ORDER BY o.remind_at LIMIT $2 FOR UPDATE OF o SKIP LOCKED""",
        now,
        limit,
    )


async def set_remind_at(pairs: Sequence[tuple[int, datetime | None]]) -> None:
    """When to look again, by obligation; None is never."""
    await fetch(
        """UPDATE obligation o SET remind_at = i.at
        FROM unnest($1::bigint[], $2::timestamptz[]) AS i(id, at) WHERE o.id = i.id""",
        [number for number, _ in pairs],
        [at for _, at in pairs],
    )


@dataclass(frozen=True, slots=True)
class Decision:
    """That a step, the `rank`-th of its ladder, reaches a person about an obligation.

    `deadline` is the end of a review's time limit, None for the others.
    """

    obligation: int
    step: Step
    account: UUID
    round: int = 0
    rank: int = 0
    deadline: datetime | None = None


async def add_reminders(told: Sequence[tuple[Decision, UUID]], now: datetime) -> None:
    """Pairs are (decision, message); what was decided before is left alone."""
    await fetch(
        """INSERT INTO reminder (obligation, step, account, message, concern, round, rank, deadline,
            text, decided_at, channels)
        SELECT i.obligation, i.step, i.account, i.message, i.concern, i.round, i.rank, i.deadline,
            i.text, $1::timestamptz, string_to_array(nullif(i.channels, ''), ' ')
        FROM unnest($2::bigint[], $3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::int[],
                $8::int[], $9::timestamptz[], $10::jsonb[], $11::text[])
            AS i(obligation, step, account, message, concern, round, rank, deadline, text, channels)
        ON CONFLICT (obligation, step, round, account) DO NOTHING""",
        now,
        [each.obligation for each, _ in told],
        [each.step.key for each, _ in told],
        [each.account for each, _ in told],
        [message for _, message in told],
        [each.step.of.value for each, _ in told],
        [each.round for each, _ in told],
        [each.rank for each, _ in told],
        [each.deadline for each, _ in told],
        [None if each.step.text is None else to_json(each.step.text) for each, _ in told],
        [" ".join(each.step.channels) for each, _ in told],
    )
