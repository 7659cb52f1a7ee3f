"""Taking back the newest list of a kind: /imports/…/undo."""

from uuid import UUID

import asyncpg
import msgspec
from litestar import Controller, get, post
from litestar.params import FromQuery

from backend import access
from backend.access import allows
from backend.domain.masking import masked_name
from backend.domain.roles import Action
from backend.list_undo import kept_of, undo
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.schemas import LimitQuery, Page, PageQuery, SmallPath, paged, read_mark
from backend.store import undoing


class UndoView(msgspec.Struct):
    """`restored` are as they were before the list; `left` have changed since and stay so."""

    restored: int
    left: int


class LeftView(msgspec.Struct):
    """A pensioner or resident that undoing a list leaves alone."""

    subject: UUID
    name: str
    region: str


def _view(row: asyncpg.Record) -> LeftView:
    return LeftView(row["subject"], masked_name(row["name"]), row["region"])


class UndoController(Controller):
    path = "/imports"
    tags = ("imports",)

    @post(
        "/{number:int}/undo",
        opt=allows(Action.HANDLE_IMPORTS),
        status_code=200,
        responses=documented("not_found", "import_not_undoable", "import_followed"),
    )
    async def undo(
        self, request: ApiRequest, number: SmallPath, dry_run: FromQuery[bool] = False
    ) -> UndoView:
        """Takes back the newest list of its kind; a dry run says what that would do."""
        async with authorised(request) as actor:
            batch = await access.import_batch(actor, number, Action.HANDLE_IMPORTS)
            done = await undo(batch, actor, dry_run)
        return UndoView(done.restored, done.left)

    @get(
        "/{number:int}/left",
        opt=allows(Action.SEE_IMPORTS),
        responses=documented("not_found", "bad_cursor", "import_not_undoable"),
    )
    async def left(
        self,
        request: ApiRequest,
        number: SmallPath,
        page: PageQuery = None,
        limit: LimitQuery = 100,
    ) -> Page[LeftView]:
        """Who has changed since the list, and so is left alone when it is undone."""
        after = read_mark(page, tuple[int])
        async with authorised(request) as actor:
            batch = await access.import_batch(actor, number, Action.SEE_IMPORTS)
            rows = await undoing.left(
                number, kept_of(batch), after[0] if after else None, limit + 1
            )
        return paged(rows, limit, _view, lambda row: [row["id"]])
