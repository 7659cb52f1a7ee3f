"""The periods of a schedule: those to come, also of one not made yet, and those that are open."""

from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from litestar import Controller, get, post
from litestar.params import JSONBody

from backend import access
from backend.access import allows
from backend.domain.calendar import WorkCalendar, local_day
from backend.domain.periods import (
    Cadence,
    Period,
    Timetable,
    coming_periods,
    parse_timetable,
    timing,
)
from backend.domain.roles import Action
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.schemas import Hours, RegionKey, SmallPath, check_years
from backend.store import calendar, duties
from backend.store.database import from_json


class PlanIn(msgspec.Struct, forbid_unknown_fields=True):
    """What a schedule would say of its days; see ScheduleIn."""

    scope: RegionKey
    cadence: Cadence
    timetable: dict[str, Any]
    starts_on: date
    ends_on: date | None = None
    allowance_hours: Hours = 24


class Occurrence(msgspec.Struct):
    """One period's instants. `calendar_known` is false while its year's holidays are not.

    `put_off_from` is the day that the rule names, where that is a day off.
    """

    period: str
    opens_at: datetime
    due_at: datetime
    closes_at: datetime
    calendar_known: bool
    put_off_from: date | None


class OpenPeriod(msgspec.Struct):
    """A period that has opened and not closed, with the form it was opened with.

    Of its duties in the asker's area so many are outstanding (not filed, or returned).
    """

    period: str
    form: int
    version: int
    due_at: datetime
    closes_at: datetime
    duties: int
    outstanding: int


def _occurrence(
    period: Period, timetable: Timetable, allowance: timedelta, days: WorkCalendar
) -> Occurrence:
    times = timing(period, timetable, days, allowance)
    named = timetable.due.named_day(period)
    moved = named is not None and named != local_day(times.due_at)
    known = days.covers(local_day(times.closes_at).year)
    return Occurrence(
        period.key, times.opens_at, times.due_at, times.closes_at, known, named if moved else None
    )


def _occurrences(plan: PlanIn, days: WorkCalendar, now: datetime) -> list[Occurrence]:
    timetable = parse_timetable(plan.timetable, plan.cadence)
    coming = coming_periods(plan.cadence, plan.starts_on, plan.ends_on, local_day(now))
    allowance = timedelta(hours=plan.allowance_hours)
    return [_occurrence(period, timetable, allowance, days) for period in coming]


class SchedulePeriodController(Controller):
    path = "/schedules"
    tags = ("schedules",)

    @post(
        "/preview",
        opt=allows(Action.MANAGE_FORMS),
        status_code=200,
        responses=documented("not_found", "timetable_invalid"),
    )
    async def planned(self, request: ApiRequest, data: JSONBody[PlanIn]) -> list[Occurrence]:
        """The next twelve periods that a schedule like this would have; nothing is stored."""
        check_years(starts_on=data.starts_on, ends_on=data.ends_on)
        async with authorised(request) as actor:
            await access.region(actor, data.scope, Action.MANAGE_FORMS)
            days = await calendar.load(data.scope)
        return _occurrences(data, days, actor.now)

    @get("/{number:int}/preview", opt=allows(Action.SEE_FORMS), responses=documented("not_found"))
    async def preview(self, request: ApiRequest, number: SmallPath) -> list[Occurrence]:
        """The next twelve periods by the working calendar of today; none of certifications."""
        async with authorised(request) as actor:
            row = await access.schedule(actor, number, Action.SEE_FORMS)
            days = await calendar.load(row["scope"])
        if row["insurance_type"] is not None:
            return []
        given = {name: row[name] for name in ("scope", "starts_on", "ends_on", "allowance_hours")}
        plan = PlanIn(
            cadence=Cadence(row["cadence"]), timetable=from_json(row["timetable"]), **given
        )
        return _occurrences(plan, days, actor.now)

    @get("/{number:int}/periods", opt=allows(Action.SEE_FORMS), responses=documented("not_found"))
    async def opened(self, request: ApiRequest, number: SmallPath) -> list[OpenPeriod]:
        """The open periods, oldest first: a change of the schedule leaves them as they are."""
        async with authorised(request) as actor:
            await access.schedule(actor, number, Action.SEE_FORMS)
            rows = await duties.open_periods(number, actor.scopes(Action.SEE_FORMS), actor.now)
        return [msgspec.convert(dict(row), OpenPeriod) for row in rows]
