"""What the asker did, for themselves alone: /me/record."""

from datetime import timedelta
from typing import Final

import asyncpg
import msgspec
from litestar import Controller, get

from backend.access import allows
from backend.domain.roles import Action
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.schemas import Words
from backend.store import records
from backend.store.database import from_json

# A year and the month before it, to be compared with.
_LOOK_BACK: Final = timedelta(days=400)


class RecordLine(msgspec.Struct):
    """One schedule in one month (YYYY-MM in China, by deadline).

    `returned` counts duties that were sent back at least once, whatever became of them.
    """

    month: str
    schedule: int
    title: Words
    on_time: int
    late: int
    missing: int
    returned: int


class MyRecord(msgspec.Struct):
    items: list[RecordLine]


def _line(row: asyncpg.Record) -> RecordLine:
    title = msgspec.convert(from_json(row["title"]), Words)
    return RecordLine(**{**dict(row), "title": title})


class RecordController(Controller):
    path = "/me/record"
    tags = ("filing",)

    @get("/", opt=allows(Action.SIGNED_IN), responses=documented())
    async def mine(self, request: ApiRequest) -> MyRecord:
        """The asker's own counts, newest month first, without anybody else's beside them."""
        async with authorised(request) as actor:
            rows = await records.of_account(actor.account, actor.now - _LOOK_BACK, actor.now)
        return MyRecord([_line(row) for row in rows])
