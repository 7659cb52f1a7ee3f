"""Undoing the newest list of a kind: everybody goes back to how they were before it.

Who has changed since, by a certification, an office or another list, stays as they are and is
named. Nobody is deleted: whom the list brought is gone, as with a roster that leaves them out, and
a post that it gave is ended unless somebody came in by it. Regions that nobody used are taken away.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import asyncpg

from backend import county_regions, ledger_import, match_import, roster_import
from backend.domain import account_list
from backend.domain.calendar import local_day
from backend.domain.roles import Actor
from backend.problems import Problem
from backend.store import audit, imports, regions, residents, rosters, undoing
from backend.store.database import from_json
from backend.store.undoing import PENSIONERS, POSTS, REGIONS, RESIDENTS, Kept


@dataclass(frozen=True, slots=True)
class Undone:
    """How many go back to what they were, and how many are left as they are now."""

    restored: int
    left: int


def kept_of(batch: asyncpg.Record) -> Kept:
    """What lists of this kind write to. Problem import_not_undoable."""
    if not batch["undoable"]:
        raise Problem("import_not_undoable")
    return _WAYS[batch["kind"]].kept


async def undo(batch: asyncpg.Record, actor: Actor, dry_run: bool) -> Undone:
    """Undoes a list, or says what that would do; one undone already answers as it did then.

    Problems: import_not_undoable, import_followed.
    """
    kept, number = kept_of(batch), batch["id"]
    await rosters.hold(batch["county"])
    await residents.hold(batch["county"])
    # As it stands now that nobody else is at it.
    [batch] = await imports.page([batch["county"]], None, number + 1, 1)
    if batch["outcome"] == "undone":
        counts = from_json(batch["counts"])
        return Undone(counts["restored"], counts["left"])
    if not await undoing.is_newest(number):
        raise Problem("import_followed")
    same, changed = await undoing.counted(number, kept)
    if not dry_run:
        await _WAYS[batch["kind"]].restore(number, actor)
        counts = from_json(batch["counts"]) | {"restored": same, "left": changed}
        await imports.set_undone(number, counts)
        detail = {"restored": same, "left": changed}
        entry = audit.by(actor, "import.undo", f"import:{number}", batch["county"], **detail)
        await audit.write(entry)
    return Undone(same, changed)


async def _pensioners(batch: int, actor: Actor) -> None:
    await undoing.restore_pensioners(batch, actor.now, local_day(actor.now))
    await undoing.clear_hits(batch, actor.account, actor.now)


async def _residents(batch: int, actor: Actor) -> None:
    await undoing.restore_residents(batch, actor.account, actor.now, local_day(actor.now))


async def _posts(batch: int, actor: Actor) -> None:
    await undoing.end_posts(batch, actor.now)


async def _regions(batch: int, _: Actor) -> None:
    await regions.touch(await undoing.restore_regions(batch))


@dataclass(frozen=True, slots=True)
class _Way:
    """How lists of a kind are undone: what they write to, and who writes it back."""

    kept: Kept
    restore: Callable[[int, Actor], Awaitable[None]]


_WAYS: Final = {
    roster_import.KIND: _Way(PENSIONERS, _pensioners),
    match_import.KIND: _Way(PENSIONERS, _pensioners),
    ledger_import.KIND: _Way(RESIDENTS, _residents),
    account_list.KIND: _Way(POSTS, _posts),
    county_regions.KIND: _Way(REGIONS, _regions),
}
