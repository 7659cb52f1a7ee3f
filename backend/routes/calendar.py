"""The working calendar: /calendar."""

from datetime import date
from typing import Annotated

import msgspec
from litestar import Controller, delete, get, put
from litestar.params import FromPath, JSONBody, QueryParameter

from backend import access
from backend.access import allows
from backend.domain.roles import Action
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.schemas import Line, check_years
from backend.store import audit, calendar


class Day(msgspec.Struct):
    """`source` is the published arrangement, or 'county' where the county says otherwise."""

    date: date
    is_workday: bool
    note: str
    source: str


class Year(msgspec.Struct):
    """`seeded` is false while the official arrangement of the year is not known: then Monday to
    Friday less the fixed holidays counts, and `days` holds only what the county has said.
    """

    year: int
    seeded: bool
    days: list[Day]


class DayIn(msgspec.Struct, forbid_unknown_fields=True):
    is_workday: bool
    note: Line = ""


class CalendarController(Controller):
    path = "/calendar"
    tags = ("calendar",)

    @get("/", opt=allows(Action.SIGNED_IN), responses=documented())
    async def year(
        self, request: ApiRequest, year: Annotated[int, QueryParameter(ge=2000, le=2199)]
    ) -> Year:
        """A year's working days as the asker's county sees them."""
        async with authorised(request) as actor:
            owner = calendar.owner_of(actor.posts[0].region) if actor.posts else ""
            rows = await calendar.days(owner, year)
            seeded = year in await calendar.seeded_years()
        days = [Day(row["date"], row["is_workday"], row["note"], row["source"]) for row in rows]
        return Year(year, seeded, days)

    @put("/{day:date}", opt=allows(Action.EDIT_CALENDAR), status_code=204, responses=documented())
    async def put_day(
        self, request: ApiRequest, day: FromPath[date], data: JSONBody[DayIn]
    ) -> None:
        """The county's word on a day. Periods already opened keep their deadlines."""
        check_years(day=day)
        async with authorised(request) as actor:
            owner = access.county(actor, Action.EDIT_CALENDAR)
            await calendar.put_day(owner, day, data.is_workday, data.note)
            await audit.write(
                audit.by(actor, "calendar.set", f"day:{day}", owner, is_workday=data.is_workday)
            )

    @delete("/{day:date}", opt=allows(Action.EDIT_CALENDAR), responses=documented("not_found"))
    async def drop_day(self, request: ApiRequest, day: FromPath[date]) -> None:
        """Takes the county's word back; the published arrangement counts again."""
        async with authorised(request) as actor:
            owner = access.county(actor, Action.EDIT_CALENDAR)
            if not await calendar.drop_day(owner, day):
                raise Problem("not_found")
            await audit.write(audit.by(actor, "calendar.drop", f"day:{day}", owner))
