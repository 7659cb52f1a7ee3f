"""Rosters for tests: sound rows, and files of them."""

import csv
import io
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import xlsxwriter

from backend import match_import
from backend.domain.certification.matches import HitKind
from backend.domain.identity_numbers import check_character
from backend.lists import Report
from backend.roster_import import Ask, import_roster
from backend.store import matches
from tests.world import COUNTY, NEIGHBOUR, VILLAGE, World

HEADER = (
    "name",
    "id_no",
    "insurance_type",
    "region_code",
    "benefit_start",
    "phone",
    "household_no",
    "monthly_amount",
    "pay_status",
    "stopped_from",
    "last_cert_date",
    "last_cert_method",
    "cert_due",
)


def id_number(order: int, born_on: date = date(1948, 6, 15)) -> str:
    """A sound number with an unallocated place."""
    digits = f"990101{born_on:%Y%m%d}{order:03}"
    return digits + check_character(digits)


def pensioner(order: int, **changes: Any) -> dict[str, str]:
    """A row of the roster: somebody in 王家庄, unlike the others by the order."""
    return {
        "name": f"张桂{order}",
        "id_no": id_number(order),
        "insurance_type": "resident",
        "region_code": VILLAGE,
        "benefit_start": "2012-03-01",
        "phone": f"1380000{order:04}",
        **changes,
    }


def roster_file(
    folder: Path, rows: Iterable[Mapping[str, str]], header: Iterable[str] = HEADER
) -> Path:
    """The rows as a CSV file."""
    path = folder / "roster.csv"
    path.write_bytes(roster_bytes(rows, header))
    return path


def roster_workbook(folder: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    """The rows as a workbook, dates as dates and numbers as numbers."""
    path = folder / "roster.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet, as_date = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, HEADER)
    for line, row in enumerate(rows, 1):
        for at, name in enumerate(HEADER):
            value = row.get(name, "")
            if isinstance(value, date):
                sheet.write_datetime(line, at, value, as_date)
            else:
                sheet.write(line, at, value)
    book.close()
    return path


def roster_bytes(rows: Iterable[Mapping[str, str]], header: Iterable[str] = HEADER) -> bytes:
    """The rows as the bytes of a CSV file."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(header), extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


async def bring(world: World, path: Path, **changes: Any) -> Report:
    """Imports a roster of the county."""
    ask = Ask(path, changes.pop("county", COUNTY), world.clock.now, **changes)
    return await import_roster(ask, world.vault, lambda done, total: None)


@dataclass(frozen=True, slots=True)
class Listed:
    """Pensioner 1 of 王家庄, suspected by a list, moved to there by a roster; a rejected list."""

    beneficiary: UUID
    roster: int
    match: int
    rejected: int
    hit: int


async def some_listed(world: World) -> Listed:
    """Brings a few lists in."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await bring(world, roster_file(folder, [pensioner(1, region_code=NEIGHBOUR)]))
        roster = await bring(world, roster_file(folder, [pensioner(1)]))
        rejected = await bring(world, roster_file(folder, [pensioner(1, phone="1")]))
        path = roster_file(folder, [pensioner(1)], ("id_no",))
        now = world.clock.now
        ask = match_import.Ask(path, COUNTY, now, source="民政火化", kind=HitKind.DECEASED)
        match = await match_import.import_match(ask, world.vault, lambda done, total: None)
    [hit] = await matches.hits(match.batch, None, None, 2)
    return Listed(hit["beneficiary"], roster.batch, match.batch, rejected.batch, hit["id"])
