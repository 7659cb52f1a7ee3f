"""The way to a row of a notice or of feedback for a request, as `access` is for the others."""

from uuid import UUID

import asyncpg

from backend.access import existing
from backend.domain.roles import Action, Actor
from backend.problems import Problem
from backend.store import feedback, notices


async def notice(
    asker: Actor, number: UUID, action: Action, *, hold: bool = False
) -> asyncpg.Record:
    """A notice that concerns where the action is allowed."""
    return existing(await notices.within(number, asker.account, asker.scopes(action), hold=hold))


async def own_notice(asker: Actor, number: UUID) -> asyncpg.Record:
    """A notice of an office of the asker's area, held until the commit."""
    found = await notice(asker, number, Action.PUBLISH_NOTICES, hold=True)
    if not asker.may(Action.PUBLISH_NOTICES, found["office"]):
        raise Problem("not_found")
    return found


async def notice_file(asker: Actor, number: int) -> asyncpg.Record:
    """A file of a notice that concerns the asker's area."""
    return existing(
        await notices.file_within(number, asker.account, asker.scopes(Action.SEE_NOTICES))
    )


async def feedback_seen(asker: Actor, number: UUID) -> asyncpg.Record:
    """A suggestion or complaint of the asker's own, or one to their office."""
    scopes = asker.scopes(Action.ANSWER_FEEDBACK)
    return existing(await feedback.within(number, asker.account, scopes))


async def feedback_to_answer(asker: Actor, number: UUID) -> asyncpg.Record:
    """A suggestion or complaint that the asker's office has, held until the commit."""
    return existing(await feedback.to_act_on(number, asker.scopes(Action.ANSWER_FEEDBACK)))
