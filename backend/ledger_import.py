"""Importing sheets of the labour ledger: all of a sheet or nothing, and again without harm."""

import asyncio
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Final

from backend import lists
from backend.domain.calendar import local_day
from backend.domain.ledger.ages import comes_of_age, leaves_at, month_number, month_of
from backend.domain.ledger.fields import EMPTY
from backend.domain.ledger.rows import HEADINGS, NEEDED, LedgerRow, read_row
from backend.domain.masking import masked_phone
from backend.domain.row_faults import RowFault
from backend.lists import Ask, Headings, Progress, Report
from backend.roster_import import holders
from backend.store import ledger_lists, residents, rosters
from backend.store.database import to_json, transaction
from backend.vault import Vault

LEDGER: Final = Headings(HEADINGS, NEEDED)
KIND: Final = "residents"


class _Reader:
    """Reads rows one by one, with what no row can know of itself: villages, who is known."""

    def __init__(
        self,
        vault: Vault,
        ask: Ask,
        villages: Mapping[str, str | None],
        known: Collection[bytes],
        listed: Collection[str],
    ) -> None:
        self._vault, self._county, self._listed = vault, ask.county, listed
        self._today: date = local_day(ask.now)
        self._villages, self._known = villages, known
        self._seen: set[bytes] = set()

    def read(self, line: int, values: Mapping[str, str]) -> tuple[Any, ...] | list[RowFault]:
        """A row as it is staged, or all that is wrong with it."""
        row = read_row(line, values, self._listed, self._today)
        if isinstance(row, list):
            return row
        index = self._vault.id_number_index(row.number.text)
        reasons = {"region_code": self._misplaced(row.village), "id_no": self._unfit(row, index)}
        self._seen.add(index)
        faults = [RowFault(line, name, reason) for name, reason in reasons.items() if reason]
        return faults or self._staged(row, index)

    def _misplaced(self, village: str) -> str:
        if self._villages.get(village):
            return ""
        if not village.startswith(self._county):
            return "other_county"
        return "region_over" if village in self._villages else "region_unknown"

    def _unfit(self, row: LedgerRow, index: bytes) -> str:
        """Why somebody can't be in the sheet: twice, or new and not of working age."""
        if index in self._seen:
            return "listed_twice"
        if index in self._known:
            return ""
        born, month = month_of(row.number.born_on), month_number(month_of(self._today))
        if month < comes_of_age(born):
            return "too_young"
        return "too_old" if month >= leaves_at(born, not row.number.is_male) else ""

    def _staged(self, row: LedgerRow, index: bytes) -> tuple[Any, ...]:
        """In the order of `ledger_lists.STAGED`."""
        said = dict(row.said)
        phone = said.get("phone")
        if phone:
            said["phone"] = masked_phone(phone)
        facts = said if index in self._known else {**EMPTY, **said}
        return (
            row.line,
            index,
            self._vault.seal(row.number.text),
            row.number.born_on,
            not row.number.is_male,
            self._villages[row.village],
            self._vault.seal(phone) if phone is not None else None,
            self._vault.index(phone) if phone is not None else None,
            to_json(facts),
            row.kind.value if row.kind and row.kind.ends else None,
        )


async def import_ledger(ask: Ask, vault: Vault, progress: Progress) -> Report:
    """Reads a sheet, compares it, and unless it is a dry run or has faults, writes it.

    Problems: list_unreadable, columns_missing, column_twice, roster_empty.
    """
    async with transaction():
        await rosters.hold(ask.county)
        await residents.hold(ask.county)
        listing = await asyncio.to_thread(lists.open_list, ask.path, LEDGER)
        villages = holders(await rosters.villages(ask.county))
        known = await ledger_lists.live(ask.county)
        reader = _Reader(vault, ask, villages, known, listing.places)
        await ledger_lists.stage()
        rows, faulty = await lists.stage_list(
            listing, reader.read, ledger_lists.put, vault, progress
        )
        if faulty:
            return await lists.reject(ask, KIND, listing, rows, faulty)
        counts = await ledger_lists.compare(ask.county)
        report = await lists.keep(ask, KIND, listing, rows, counts)
        await ledger_lists.keep_changes(report.batch)
        if not ask.dry_run:
            await _take(ask, report)
        return report


async def _take(ask: Ask, report: Report) -> None:
    await ledger_lists.hold_villages()
    await ledger_lists.apply(report.batch, ask.county, ask.account, ask.now, local_day(ask.now))
    await lists.audited(ask, "residents.import", report)
