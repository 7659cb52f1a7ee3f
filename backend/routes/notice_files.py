"""The files of notices, at addresses good for minutes and for one session: /notice-files."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

import asyncpg
from litestar import Controller, Response, get
from litestar.params import FromPath

from backend import access, photos, told
from backend.access import PUBLIC
from backend.domain.roles import Action, Actor
from backend.photos import Photos
from backend.problems import Problem
from backend.routes.context import ApiRequest, now_of, photos_of, request_id, vault_of
from backend.routes.errors import documented
from backend.store.database import transaction
from backend.vault import Expired, Forged, Vault
from media.objects import ObjectMissing, StoreError
from media.uploads import content_key

_HEADERS: Final = {
    "cache-control": "private, no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
}


class Part(StrEnum):
    """What of a file is given: a picture of it (of a paper, its first page), or all of it.

    The names are no `What` of pictures.py: an address of one does not serve for the other.
    """

    PICTURE = "notice_picture"
    WHOLE = "notice_whole"


def addresses(vault: Vault, asker: Actor, file: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Where its picture is to be had, and the whole; nowhere before it has been examined."""
    if file["kind"] is None or file["refused"]:
        return None, None
    until = photos.expires(asker.now)

    def path(part: Part) -> str:
        token = vault.view_token(asker.session, file["id"], part.value, until)
        return f"/api/v1/notice-files/{token}"

    return path(Part.PICTURE), path(Part.WHOLE)


class NoticeFileController(Controller):
    path = "/notice-files"
    tags = ("notices",)

    @get(
        "/{token:str}",
        opt=PUBLIC,
        responses=documented("picture_gone", "picture_not_here", "picture_refused"),
    )
    async def give(self, request: ApiRequest, token: FromPath[str]) -> Response[bytes]:
        """The file that an address of a notice names."""
        part, row = await _wanted(request, token)
        content = await _content(photos_of(request), part, row)
        if part is Part.PICTURE:
            return Response(content, headers=_HEADERS, media_type="image/jpeg")
        # The name people gave it is for people; a header takes none.
        name = f"tongzhi-{row['id']}.{row['kind'].rpartition('/')[2]}"
        headers = {**_HEADERS, "content-disposition": f'attachment; filename="{name}"'}
        return Response(content, headers=headers, media_type="application/octet-stream")


async def _wanted(request: ApiRequest, token: str) -> tuple[Part, asyncpg.Record]:
    now = now_of(request)
    try:
        session, number, name = vault_of(request).read_view_token(token, now)
        part = Part(name)
    except (Expired, Forged, ValueError):
        raise Problem("not_found") from None
    async with transaction():
        asker = await access.actor(session, Action.SEE_NOTICES, now, request_id(request))
        row = await told.notice_file(asker, number)
    if row["erased_at"] is not None:
        raise Problem("picture_gone")
    if row["refused"] is not None:
        raise Problem("picture_refused", reason=row["refused"])
    if row["examined_at"] is None:
        raise Problem("picture_not_here")
    return part, row


async def _content(keeping: Photos, part: Part, row: asyncpg.Record) -> bytes:
    key = photos.preview_key if part is Part.PICTURE else content_key
    try:
        return await keeping.store.get(key(row["sha256"]))
    except ObjectMissing:
        raise Problem("picture_not_here") from None
    except StoreError:
        raise Problem("unavailable") from None
