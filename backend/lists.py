"""Lists that offices send in: read in chunks under their headings, faulty rows given back."""

import asyncio
import hashlib
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

import msgspec

from backend import sheets
from backend.domain.row_faults import RowFault
from backend.problems import Problem
from backend.sheets import BadSheet
from backend.store import audit, imports
from backend.store.audit import Entry
from backend.store.imports import Batch
from backend.vault import Vault

MAX_BYTES: Final = 256 * 1024 * 1024
CHUNK: Final = 2_000
# More than any county has villages, offices and people who work there.
_WHOLE: Final = 20_000
_BEYOND = "cells_beyond_header"

R = TypeVar("R")
# Called with the rows done and how many there are, once that is known.
Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Headings:
    """Heading → field, the headings in small letters; and the fields no list may lack."""

    fields: Mapping[str, str]
    required: Sequence[str]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that has been opened: its SHA-256, header as written, places of fields, rows."""

    sha256: bytes
    header: tuple[str, ...]
    places: Mapping[str, int]
    ignored: tuple[str, ...]
    rows: Iterator[sheets.Row]

    def values(self, row: sheets.Row) -> dict[str, str]:
        """What a row says, by field; empty cells are left out."""
        cells, known = row.cells, len(row.cells)
        return {f: cells[at] for f, at in self.places.items() if at < known and cells[at]}


@dataclass(frozen=True, slots=True)
class Ask:
    """Who imports what for which county; a dry run shows what it would do.

    `source` is the office whose list it is; the county's own have none.
    """

    path: Path
    county: str
    now: datetime
    account: UUID | None = None
    request: str | None = None
    dry_run: bool = False
    source: str = ""

    @property
    def outcome(self) -> str:
        """What becomes of a list without faults."""
        return "shown" if self.dry_run else "imported"


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a list: outcome and counts as in its batch, and the columns ignored."""

    batch: int
    outcome: str
    rows: int
    counts: Mapping[str, int]
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Faulty:
    """A row that can't be taken, with its cells."""

    line: int
    faults: Sequence[RowFault]
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Chunk(Generic[R]):
    """Part of a list: how many rows were read, the sound ones, the others."""

    read: int
    sound: list[R]
    faulty: list[Faulty]


def open_list(path: Path, headings: Headings) -> Listing:
    """Reads the header. Problems: list_unreadable, columns_missing, column_twice."""
    digest = _digest_of(path)
    rows = _readable(sheets.read(path, MAX_BYTES))
    header = next(rows, None)
    if header is None:
        raise Problem("list_unreadable", line=0, reason="the file is empty")
    names = [headings.fields.get(cell.lower(), "") for cell in header.cells]
    twice = sorted(name for name, times in Counter(names).items() if name and times > 1)
    if twice:
        raise Problem("column_twice", fields=", ".join(twice))
    missing = [name for name in headings.required if name not in names]
    if missing:
        raise Problem("columns_missing", fields=", ".join(missing))
    places = {name: at for at, name in enumerate(names) if name}
    ignored = (cell for cell, name in zip(header.cells, names, strict=True) if cell and not name)
    return Listing(digest, tuple(header.cells), places, tuple(ignored), rows)


def _readable(rows: Iterator[sheets.Row]) -> Iterator[sheets.Row]:
    try:
        yield from rows
    except BadSheet as bad:
        raise Problem("list_unreadable", line=bad.line, reason=bad.reason) from None


def read_chunk(
    listing: Listing, read: Callable[[int, Mapping[str, str]], R | list[RowFault]]
) -> Chunk[R]:
    """The next rows of a list; one that reads none is at its end. Problem list_unreadable."""
    sound: list[R] = []
    faulty: list[Faulty] = []
    rows, width = 0, len(listing.header)
    for row in islice(listing.rows, CHUNK):
        rows += 1
        found = read(row.line, listing.values(row))
        if any(row.cells[width:]):
            told_too = found if isinstance(found, list) else []
            found = [*told_too, RowFault(row.line, "", _BEYOND)]
        if isinstance(found, list):
            faulty.append(Faulty(row.line, found, row.cells))
        else:
            sound.append(found)
    return Chunk(rows, sound, faulty)


