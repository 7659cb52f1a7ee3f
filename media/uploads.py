"""A tus server without a web framework: requests in, answers out. See `media.tus` for the words.

An upload is complete when its content is in the store and the caller has written its row; the last
byte counts only then. So a client that is told nothing is left to send has nothing to fear, and one
that failed at the very end sends one byte again, which repeats the end.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from media import tus
from media.budget import Budget
from media.intake import take_in
from media.objects import ObjectStore, StoreUnavailable, holds
from media.partials import NoPartial, Partial
from media.space import Busy, Lease, UploadSpace
from media.tus import Answer, Refusal, Refused, Request

MAX_BYTES: Final = 20 * 1024 * 1024
LIFE: Final = timedelta(days=3)
# Contents being stored, in memory at once: one of the largest, or many photos.
_IN_MEMORY: Final = MAX_BYTES


@dataclass(frozen=True, slots=True)
class Received:
    """A content that is in the store under `key`."""

    upload: str
    owner: str
    sha256: str
    length: int
    key: str


# Owner, SHA-256, length: whether this owner has the content already, so that it need not be sent.
# It must look no further than what the owner may see: a hash is not a ticket to others' files.
Known = Callable[[str, str, int], Awaitable[bool]]
# Writes the row. May be called again for the same upload; what it raises leaves it incomplete.
Attach = Callable[[Received], Awaitable[None]]


def content_key(sha256: str) -> str:
    """Where in the store an original lies."""
    return f"originals/{sha256}"


class Uploads:
    """`base` is the address below which uploads are named, like `/api/v1/uploads`."""

    def __init__(
        self, space: UploadSpace, store: ObjectStore, known: Known, attach: Attach, base: str
    ) -> None:
        self._space, self._store = space, store
        self._known, self._attach = known, attach
        self._base = base
        self._budget = Budget(_IN_MEMORY)

    async def answer(self, request: Request, now: datetime) -> Answer:
        """Never raises for what a client did; what `attach`, `known` or the body raise passes
        through once that which arrived is recorded.
        """
        try:
            return await self._answer(request, now)
        except Refused as error:
            return tus.refused(error.refusal)
        except NoPartial:
            return tus.refused(Refusal.MISSING)
        except Busy:
            return tus.refused(Refusal.BUSY)
        except StoreUnavailable:
            return tus.refused(Refusal.UNAVAILABLE)

    async def _answer(self, request: Request, now: datetime) -> Answer:
        match tus.method_of(request), request.upload:
            case "OPTIONS", _:
                return tus.capabilities(MAX_BYTES)
            case "POST", None:
                return await self._create(request, now)
            case ("HEAD" | "PATCH" | "DELETE") as method, str(upload):
                # Who asks has lost the connection that may still seem to send: so all three take
                # the upload in hand.
                async with self._space.lease(upload, request.owner) as lease:
                    return await self._go_on(method, lease, request, now)
            case _:
                raise Refused(Refusal.METHOD)

    async def _create(self, request: Request, now: datetime) -> Answer:
        length, sha256 = tus.declared(request.headers, MAX_BYTES)
        with_data = "content-type" in request.headers
        if with_data:
            tus.check_body(request.headers, room=length)
        checksum = tus.checksum_of(request.headers)
        known = await self._known(request.owner, sha256, length)
        expires = now + LIFE
        async with self._space.begin(request.owner, sha256, length, expires) as lease:
            if known:
                await lease.complete(expires)
            elif with_data:
                with suppress(StoreUnavailable):  # the offset says what could not be stored
                    await self._receive(lease, request, checksum, expires)
            if not lease.lasting:
                await lease.record(expires)
        location = f"{self._base}/{lease.partial.id}"
        return _stands(201, lease.partial, location=location)

    async def _go_on(self, method: str, lease: Lease, request: Request, now: datetime) -> Answer:
        if lease.partial.expires < now:
            raise Refused(Refusal.EXPIRED)
        match method:
            case "HEAD":
                upload = lease.partial
                length, metadata = str(upload.length), tus.metadata(upload.sha256)
                return _stands(200, upload, upload_length=length, upload_metadata=metadata)
            case "PATCH":
                await self._patch(lease, request, now)
                return _stands(204, lease.partial)
            case _:
                await lease.remove()
                return tus.answer(204)

    async def _patch(self, lease: Lease, request: Request, now: datetime) -> None:
        offset = tus.number(request.headers.get("upload-offset"), Refusal.OFFSET)
        if lease.partial.offset != offset:
            raise Refused(Refusal.CONFLICT)
        tus.check_body(request.headers, room=lease.partial.length - offset)
        checksum = tus.checksum_of(request.headers)
        if not lease.partial.complete:
            await self._receive(lease, request, checksum, now + LIFE)

    async def _receive(
        self, lease: Lease, request: Request, checksum: tus.Checksum | None, expires: datetime
    ) -> None:
        """Takes the body in; whatever ends it, what arrived stays."""
        try:
            await take_in(lease, request.body, checksum, expires)
            if not lease.missing:
                await self._finish(lease, expires)
        finally:
            if lease.unrecorded:
                await lease.record(expires)

    async def _finish(self, lease: Lease, expires: datetime) -> None:
        """Stores the content, has its row written, and only then counts the last byte. Each step
        may be done again.
        """
        upload = lease.partial
        async with self._budget.of(upload.length):
            content, sha256 = await lease.content()
            if sha256 != upload.sha256:
                await lease.remove()
                raise Refused(Refusal.CONTENT)
            key = content_key(sha256)
            await self._store.put(key, content)
            await self._attach(Received(upload.id, upload.owner, sha256, upload.length, key))
            if not await holds(self._store, key):
                # The sweeper met an old orphan of the same content before it had a row again.
                await self._store.put(key, content)
        await lease.complete(expires)


def _stands(status: int, upload: Partial, **headers: str) -> Answer:
    """An answer that says how far the upload is."""
    expires = tus.http_date(upload.expires)
    return tus.answer(status, upload_offset=str(upload.offset), upload_expires=expires, **headers)
