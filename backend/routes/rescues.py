"""Files that phones without a network handed over: /rescues."""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Controller, post
from litestar.params import RawBody
from msgspec import Meta

from backend.access import allows
from backend.domain.filing import Item
from backend.domain.regions import contains
from backend.domain.roles import Action, Actor, HeldPost
from backend.problems import Problem, language_of
from backend.routes.batches import batch_operation, read_item
from backend.routes.context import ApiRequest, asking, authorised, vault_of
from backend.routes.errors import documented
from backend.routes.schemas import check_years
from backend.routes.submissions import (
    BatchOutcome,
    ItemOutcome,
    SubmissionIn,
    filed,
    item_of,
    item_outcome,
)
from backend.store import audit, people

FORMAT: Final = ("rescue", 1)
# Stands in the filing beside who read the file in; the phone may still send the same item itself.
REASON: Final = "救援文件导入"


class _File(msgspec.Struct, forbid_unknown_fields=True):
    cunbao: str
    version: int
    account: UUID
    items: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=100)]
    device_time: Annotated[datetime, Meta(tz=True)] | None = None


class RescueFile(msgspec.Struct, forbid_unknown_fields=True):
    """As the phone wrote it. `device_time` is its clock then."""

    cunbao: str
    version: int
    account: UUID
    items: Annotated[list[SubmissionIn], Meta(min_length=1, max_length=100)]
    device_time: Annotated[datetime, Meta(tz=True)] | None = None


_decoder = msgspec.json.Decoder(_File)


def _read(body: bytes) -> _File:
    """Problems: malformed, invalid, rescue_version."""
    try:
        found = _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Problem("invalid", faults=[{"field": "", "reason": str(error)}]) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem("malformed", field="", reason=str(error)) from None
    if (found.cunbao, found.version) != FORMAT:
        raise Problem("rescue_version")
    check_years(device_time=found.device_time)
    return found


def _rescued(parsed: SubmissionIn) -> Item:
    """The item with the digest it has when the phone sends it: both ways come to one receipt."""
    item = item_of(parsed)
    return replace(item, on_behalf_reason=item.on_behalf_reason or REASON)


async def _for_liaison(actor: Actor, account: UUID) -> Actor:
    """The asker as far as the villages of the phone's owner go, and no further."""
    villages = await people.villages_of(account, actor.scopes(Action.IMPORT_RESCUES))
    posts = tuple(
        HeldPost(held.id, held.role, village)
        for held in actor.posts
        for village in villages
        if contains(held.region, village)
    )
    if not posts:
        raise Problem("not_found")
    return replace(actor, posts=posts)


class RescueController(Controller):
    path = "/rescues"
    tags = ("filing",)

    @post(
        "/",
        opt=allows(Action.IMPORT_RESCUES),
        status_code=200,
        operation_class=batch_operation(RescueFile),
        responses=documented("malformed", "invalid", "too_large", "rescue_version", "not_found"),
    )
    async def read_in(self, request: ApiRequest, body: RawBody) -> BatchOutcome:
        """Files what a phone could not send, for its owner's villages in the asker's area."""
        asker, file = await asking(request), _read(body)
        actor = await _for_liaison(asker, file.account)
        items = [read_item(part, SubmissionIn, _rescued) for part in file.items]
        found, receipts = await filed(actor, items, file.device_time, vault_of(request).draw_key)
        language = language_of(request.headers.get("accept-language"))
        outcomes = [
            item_outcome(*each, receipts, language)
            for each in zip(range(len(items)), items, found, strict=True)
        ]
        async with authorised(request) as asker:
            await audit.write(_entry(asker, file, outcomes))
        return BatchOutcome(actor.now, outcomes)


def _entry(actor: Actor, file: _File, outcomes: list[ItemOutcome]) -> audit.Entry:
    counts: dict[str, Any] = dict(Counter(each.outcome.value for each in outcomes))
    return audit.by(actor, "rescue.import", f"account:{file.account}", None, **counts)
