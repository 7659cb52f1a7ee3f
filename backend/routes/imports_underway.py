"""Lists that are being read just now: /imports/underway."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Controller, get

from backend import access
from backend.access import allows
from backend.domain.roles import Action
from backend.routes.context import ApiRequest, authorised, underway_of
from backend.routes.errors import documented
from backend.routes.import_templates import ImportKind
from backend.underway import Work


class UnderwayView(msgspec.Struct):
    """A list that is being read, by whom; `total` rows are known when all have been read, and what
    is left then is the writing.
    """

    id: UUID
    kind: ImportKind
    who: str
    since: datetime
    done: int
    total: int | None


def _underway(work: Work) -> UnderwayView:
    kind = ImportKind(work.kind)
    return UnderwayView(work.number, kind, work.who, work.since, work.done, work.total)


class UnderwayController(Controller):
    path = "/imports"
    tags = ("imports",)

    @get("/underway", opt=allows(Action.SEE_IMPORTS), responses=documented())
    async def underway(self, request: ApiRequest) -> list[UnderwayView]:
        """Lists that are being read now for the asker's county, the oldest first."""
        async with authorised(request) as actor:
            scopes, seen = actor.scopes(Action.SEE_IMPORTS), access.lists_seen(actor)
        works = underway_of(request).within(scopes)
        return [_underway(each) for each in works if (each.kind == ImportKind.ACCOUNTS) in seen]
