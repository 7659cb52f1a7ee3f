"""The working calendar: /calendar."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter
from msgspec import Meta

from backend import access
from backend.access import allows
from backend.domain.calendar import WorkCalendar
from backend.domain.holiday_notice import MOST_CHARACTERS, NamedDay, read_notice
from backend.domain.roles import Action
from backend.planning import Moved, moved_by
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.schemas import Line, Words, check_years
from backend.store import audit, calendar


class Day(msgspec.Struct):
    """`source` is the published arrangement, 'notice' where the county adopted one itself, or
    'county' where it says otherwise.
    """

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


class HolidayNotice(msgspec.Struct, forbid_unknown_fields=True):
    """The text of the State Council's notice on the holidays of a year."""

    notice: Annotated[str, Meta(min_length=1, max_length=MOST_CHARACTERS)]


class MovedDue(msgspec.Struct):
    """A period to come that would be due at another instant."""

    schedule: int
    title: Words
    period: str
    due_at: datetime
    would_be_due_at: datetime


class YearRead(msgspec.Struct):
    """What a notice says of a year: the days that are not as any week has them, and what of the
    next twelve periods of each schedule it moves. Periods already opened keep their deadlines.
    """

    year: int
    days: list[Day]
    moved: list[MovedDue]


class DayIn(msgspec.Struct, forbid_unknown_fields=True):
    is_workday: bool
    note: Line = ""


YearPath = Annotated[int, PathParameter(ge=2000, le=2199)]


def _special(days: list[NamedDay]) -> list[Day]:
    named = [day for day in days if day.note]
    return [Day(day.date, day.is_workday, day.note, calendar.NOTICE) for day in named]


async def _with(owner: str, year: int, days: list[NamedDay]) -> tuple[WorkCalendar, WorkCalendar]:
    """The county's calendar as it is, and as it would be; its own word on single days stays."""
    before = await calendar.load(owner)
    own = {row["date"] for row in await calendar.days(owner, year) if row["source"] == "county"}
    told: Mapping[date, bool] = {day.date: day.is_workday for day in days if day.date not in own}
    return before, WorkCalendar({**before.days, **told}, before.seeded_years | {year})


def _moved(found: Moved) -> MovedDue:
    return MovedDue(
        found.schedule, Words(**found.title), found.period, found.due_at, found.would_be_due_at
    )


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
            seeded = year in await calendar.arranged_years(owner)
        days = [Day(row["date"], row["is_workday"], row["note"], row["source"]) for row in rows]
        return Year(year, seeded, days)

    @post(
        "/years/{year:int}/reading",
        opt=allows(Action.EDIT_CALENDAR),
        status_code=200,
        responses=documented("holiday_notice_invalid"),
    )
    async def read_year(
        self, request: ApiRequest, year: YearPath, data: JSONBody[HolidayNotice]
    ) -> YearRead:
        """Reads a notice and says what it would change; nothing is stored."""
        days = read_notice(data.notice, year)
        async with authorised(request) as actor:
            owner = access.county(actor, Action.EDIT_CALENDAR)
            before, after = await _with(owner, year, days)
            moved = await moved_by(owner, before, after, actor.now)
        return YearRead(year, _special(days), [_moved(each) for each in moved])

    @put(
        "/years/{year:int}",
        opt=allows(Action.EDIT_CALENDAR),
        status_code=204,
        responses=documented("holiday_notice_invalid"),
    )
    async def adopt_year(
        self, request: ApiRequest, year: YearPath, data: JSONBody[HolidayNotice]
    ) -> None:
        """Adopts a notice for the county, until a release carries the year."""
        days = read_notice(data.notice, year)
        async with authorised(request) as actor:
            owner = access.county(actor, Action.EDIT_CALENDAR)
            await calendar.adopt(owner, days)
            off = sum(bool(day.note) and not day.is_workday for day in days)
            await audit.write(audit.by(actor, "calendar.adopt", f"calendar:{year}", owner, off=off))

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
