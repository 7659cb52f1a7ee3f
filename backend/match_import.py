"""Importing another office's list: signs of life certify, anything else is to be looked into.

Nobody's pension is stopped by a list. Whom it names keeps the list's source and row.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

import asyncpg

from backend import lists
from backend.domain.calendar import local_day
from backend.domain.certification.matches import (
    MATCH_HEADINGS,
    HitKind,
    HitOutcome,
    Matched,
    MatchRow,
    outcome,
    read_match,
)
from backend.domain.certification.words import PayStatus
from backend.domain.row_faults import RowFault
from backend.lists import Headings, Listing, Progress, Report
from backend.store import imports, matches, rosters, undoing
from backend.store.database import transaction
from backend.vault import Vault

MATCH: Final = Headings(MATCH_HEADINGS, ("id_no",))
KIND: Final = "match"
LONGEST_SOURCE: Final = 60
_CHUNK: Final = 5_000


@dataclass(frozen=True, slots=True)
class Ask(lists.Ask):
    """Another office's list. `kind` and `on` hold for rows that say nothing else."""

    kind: HitKind | None = None
    on: date | None = None


async def import_match(ask: Ask, vault: Vault, progress: Progress) -> Report:
    """Reads a list, and unless it is a dry run or has faults, writes what it means.

    Counts: unmatched rows, and hits by outcome. Problems: list_unreadable, columns_missing,
    column_twice, roster_empty.
    """
    async with transaction():
        listing = await asyncio.to_thread(lists.open_list, ask.path, MATCH)
        await matches.stage()
        rows, faulty = await lists.stage_list(
            listing, _reader(ask, vault), matches.put, vault, progress
        )
        if faulty:
            return await lists.reject(ask, KIND, listing, rows, faulty)
        return await _settle(ask, listing, rows)


def _reader(
    ask: Ask, vault: Vault
) -> Callable[[int, Mapping[str, str]], tuple[Any, ...] | list[RowFault]]:
    """Reads a row as it is staged."""
    today = local_day(ask.now)

    def read(line: int, values: Mapping[str, str]) -> tuple[Any, ...] | list[RowFault]:
        row = read_match(line, values, today, ask.kind, ask.on)
        if isinstance(row, list):
            return row
        return line, vault.id_number_index(row.id_number), row.name, row.kind.value, row.on

    return read


async def _settle(ask: Ask, listing: Listing, rows: int) -> Report:
    """Suspicions first, so that a sign of life in the same list does not hide one."""
    await rosters.hold(ask.county)
    last = await matches.ready()
    report = await lists.keep(ask, KIND, listing, rows, {})
    judge = _Judge(ask, report.batch)
    if not ask.dry_run:
        await undoing.begin(report.batch)
    for signs_of_life in (False, True):
        await judge.decide(signs_of_life, last)
    await undoing.keep_after(report.batch, undoing.PENSIONERS, None)
    counts = {"unmatched": await matches.unmatched(ask.county)}
    counts |= {each.value: judge.counts[each] for each in HitOutcome}
    await imports.set_counts(report.batch, counts)
    report = replace(report, counts=counts)
    if not ask.dry_run:
        await lists.audited(ask, "match.import", report, source=ask.source)
    return report


class _Judge:
    """Decides on the rows of one list, and knows what earlier rows of it have said."""

    def __init__(self, ask: Ask, batch: int) -> None:
        self._ask = ask
        self._batch = batch
        self._doubts: dict[UUID, frozenset[HitKind]] = {}
        self._proved: dict[UUID, date] = {}
        self.counts: Counter[HitOutcome] = Counter()

    async def decide(self, signs_of_life: bool, last: int) -> None:
        """Goes through the rows of one sort; a dry run writes nothing."""
        for after in range(0, last, _CHUNK):
            rows = await matches.matched(self._ask.county, signs_of_life, after, after + _CHUNK)
            judged = [(row, self._outcome(row)) for row in rows]
            self.counts += Counter(said for _, said in judged)
            if not self._ask.dry_run:
                await self._write(judged)

    def _outcome(self, row: asyncpg.Record) -> HitOutcome:
        person, kind, on = row["id"], HitKind(row["kind"]), row["happened_on"]
        doubts = self._doubts.get(person, frozenset()) | frozenset(map(HitKind, row["doubts"]))
        proofs = [day for day in (row["certified_on"], self._proved.get(person)) if day]
        listed = MatchRow(row["line"], "", row["listed"], kind, on)
        found = Matched(
            row["name"],
            PayStatus(row["pay_status"]),
            row["is_gone"],
            max(proofs, default=None),
            doubts,
        )
        said = outcome(listed, found)
        if said is HitOutcome.SUSPECT:
            self._doubts[person] = doubts | {kind}
        elif said is HitOutcome.CLEARED:
            self._proved[person] = on
        return said

    async def _write(self, judged: Sequence[tuple[asyncpg.Record, HitOutcome]]) -> None:
        now = self._ask.now
        hits = [(r["line"], r["id"], r["kind"], r["happened_on"], said) for r, said in judged]
        await matches.keep_hits(self._batch, hits, now)
        await matches.certify(
            self._batch,
            [(r["id"], r["happened_on"]) for r, said in judged if said is HitOutcome.CLEARED],
            now,
        )
