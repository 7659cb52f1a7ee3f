"""Versions of a schedule's reminder ladder: /schedules/{number}/ladders."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from litestar import Controller, get, post
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from backend import access
from backend.access import allows
from backend.domain.ladder import Audience, Concern, parse_ladder
from backend.domain.ladder_preview import Reach, Sending, Skipped, says
from backend.domain.regions import contains
from backend.domain.roles import Action, Actor, Role
from backend.previewing import Area, Previewed, previewed
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.schemas import (
    KeyQuery,
    LimitQuery,
    Page,
    PageQuery,
    PeriodQuery,
    SmallPath,
    paged,
    read_mark,
)
from backend.store import audit, duties, ladders, people, regions
from backend.store.database import from_json


class LadderIn(msgspec.Struct, forbid_unknown_fields=True):
    """The steps of a new version, as a schedule shows them; none reminds nobody."""

    steps: list[dict[str, Any]]


class LadderView(msgspec.Struct):
    """A version: a draft until published; the one published last is in force."""

    version: int
    steps: list[dict[str, Any]]
    created_at: datetime
    created_by: UUID | None
    published_at: datetime | None
    published_by: UUID | None
    in_force: bool


class PersonReached(msgspec.Struct):
    """Somebody of the asker's area who would be told of so many villages."""

    account: UUID
    name: str
    role: Role
    region: str
    villages: int


class Village(msgspec.Struct):
    region: str
    name: str


class Wording(msgspec.Struct):
    zh: str
    en: str


class AudiencePreview(msgspec.Struct):
    """Whom a step reaches as one audience. `people` and `villages` count all of them.

    `shown` names the first of those in the asker's area. Of `vacant` villages nobody holds the
    post, so their township is told; `vacant_villages` are the first of them. For `nobody`
    villages nobody is there to be told. `text` is what the one told of most villages reads, when
    nothing else falls into the same digest.
    """

    audience: Audience
    people: int
    villages: int
    shown: list[PersonReached]
    vacant: int
    vacant_villages: list[Village]
    nobody: int
    text: Wording | None


class StepPreview(msgspec.Struct):
    """A step at its moment, for the duties due at `due_at`. A skipped one reaches nobody.

    Steps `of` a correction or a review have no moment yet, and reach whom they would if every
    duty were returned, or waited for the township.
    """

    key: str
    of: Concern
    at: datetime | None
    due_at: datetime | None
    channels: list[str]
    skipped: Skipped | None
    audiences: list[AudiencePreview]


class LadderPreview(msgspec.Struct):
    """Who would get what, when. Of an open period only outstanding duties count."""

    schedule: int
    version: int
    period: str
    is_open: bool
    opens_at: datetime
    due_at: datetime
    closes_at: datetime
    duties: int
    villages: int
    steps: list[StepPreview]


class _Names(msgspec.Struct):
    """What is shown by name, how much of each list, and whose names the asker may see."""

    people: Mapping[UUID, str]
    villages: Mapping[str, str]
    limit: int


def _view(row: asyncpg.Record) -> LadderView:
    plain = ("version", "created_at", "created_by", "published_at", "published_by", "in_force")
    return LadderView(steps=from_json(row["steps"]), **{name: row[name] for name in plain})


async def _names(found: Previewed, actor: Actor, limit: int) -> _Names:
    scopes = actor.scopes(Action.PREVIEW_LADDERS)
    reaches = [reach for sending in found.sendings for reach in sending.reaches]
    own = {
        each.account
        for reach in reaches
        for each in reach.people
        if any(contains(scope, each.region) for scope in scopes)
    }
    vacant = {village for reach in reaches for village in reach.vacant[:limit]}
    return _Names(await people.names(sorted(own)), await regions.names(sorted(vacant)), limit)


def _audience(sending: Sending, reach: Reach, names: _Names) -> AudiencePreview:
    named = [each for each in reach.people if each.account in names.people]
    zh, en = says(sending, reach, "zh"), says(sending, reach, "en")
    return AudiencePreview(
        reach.audience,
        len(reach.people),
        reach.villages,
        [
            PersonReached(p.account, names.people[p.account], p.role, p.region, p.villages)
            for p in named[: names.limit]
        ],
        len(reach.vacant),
        [Village(key, names.villages[key]) for key in reach.vacant[: names.limit]],
        reach.nobody,
        Wording(zh, en) if zh and en else None,
    )


