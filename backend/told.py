"""The way to a row of a notice, a circular or feedback for a request, as `access` is for others."""

from uuid import UUID

import asyncpg

from backend.access import existing
from backend.domain.regions import Level
from backend.domain.roles import Action, Actor
from backend.problems import Problem
from backend.store import circulars, feedback, notices


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


def reader(asker: Actor) -> circulars.Reader:
    """Which circulars somebody sees: drafts of their own county, and what was published for it."""
    seen = asker.scopes(Action.SEE_CIRCULARS)
    counties = [scope[: Level.COUNTY.digits] for scope in seen]
    return circulars.Reader(asker.scopes(Action.MAKE_CIRCULARS), counties)


async def circular(asker: Actor, number: UUID) -> asyncpg.Record:
    """A circular, and which version of it is the newest the asker may see."""
    return existing(await circulars.within(number, reader(asker)))


async def own_circular(asker: Actor, number: UUID) -> asyncpg.Record:
    """A circular of the asker's own county."""
    found = await circular(asker, number)
    if not found["own"]:
        raise Problem("not_found")
    return found


async def circular_version(
    asker: Actor, number: UUID, version: int | None
) -> tuple[asyncpg.Record, asyncpg.Record]:
    """A circular with one of its versions, the newest unless told."""
    found = await circular(asker, number)
    kept = existing(await circulars.version(number, version or found["version"]))
    if kept["published_at"] is None and not found["own"]:
        raise Problem("not_found")
    return found, kept
