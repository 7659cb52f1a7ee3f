"""Do reminders help? /reminders/effect: what was filed after a step, sent and held back."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import asyncpg
import msgspec
from litestar import Controller, get
from litestar.params import QueryParameter

from backend import access
from backend.access import allows
from backend.domain.effect import Share, difference, enough
from backend.domain.roles import Action
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.obligations import parse_instant
from backend.routes.schemas import SmallQuery, Words
from backend.store import effects
from backend.store.database import from_json

USUAL: Final = timedelta(days=92)
LONGEST: Final = timedelta(days=366)

# A township and above: one village's share would be a judgement on one person.
AreaQuery = Annotated[str | None, QueryParameter(pattern=r"^[0-9]{2,9}$", max_length=9)]
FromQuery = Annotated[
    str | None,
    QueryParameter(
        name="from",
        description="Steps decided from this instant on; 92 days before `to` unless given",
        format="date-time",
    ),
]
ToQuery = Annotated[
    str | None,
    QueryParameter(
        description="Steps decided before this instant; now unless given", format="date-time"
    ),
]


class ShareView(msgspec.Struct):
    """`filed` of the duties outstanding when told whose window has ended, less those waived."""

    of: int
    filed: int


class DifferenceView(msgspec.Struct):
    """Percentage points, sent less held back, with the 95 % interval."""

    points: float
    low: float
    high: float


class Comparison(msgspec.Struct):
    """`difference` is null when a group is empty. Not to be read unless `enough`: 30 in each."""

    sent: ShareView
    held_back: ShareView
    difference: DifferenceView | None
    enough: bool


class Outstanding(msgspec.Struct):
    """How many duties were outstanding when the step was sent, or was held back."""

    sent: int
    held_back: int


class StepEffect(msgspec.Struct):
    """One step through one channel; each duty counts once.

    Chance decides what is held back, so `in_app`, where every message goes, compares like with
    like, over days in which a share was held back. Beyond the app `sent` are those whom the channel
    reached, in turn, and `held_back` all those for whom the step named it: an indication.
    Villages with nobody at their post are left out.
    """

    schedule: int
    code: str
    title: Words
    step: str
    channel: str
    outstanding: Outstanding
    within_2h: Comparison
    within_24h: Comparison
    before_close: Comparison


class Effect(msgspec.Struct):
    """Steps of the ladder decided from `from` on and before `to`, as known at `as_of`."""

    as_of: datetime
    start: datetime = msgspec.field(name="from")
    to: datetime
    steps: list[StepEffect]


def _span(start: str | None, end: str | None, now: datetime) -> tuple[datetime, datetime]:
    """The instants asked for, in UTC. Problem: invalid."""
    to = parse_instant("to", end).astimezone(UTC) if end is not None else now
    since = parse_instant("from", start).astimezone(UTC) if start is not None else to - USUAL
    if not timedelta() < to - since <= LONGEST:
        reason = "too_long" if to > since else "not_before_to"
        raise Problem("invalid", faults=[{"field": "from", "reason": reason}])
    return since, to


def _comparison(groups: Mapping[bool, asyncpg.Record], window: str) -> Comparison:
    sent, held = (
        Share(groups[each][f"{window}_of"], groups[each][window]) if each in groups else Share(0, 0)
        for each in (False, True)
    )
    found = difference(sent, held)
    return Comparison(
        ShareView(sent.of, sent.filed),
        ShareView(held.of, held.filed),
        DifferenceView(round(found.points, 2), round(found.low, 2), round(found.high, 2))
        if found
        else None,
        enough(sent, held),
    )


def _view(groups: Mapping[bool, asyncpg.Record]) -> StepEffect:
    row = next(iter(groups.values()))
    sent, held = (groups[each]["outstanding"] if each in groups else 0 for each in (False, True))
    return StepEffect(
        row["schedule"],
        row["code"],
        msgspec.convert(from_json(row["title"]), Words),
        row["step"],
        row["channel"],
        Outstanding(sent, held),
        *(_comparison(groups, window) for window in effects.WINDOWS),
    )


class EffectController(Controller):
    path = "/reminders/effect"
    tags = ("reminders",)

    @get("/", opt=allows(Action.SEE_EFFECT), responses=documented("not_found"))
    async def effect(
        self,
        request: ApiRequest,
        schedule: SmallQuery = None,
        region: AreaQuery = None,
        start: FromQuery = None,
        to: ToQuery = None,
    ) -> Effect:
        """By schedule, step and channel: what was filed after reminders sent and held back."""
        async with authorised(request) as actor:
            scopes = access.reach(actor, Action.SEE_EFFECT, region)
            since, until = _span(start, to, actor.now)
            rows = await effects.effect(
                effects.Asked(scopes, since, until, region, schedule), actor.now
            )
        steps: dict[tuple[int, str, str], dict[bool, asyncpg.Record]] = defaultdict(dict)
        for row in rows:
            steps[row["schedule"], row["step"], row["channel"]][row["held"]] = row
        return Effect(actor.now, since, until, [_view(groups) for groups in steps.values()])
