"""Villages and who answers for them: /villages; a post handed over: /posts/…/handover."""

from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from backend import access, appointments
from backend.access import allows
from backend.domain.roles import Action, Role
from backend.handover import Successor, hand_over, post_to_hand_over
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised, settings_of, vault_of
from backend.routes.errors import documented
from backend.routes.invitations import IssuedInvitation, issued_view
from backend.routes.people import PersonView, person_view
from backend.routes.schemas import (
    KeyQuery,
    LimitQuery,
    Name,
    Page,
    PageQuery,
    Phone,
    Words,
    check_years,
    paged,
    read_mark,
)
from backend.store import invitations as devices
from backend.store import people, villages
from backend.store.database import from_json
from backend.store.villages import Wanted

WordsQuery = Annotated[str | None, QueryParameter(max_length=40, pattern=r"^[^\u0000]+$")]


class VillageView(msgspec.Struct):
    """A village, who answers for it now or is about to (B角 last), and how much it owes."""

    region: str
    name: str
    township: str | None
    holders: list[PersonView]
    owed: int
    late: int


class VillageOrder(StrEnum):
    """In order of code, or who is late with most first."""

    CODE = "code"
    LATE = "late"


class OwedDuty(msgspec.Struct):
    """`count` is more than one for certifications only; `returned`: some wait to be corrected."""

    obligation: int
    schedule: int
    title: Words
    period: str
    due_at: datetime
    count: int
    returned: bool


class HandoverPreview(msgspec.Struct):
    """What handing a post over is about. Duties stay with the village: the successor sees them
    all. `devices` are signed out with the post's end when its holder has no `other_posts`.
    """

    person: PersonView
    duties: list[OwedDuty]
    devices: int
    other_posts: int


class HandoverIn(msgspec.Struct, forbid_unknown_fields=True):
    """To whom, and from when (null: now). A number that is known here names that person."""

    name: Name
    phone: Phone
    at: Annotated[datetime, Meta(tz=True)] | None = None
    days: Annotated[int, Meta(ge=1, le=30)] = 7


class HandoverDone(msgspec.Struct):
    """`known`: the successor had an account already. The invitation is told once."""

    account: UUID
    post: UUID
    known: bool
    invitation: IssuedInvitation


class VillageController(Controller):
    path = "/villages"
    tags = ("people",)

    @get("/", opt=allows(Action.SEE_PEOPLE), responses=documented("bad_cursor"))
    async def page(
        self,
        request: ApiRequest,
        region: KeyQuery = None,
        words: WordsQuery = None,
        vacant: FromQuery[bool] = False,
        order: FromQuery[VillageOrder] = VillageOrder.CODE,
        page: PageQuery = None,
        limit: LimitQuery = 50,
    ) -> Page[VillageView]:
        """Villages; with `words` those whose name holds them."""
        by_code = order is VillageOrder.CODE
        after = read_mark(page, tuple[str]) if by_code else None
        late_after = None if by_code else read_mark(page, tuple[int, str])
        async with authorised(request) as actor:
            scopes = access.reach(actor, Action.SEE_PEOPLE, region)
            wanted = Wanted(scopes, region, words, vacant)
            if by_code:
                mark = after[0] if after else None
                rows = await villages.page(wanted, actor.now, mark, limit + 1)
            else:
                rows = await villages.most_late(wanted, actor.now, late_after, limit + 1)
            held = await villages.holders([row["region"] for row in rows], actor.now)
        vault = vault_of(request)
        holders = {
            key: [person_view(row, vault) for row in group]
            for key, group in groupby(held, lambda row: str(row["region"]))
        }
        return paged(
            rows,
            limit,
            lambda row: VillageView(holders=holders.get(row["region"], []), **row),
            lambda row: [row["region"]] if by_code else [row["late"], row["region"]],
        )


class HandoverController(Controller):
    path = "/posts/{number:uuid}/handover"
    tags = ("people",)

    @get("/", opt=allows(Action.APPOINT_VILLAGE), responses=documented("not_found", "post_over"))
    async def preview(self, request: ApiRequest, number: FromPath[UUID]) -> HandoverPreview:
        """What would be handed over, to be looked at before it is done."""
        async with authorised(request) as actor:
            row = await post_to_hand_over(actor, number)
            held = await villages.holders([row["region"]], actor.now)
            others = await people.posts_not_over(row["id"], actor.now)
            mine = next((each for each in held if each["post"] == number), None)
            if mine is None:
                raise Problem("post_over")
            return HandoverPreview(
                person_view(mine, vault_of(request)),
                [
                    OwedDuty(**{**each, "title": msgspec.convert(from_json(each["title"]), Words)})
                    for each in await villages.owed(row["region"], actor.now)
                ],
                len(await devices.devices(row["id"], actor.now)),
                len(others) - 1,
            )

    @post(
        "/",
        opt=allows(Action.APPOINT_VILLAGE),
        responses=documented(
            "not_found", "handover_day", "handover_to_oneself", "phone_taken", "post_over"
        ),
    )
    async def hand_over(
        self, request: ApiRequest, number: FromPath[UUID], data: JSONBody[HandoverIn]
    ) -> HandoverDone:
        """Ends the post and gives it on at the same instant; the link lets the successor in."""
        check_years(at=data.at)
        vault = vault_of(request)
        hashed = await appointments.first_hash(vault, None, Role.LIAISON, data.phone)
        async with authorised(request) as actor:
            old = await post_to_hand_over(actor, number)
            to, life = Successor(data.name, data.phone), timedelta(days=data.days)
            done = await hand_over(actor, vault, old, to, data.at, hashed, life)
        base = settings_of(request).public_url or str(request.base_url)
        invitation = issued_view(done.issued, done.account, data.name, base)
        return HandoverDone(done.account, done.post, done.known, invitation)
