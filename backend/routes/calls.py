"""Whom no channel reaches, for the office to call: /call-list."""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec
from litestar import Controller, get, post
from litestar.params import FromQuery, JSONBody

from backend import access
from backend.access import allows
from backend.domain.phones import masked
from backend.domain.roles import Action
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised, vault_of
from backend.routes.errors import documented
from backend.routes.schemas import (
    KeyQuery,
    LimitQuery,
    NumberPath,
    Page,
    PageQuery,
    Reason,
    paged,
    read_mark,
)
from backend.store import audit, calls
from backend.vault import Vault


class CallView(msgspec.Struct):
    """Whom to call. The number is masked: POST /accounts/…/phone shows it for a stated purpose.

    `reason` is `unreachable` when every channel was tried in vain, else the service's own word on
    the address that is dead.
    """

    id: int
    region: str
    region_name: str
    account: UUID
    name: str
    phone: str
    channel: str
    reason: str
    since: datetime
    done_at: datetime | None
    note: str | None


class Called(msgspec.Struct, forbid_unknown_fields=True):
    note: Reason


def _view(row: asyncpg.Record, vault: Vault) -> CallView:
    return CallView(
        row["id"],
        row["region"],
        row["region_name"],
        row["account"],
        row["name"],
        masked(vault.unseal(row["phone_sealed"])),
        row["channel"],
        row["reason"],
        row["since"],
        row["done_at"],
        row["note"],
    )


class CallController(Controller):
    path = "/call-list"
    tags = ("channels",)

    @get("/", opt=allows(Action.CALL), responses=documented("bad_cursor", "not_found"))
    async def page(
        self,
        request: ApiRequest,
        region: KeyQuery = None,
        done: FromQuery[bool] = False,
        page: PageQuery = None,
        limit: LimitQuery = 50,
    ) -> Page[CallView]:
        """Whom to call, longest waiting first; with `done` those already called."""
        after = read_mark(page, tuple[datetime, int])
        vault = vault_of(request)
        async with authorised(request) as actor:
            scopes = access.reach(actor, Action.CALL, region)
            rows = await calls.page(scopes, region, done=done, after=after, limit=limit + 1)
        return paged(
            rows, limit, lambda row: _view(row, vault), lambda row: [row["since"], row["id"]]
        )

    @post(
        "/{number:int}/done",
        opt=allows(Action.CALL),
        status_code=204,
        responses=documented("not_found", "call_done"),
    )
    async def done(self, request: ApiRequest, number: NumberPath, data: JSONBody[Called]) -> None:
        """Takes somebody off the list, with a word on what was said."""
        async with authorised(request) as actor:
            row = await access.call(actor, number)
            if row["done_at"] is not None:
                raise Problem("call_done")
            await calls.finish(number, actor.account, data.note, actor.now)
            await audit.write(audit.by(actor, "call.done", f"call:{number}", row["region"]))
