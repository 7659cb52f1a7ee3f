"""When reports are owed: /schedules."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

import asyncpg
import msgspec
from litestar import Controller, get, patch, post
from litestar.params import JSONBody
from msgspec import Meta

from backend import access
from backend.access import allows
from backend.domain.calendar import local_day
from backend.domain.certification.words import InsuranceType
from backend.domain.holding import MOST_HELD_BACK
from backend.domain.ladder import DEFAULT_LADDER, parse_ladder
from backend.domain.periods import Cadence, parse_timetable
from backend.domain.reviews import Office
from backend.domain.roles import Action, Actor
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.schemas import (
    Hours,
    LimitQuery,
    Page,
    PageQuery,
    RegionKey,
    Small,
    SmallPath,
    Words,
    check_years,
    paged,
    read_mark,
)
from backend.store import audit, certification, forms
from backend.store.database import from_json

# Every period since the start opens at once, for every village: a mistyped year must not do that.
OLDEST: Final = timedelta(days=366)

# Percent of the steps before due that are not sent, by chance, so that their effect can be seen.
HoldBack = Annotated[int, Meta(ge=0, le=MOST_HELD_BACK)]
Steps = Annotated[list[Office], Meta(min_length=1, max_length=2)]


class ScheduleIn(msgspec.Struct, forbid_unknown_fields=True):
    """Form × cadence × due rule × scope × ladder. `timetable.due` counts working days or dates."""

    form: Small
    scope: RegionKey
    title: Words
    cadence: Cadence
    timetable: dict[str, Any]
    starts_on: date
    ends_on: date | None = None
    steps: Steps = msgspec.field(default_factory=lambda: [Office.TOWN])
    allowance_hours: Hours = 24
    ladder: list[dict[str, Any]] | None = None
    hold_back: HoldBack = 0


class ScheduleChange(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What is given is set, for periods not opened yet; opened ones keep what they had.

    The ladder has versions of its own: /schedules/{number}/ladders.
    """

    form: Small | msgspec.UnsetType = msgspec.UNSET
    title: Words | msgspec.UnsetType = msgspec.UNSET
    timetable: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    ends_on: date | msgspec.UnsetType | None = msgspec.UNSET
    steps: Steps | msgspec.UnsetType = msgspec.UNSET
    allowance_hours: Hours | msgspec.UnsetType = msgspec.UNSET
    hold_back: HoldBack | msgspec.UnsetType = msgspec.UNSET


class ScheduleView(msgspec.Struct):
    """One of certifications has an `insurance_type` and no cadence: a cycle says when."""

    id: int
    form: int
    code: str
    version: int
    scope: str
    title: Words
    cadence: Cadence | None
    insurance_type: InsuranceType | None
    timetable: dict[str, Any]
    starts_on: date
    ends_on: date | None
    steps: list[Office]
    allowance_hours: int
    ladder: list[dict[str, Any]]
    hold_back: int


def _view(row: asyncpg.Record) -> ScheduleView:
    plain = ("id", "form", "code", "version", "scope", "starts_on", "ends_on", "allowance_hours",
             "hold_back")  # fmt: skip
    insurance = row["insurance_type"]
    return ScheduleView(
        title=msgspec.convert(from_json(row["title"]), Words),
        cadence=None if insurance else Cadence(row["cadence"]),
        insurance_type=InsuranceType(insurance) if insurance else None,
        timetable=from_json(row["timetable"]),
        steps=[Office(step) for step in from_json(row["steps"])],
        ladder=from_json(row["ladder"]),
        **{name: row[name] for name in plain},
    )


async def _published(actor: Actor, number: int) -> None:
    form = await access.form(actor, number)
    if form["published_at"] is None:
        raise Problem("form_not_published")
    if form["code"] == certification.FORM and not form["owner"]:
        raise Problem("certification_schedule")


