"""Who did what: /audit."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from litestar import Controller, get

from backend.access import allows
from backend.domain.roles import Action
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.schemas import LimitQuery, Page, PageQuery, WordQuery, paged, read_mark
from backend.store import audit
from backend.store.database import from_json


class AuditView(msgspec.Struct):
    """`sealed` once the entry is part of the hash chain, some seconds after it was written."""

    id: int
    at: datetime
    account: UUID | None
    name: str | None
    action: str
    subject: str
    region: str | None
    result: str
    request: str | None
    detail: dict[str, Any]
    sealed: bool


def _view(row: asyncpg.Record) -> AuditView:
    return AuditView(**{**dict(row), "detail": from_json(row["detail"])})


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
        after = read_mark(page, tuple[int])
        async with authorised(request) as actor:
            scopes = actor.scopes(Action.SEE_AUDIT)
            rows = await audit.page(scopes, action, subject, after[0] if after else None, limit + 1)
            await audit.write(audit.by(actor, "audit.see", "audit", scopes[0]))
        return paged(rows, limit, _view, lambda row: [row["id"]])
