"""Photos and papers that have come: /attachments, and /pictures, where they are shown.

An address of a picture is good for minutes and ends with the session it was made for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

import asyncpg
import msgspec
from litestar import Controller, Response, delete, get, put
from litestar.params import FromPath

from backend import access, photos
from backend.access import PUBLIC, allows
from backend.domain.calendar import SHANGHAI
from backend.domain.masking import masked_name
from backend.domain.receipts import receipt_number
from backend.domain.roles import Action, Actor
from backend.photos import Photos
from backend.problems import Problem
from backend.routes.context import (
    ApiRequest,
    authorised,
    now_of,
    photos_of,
    request_id,
    vault_of,
)
from backend.routes.errors import documented
from backend.routes.schemas import KeyQuery, NumberPath
from backend.store import audit, media, reuse
from backend.store.database import transaction
from backend.vault import Expired, Forged, Vault
from media.objects import ObjectMissing, StoreError
from media.uploads import content_key
from media.workers import WorkerLost

_MOST_MISSING: Final = 500
_PATIENCE: Final = timedelta(hours=1)
_HEADERS: Final = {
    "cache-control": "private, no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
}


class What(StrEnum):
    """What of a content is shown: small, whole with the viewer's name across it, or as it came."""

    THUMBNAIL = "thumbnail"
    PREVIEW = "preview"
    ORIGINAL = "original"


class Addresses(msgspec.Struct):
    """Paths good for five minutes, for this session alone. No original for who may not see it."""

    thumbnail: str
    preview: str
    original: str | None


class ReuseFlagView(msgspec.Struct):
    """A photo used before, for other_person or same_person; `other` only for who may see both."""

    id: int
    attachment: int
    other: int | None
    kind: str
    match: str
    found_at: datetime
    decision: str | None
    decided_at: datetime | None


class AttachmentView(msgspec.Struct):
    """`arrived_at` is null as long as the bytes are missing; `refused` says why a file is not
    shown; `advice` are hints about a photo (media/advice.py).
    """

    id: int
    submission: UUID
    receipt: str
    region: str
    village: str
    name: str
    size: int
    evidence: str | None
    from_gallery: bool
    filed_at: datetime
    arrived_at: datetime | None
    examined_at: datetime | None
    refused: str | None
    erased_at: datetime | None
    held: bool
    kind: str | None
    width: int | None
    height: int | None
    pages: int | None
    advice: list[str]
    flags: list[ReuseFlagView]
    addresses: Addresses | None


def flag_view(row: asyncpg.Record, asker: Actor) -> ReuseFlagView:
    """The older photo is named only to who may see its village as well."""
    sees = asker.may(Action.SEE_BENEFICIARIES, row["other_region"])
    return ReuseFlagView(
        row["id"],
        row["attachment"],
        row["other"] if sees else None,
        row["kind"],
        row["match"],
        row["found_at"],
        row["decision"],
        row["decided_at"],
    )


def _addresses(vault: Vault, asker: Actor, row: asyncpg.Record) -> Addresses | None:
    if row["examined_at"] is None or row["refused"] or row["erased_at"]:
        return None
    until = photos.expires(asker.now)

    def path(what: What) -> str:
        return f"/api/v1/pictures/{vault.view_token(asker.session, row['id'], what.value, until)}"

    whole = asker.may(Action.SEE_ORIGINALS, row["region"])
    return Addresses(
        path(What.THUMBNAIL), path(What.PREVIEW), path(What.ORIGINAL) if whole else None
    )


_PLAIN: Final = (
    "id", "submission", "region", "village", "name", "size", "evidence", "from_gallery", "filed_at",
    "arrived_at", "examined_at", "refused", "erased_at", "kind", "width", "height", "pages",
)  # fmt: skip


def attachment_view(
    row: asyncpg.Record, flags: Sequence[asyncpg.Record], asker: Actor, vault: Vault
) -> AttachmentView:
    """One photo or paper as the asker may know it."""
    return AttachmentView(
        **{name: row[name] for name in _PLAIN},
        receipt=receipt_number(row["receipt"]),
        held=row["held_at"] is not None,
        advice=list(row["advice"] or ()),
        flags=[flag_view(each, asker) for each in flags if each["attachment"] == row["id"]],
        addresses=_addresses(vault, asker, row),
    )


