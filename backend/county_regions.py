"""A county's townships and villages by a list: all of it or nothing, and again without harm.

The rules are those of the operator's import; a county brings in nothing that is not below it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from backend import lists, region_import
from backend.domain.region_list import Fault, Listed, Plan, Region, check, keys_asked
from backend.domain.row_faults import RowFault
from backend.lists import Ask, Headings, Report, Whole
from backend.region_import import COLUMNS
from backend.store import rosters, undoing
from backend.store.database import transaction
from backend.store.undoing import REGION_IDS, REGIONS
from backend.vault import Vault

KIND: Final = "regions"
LISTED: Final = Headings(COLUMNS, tuple(dict.fromkeys(COLUMNS.values())))
# What is wrong, as other lists say it: in which field, for which reason.
_SAID: Final[Mapping[str, tuple[str, str]]] = {
    "cells_beyond_header": ("", "cells_beyond_header"),
    "level_unknown": ("level", "unknown_word"),
    "not_12_digits": ("code", "not_a_code"),
    "digits_below_level": ("code", "below_level"),
    "no_number": ("code", "no_number"),
    "name_missing": ("name", "missing"),
    "name_too_long": ("name", "too_long"),
    "name_unseen_character": ("name", "unseen_character"),
    "code_twice": ("code", "row_twice"),
    "level_changed": ("level", "known_elsewhere"),
    "parent_empty": ("parent_code", "missing"),
    "parent_differs": ("parent_code", "not_the_parent"),
    "parent_unexpected": ("parent_code", "not_the_parent"),
    "parent_missing": ("parent_code", "parent_unknown"),
    "other_county": ("code", "other_county"),
}


async def import_regions(ask: Ask, vault: Vault) -> Report:
    """Reads a list, and unless it is a dry run or has faults, adds regions and renames known ones.

    Problems: those of `lists.read_whole`.
    """
    async with transaction():
        await rosters.hold(ask.county)
        whole = await lists.read_whole(ask.path, LISTED)
        rows = list(_rows(whole))
        plan = check(rows, await region_import.known(keys_asked(rows)))
        faults = [] if isinstance(plan, Plan) else list(plan)
        faults += [Fault(r.line, "other_county") for r in rows if _outside(r.code, ask.county)]
        if faults or not isinstance(plan, Plan):
            told = sorted({RowFault(fault.line, *_SAID[fault.reason]) for fault in faults})
            return await lists.reject_whole(whole, KIND, ask, told, vault)
        return await _settle(ask, whole, plan)


def _rows(whole: Whole) -> Iterator[Listed]:
    width = len(whole.listing.header)
    for row in whole.rows:
        values = dict.fromkeys(LISTED.required, "") | whole.listing.values(row)
        yield Listed(row.line, **values, beyond=any(row.cells[width:]))


def _outside(code: str, county: str) -> bool:
    """Whether a code that can be read is none of the county's own."""
    return code.isascii() and code.isdigit() and len(code) == 12 and not code.startswith(county)


async def _settle(ask: Ask, whole: Whole, plan: Plan) -> Report:
    report = await lists.keep(ask, KIND, whole.listing, len(whole.rows), plan.counts())
    if not ask.dry_run:
        await undoing.begin(report.batch)
        await undoing.keep_before(report.batch, REGIONS, REGION_IDS, _keys(plan.renamed))
        await region_import.write(plan)
        await undoing.keep_after(report.batch, REGIONS, REGION_IDS, _keys(plan.new))
        await lists.audited(ask, "region.import", report)
    return report


def _keys(found: Sequence[Region]) -> list[str]:
    return [region.key for region in found]
