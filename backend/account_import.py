"""Opening accounts by a list: all of it or nothing, and again without harm.

A phone number names a person. Whoever is known keeps their account and only gets the posts they
lack; who is new comes in by an invitation, for no list holds a password.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

import asyncpg

from backend import lists
from backend.appointments import Newcomer, Wish, account_of, post_of
from backend.domain.account_list import HEADINGS, KIND, NEEDED, AccountRow, read_row
from backend.domain.roles import Action, Actor, appointing_action
from backend.domain.row_faults import RowFault
from backend.lists import Ask, Headings, Report, Whole
from backend.problems import Problem
from backend.store import people, regions, rosters, undoing
from backend.store.database import transaction
from backend.store.undoing import POSTS
from backend.tables import Account, Post
from backend.vault import Vault

ACCOUNTS: Final = Headings(HEADINGS, NEEDED)


@dataclass(frozen=True, slots=True)
class _Known:
    """What no row knows of itself: the county's regions, whose phones these are, who holds what."""

    regions: Mapping[str, asyncpg.Record]
    people: Mapping[str, asyncpg.Record]
    held: frozenset[tuple[UUID, str, str]]

    def holds(self, row: AccountRow) -> bool:
        person = self.people.get(row.phone)
        return person is not None and (person["id"], row.role.value, row.region) in self.held

    def name(self, phone: str) -> str | None:
        """The name that the phone is bound to: an account left idle takes the list's."""
        person = self.people.get(phone)
        return None if person is None or person["idle"] else person["name"]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a list adds: accounts by phone, new names of idle ones, posts with their account."""

    opened: Mapping[str, Account]
    renamed: Mapping[UUID, str]
    posts: Sequence[Post]
    same: int

    def counts(self) -> dict[str, int]:
        return {
            "new": len(self.opened),
            "renamed": len(self.renamed),
            "posts": len(self.posts),
            "same": self.same,
        }


async def import_accounts(ask: Ask, actor: Actor, vault: Vault, nobodys_hash: str) -> Report:
    """Reads a list, and unless it is a dry run or has faults, opens accounts and gives posts.

    `nobodys_hash` is of a password that nobody knows. Problems: those of `lists.read_whole`, and
    phone_taken when somebody else opened one of these accounts at the same moment.
    """
    async with transaction():
        await rosters.hold(ask.county)
        whole = await lists.read_whole(ask.path, ACCOUNTS)
        read = [read_row(row.line, whole.listing.values(row)) for row in whole.rows]
        rows = [row for row in read if isinstance(row, AccountRow)]
        known = await _known(rows, vault, actor)
        faults = [fault for row in read if isinstance(row, list) for fault in row]
        faults += [*_misplaced(rows, known, actor), *_twice(rows), *_strange(rows, known)]
        if faults:
            return await lists.reject_whole(whole, KIND, ask, sorted(faults), vault)
        return await _settle(ask, whole, _wanted(rows, known, vault, actor, nobodys_hash))


async def _known(rows: Sequence[AccountRow], vault: Vault, actor: Actor) -> _Known:
    now, scopes = actor.now, actor.scopes(Action.IMPORT_ACCOUNTS)
    phones = {vault.index(row.phone): row.phone for row in rows}
    found = await people.by_phones(list(phones), scopes, now)
    held = await people.posts_held([row["id"] for row in found], now)
    return _Known(
        await regions.known(sorted({row.region for row in rows})),
        {phones[row["phone_index"]]: row for row in found},
        frozenset((row["account"], row["role"], row["region"]) for row in held),
    )


def _misplaced(rows: Sequence[AccountRow], known: _Known, actor: Actor) -> Iterator[RowFault]:
    for row in rows:
        place = known.regions.get(row.region)
        if not actor.may(appointing_action(row.role), row.region):
            yield RowFault(row.line, "region_code", "other_county")
        elif place is None:
            yield RowFault(row.line, "region_code", "region_unknown")
        elif place["valid_to"] is not None:
            yield RowFault(row.line, "region_code", "region_over")


def _twice(rows: Sequence[AccountRow]) -> Iterator[RowFault]:
    seen: set[tuple[str, str, str]] = set()
    for row in rows:
        post = (row.phone, row.role.value, row.region)
        if post in seen:
            yield RowFault(row.line, "", "row_twice")
        seen.add(post)


def _strange(rows: Sequence[AccountRow], known: _Known) -> Iterator[RowFault]:
    """One phone is one person, in the list as among the accounts, and of this county."""
    names: dict[str, str] = {}
    for row in rows:
        person = known.people.get(row.phone)
        if person is not None and person["elsewhere"]:
            yield RowFault(row.line, "phone", "of_elsewhere")
            continue
        name = names.setdefault(row.phone, known.name(row.phone) or row.name)
        if row.name != name:
            yield RowFault(row.line, "name", "other_name")


def _wanted(
    rows: Sequence[AccountRow], known: _Known, vault: Vault, actor: Actor, nobodys_hash: str
) -> _Wanted:
    opened: dict[str, Account] = {}
    renamed: dict[UUID, str] = {}
    posts: list[Post] = []
    missing = [row for row in rows if not known.holds(row)]
    for row in missing:
        person = known.people.get(row.phone)
        if person is None and row.phone not in opened:
            newcomer = Newcomer(uuid4(), row.name, row.phone, nobodys_hash, row.region)
            opened[row.phone] = account_of(newcomer, vault, actor.now)
        account = opened[row.phone].id if person is None else person["id"]
        if person is not None and person["name"] != row.name:
            renamed[account] = row.name
        wish = Wish(row.role, row.region, row.is_backup, actor.now)
        posts.append(post_of(account, wish))
    return _Wanted(opened, renamed, posts, len(rows) - len(missing))


async def _settle(ask: Ask, whole: Whole, wanted: _Wanted) -> Report:
    report = await lists.keep(ask, KIND, whole.listing, len(whole.rows), wanted.counts())
    if not ask.dry_run:
        await undoing.begin(report.batch)
        await _write(wanted)
        given = [post.id for post in wanted.posts]
        await undoing.keep_after(report.batch, POSTS, "SELECT unnest($2::uuid[])", given)
        await lists.audited(ask, "account.import", report)
    return report


async def _write(wanted: _Wanted) -> None:
    try:
        await people.add_people(list(wanted.opened.values()), wanted.posts)
    except asyncpg.UniqueViolationError:
        raise Problem("phone_taken") from None
    for account, name in wanted.renamed.items():
        await people.rename(account, name)