class AttachmentController(Controller):
    path = "/attachments"
    tags = ("attachments",)

    @get("/", opt=allows(Action.SEE_DUTIES), responses=documented())
    async def missing(self, request: ApiRequest, region: KeyQuery = None) -> list[AttachmentView]:
        """Photos and papers named an hour ago or earlier whose bytes have not come; 500 at most."""
        async with authorised(request) as asker:
            scopes = access.reach(asker, Action.SEE_DUTIES, region)
            rows = await media.missing(scopes, region, asker.now - _PATIENCE, _MOST_MISSING)
        return [attachment_view(row, (), asker, vault_of(request)) for row in rows]

    @get("/{number:int}", opt=allows(Action.SEE_DUTIES), responses=documented())
    async def one(self, request: ApiRequest, number: NumberPath) -> AttachmentView:
        """One photo or paper, with addresses to look at it."""
        async with authorised(request) as asker:
            row = await access.attachment(asker, number)
            flags = await reuse.of_attachments([number])
        return attachment_view(row, flags, asker, vault_of(request))

    @put("/{number:int}/hold", opt=allows(Action.HOLD_MEDIA), responses=documented())
    async def hold(self, request: ApiRequest, number: NumberPath) -> None:
        """Keeps it in spite of its age: a procedure is under way."""
        async with authorised(request) as asker:
            await _held(asker, number, asker.now)

    @delete("/{number:int}/hold", opt=allows(Action.HOLD_MEDIA), responses=documented())
    async def release(self, request: ApiRequest, number: NumberPath) -> None:
        """It may be erased again when it is old enough."""
        async with authorised(request) as asker:
            await _held(asker, number, None)


async def _held(asker: Actor, number: int, at: datetime | None) -> None:
    row = await access.attachment(asker, number)
    await media.hold(number, at)
    action = "media.release" if at is None else "media.hold"
    await audit.write(audit.by(asker, action, f"attachment:{number}", row["region"]))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A picture that may be shown, and to whom."""

    what: What
    row: asyncpg.Record
    asker: Actor


class PictureController(Controller):
    path = "/pictures"
    tags = ("attachments",)

    @get(
        "/{token:str}",
        opt=PUBLIC,
        responses=documented("picture_gone", "picture_not_here", "picture_refused"),
    )
    async def show(self, request: ApiRequest, token: FromPath[str]) -> Response[bytes]:
        """The picture that an address of an attachment names; whole ones leave a trace."""
        wanted = await _wanted(request, token)
        content = await _content(photos_of(request), wanted)
        if wanted.what is not What.ORIGINAL:
            return Response(content, headers=_HEADERS, media_type="image/jpeg")
        name = f"{receipt_number(wanted.row['receipt'])}-{wanted.row['position']}"
        disposition = f'attachment; filename="{name}.{wanted.row["kind"].rpartition("/")[2]}"'
        headers = {**_HEADERS, "content-disposition": disposition}
        return Response(content, headers=headers, media_type="application/octet-stream")


async def _wanted(request: ApiRequest, token: str) -> _Wanted:
    now = now_of(request)
    try:
        session, number, name = vault_of(request).read_view_token(token, now)
        what = What(name)
    except (Expired, Forged, ValueError):
        raise Problem("not_found") from None
    async with transaction():
        asker = await access.actor(session, Action.SIGNED_IN, now, request_id(request))
        row = await access.attachment(asker, number)
        found = _Wanted(what, row, asker)
        _check(found)
        if found.what is not What.THUMBNAIL:
            subject = f"attachment:{number}"
            await audit.write(audit.by(asker, f"media.see_{what}", subject, row["region"]))
    return found


def _check(wanted: _Wanted) -> None:
    row = wanted.row
    if wanted.what is What.ORIGINAL and not wanted.asker.may(Action.SEE_ORIGINALS, row["region"]):
        raise Problem("not_found")
    if row["erased_at"] is not None:
        raise Problem("picture_gone")
    if row["refused"] is not None:
        raise Problem("picture_refused", reason=row["refused"])
    if row["examined_at"] is None:
        raise Problem("picture_not_here")


async def _content(keeping: Photos, wanted: _Wanted) -> bytes:
    sha256 = wanted.row["sha256"]
    key = {
        What.THUMBNAIL: photos.thumbnail_key,
        What.PREVIEW: photos.preview_key,
        What.ORIGINAL: content_key,
    }[wanted.what](sha256)
    try:
        content = await keeping.store.get(key)
        if wanted.what is What.PREVIEW:
            return await keeping.workers.watermark(content, _lines(wanted))
    except ObjectMissing:
        raise Problem("picture_not_here") from None
    except (StoreError, WorkerLost):
        raise Problem("unavailable") from None
    return content


def _lines(wanted: _Wanted) -> list[str]:
    """Where and when it was filed, and who looks at it when."""
    row, local = wanted.row, "%Y-%m-%d %H:%M"
    filed = row["filed_at"].astimezone(SHANGHAI).strftime(local)
    seen = wanted.asker.now.astimezone(SHANGHAI).strftime(local)
    return [
        f"{row['village']} {filed}",
        f"{receipt_number(row['receipt'])} · {masked_name(wanted.asker.name)} {seen}",
    ]
