"""Importing the roster of a county's pensioners: all of it or nothing, and again without harm.

Every row is checked before the first is written. Nobody is deleted: who is no longer listed, of
the insurances the list has, is gone from that day and comes back with a later list.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import asyncpg
import msgspec

from backend import lists
from backend.domain.calendar import local_day
from backend.domain.certification.roster import RosterRow, read_row
from backend.domain.certification.roster_columns import HEADINGS, REQUIRED
from backend.domain.regions import Level
from backend.domain.row_faults import RowFault
from backend.lists import Headings, Listing, Progress, Report
from backend.problems import Problem
from backend.store import rosters
from backend.store.database import transaction
from backend.vault import Vault

ROSTER: Final = Headings(HEADINGS, REQUIRED)
KIND: Final = "roster"
# A list that leaves out more than this is more likely a part of one; it has to be said aloud.
_MANY_PERCENT, _MANY = 5, 20


@dataclass(frozen=True, slots=True)
class Ask(lists.Ask):
    """A roster; `gone_ok` lets many be gone at once."""

    gone_ok: bool = False


class _Reader:
    """Reads rows one by one, with what no row can know of itself: the villages, the others."""

    def __init__(self, vault: Vault, ask: Ask, villages: Mapping[str, str | None]) -> None:
        self._vault = vault
        self._county = ask.county
        self._today = local_day(ask.now)
        self._villages = villages
        self._seen: set[bytes] = set()

    def read(self, line: int, values: Mapping[str, str]) -> tuple[Any, ...] | list[RowFault]:
        """A row as it is staged, or all that is wrong with it."""
        row = read_row(line, values, self._today)
        if isinstance(row, list):
            return row
        index = self._vault.id_number_index(row.id_number)
        faults = [*self._place_faults(row), *self._repeated(row, index)]
        return faults or self._staged(row, index)

    def _place_faults(self, row: RosterRow) -> list[RowFault]:
        if self._villages.get(row.village):
            return []
        if not row.village.startswith(self._county):
            reason = "other_county"
        else:
            reason = "region_over" if row.village in self._villages else "region_unknown"
        return [RowFault(row.line, "region_code", reason)]

    def _repeated(self, row: RosterRow, index: bytes) -> list[RowFault]:
        pension = index + row.insurance.value.encode()
        if pension in self._seen:
            return [RowFault(row.line, "id_no", "twice")]
        self._seen.add(pension)
        return []

    def _staged(self, row: RosterRow, index: bytes) -> tuple[Any, ...]:
        """In the order of `rosters.STAGED`."""
        texts = row.texts
        private = msgspec.json.encode([texts[name] for name in rosters.PRIVATE]).decode()
        return (
            row.line,
            index,
            self._vault.seal(row.id_number),
            row.born_on,
            row.insurance.value,
            self._villages[row.village],
            self._vault.seal(private),
            self._vault.private_digest(private),
            texts["name"],
            row.benefit_start,
            row.certified_on,
            row.certified_by.value if row.certified_by else None,
            row.due_told,
            texts["benef_id"],
            texts["group_no"],
            texts["household_no"],
            row.live_type.value if row.live_type else None,
            row.monthly_fen,
            row.pay_status.value,
            row.stopped_from,
            list(row.risk_tags),
            texts["ref_photo_id"],
        )


def holders(rows: list[asyncpg.Record]) -> dict[str, str | None]:
    """Who answers for each village of a county today; None for one that ended without heir."""
    known = {row["key"]: row for row in rows}

    def follow(key: str) -> str | None:
        for _ in known:
            row = known.get(key)
            if row is None:
                return None
            if row["valid_to"] is None:
                return key
            key = row["successor"] or ""
        return None

    return {key: follow(key) for key in known}


async def county_of(path: Path) -> str:
    """The county of a roster, told by its first village. Problems: those of `open_list`, and
    roster_without_village.
    """

    def find() -> str | None:
        listing = lists.open_list(path, ROSTER)
        for row in listing.rows:
            found = read_row(row.line, listing.values(row), date.max)
            if not isinstance(found, list):
                return found.village[: Level.COUNTY.digits]
        return None

    county = await asyncio.to_thread(find)
    if county is None:
        raise Problem("roster_without_village")
    return county


async def import_roster(ask: Ask, vault: Vault, progress: Progress) -> Report:
    """Reads a roster, compares it, and unless it is a dry run or has faults, writes it.

    Problems: list_unreadable, columns_missing, column_twice, roster_empty, roster_many_gone.
    """
    async with transaction():
        reader = _Reader(vault, ask, holders(await rosters.villages(ask.county)))
        listing = await asyncio.to_thread(lists.open_list, ask.path, ROSTER)
        await rosters.stage()
        rows, faulty = await lists.stage_list(listing, reader.read, rosters.put, vault, progress)
        if faulty:
            return await lists.reject(ask, KIND, listing, rows, faulty)
        return await _settle(ask, listing, rows)


async def _settle(ask: Ask, listing: Listing, rows: int) -> Report:
    await rosters.hold(ask.county)
    counts = await rosters.compare(ask.county, listing.places)
    known = sum(counts[kind] for kind in ("changed", "moved", "same", "gone"))
    many = max(_MANY, known * _MANY_PERCENT // 100)
    if counts["gone"] > many and not (ask.gone_ok or ask.dry_run):
        raise Problem("roster_many_gone", gone=counts["gone"], of=known)
    report = await lists.keep(ask, KIND, listing, rows, counts)
    await rosters.keep_changes(report.batch, ask.county)
    if not ask.dry_run:
        today = local_day(ask.now)
        await rosters.apply(report.batch, ask.county, listing.places, ask.now, today)
        await lists.audited(ask, "roster.import", report)
    return report
