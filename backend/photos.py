"""Photos and papers of one process: the store, sealed; uploads; the workers that read them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import media
from backend.domain.roles import Actor
from backend.settings import Settings
from backend.store import audit
from backend.store import media as rows
from backend.store.database import transaction
from backend.vault import Vault
from media.objects import ObjectStore
from media.scanning import Scanner
from media.sealed import SealedStore
from media.sealing import Algorithm, KeyRing, SealKey
from media.space import UploadSpace
from media.tus import Answer, Request
from media.uploads import Received, Uploads, content_key
from media.workers import Workers

UPLOADS: Final = "/api/v1/uploads"
_ALGORITHMS: Final[Mapping[str, Algorithm]] = {
    "aes": Algorithm.AES_256_GCM,
    "sm4": Algorithm.SM4_GCM,
}
PREVIEW, THUMBNAIL = "previews", "thumbnails"
_asking: ContextVar[Actor] = ContextVar("who sends")


def preview_key(sha256: str) -> str:
    """Where the preview of a content lies."""
    return f"{PREVIEW}/{sha256}"


def thumbnail_key(sha256: str) -> str:
    """Where its thumbnail lies."""
    return f"{THUMBNAIL}/{sha256}"


def keys_of(sha256: str) -> tuple[str, str, str]:
    """All that is stored of a content, the original first."""
    return content_key(sha256), preview_key(sha256), thumbnail_key(sha256)


def key_ring(config: Settings, vault: Vault) -> KeyRing:
    """Key 1 comes from the process's secret; those the operator adds follow it."""
    added = config.media_keys or ()
    return KeyRing(
        [
            SealKey(1, Algorithm.AES_256_GCM, vault.media_key),
            *(SealKey(number, _ALGORITHMS[name], key) for number, name, key in added),
        ]
    )


def open_bare(config: Settings) -> ObjectStore:
    """The store as it is, whose objects are sealed. Raises StoreUnavailable."""
    return media.open_store(
        config.objects,
        config.home,
        config.s3_endpoint,
        config.s3_access_key,
        config.s3_secret_key,
        config.s3_region,
    )


@dataclass(frozen=True, slots=True)
class Photos:
    """What one process needs for photos. `keep` is how long they are kept."""

    bare: ObjectStore
    store: SealedStore
    space: UploadSpace
    uploads: Uploads
    workers: Workers
    scanner: Scanner | None
    keep: timedelta

    async def receive(self, request: Request, asker: Actor) -> Answer:
        """What a tus client is answered; see `media.uploads`."""
        token = _asking.set(asker)
        try:
            return await self.uploads.answer(request, asker.now)
        finally:
            _asking.reset(token)


def open_photos(config: Settings, vault: Vault) -> Photos:
    """Opens nothing yet but the names. Raises StoreUnavailable for an address that is none."""
    bare = open_bare(config)
    store = SealedStore(bare, key_ring(config, vault))
    space = UploadSpace(config.home / "uploads", vault.upload_key)
    return Photos(
        bare,
        store,
        space,
        Uploads(space, store, _known, _attach, UPLOADS),
        Workers(2),  # reading what arrives, one at a time, keeps nobody waiting for a picture
        Scanner(config.clamd) if config.clamd else None,
        timedelta(days=365 * config.media_years),
    )


async def _known(owner: str, sha256: str, length: int) -> bool:
    return await rows.sent_by(UUID(owner), sha256, length)


async def _attach(received: Received) -> None:
    asker = _asking.get()
    async with transaction():
        await rows.arrived(asker.account, received.sha256, received.length, asker.now)
        subject = f"media:{received.sha256[:16]}"
        await audit.write(audit.by(asker, "media.upload", subject, bytes=received.length))


async def stored_contents() -> AsyncIterator[tuple[str, str]]:
    """(key, SHA-256) of every original that should be there."""
    async for page in rows.all_stored():
        for sha256 in page:
            yield content_key(sha256), sha256


async def named(keys: Sequence[str]) -> set[str]:
    """Of some keys: those that a row names."""
    known = set(await rows.known([key.rpartition("/")[2] for key in keys]))
    return {key for key in keys if key.rpartition("/")[2] in known}


def expires(now: datetime) -> datetime:
    """Until when an address of a picture may be used."""
    return now + timedelta(minutes=5)
