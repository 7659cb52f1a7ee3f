"""Who did what: /audit."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import asyncpg
import msgspec
from litestar import Controller, get, post
from litestar.params import JSONBody
from msgspec import Meta

from backend.access import allows
from backend.domain.calendar import local_instant
from backend.domain.roles import Action, Actor
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.schemas import (
    LimitQuery,
    Name,
    Page,
    PageQuery,
    WordQuery,
    check_years,
    paged,
    read_mark,
)
from backend.store import audit
from backend.store.audit import Wanted
from backend.store.database import from_json

Word = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:-]{1,80}$")]
Mark = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,200}$")]
_PAGE: Final = 100


class AuditView(msgspec.Struct):
    """`sealed` once the entry is part of the hash chain, some seconds after it was written."""

    id: int
    at: datetime
    account: UUID | None
    name: str | None
    action: str
    subject: str
    region: str | None
    region_name: str | None
    result: str
    request: str | None
    detail: dict[str, Any]
    sealed: bool


def _view(row: asyncpg.Record) -> AuditView:
    return AuditView(**{**dict(row), "detail": from_json(row["detail"])})


class AuditSearch(msgspec.Struct, forbid_unknown_fields=True):
    """Looked for in the body, so that no address or log has a name.

    `name` finds part of who did it; `action` and `subject` are whole, or what
    comes before a dot or colon, like `review` and `circular`; days are China's, inclusive.
    """

    name: Name | None = None
    action: Word | None = None
    subject: Word | None = None
    from_on: date | None = None
    to_on: date | None = None
    page: Mark | None = None


class AuditController(Controller):
    path = "/audit"
    tags = ("audit",)

    @get("/", opt=allows(Action.SEE_AUDIT), responses=documented("bad_cursor"))
    async def page(
        self,
        request: ApiRequest,
        action: WordQuery = None,
        subject: WordQuery = None,
        page: PageQuery = None,
        limit: LimitQuery = 100,
    ) -> Page[AuditView]:
        """Entries about the asker's area, newest first. The look itself is an entry."""
        async with authorised(request) as actor:
            return await _found(actor, Wanted(action, subject), page, limit)

    @post(
        "/search",
        opt=allows(Action.SEE_AUDIT),
        status_code=200,
        responses=documented("bad_cursor"),
    )
    async def search(self, request: ApiRequest, data: JSONBody[AuditSearch]) -> Page[AuditView]:
        """The same by person, action, object and days. The look itself is an entry."""
        check_years(from_on=data.from_on, to_on=data.to_on)
        since = local_instant(data.from_on, time()) if data.from_on else None
        before = local_instant(data.to_on + timedelta(days=1), time()) if data.to_on else None
        wanted = Wanted(data.action, data.subject, data.name, since, before)
        async with authorised(request) as actor:
            return await _found(actor, wanted, data.page, _PAGE)


async def _found(actor: Actor, wanted: Wanted, page: str | None, limit: int) -> Page[AuditView]:
    after = read_mark(page, tuple[int])
    scopes = actor.scopes(Action.SEE_AUDIT)
    rows = await audit.page(scopes, wanted, after[0] if after else None, limit + 1)
    await audit.write(audit.by(actor, "audit.see", "audit", scopes[0]))
    return paged(rows, limit, _view, lambda row: [row["id"]])
