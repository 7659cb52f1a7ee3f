"""How long photos and papers are kept, and what a crash leaves of them."""

import logging
from datetime import datetime, timedelta
from typing import Final

from backend.domain.retention import RetentionRule
from backend.domain.sending import allowed_from
from backend.photos import Photos, keys_of, named
from backend.store import audit, calendar, media, retention
from backend.store.database import transaction
from media.objects import StoreUnavailable
from media.sweeping import TooManyOrphans, sweep

log = logging.getLogger("cunbao.photos")
_BATCH: Final = 20
# Phones send photos when they have a good line; after a day somebody should look.
PATIENCE: Final = timedelta(hours=24)
# Older ones have been told of, or reviewed: nobody looks through them again.
_RECENT: Final = timedelta(days=60)


async def erase_some(photos: Photos, now: datetime) -> bool:
    """Erases what is older than it may be; False when nothing is.

    The objects go while the rows are held: whoever sends the same content meanwhile waits for the
    row, then finds the object gone and stores it anew. A crash in between is a batch done again.
    """
    async with transaction():
        contents = await media.over_age(now - photos.keep, _BATCH)
        if not contents:
            return False
        await media.erase(contents, now)
        await retention.note(RetentionRule.OLD_PHOTOS, len(contents), now)
        await audit.write(
            *(audit.Entry(now, None, "media.erase", f"media:{each[:16]}") for each in contents)
        )
        for each in contents:
            for key in keys_of(each):
                await photos.store.delete(key)
    return True


async def tell_missing(now: datetime) -> bool:
    """Tells who filed that photos have not come for a day, when people may be disturbed."""
    async with transaction():
        if allowed_from(now, (), await calendar.load(calendar.SEED_OWNER)) == now:
            await media.tell_missing(now - PATIENCE, now)
    return False


async def tell_refused(now: datetime) -> bool:
    """Tells who filed that a photo can't be opened: they may still be near enough to retake it."""
    async with transaction():
        if allowed_from(now, (), await calendar.load(calendar.SEED_OWNER)) == now:
            await media.tell_refused(now - _RECENT, now)
    return False


async def expire_uploads(photos: Photos, now: datetime) -> bool:
    """Removes uploads that were begun and not gone on with."""
    removed = await photos.space.expire(now)
    async with transaction():
        await retention.note(RetentionRule.BROKEN_UPLOADS, removed, now)
    return False


async def sweep_once(photos: Photos, now: datetime) -> bool:
    """Removes old objects that no row names."""
    try:
        swept = await sweep(photos.bare, named, now)
    except (TooManyOrphans, StoreUnavailable) as error:
        log.warning("photos not swept", extra={"kind": type(error).__name__})
        return False
    async with transaction():
        await retention.note(RetentionRule.STRAY_PHOTOS, len(swept.removed), now)
    log.info("photos swept", extra={"removed": len(swept.removed), "seen": swept.seen})
    return False
