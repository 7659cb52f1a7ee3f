"""Extensions 顺延 and exemptions 免报: /adjustments."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Literal, TypedDict

import asyncpg
import msgspec
from litestar import Controller, get, post
from litestar.params import FromQuery, JSONBody
from msgspec import Meta

from backend import access
from backend.access import allows
from backend.adjusting import Change, Effect, adjust, foreseen
from backend.domain.roles import Action, Actor
from backend.domain.timeliness import AdjustmentKind
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.schemas import (
    KeyQuery,
    LimitQuery,
    Number,
    Page,
    PageQuery,
    PeriodKey,
    Reason,
    RegionKey,
    Small,
    Words,
    check_years,
    paged,
    read_mark,
)
from backend.store import adjustments, regions
from backend.store.database import from_json

# A page of a preview is looked at, not worked through.
_MOST_SHOWN: Final = 500


class AdjustmentIn(msgspec.Struct, forbid_unknown_fields=True):
    """Which obligations (by number, or by schedule and period within a region) and what.

    extend moves the deadline to `due_at`; the closing time moves by as much, or to a later
    `closes_at`.
    exempt waives, restore takes a waiver back, or the match that answered a certification.
    """

    kind: Literal["extend", "exempt", "restore"]
    reason: Reason
    obligations: Annotated[list[Number], Meta(min_length=1, max_length=1000)] | None = None
    schedule: Small | None = None
    period: PeriodKey | None = None
    region: RegionKey | None = None
    due_at: Annotated[datetime, Meta(tz=True)] | None = None
    closes_at: Annotated[datetime, Meta(tz=True)] | None = None


class AdjustmentResult(msgspec.Struct):
    """How many obligations were adjusted."""

    adjusted: int


class EffectView(msgspec.Struct):
    """What would become of one duty."""

    obligation: int
    region: str
    region_name: str
    due_at: datetime
    closes_at: datetime
    exempt: bool
    new_due_at: datetime
    new_closes_at: datetime
    new_exempt: bool


class Preview(msgspec.Struct):
    """How many obligations would be adjusted, and what becomes of them; 500 at most are shown."""

    adjusted: int
    items: list[EffectView]


class InForce(StrEnum):
    """What may be in force; taking a waiver back leaves nothing to list."""

    EXTEND = "extend"
    EXEMPT = "exempt"


class AdjustmentView(msgspec.Struct):
    """An extension or waiver in force, and the duty as it stands with it."""

    id: int
    kind: InForce
    reason: str
    decided_at: datetime
    by: str | None
    obligation: int
    title: Words
    period: str
    region: str
    region_name: str
    original_due_at: datetime
    due_at: datetime
    closes_at: datetime


_CONVERTED = ("kind", "by", "title")
_PLAIN = tuple(name for name in AdjustmentView.__struct_fields__ if name not in _CONVERTED)


def _view(row: asyncpg.Record) -> AdjustmentView:
    return AdjustmentView(
        kind=InForce(row["kind"]),
        by=row["by_name"],
        title=msgspec.convert(from_json(row["title"]), Words),
        **{name: row[name] for name in _PLAIN},
    )


def _effect(found: Effect, names: dict[str, str]) -> EffectView:
    plain = {name: getattr(found, name) for name in _OF_EFFECT}
    return EffectView(region_name=names.get(found.region, ""), **plain)


_OF_EFFECT = tuple(name for name in EffectView.__struct_fields__ if name != "region_name")


def _change(data: AdjustmentIn) -> Change:
    if data.obligations is None and (data.schedule is None or data.period is None):
        raise Problem(
            "invalid", faults=[{"field": "obligations", "reason": "or schedule and period"}]
        )
    check_years(due_at=data.due_at, closes_at=data.closes_at)
    return Change(AdjustmentKind(data.kind), data.reason, data.due_at, data.closes_at)


_REFUSED = ("nothing_to_adjust", "extension_not_later", "not_exempt")


class AdjustmentController(Controller):
    path = "/adjustments"
    tags = ("duties",)

    @get("/", opt=allows(Action.SEE_REQUESTS), responses=documented("bad_cursor"))
    async def page(
        self,
        request: ApiRequest,
        region: KeyQuery = None,
        kind: FromQuery[InForce | None] = None,
        page: PageQuery = None,
        limit: LimitQuery = 50,
    ) -> Page[AdjustmentView]:
        """Extensions and waivers in force in the asker's area, newest first."""
        after = read_mark(page, tuple[int])
        async with authorised(request) as actor:
            rows = await adjustments.in_force(
                access.reach(actor, Action.SEE_REQUESTS, region),
                under=region,
                kind=kind.value if kind else None,
                after=after[0] if after else None,
                limit=limit + 1,
            )
        return paged(rows, limit, _view, lambda row: [row["id"]])

    @post("/", opt=allows(Action.ADJUST), responses=documented(*_REFUSED))
    async def adjust(self, request: ApiRequest, data: JSONBody[AdjustmentIn]) -> AdjustmentResult:
        """Extends, waives or restores; the original deadline stays readable."""
        change = _change(data)
        async with authorised(request) as actor:
            rows = await adjustments.lock_for_adjusting(_reach(actor, data), **_which(data))
            _check_found(data, rows)
            await adjust(actor, change, rows)
        return AdjustmentResult(len(rows))

    @post(
        "/preview",
        opt=allows(Action.ADJUST),
        status_code=200,
        responses=documented(*_REFUSED),
    )
    async def preview(self, request: ApiRequest, data: JSONBody[AdjustmentIn]) -> Preview:
        """What the same call without /preview would do, and nothing is done."""
        change = _change(data)
        async with authorised(request) as actor:
            rows = await adjustments.meant(_reach(actor, data), **_which(data))
            _check_found(data, rows)
            found = foreseen(change, rows)[:_MOST_SHOWN]
            names = await regions.names([each.region for each in found])
        return Preview(len(rows), [_effect(each, names) for each in found])


def _reach(actor: Actor, data: AdjustmentIn) -> tuple[str, ...]:
    return access.reach(actor, Action.ADJUST, data.region)


class _Which(TypedDict):
    ids: list[int] | None
    under: str | None
    schedule: int | None
    period: str | None


def _which(data: AdjustmentIn) -> _Which:
    return _Which(
        ids=data.obligations, under=data.region, schedule=data.schedule, period=data.period
    )


def _check_found(data: AdjustmentIn, rows: list[asyncpg.Record]) -> None:
    if data.obligations is not None and len(rows) < len(set(data.obligations)):
        raise Problem("not_found")
