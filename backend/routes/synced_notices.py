"""Notices and answers as a phone keeps them: the newest ones, whole, when any has changed."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from backend.domain.roles import Action, Actor
from backend.routes.feedback import FeedbackView, feedback_view
from backend.store import feedback, notices
from backend.store.database import from_json


class SyncedFile(msgspec.Struct):
    """A file's name and size; its address comes with the notice, when somebody looks at it."""

    id: int
    name: str
    size: int
    kind: str | None


class SyncedNotice(msgspec.Struct, omit_defaults=True):
    """The version in force; one withdrawn has no words left."""

    id: UUID
    version: int
    office_name: str
    title: str
    body: str
    published_at: datetime
    version_at: datetime
    confirm_by: datetime | None = None
    withdrawn_at: datetime | None = None
    read_at: datetime | None = None
    files: list[SyncedFile] = []


class Told(msgspec.Struct):
    """What the offices said, or None for what the phone has already; `digest` tells them apart."""

    digest: int
    notices: list[SyncedNotice] | None = None
    feedback: list[FeedbackView] | None = None


def _notice(row: asyncpg.Record) -> SyncedNotice:
    over = row["withdrawn_at"] is not None
    return SyncedNotice(
        row["id"],
        row["version"],
        row["office_name"],
        row["title"],
        "" if over else row["body"],
        row["published_at"],
        row["version_at"],
        row["confirm_by"],
        row["withdrawn_at"],
        row["read_at"],
        msgspec.convert([] if over else from_json(row["files"]) or [], list[SyncedFile]),
    )


async def told(actor: Actor, known: int) -> Told:
    """Notices to the asker's villages and what became of what they wrote, unless `known`."""
    villages = actor.scopes(Action.READ_NOTICES)
    said = await notices.for_phone(actor.account, villages, actor.now)
    sent = await feedback.page(
        actor.account, (), is_open=None, after=None, limit=feedback.MOST_SYNCED
    )
    digest = _digest(actor.account, [*said, *sent])
    if digest == known:
        return Told(digest)
    return Told(digest, [_notice(row) for row in said], [feedback_view(row) for row in sent])


def _digest(account: UUID, rows: Sequence[asyncpg.Record]) -> int:
    """63 bits of all that is sent, so that it is sent once."""
    summed = hashlib.blake2b(account.bytes, digest_size=8)
    for row in rows:
        summed.update(repr(tuple(row.values())).encode())
    return int.from_bytes(summed.digest()) >> 1
