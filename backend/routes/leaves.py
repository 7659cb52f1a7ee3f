"""Dated leave from a post, while which the B角 is reminded: /posts/…/leaves."""

from datetime import date, datetime
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody

from backend import access
from backend.access import allows
from backend.domain.calendar import local_day
from backend.domain.leaves import check_leave, last_day_if_ended
from backend.domain.roles import Action
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.schemas import (
    LimitQuery,
    Page,
    PageQuery,
    SmallPath,
    check_years,
    paged,
    read_mark,
)
from backend.store import audit, leaves


class LeaveIn(msgspec.Struct, forbid_unknown_fields=True):
    """Days in China, both included."""

    starts_on: date
    ends_on: date


class LeaveView(msgspec.Struct):
    """`entered_by` is an account."""

    id: int
    starts_on: date
    ends_on: date
    entered_at: datetime
    entered_by: UUID


class LeaveEntered(msgspec.Struct):
    id: int


class LeaveController(Controller):
    path = "/posts/{number:uuid}/leaves"
    tags = ("people",)

    @get("/", opt=allows(Action.SIGNED_IN), responses=documented("not_found", "bad_cursor"))
    async def page(
        self,
        request: ApiRequest,
        number: FromPath[UUID],
        page: PageQuery = None,
        limit: LimitQuery = 100,
    ) -> Page[LeaveView]:
        """The leaves of the asker's own post, or of one in their area; newest first."""
        mark = read_mark(page, tuple[date])
        async with authorised(request) as actor:
            await access.post_to_see(actor, number)
            rows = await leaves.page(number, mark[0] if mark else None, limit + 1)
        return paged(rows, limit, lambda row: LeaveView(**row), lambda row: [row["starts_on"]])

    @post(
        "/",
        opt=allows(Action.SIGNED_IN),
        responses=documented("not_found", "leave_dates", "leave_overlaps", "post_over"),
    )
    async def enter(
        self, request: ApiRequest, number: FromPath[UUID], data: JSONBody[LeaveIn]
    ) -> LeaveEntered:
        """Enters leave from the asker's own post, or from one they may appoint to."""
        check_years(starts_on=data.starts_on, ends_on=data.ends_on)
        async with authorised(request) as actor:
            held = await access.post_to_relieve(actor, number)
            check_leave(data.starts_on, data.ends_on, local_day(actor.now))
            days = data.starts_on, data.ends_on
            leave = await leaves.add(number, *days, actor.account, actor.now)
            if leave is None:
                raise Problem("leave_overlaps")
            about = {"leave": leave, "starts_on": data.starts_on, "ends_on": data.ends_on}
            await audit.write(
                audit.by(actor, "leave.enter", f"post:{number}", held["region"], **about)
            )
        return LeaveEntered(leave)

    @delete(
        "/{leave:int}",
        opt=allows(Action.SIGNED_IN),
        responses=documented("not_found", "leave_over", "post_over"),
    )
    async def end(self, request: ApiRequest, number: FromPath[UUID], leave: SmallPath) -> None:
        """Takes back a leave to come; a running one ends yesterday, so today is worked again."""
        async with authorised(request) as actor:
            held = await access.post_to_relieve(actor, number)
            found = await leaves.of_post(number, leave)
            if found is None:
                raise Problem("not_found")
            today = local_day(actor.now)
            ends_on = last_day_if_ended(found["starts_on"], found["ends_on"], today)
            await leaves.end(leave, ends_on)
            about = {"leave": leave, "ends_on": ends_on}
            await audit.write(
                audit.by(actor, "leave.end", f"post:{number}", held["region"], **about)
            )
