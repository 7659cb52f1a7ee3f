"""What the system tells a person: /messages."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery

from backend.access import allows
from backend.domain.roles import Action
from backend.domain.wording import wording
from backend.problems import Problem, language_of
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.schemas import LimitQuery, Page, PageQuery, paged, read_mark
from backend.store import messages
from backend.store.database import from_json


class MessageView(msgspec.Struct):
    """`text` in the asker's language, made of `params`: counts and instants, never names."""

    id: UUID
    kind: str
    text: str
    params: dict[str, Any]
    delivered_at: datetime
    read_at: datetime | None


def message_view(row: asyncpg.Record, language: str) -> MessageView:
    params = from_json(row["params"])
    text = wording(row["kind"], params, language)
    return MessageView(row["id"], row["kind"], text, params, row["delivered_at"], row["read_at"])


class MessageController(Controller):
    path = "/messages"
    tags = ("messages",)

    @get("/", opt=allows(Action.SIGNED_IN), responses=documented("bad_cursor"))
    async def page(
        self,
        request: ApiRequest,
        unread: FromQuery[bool] = False,
        page: PageQuery = None,
        limit: LimitQuery = 50,
    ) -> Page[MessageView]:
        """The asker's messages, newest first."""
        after = read_mark(page, tuple[datetime, UUID])
        language = language_of(request.headers.get("accept-language"))
        async with authorised(request) as actor:
            rows = await messages.page(actor.account, unread, after, limit + 1)
        return paged(
            rows,
            limit,
            lambda row: message_view(row, language),
            lambda row: [row["delivered_at"], row["id"]],
        )

    @post(
        "/{message:uuid}/read",
        opt=allows(Action.SIGNED_IN),
        status_code=204,
        responses=documented("not_found"),
    )
    async def read(self, request: ApiRequest, message: FromPath[UUID]) -> None:
        """Notes that the asker has read it; reading twice changes nothing."""
        async with authorised(request) as actor:
            if not await messages.mark_read(message, actor.account, actor.now):
                raise Problem("not_found")
