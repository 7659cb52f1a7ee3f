"""Suggestions and complaints: sent once, and always in somebody's hands until answered."""

import asyncpg

from backend.domain.feedback import FeedbackAct, Standing, check_act, office_above
from backend.domain.roles import Actor
from backend.problems import Problem
from backend.store import audit, feedback
from backend.store.feedback import NewFeedback


async def send(actor: Actor, new: NewFeedback) -> None:
    """Stores it and tells the office; sent again it changes nothing. Problem: feedback_conflict."""
    if await feedback.add(new, actor.account, actor.now):
        await feedback.tell_office(new.id, new.office, actor.now)
        subject = f"feedback:{new.id}"
        await audit.write(audit.by(actor, "feedback.send", subject, new.region, office=new.office))
        return
    known = await feedback.within(new.id, actor.account, ())
    if known is None:
        raise Problem("feedback_conflict")
    stored = (known["kind"], known["text"], known["region"], known["first_office"])
    if stored != (new.kind, new.text, new.region, new.office):
        raise Problem("feedback_conflict")


async def take(actor: Actor, row: asyncpg.Record) -> None:
    """Who asks has it from now on. Problem: feedback_answered."""
    _check(actor, row, FeedbackAct.TAKEN)
    if row["holder"] == actor.account:
        return
    await feedback.take(row["id"], actor.account, actor.now)
    await _note(actor, row, FeedbackAct.TAKEN, row["office"], "")


async def pass_on(actor: Actor, row: asyncpg.Record, reason: str) -> None:
    """The county has it from now on. Problems: those of `check_act`."""
    _check(actor, row, FeedbackAct.PASSED)
    office = office_above(row["office"])
    await feedback.pass_on(row["id"], office, actor.now)
    await _note(actor, row, FeedbackAct.PASSED, office, reason)
    await feedback.tell_office(row["id"], office, actor.now)
    await _tell_sender(actor, row, FeedbackAct.PASSED)


async def answer(actor: Actor, row: asyncpg.Record, text: str) -> None:
    """Ends it. Problems: those of `check_act`."""
    _check(actor, row, FeedbackAct.ANSWERED)
    await feedback.answer(row["id"], actor.account, actor.now)
    await _note(actor, row, FeedbackAct.ANSWERED, row["office"], text)
    await _tell_sender(actor, row, FeedbackAct.ANSWERED)


def _check(actor: Actor, row: asyncpg.Record, act: FeedbackAct) -> None:
    standing = Standing(row["office"], row["holder"], row["answered_at"] is not None)
    check_act(act, standing, actor.account)


async def _note(
    actor: Actor, row: asyncpg.Record, act: FeedbackAct, office: str, text: str
) -> None:
    await feedback.step(row["id"], act.value, office, actor.account, text, actor.now)
    subject = f"feedback:{row['id']}"
    await audit.write(audit.by(actor, f"feedback.{act.value}", subject, row["region"]))


async def _tell_sender(actor: Actor, row: asyncpg.Record, act: FeedbackAct) -> None:
    params = {"feedback": str(row["id"]), "state": act.value}
    await feedback.tell_sender(row["account"], row["region"], params, actor.now)
