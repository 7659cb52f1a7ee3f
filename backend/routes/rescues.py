"""Files that phones without a network handed over: /rescues."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from itertools import product
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Controller, post
from litestar.params import RawBody
from msgspec import Meta
from msgspec.structs import replace as replaced

from backend.access import allows
from backend.domain.filing import Item
from backend.domain.regions import contains
from backend.domain.roles import Action, Actor, HeldPost
from backend.problems import Problem, language_of
from backend.routes.batches import batch_operation, read_item
from backend.routes.context import ApiRequest, asking, authorised, photos_of, vault_of
from backend.routes.errors import documented
from backend.routes.resident_changes import ResidentChangeIn, ResidentChangeOutcome, changed
from backend.routes.schemas import check_years
from backend.routes.submissions import (
    ItemOutcome,
    SubmissionIn,
    filed,
    item_of,
    item_outcome,
)
from backend.store import audit, media, people
from backend.store.database import transaction
from media.uploads import MAX_BYTES, content_key

FORMAT: Final = ("rescue", 1)
# Stands in the filing beside who read the file in; the phone may still send the same item itself.
REASON: Final = "救援文件导入"
MOST_ITEMS: Final = 1000
_AT_ONCE: Final = 100
# The phone puts at most 40 MB of photos into a file; base64 makes four bytes of three.
_MOST_BYTES: Final = 64 * 2**20


class NamedPhoto(msgspec.Struct, forbid_unknown_fields=True):
    """A photo or paper that the phone had still to send."""

    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    name: Annotated[str, Meta(max_length=200)]
    size: int
    filing: Annotated[str, Meta(max_length=40)]


class RescuedPhoto(NamedPhoto, forbid_unknown_fields=True):
    """One whose bytes are in the file, in base64."""

    content: Annotated[bytes, Meta(max_length=MAX_BYTES)]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    cunbao: str
    version: int
    account: UUID
    items: Annotated[list[msgspec.Raw], Meta(max_length=MOST_ITEMS)]
    device_time: Annotated[datetime, Meta(tz=True)] | None = None
    changes: Annotated[list[msgspec.Raw], Meta(max_length=MOST_ITEMS)] = []
    photos: Annotated[list[RescuedPhoto], Meta(max_length=MOST_ITEMS)] = []
    missing: Annotated[list[NamedPhoto], Meta(max_length=MOST_ITEMS)] = []


class RescueFile(msgspec.Struct, forbid_unknown_fields=True):
    """As the phone wrote it: reports, `changes` of the ledger, photos. `device_time` is its clock
    then; `missing` are photos that did not fit or were lost.
    """

    cunbao: str
    version: int
    account: UUID
    items: Annotated[list[SubmissionIn], Meta(max_length=MOST_ITEMS)]
    device_time: Annotated[datetime, Meta(tz=True)] | None = None
    changes: Annotated[list[ResidentChangeIn], Meta(max_length=MOST_ITEMS)] = []
    photos: Annotated[list[RescuedPhoto], Meta(max_length=MOST_ITEMS)] = []
    missing: Annotated[list[NamedPhoto], Meta(max_length=MOST_ITEMS)] = []


class RescueOutcome(msgspec.Struct):
    """An outcome for each report and each change of the ledger, in the order of the file."""

    server_time: datetime
    items: list[ItemOutcome]
    changes: list[ResidentChangeOutcome]


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
    if not (found.items or found.changes or found.photos):
        raise Problem("invalid", faults=[{"field": "items", "reason": "nothing to read in"}])
    for number, photo in enumerate(found.photos):
        if sha256(photo.content).hexdigest() != photo.sha256:
            fault = {"field": f"photos[{number}]", "reason": "content and sha256 differ"}
            raise Problem("invalid", faults=[fault])
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
    request_max_body_size = _MOST_BYTES

    @post(
        "/",
        opt=allows(Action.IMPORT_RESCUES),
        status_code=200,
        operation_class=batch_operation(RescueFile),
        responses=documented("malformed", "invalid", "too_large", "rescue_version", "not_found"),
    )
    async def read_in(self, request: ApiRequest, body: RawBody) -> RescueOutcome:
        """Files what a phone could not send, for its owner's villages in the asker's area, changes
        their ledgers, and stores the photos that belong to it.
        """
        asker, file = await asking(request), await asyncio.to_thread(_read, body)
        actor = await _for_liaison(asker, file.account)
        items = await _filed(request, actor, file)
        changes = await _changed(request, actor, file)
        store = photos_of(request).store
        for photo in file.photos:
            await store.put(content_key(photo.sha256), photo.content)
        async with authorised(request) as asker:
            # What is filed now is the asker's; what the phone filed before is its owner's.
            for photo, account in product(file.photos, (file.account, asker.account)):
                await media.arrived(account, photo.sha256, len(photo.content), asker.now)
            await audit.write(_entry(asker, file, items, changes))
        return RescueOutcome(actor.now, items, changes)


async def _filed(request: ApiRequest, actor: Actor, file: _File) -> list[ItemOutcome]:
    language = language_of(request.headers.get("accept-language"))
    items = [read_item(part, SubmissionIn, _rescued) for part in file.items]
    outcomes: list[ItemOutcome] = []
    for first in range(0, len(items), _AT_ONCE):
        some = items[first : first + _AT_ONCE]
        found, receipts = await filed(actor, some, file.device_time, vault_of(request).draw_key)
        numbers = range(first, first + len(some))
        outcomes += [
            item_outcome(*each, receipts, language)
            for each in zip(numbers, some, found, strict=True)
        ]
    return outcomes


async def _changed(request: ApiRequest, actor: Actor, file: _File) -> list[ResidentChangeOutcome]:
    language = language_of(request.headers.get("accept-language"))
    outcomes: list[ResidentChangeOutcome] = []
    for first in range(0, len(file.changes), _AT_ONCE):
        some = file.changes[first : first + _AT_ONCE]
        async with transaction():
            found = await changed(actor, vault_of(request), some, file.device_time, language)
        outcomes += [replaced(each, index=first + each.index) for each in found]
    return outcomes


def _entry(
    actor: Actor,
    file: _File,
    items: list[ItemOutcome],
    changes: list[ResidentChangeOutcome],
) -> audit.Entry:
    counts: dict[str, Any] = dict(Counter(each.outcome.value for each in items))
    stored = [each for each in changes if each.receipt is not None]
    counts |= {"changes": len(stored), "changes_refused": len(changes) - len(stored)}
    counts |= {"photos": len(file.photos), "photos_missing": len(file.missing)}
    return audit.by(actor, "rescue.import", f"account:{file.account}", None, **counts)