def _step(sending: Sending, names: _Names) -> StepPreview:
    return StepPreview(
        sending.step.key,
        sending.step.of,
        sending.at and sending.at.astimezone(UTC),
        sending.due_at and sending.due_at.astimezone(UTC),
        ["in_app", *(kind.value for kind in sending.step.channels)],
        sending.skipped,
        [_audience(sending, reach, names) for reach in sending.reaches],
    )


class LadderController(Controller):
    path = "/schedules/{number:int}/ladders"
    tags = ("schedules",)

    @get("/", opt=allows(Action.SEE_FORMS), responses=documented("not_found", "bad_cursor"))
    async def page(
        self,
        request: ApiRequest,
        number: SmallPath,
        page: PageQuery = None,
        limit: LimitQuery = 100,
    ) -> Page[LadderView]:
        """The versions of a schedule's ladder, newest first."""
        before = read_mark(page, tuple[int])
        async with authorised(request) as actor:
            await access.schedule(actor, number, Action.SEE_FORMS)
            rows = await ladders.page(number, before[0] if before else None, limit + 1)
        return paged(rows, limit, _view, lambda row: [row["version"]])

    @post("/", opt=allows(Action.MANAGE_FORMS), responses=documented("not_found", "ladder_invalid"))
    async def draft(
        self, request: ApiRequest, number: SmallPath, data: JSONBody[LadderIn]
    ) -> LadderView:
        """The next version, as a draft: to be previewed, then published."""
        async with authorised(request) as actor:
            row = await access.schedule(actor, number, Action.MANAGE_FORMS)
            steps = [step.to_dict() for step in parse_ladder(data.steps)]
            await ladders.lock(number)
            version = await ladders.add(number, steps, actor.now, actor.account)
            subject = f"schedule:{number}"
            await audit.write(audit.by(actor, "ladder.add", subject, row["scope"], version=version))
            found = await access.ladder(actor, number, version, Action.MANAGE_FORMS)
            return _view(found[1])

    @get(
        "/{version:int}/preview",
        opt=allows(Action.PREVIEW_LADDERS),
        responses=documented("not_found", "bad_period", "no_such_period"),
    )
    async def preview(
        self,
        request: ApiRequest,
        number: SmallPath,
        version: SmallPath,
        period: PeriodQuery = None,
        region: KeyQuery = None,
        limit: LimitQuery = 20,
    ) -> LadderPreview:
        """Who would get what, when, in a period (by default the one due next) of a region."""
        async with authorised(request) as actor:
            scopes = access.reach(actor, Action.PREVIEW_LADDERS, region)
            schedule, ladder = await access.ladder(actor, number, version, Action.SEE_FORMS)
            found = await previewed(schedule, ladder, Area(scopes, region), period, actor.now)
            names = await _names(found, actor, limit)
        return _shown(number, version, found, names)

    @post(
        "/{version:int}/publish",
        opt=allows(Action.MANAGE_FORMS),
        status_code=HTTP_200_OK,
        responses=documented("not_found", "ladder_published"),
    )
    async def publish(
        self, request: ApiRequest, number: SmallPath, version: SmallPath
    ) -> LadderView:
        """Puts a draft into force from now on; what was due before now is not sent."""
        async with authorised(request) as actor:
            row, _ = await access.ladder(actor, number, version, Action.MANAGE_FORMS)
            await ladders.lock(number)
            if not await ladders.publish(number, version, actor.now, actor.account):
                raise Problem("ladder_published")
            await duties.look_again(number, actor.now)
            subject = f"schedule:{number}"
            await audit.write(
                audit.by(actor, "ladder.publish", subject, row["scope"], version=version)
            )
            return _view((await access.ladder(actor, number, version, Action.MANAGE_FORMS))[1])


def _shown(number: int, version: int, found: Previewed, names: _Names) -> LadderPreview:
    return LadderPreview(
        number,
        version,
        found.period,
        found.is_open,
        found.span.opens_at.astimezone(UTC),
        found.span.due_at.astimezone(UTC),
        found.span.closes_at.astimezone(UTC),
        found.duties,
        found.villages,
        [_step(sending, names) for sending in found.sendings],
    )