async def stage_list(
    listing: Listing,
    read: Callable[[int, Mapping[str, str]], R | list[RowFault]],
    put: Callable[[list[R]], Awaitable[None]],
    vault: Vault,
    progress: Progress,
) -> tuple[int, int]:
    """Reads to the end; gives how many rows there are and how many of them are faulty.

    Sound rows are `put` until the first fault: after it only faults are of interest. Problem
    roster_empty.
    """
    await imports.stage_faults()
    rows = faulty = 0
    while True:
        chunk = await asyncio.to_thread(lambda: read_chunk(listing, read))
        if chunk.read == 0:
            break
        rows, faulty = rows + chunk.read, faulty + len(chunk.faulty)
        if chunk.faulty:
            await imports.put_faults([_fault_row(vault, each) for each in chunk.faulty])
        if not faulty:
            await put(chunk.sound)
        progress(rows, None)
    if rows == 0:
        raise Problem("roster_empty")
    # All is read; what is left is to compare and write.
    progress(rows, rows)
    return rows, faulty


def _fault_row(vault: Vault, row: Faulty) -> tuple[int, str, bytes]:
    faults = [[fault.field, fault.reason] for fault in row.faults]
    return row.line, msgspec.json.encode(faults).decode(), sealed_cells(vault, row.cells)


@dataclass(frozen=True, slots=True)
class Whole:
    """A list short enough to be held while it is checked."""

    listing: Listing
    rows: Sequence[sheets.Row]


async def read_whole(path: Path, headings: Headings) -> Whole:
    """Reads all of a list. Problems: those of `open_list`, and roster_empty."""

    def read() -> Whole:
        listing = open_list(path, headings)
        return Whole(listing, list(islice(listing.rows, _WHOLE + 1)))

    whole = await asyncio.to_thread(read)
    if not whole.rows:
        raise Problem("roster_empty")
    if len(whole.rows) > _WHOLE:
        raise Problem("list_unreadable", line=_WHOLE + 2, reason=f"more than {_WHOLE} rows")
    return whole


async def reject_whole(
    whole: Whole, kind: str, ask: Ask, faults: Iterable[RowFault], vault: Vault
) -> Report:
    """Writes down a list that had faults, with the rows that have them."""
    cells = {row.line: row.cells for row in whole.rows}
    by_line: dict[int, list[RowFault]] = defaultdict(list)
    for fault in faults:
        by_line[fault.line].append(fault)
    faulty = [Faulty(line, by_line[line], cells[line]) for line in sorted(by_line)]
    await imports.stage_faults()
    await imports.put_faults([_fault_row(vault, each) for each in faulty])
    return await reject(ask, kind, whole.listing, len(whole.rows), len(faulty))


async def reject(ask: Ask, kind: str, listing: Listing, rows: int, faulty: int) -> Report:
    """Writes down that a list had faults, with the faulty rows staged."""
    counts = {"faulty": faulty}
    number = await imports.add(_batch(ask, kind, "rejected", listing, rows, counts))
    await imports.keep_faults(number)
    return Report(number, "rejected", rows, counts, ())


async def keep(
    ask: Ask, kind: str, listing: Listing, rows: int, counts: Mapping[str, int]
) -> Report:
    """Writes down a list without faults, and gives what is to be told of it."""
    number = await imports.add(_batch(ask, kind, ask.outcome, listing, rows, counts))
    return Report(number, ask.outcome, rows, counts, listing.ignored)


def _batch(
    ask: Ask, kind: str, outcome: str, listing: Listing, rows: int, counts: Mapping[str, int]
) -> Batch:
    return Batch(
        kind,
        ask.county,
        ask.source,
        ask.account,
        ask.now,
        listing.sha256,
        ask.dry_run,
        outcome,
        rows,
        listing.header,
        counts,
    )


async def audited(ask: Ask, action: str, report: Report, **detail: Any) -> None:
    """Says in the audit that a list was taken, with its counts; it holds no names."""
    await audit.write(
        Entry(
            ask.now,
            ask.account,
            action,
            f"import:{report.batch}",
            ask.county,
            request=ask.request,
            detail={**detail, **report.counts},
        )
    )


def _digest_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise Problem("list_unreadable", line=0, reason=str(error.strerror)) from None


def sealed_cells(vault: Vault, cells: Sequence[str]) -> bytes:
    """The cells of a faulty row as they are kept."""
    return vault.seal(msgspec.json.encode(cells).decode())


def unsealed_cells(vault: Vault, sealed: bytes) -> list[str]:
    """The cells again."""
    return msgspec.json.decode(vault.unseal(sealed), type=list[str])
