"""Asking for more time or a waiver, advising on it, and deciding: a grant adjusts the duty."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from backend.adjusting import Change, adjust
from backend.domain.requests import (
    Advice,
    Owed,
    RequestKind,
    Ruling,
    check_advising,
    check_asking,
    check_deciding,
    granted_due_at,
)
from backend.domain.reviews import Stage
from backend.domain.roles import Action, Actor
from backend.domain.timeliness import AdjustmentKind
from backend.problems import Problem
from backend.store import adjustments, audit, requests


@dataclass(frozen=True, slots=True)
class Plea:
    """What is asked for and why; the phone makes `id`."""

    id: UUID
    kind: RequestKind
    reason: str
    wanted_due_at: datetime | None


async def ask(actor: Actor, plea: Plea, duty: asyncpg.Record) -> None:
    """Stores a request about a duty; sent again it changes nothing.

    Problems: request_conflict, request_open, and those of `check_asking`.
    """
    known = await requests.within(plea.id, actor.scopes(Action.REQUEST))
    if known is not None:
        return _check_same(known, plea, duty["id"], actor)
    owed = Owed(
        Stage(duty["stage"]), duty["exempt_at"] is not None, duty["due_at"], duty["closes_at"]
    )
    check_asking(plea.kind, plea.wanted_due_at, owed, actor.now)
    stored = await requests.add(
        plea.id,
        duty["id"],
        plea.kind.value,
        plea.reason,
        plea.wanted_due_at,
        actor.account,
        actor.now,
    )
    if not stored:
        raise Problem("request_open")
    await audit.write(
        audit.by(actor, "request.ask", f"request:{plea.id}", duty["holder"], obligation=duty["id"])
    )
    return None


def _check_same(known: asyncpg.Record, plea: Plea, duty: int, actor: Actor) -> None:
    stored = (known["obligation"], known["kind"], known["reason"], known["wanted_due_at"])
    sent = (duty, plea.kind.value, plea.reason, plea.wanted_due_at)
    if stored != sent or known["asked_by"] != actor.account:
        raise Problem("request_conflict")


async def advise(actor: Actor, row: asyncpg.Record, advice: Advice, note: str) -> None:
    """The township's word. Problems: those of `check_advising`."""
    check_advising(
        Advice(row["advice"]) if row["advice"] else None,
        Ruling(row["decision"]) if row["decision"] else None,
    )
    await requests.advise(row["id"], advice.value, note, actor.account, actor.now)
    subject = f"request:{row['id']}"
    await audit.write(audit.by(actor, f"request.{advice.value}", subject, row["region"]))


async def decide(
    actor: Actor, row: asyncpg.Record, ruling: Ruling, note: str, given: datetime | None
) -> None:
    """The county's word, told to the asker; a grant adjusts the duty.

    Problems: request_decided, invalid, and those of `adjust`.
    """
    check_deciding(Ruling(row["decision"]) if row["decision"] else None)
    kind = RequestKind(row["kind"])
    due_at = granted_due_at(kind, ruling, row["wanted_due_at"], given)
    if ruling is Ruling.GRANT:
        await _grant(actor, row, Change(AdjustmentKind(kind.value), row["reason"], due_at))
    await requests.decide(row["id"], ruling.value, note, due_at, actor.account, actor.now)
    said = {"obligation": row["obligation"], "asked": kind.value, "decision": ruling.value}
    await requests.tell(row["asked_by"], row["region"], {**said, "due_at": due_at}, actor.now)
    subject = f"request:{row['id']}"
    await audit.write(audit.by(actor, f"request.{ruling.value}", subject, row["region"]))


async def _grant(actor: Actor, row: asyncpg.Record, change: Change) -> None:
    rows = await adjustments.lock_for_adjusting(
        actor.scopes(Action.ADJUST),
        ids=[row["obligation"]],
        under=None,
        schedule=None,
        period=None,
    )
    await adjust(actor, change, rows)