def _new(data: ScheduleIn, now: datetime) -> dict[str, Any]:
    """The columns of a new schedule. Refusals: invalid, timetable_invalid, ladder_invalid."""
    check_years(starts_on=data.starts_on, ends_on=data.ends_on)
    if data.starts_on < local_day(now) - OLDEST:
        raise Problem("invalid", faults=[{"field": "starts_on", "reason": "long_past"}])
    ladder = DEFAULT_LADDER if data.ladder is None else parse_ladder(data.ladder)
    if data.ends_on is not None and data.ends_on < data.starts_on:
        raise Problem("schedule_dates")
    return {
        "scope": data.scope,
        "form": data.form,
        "title": msgspec.structs.asdict(data.title),
        "cadence": data.cadence.value,
        "timetable": parse_timetable(data.timetable, data.cadence).to_dict(),
        "steps": _steps(data.steps),
        "ladder": [step.to_dict() for step in ladder],
        "ladder_since": now,
        "hold_back": data.hold_back,
        "allowance_hours": data.allowance_hours,
        "starts_on": data.starts_on,
        "ends_on": data.ends_on,
        "created_at": now,
    }


def _steps(steps: list[Office]) -> list[str]:
    """Each office once, the township before the county."""
    return [step.value for step in Office if step in steps]


_BY_CYCLE: Final = {"form", "timetable", "ends_on"}


def _changed(data: ScheduleChange, row: asyncpg.Record) -> dict[str, Any]:
    given = {
        name: value
        for name in data.__struct_fields__
        if (value := getattr(data, name)) is not msgspec.UNSET
    }
    if row["insurance_type"] is not None and not _BY_CYCLE.isdisjoint(given):
        raise Problem("certification_schedule")
    if "title" in given:
        given["title"] = msgspec.structs.asdict(given["title"])
    if "timetable" in given:
        parsed = parse_timetable(given["timetable"], Cadence(row["cadence"]))
        given["timetable"] = parsed.to_dict()
    if "steps" in given:
        given["steps"] = _steps(given["steps"])
    if given.get("ends_on") is not None and given["ends_on"] < row["starts_on"]:
        raise Problem("schedule_dates")
    return given


class ScheduleController(Controller):
    path = "/schedules"
    tags = ("schedules",)

    @get("/", opt=allows(Action.SEE_FORMS), responses=documented("bad_cursor"))
    async def page(
        self, request: ApiRequest, page: PageQuery = None, limit: LimitQuery = 100
    ) -> Page[ScheduleView]:
        """The schedules that touch the asker's area, in order of id."""
        after = read_mark(page, tuple[int])
        async with authorised(request) as actor:
            rows = await forms.schedules(
                actor.scopes(Action.SEE_FORMS), after[0] if after else None, limit + 1
            )
        return paged(rows, limit, _view, lambda row: [row["id"]])

    @post(
        "/",
        opt=allows(Action.MANAGE_FORMS),
        responses=documented(
            "not_found",
            "form_not_published",
            "certification_schedule",
            "timetable_invalid",
            "ladder_invalid",
        ),
    )
    async def create(self, request: ApiRequest, data: JSONBody[ScheduleIn]) -> ScheduleView:
        """A new schedule; its periods open by themselves from `starts_on`."""
        async with authorised(request) as actor:
            await access.region(actor, data.scope, Action.MANAGE_FORMS)
            await _published(actor, data.form)
            number = await forms.add_schedule(_new(data, actor.now), actor.account)
            await audit.write(audit.by(actor, "schedule.add", f"schedule:{number}", data.scope))
            return _view(await access.schedule(actor, number, Action.MANAGE_FORMS))

    @patch(
        "/{number:int}",
        opt=allows(Action.MANAGE_FORMS),
        responses=documented(
            "not_found", "form_not_published", "certification_schedule", "timetable_invalid"
        ),
    )
    async def change(
        self, request: ApiRequest, number: SmallPath, data: JSONBody[ScheduleChange]
    ) -> ScheduleView:
        """Changes a schedule for the periods to come."""
        async with authorised(request) as actor:
            row = await access.schedule(actor, number, Action.MANAGE_FORMS)
            values = _changed(data, row)
            if "form" in values:
                await _published(actor, values["form"])
            if values:
                await forms.change_schedule(number, values)
                subject = f"schedule:{number}"
                await audit.write(
                    audit.by(actor, "schedule.change", subject, row["scope"], set=sorted(values))
                )
            return _view(await access.schedule(actor, number, Action.MANAGE_FORMS))
