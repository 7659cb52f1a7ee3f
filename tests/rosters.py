"""Rosters for tests: sound rows, and files of them."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter

from backend.domain.identity_numbers import check_character
from backend.lists import Report
from backend.roster_import import Ask, import_roster
from tests.world import COUNTY, VILLAGE, World

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
    text = io.StringIO()
    writer = csv.DictWriter(text, list(header), extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    path = folder / "roster.csv"
    path.write_text(text.getvalue(), encoding="utf-8")
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


async def bring(world: World, path: Path, **changes: Any) -> Report:
    """Imports a roster of the county."""
    ask = Ask(path, changes.pop("county", COUNTY), world.clock.now, **changes)
    return await import_roster(ask, world.vault, lambda done, total: None)
