"""The only way to obtain a row for a request: loads it and checks role and region, or answers 404.

Every route declares what it takes with `allows(action)` or `PUBLIC`; a test walks them all.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from backend.domain import account_list
from backend.domain.filing import Duty, Known
from backend.domain.regions import contains
from backend.domain.roles import Action, Actor, HeldPost, Role, appointing_action, scopes
from backend.problems import Problem
from backend.sessions import why_ended
from backend.store import (
    beneficiaries,
    calls,
    duties,
    filings,
    findings,
    forms,
    imports,
    ladders,
    leaves,
    media,
    people,
    regions,
    requests,
    residents,
    reuse,
    reviews,
)
from backend.vault import Expired, Forged, Vault

PUBLIC: Final[dict[str, Any]] = {"access": "public"}

# What a session may do that lacks the second factor which its county requires.
_BEFORE_FACTOR: Final = frozenset({Action.SIGNED_IN, Action.SET_UP_FACTOR})


def allows(action: Action) -> dict[str, Any]:
    """The declaration of a route for holders of a post that allows the action."""
    return {"access": action}


def session_of(vault: Vault, header: str | None, now: datetime) -> UUID:
    """The session named by an `Authorization: Bearer …` header."""
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Problem("not_signed_in")
    try:
        return vault.read_access_token(token.strip(), now)
    except Expired:
        raise Problem("token_expired") from None
    except Forged:
        raise Problem("token_invalid") from None


async def actor(session: UUID, action: Action, now: datetime, request: str) -> Actor:
    """Who asks, with the posts held at `now`: what a post allowed ends with the post."""
    rows = await people.actor_rows(session, now)
    if not rows:
        raise Problem("token_invalid")
    first = rows[0]
    if first["ended_at"] is not None or first["expires_at"] <= now or first["disabled_at"]:
        raise Problem(why_ended(first))
    posts = tuple(
        HeldPost(row["id"], Role(row["role"]), row["region"], row["is_backup"])
        for row in rows
        if row["id"] is not None
    )
    found = Actor(first["account"], first["name"], session, posts, now, request)
    if first["enrol_only"] and action not in _BEFORE_FACTOR:
        raise Problem("second_factor_required")
    if action is not Action.SIGNED_IN and not found.scopes(action):
        raise Problem("forbidden")
    return found


def existing(row: asyncpg.Record | None) -> asyncpg.Record:
    if row is None:
        raise Problem("not_found")
    return row


def reach(asker: Actor, action: Action, under: str | None) -> tuple[str, ...]:
    """Where the action is allowed, for a list cut to `under`; outside there is nothing to list."""
    allowed = asker.scopes(action)
    if not allowed:
        raise Problem("forbidden")
    if under and not any(contains(own, under) or contains(under, own) for own in allowed):
        raise Problem("not_found")
    return allowed


async def region(asker: Actor, key: str, action: Action) -> asyncpg.Record:
    """A region within which the action is allowed."""
    return existing(await regions.within(key, asker.scopes(action)))


async def obligation(asker: Actor, number: int) -> asyncpg.Record:
    """An obligation the asker may see."""
    return existing(await duties.within(number, asker.scopes(Action.SEE_DUTIES)))


async def duty_to_ask_about(asker: Actor, number: int) -> asyncpg.Record:
    """An obligation the asker's village answers for."""
    found = existing(await duties.within(number, asker.scopes(Action.REQUEST)))
    if not asker.may(Action.REQUEST, found["holder"]):
        raise Problem("not_found")
    return found


async def request(asker: Actor, number: UUID, action: Action) -> asyncpg.Record:
    """A request about a village where the action is allowed, held until the commit."""
    return existing(await requests.within(number, asker.scopes(action)))


async def call(asker: Actor, number: int) -> asyncpg.Record:
    """An entry of the call list of the asker's area, held until the commit."""
    return existing(await calls.within(number, asker.scopes(Action.CALL)))


async def filing_context(
    asker: Actor, pairs: Sequence[tuple[int, UUID]]
) -> tuple[dict[int, Duty], dict[UUID, Known]]:
    """The duties the asker may file for, and the ids already stored."""
    found, known = await filings.load(pairs)
    return {n: duty for n, duty in found.items() if asker.may(Action.FILE, duty.holder)}, known


async def hold_villages(asker: Actor, obligations: Sequence[int]) -> None:
    """Holds the villages of the duties the asker may file for, until the commit."""
    await filings.lock_villages(obligations, asker.scopes(Action.FILE))


async def submission_to_withdraw(asker: Actor, submission: UUID) -> asyncpg.Record:
    """The obligation of a submission the asker may file for, its village held."""
    allowed = asker.scopes(Action.FILE)
    number = await filings.obligation_of(submission, None, allowed)
    if number is None:
        raise Problem("not_found")
    await filings.lock_villages([number], allowed)
    return existing(await duties.within(number, allowed))


async def submission_obligation(
    asker: Actor, submission: UUID | None, receipt: int | None
) -> asyncpg.Record:
    """The obligation of a submission, found by id or receipt."""
    allowed = asker.scopes(Action.SEE_DUTIES)
    number = await filings.obligation_of(submission, receipt, allowed)
    if number is None:
        raise Problem("not_found")
    return existing(await duties.within(number, allowed))


