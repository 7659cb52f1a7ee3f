"""A tus server without a web framework: requests in, answers out. See `media.tus` for the words.

An upload is complete when its content is in the store and the caller has written its row; the last
byte counts only then. So a client that is told nothing is left to send has nothing to fear, and one
that failed at the very end sends one byte again, which repeats the end.
"""

from collections.abc import Awaitable, Callable
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
            case "HEAD", str(upload):
                return await self._tell(await self._owned(upload, request, now))
            case "PATCH", str(upload):
                return await self._patch(await self._owned(upload, request, now), request, now)
            case "DELETE", str(upload):
                return await self._terminate(await self._owned(upload, request, now))
            case _:
                raise Refused(Refusal.METHOD)

    async def _owned(self, upload: str, request: Request, now: datetime) -> Partial:
        """The upload, if it is the asker's and its time is not over. Raises Refused, NoPartial."""
        partial = await self._space.find(upload)
        if partial.owner != request.owner:
            raise NoPartial
        if partial.expires < now:
            raise Refused(Refusal.EXPIRED)
        return partial

    async def _create(self, request: Request, now: datetime) -> Answer:
        length, sha256 = tus.declared(request.headers, MAX_BYTES)
        with_data = "content-type" in request.headers
        if with_data:
            tus.check_body(request.headers, room=length)
        known = await self._known(request.owner, sha256, length)
        offset, expires = length if known else 0, now + LIFE
        upload = await self._space.create(request.owner, sha256, length, offset, expires)
        if with_data and not known:
            try:
                upload = await self._receive(upload.id, request, 0, now)
            except StoreUnavailable:  # the offset says what could not be stored
                upload = await self._space.find(upload.id)
        return tus.answer(
            201,
            location=f"{self._base}/{upload.id}",
            upload_offset=str(upload.offset),
            upload_expires=tus.http_date(upload.expires),
        )

    async def _tell(self, upload: Partial) -> Answer:
        if not upload.complete:  # who asks has lost the connection that may still seem to send
            async with self._space.lease(upload.id) as lease:
                upload = lease.partial
        return tus.answer(
            200,
            upload_offset=str(upload.offset),
            upload_length=str(upload.length),
            upload_metadata=tus.metadata(upload.sha256),
            upload_expires=tus.http_date(upload.expires),
        )

    async def _patch(self, upload: Partial, request: Request, now: datetime) -> Answer:
        offset = tus.number(request.headers.get("upload-offset"), Refusal.OFFSET)
        upload = await self._receive(upload.id, request, offset, now)
        return tus.answer(
            204,
            upload_offset=str(upload.offset),
            upload_expires=tus.http_date(upload.expires),
        )

    async def _terminate(self, upload: Partial) -> Answer:
        async with self._space.lease(upload.id) as lease:
            await lease.remove()
        return tus.answer(204)

    async def _receive(self, upload: str, request: Request, offset: int, now: datetime) -> Partial:
        """Takes the body in; whatever ends it, what arrived stays."""
        expires = now + LIFE
        checksum = tus.checksum_of(request.headers)
        async with self._space.lease(upload) as lease:
            if lease.partial.offset != offset:
                raise Refused(Refusal.CONFLICT)
            tus.check_body(request.headers, room=lease.partial.length - offset)
            try:
                await take_in(lease, request.body, checksum, expires)
                if not lease.missing and not lease.partial.complete:
                    await self._finish(lease, expires)
            finally:
                if lease.unrecorded:
                    await lease.record(expires)
            return lease.partial

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
