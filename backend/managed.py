"""The way to accounts that somebody manages and to their invitations, as `access` is for others."""

from uuid import UUID

import asyncpg

from backend import access
from backend.access import existing
from backend.domain.roles import Action, Actor, Role, appointing_action
from backend.problems import Problem
from backend.store import invitations, people


async def account_to_manage(asker: Actor, number: UUID) -> asyncpg.Record:
    """An account of which the asker may appoint every post, so that nobody rises by another's."""
    found = await access.account(asker, number, Action.SEE_PEOPLE)
    held = [found, *await people.posts_not_over(number, asker.now)]
    if not all(asker.may(appointing_action(Role(p["role"])), p["region"]) for p in held):
        raise Problem("not_found")
    return found


async def account_to_invite(asker: Actor, number: UUID) -> asyncpg.Record:
    """The same, if a link could let them in. Problems: account_disabled, invitation_over."""
    found = await account_to_manage(asker, number)
    if found["disabled_at"] is not None:
        raise Problem("account_disabled")
    if not await people.posts_not_over(number, asker.now):
        raise Problem("invitation_over")
    return found


async def invitation(asker: Actor, number: UUID) -> asyncpg.Record:
    """An invitation of an account the asker may manage."""
    found = existing(await invitations.by_id(number))
    await account_to_manage(asker, found["account"])
    return found
