"""The tree of regions: /regions."""

from datetime import date
from enum import StrEnum
from typing import Annotated

import asyncpg
import msgspec
from litestar import Controller, get, post, put
from litestar.params import FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from backend import access
from backend.access import allows
from backend.domain.regions import Level
from backend.domain.roles import Action
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.schemas import (
    KeyPath,
    KeyQuery,
    LimitQuery,
    Name,
    Page,
    PageQuery,
    RegionKey,
    paged,
    read_mark,
)
from backend.store import audit, regions
from backend.succession import succeed


class RegionView(msgspec.Struct):
    """`key` = the significant digits of `code`; `successor` answers for it after `valid_to`.

    `office_phone` is what the villages of a township call, '' without one.
    """

    key: str
    code: str
    name: str
    level: Level
    parent: str | None
    valid_from: date | None
    valid_to: date | None
    successor: str | None
    office_phone: str


class OfficePhone(msgspec.Struct, forbid_unknown_fields=True):
    """As it is dialled; '' takes it away."""

    number: Annotated[str, Meta(pattern=r"^([0-9+][0-9 -]{2,18}[0-9])?$", max_length=20)]


class ChangeKind(StrEnum):
    MERGE = "merge"
    RECODE = "recode"


class RegionChange(msgspec.Struct, forbid_unknown_fields=True):
    """merge: `old` joins the existing `new`. recode: `old` goes on as `new`, which is created."""

    kind: ChangeKind
    old: RegionKey
    new: RegionKey
    name: Name | None = None


class ChangeResult(msgspec.Struct):
    """How many duties the successor now answers for."""

    successor: str
    duties: int


def region_view(row: asyncpg.Record) -> RegionView:
    return RegionView(**{name: row[name] for name in RegionView.__struct_fields__})


class RegionController(Controller):
    path = "/regions"
    tags = ("regions",)

    @get("/", opt=allows(Action.SEE_REGIONS), responses=documented("bad_cursor"))
    async def page(
        self,
        request: ApiRequest,
        under: KeyQuery = None,
        level: FromQuery[Level | None] = None,
        name: Annotated[str | None, QueryParameter(max_length=60, pattern=r"^[^\u0000]*$")] = None,
        page: PageQuery = None,
        limit: LimitQuery = 100,
    ) -> Page[RegionView]:
        """Regions of the asker's area in code order; `name` finds part of a name."""
        after = read_mark(page, tuple[str])
        async with authorised(request) as actor:
            rows = await regions.page(
                access.reach(actor, Action.SEE_REGIONS, under),
                under,
                level.value if level else None,
                name,
                after[0] if after else None,
                limit + 1,
            )
        return paged(rows, limit, region_view, lambda row: [row["key"]])

    @get("/{key:str}", opt=allows(Action.SEE_REGIONS), responses=documented())
    async def one(self, request: ApiRequest, key: KeyPath) -> RegionView:
        """One region."""
        async with authorised(request) as actor:
            return region_view(await access.region(actor, key, Action.SEE_REGIONS))

    @put(
        "/{key:str}/office-phone",
        opt=allows(Action.SET_OFFICE_PHONE),
        status_code=204,
        responses=documented("not_found", "office_of_township"),
    )
    async def office_phone(
        self, request: ApiRequest, key: KeyPath, data: JSONBody[OfficePhone]
    ) -> None:
        """What the villages of a township call; their phones hear of it at the next sync."""
        async with authorised(request) as actor:
            row = await access.region(actor, key, Action.SET_OFFICE_PHONE)
            if row["level"] != Level.TOWNSHIP:
                raise Problem("office_of_township")
            await regions.set_office_phone(key, data.number)
            await audit.write(audit.by(actor, "region.phone", f"region:{key}", key))

    @post(
        "/changes",
        opt=allows(Action.CHANGE_REGIONS),
        responses=documented(
            "not_found", "region_over", "region_exists", "region_levels_differ", "bad_region_code"
        ),
    )
    async def change(self, request: ApiRequest, data: JSONBody[RegionChange]) -> ChangeResult:
        """Merges or re-codes a village. What was expected of it stays under its old code."""
        async with authorised(request) as actor:
            old = await access.region(actor, data.old, Action.CHANGE_REGIONS)
            if data.kind is ChangeKind.MERGE:
                await access.region(actor, data.new, Action.CHANGE_REGIONS)
            scopes = actor.scopes(Action.CHANGE_REGIONS)
            name = data.name or old["name"] if data.kind is ChangeKind.RECODE else None
            moved = await succeed(data.old, data.new, name, scopes, actor.now)
            await audit.write(
                audit.by(actor, f"region.{data.kind}", f"region:{data.old}", data.old, new=data.new)
            )
        return ChangeResult(data.new, moved)
