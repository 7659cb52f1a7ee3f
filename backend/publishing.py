"""Publishing, correcting and withdrawing notices: with an audit entry, and word to readers."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from backend.domain.notices import check_confirm_by, check_scopes
from backend.domain.roles import Action, Actor
from backend.domain.sending import allowed_from
from backend.problems import Problem
from backend.store import audit, calendar, notices
from backend.store.notices import Words


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A notice of an office to some of its area; who publishes makes `id`."""

    id: UUID
    office: str
    scopes: Sequence[str]
    words: Words


async def publish(actor: Actor, new: NewNotice) -> None:
    """Stores a notice and tells its readers; sent again it changes nothing.

    Problems: not_found for an office not the asker's own, notice_conflict, file_not_sent, and
    those of the rules.
    """
    if new.office not in actor.scopes(Action.PUBLISH_NOTICES):
        raise Problem("not_found")
    scopes = check_scopes(new.office, new.scopes)
    known = await notices.within(new.id, actor.account, [new.office])
    if known is None:
        check_confirm_by(new.words.confirm_by, actor.now)
        await _check_files(actor, new.id, new.words)
        if await notices.publish(new.id, new.office, scopes, new.words, actor.account, actor.now):
            return await _announce(actor, "notice.publish", new.id, new.office, 1, new.words)
        raise Problem("notice_conflict")
    first = (known["version"], known["office"], tuple(known["scopes"]))
    said = (known["title"], known["body"], known["confirm_by"])
    words = new.words
    if first != (1, new.office, scopes) or said != (words.title, words.body, words.confirm_by):
        raise Problem("notice_conflict")
    return None


async def correct(actor: Actor, row: asyncpg.Record, words: Words) -> None:
    """A new version, to be read anew.

    Problems: notice_withdrawn, confirm_by_past, file_not_sent.
    """
    if row["withdrawn_at"] is not None:
        raise Problem("notice_withdrawn")
    check_confirm_by(words.confirm_by, actor.now)
    await _check_files(actor, row["id"], words)
    version = row["version"] + 1
    await notices.correct(row["id"], version, words, actor.account, actor.now)
    await _announce(actor, "notice.correct", row["id"], row["office"], version, words)


async def withdraw(actor: Actor, row: asyncpg.Record) -> None:
    """Takes it back, from phones as well."""
    if row["withdrawn_at"] is not None:
        return
    await notices.withdraw(row["id"], actor.now)
    await notices.touch_readers(row["id"], actor.now)
    await audit.write(audit.by(actor, "notice.withdraw", f"notice:{row['id']}", row["office"]))


async def _check_files(actor: Actor, number: UUID, words: Words) -> None:
    missing = set(
        await notices.unsent(number, actor.account, [each.sha256 for each in words.files])
    )
    if missing:
        names = [each.name for each in words.files if each.sha256 in missing]
        raise Problem("file_not_sent", names="、".join(names))


async def _announce(
    actor: Actor, action: str, number: UUID, office: str, version: int, words: Words
) -> None:
    """The list in the app has it at once; word of it waits for hours when people may be told."""
    await notices.touch_readers(number, actor.now)
    told_from = allowed_from(actor.now, (), await calendar.load(calendar.owner_of(office)))
    params = {"notice": str(number), "version": version, "confirm_by": words.confirm_by}
    await notices.tell(number, params, told_from, actor.now)
    await audit.write(audit.by(actor, action, f"notice:{number}", office, version=version))
