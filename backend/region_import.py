"""Importing the tree of regions from a file: all of it or nothing, and again without harm.

Nothing is ever deleted or moved: a known region only takes its new name, and one that was merged
or re-coded stays as it ended.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backend import sheets
from backend.clock import Clock, system_clock
from backend.domain.region_list import Fault, Listed, Plan, Stored, check, keys_asked, shown
from backend.domain.regions import Level, code_of
from backend.sheets import BadSheet
from backend.store import audit, regions
from backend.store.audit import Entry
from backend.store.database import transaction

_CHUNK: Final = 5_000
_SHOWN: Final = 50

COLUMNS = {
    "code": "code",
    "代码": "code",
    "name": "name",
    "名称": "name",
    "level": "level",
    "级别": "level",
    "parent_code": "parent_code",
    "上级代码": "parent_code",
}


class ImportRejected(Exception):
    """The file has faults, so nothing was imported. Its text shows the first 50 and the count."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        more = len(faults) - _SHOWN
        lines = [str(fault) for fault in faults[:_SHOWN]]
        super().__init__("\n".join([*lines, f"… and {more} more"] if more > 0 else lines))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Result:
    """What an import did: counts, and in `notes` a line for all that it left out."""

    new: int
    renamed: int
    unchanged: int
    ended: int
    notes: tuple[str, ...]


def read_rows(path: Path) -> tuple[list[Listed], tuple[str, ...]]:
    """The rows below the header, and a note for each column ignored. Raises ImportRejected."""
    try:
        found = sheets.read(path)
        header = next(found, sheets.Row(1, []))
        places, notes = _places(header)
        rows = [_listed(row, places, len(header.cells)) for row in found]
    except BadSheet as bad:
        raise ImportRejected([Fault(bad.line, "file", bad.reason)]) from None
    if not rows:
        raise ImportRejected([Fault(0, "empty")])
    return rows, notes


def _places(header: sheets.Row) -> tuple[dict[str, int], tuple[str, ...]]:
    names = [COLUMNS.get(cell.lower(), "") for cell in header.cells]
    times = Counter(names)
    faults = [
        Fault(header.line, "column_twice", n) for n, found in times.items() if n and found > 1
    ]
    missing = sorted(set(COLUMNS.values()) - set(names))
    faults += [Fault(header.line, "column_missing", name) for name in missing]
    if faults:
        raise ImportRejected(faults)
    unknown = (cell for cell, name in zip(header.cells, names, strict=True) if cell and not name)
    notes = tuple(f"column {shown(cell)} is ignored" for cell in unknown)
    return {name: place for place, name in enumerate(names) if name}, notes


def _listed(row: sheets.Row, places: Mapping[str, int], width: int) -> Listed:
    cells = row.cells
    values = {name: cells[at] if at < len(cells) else "" for name, at in places.items()}
    return Listed(row.line, **values, beyond=any(cells[width:]))


async def import_file(
    path: Path, progress: Callable[[int, int], None], clock: Clock = system_clock
) -> Result:
    """Imports a file whole. Raises ImportRejected with every fault, and then changes nothing.

    `progress` is called with the rows done and their number.
    """
    rows, notes = await asyncio.to_thread(read_rows, path)
    progress(0, len(rows))
    async with transaction():
        plan = check(rows, await known(keys_asked(rows)))
        if not isinstance(plan, Plan):
            raise ImportRejected(plan)
        await write(plan, lambda done: progress(done, len(rows)))
        await audit.write(_entry(plan, clock))
    progress(len(rows), len(rows))
    left = (f"{r.key} {r.name}: merged or re-coded, left as it is" for r in plan.ended)
    return Result(**plan.counts(), notes=(*notes, *left))


async def known(keys: Sequence[str]) -> dict[str, Stored]:
    """The stored ones of these keys."""
    found: dict[str, Stored] = {}
    for start in range(0, len(keys), _CHUNK):
        stored = await regions.known(keys[start : start + _CHUNK])
        found |= {k: Stored(row["name"], row["valid_to"] is not None) for k, row in stored.items()}
    return found


async def write(plan: Plan, progress: Callable[[int], None] = lambda _: None) -> None:
    """Adds and renames. `progress` is called with the rows written."""
    await regions.touch([region.key for region in plan.renamed])
    written = (*plan.new, *plan.renamed)
    rows = [(r.key, code_of(r.key), r.name, r.level.value, r.parent) for r in written]
    for start in range(0, len(rows), _CHUNK):
        await regions.upsert(rows[start : start + _CHUNK])
        progress(min(start + _CHUNK, len(rows)))


def _entry(plan: Plan, clock: Clock) -> Entry:
    """One entry for the import, under the county it is about, or what its counties share."""
    keys = [r.key for r in (*plan.new, *plan.renamed, *plan.unchanged, *plan.ended)]
    counties = {key[: Level.COUNTY.digits] for key in keys if len(key) >= Level.COUNTY.digits}
    first, last = min(counties or keys), max(counties or keys)
    shared = [level.digits for level in Level if first[: level.digits] == last[: level.digits]]
    region = first[: max(shared)] if shared else None
    subject = f"region:{region or '*'}"
    return Entry(clock(), None, "region.import", subject, region, detail=plan.counts())