async def review_cases(asker: Actor, submissions: Sequence[UUID]) -> dict[UUID, asyncpg.Record]:
    """The submissions the asker may review at some step, their villages held."""
    allowed = asker.scopes(Action.REVIEW)
    await reviews.lock_villages(submissions, allowed)
    return {row["id"]: row for row in await reviews.cases(submissions, allowed)}


async def form(asker: Actor, number: int) -> asyncpg.Record:
    """A form the asker may see: shipped, or of a county that holds or lies in their area."""
    return existing(await forms.visible(number, asker.scopes(Action.SEE_FORMS)))


async def own_form(asker: Actor, number: int) -> asyncpg.Record:
    """A form of the asker's own county."""
    found = await form(asker, number)
    if found["owner"] not in asker.scopes(Action.MANAGE_FORMS):
        raise Problem("not_found")
    return found


async def schedule(asker: Actor, number: int, action: Action) -> asyncpg.Record:
    """A schedule whose scope touches the asker's (to see), or lies within it (to manage)."""
    found = existing(await forms.schedule(number))
    touching = any(
        found["scope"].startswith(scope)
        or (action is Action.SEE_FORMS and scope.startswith(found["scope"]))
        for scope in asker.scopes(action)
    )
    if not touching:
        raise Problem("not_found")
    return found


async def ladder(
    asker: Actor, number: int, version: int, action: Action
) -> tuple[asyncpg.Record, asyncpg.Record]:
    """A schedule as `schedule` gives it, and a version of its ladder."""
    found = await schedule(asker, number, action)
    return found, existing(await ladders.version(number, version))


async def account(asker: Actor, number: UUID, action: Action) -> asyncpg.Record:
    """An account with a post, past or present, where the action is allowed."""
    return existing(await people.account_within(number, asker.scopes(action)))


def own_post(asker: Actor, number: UUID, action: Action) -> HeldPost:
    """A post of the asker's own whose role allows the action."""
    for held in asker.posts:
        if held.id == number and scopes([held], action):
            return held
    raise Problem("not_found")


async def post_to_end(asker: Actor, number: UUID) -> asyncpg.Record:
    """A post of a role the asker may appoint."""
    allowed = asker.scopes(Action.APPOINT_VILLAGE, Action.APPOINT_STAFF)
    found = existing(await people.post_within(number, allowed))
    if not asker.may(appointing_action(Role(found["role"])), found["region"]):
        raise Problem("not_found")
    return found


def _is_own(asker: Actor, post: UUID) -> bool:
    return any(held.id == post for held in asker.posts)


async def post_to_see(asker: Actor, number: UUID) -> asyncpg.Record:
    """A post of the asker's own, or one where they may see people."""
    action = Action.SIGNED_IN if _is_own(asker, number) else Action.SEE_PEOPLE
    return existing(await people.post_within(number, asker.scopes(action)))


async def post_to_relieve(asker: Actor, number: UUID) -> asyncpg.Record:
    """A post of the asker's own, or of a role they may appoint, held until the commit.

    Problem post_over: nobody is on leave from what they no longer hold.
    """
    rule = post_to_see if _is_own(asker, number) else post_to_end
    found = await rule(asker, number)
    if not await leaves.hold_post(number, asker.now):
        raise Problem("post_over")
    return found


async def beneficiary(asker: Actor, number: UUID, action: Action) -> asyncpg.Record:
    """A pensioner of the villages where the action is allowed."""
    return existing(await beneficiaries.within(number, asker.scopes(action)))


async def resident(asker: Actor, number: UUID, action: Action) -> asyncpg.Record:
    """A person of the ledger of the villages where the action is allowed."""
    return existing(await residents.within(number, asker.scopes(action)))


async def attachment(asker: Actor, number: int) -> asyncpg.Record:
    """A photo or paper the asker may see; those of pensioners only who may see pensioners."""
    own, pensioners = asker.scopes(Action.SEE_DUTIES), asker.scopes(Action.SEE_BENEFICIARIES)
    return existing(await media.within(number, own, pensioners))


async def reuse_flag(asker: Actor, number: int) -> asyncpg.Record:
    """A flag on a photo where both photos are of the asker's area, held until the commit."""
    return existing(await reuse.within(number, asker.scopes(Action.DECIDE_REUSE)))


async def finding(asker: Actor, submission: UUID) -> asyncpg.Record:
    """A certification within the asker's queue of reviews, decided or not."""
    return existing(await findings.one(submission, asker.scopes(Action.SEE_REVIEWS)))


async def sample(asker: Actor, number: UUID) -> asyncpg.Record:
    """An auditor's draw in the asker's area."""
    return existing(await findings.sample_within(number, asker.scopes(Action.AUDIT_SAMPLES)))


async def import_batch(asker: Actor, number: int, action: Action) -> asyncpg.Record:
    """A list read for a county where the action is allowed, of a kind that the asker sees."""
    found = existing(await imports.within(number, asker.scopes(action)))
    if (found["kind"] == account_list.KIND) not in lists_seen(asker):
        raise Problem("not_found")
    return found


def lists_seen(asker: Actor) -> list[bool]:
    """Whether the asker sees lists of accounts (True), others (False), or both."""
    seen = {True: Action.SEE_ACCOUNT_LISTS, False: Action.SEE_LISTS}
    return [accounts for accounts, action in seen.items() if asker.scopes(action)]


def county(asker: Actor, action: Action) -> str:
    """The one county the asker speaks for; the first in code order of several."""
    return scopes(asker.posts, action)[0]
