"""The labour ledger of the demo liaison's village: who works where, and who looks for work."""

import csv
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

from backend import ledger_import
from backend.demo.changes import REQUEST
from backend.demo.people import full_name
from backend.demo.regions import COUNTY, VILLAGE
from backend.demo.story import source
from backend.domain.identity_numbers import check_character
from backend.domain.ledger.words import Status, WorkPlace
from backend.lists import Ask
from backend.store.database import fetch
from backend.vault import Vault

PEOPLE: Final = 160
_HEADER: Final = (
    "name", "id_no", "region_code", "group_no", "household", "phone", "status", "work_place",
    "leave_date",
)  # fmt: skip
# How many of a hundred.
_STATUSES: Final = {
    Status.UNIT: 34,
    Status.FLEX: 21,
    Status.FARM: 18,
    Status.SELF: 9,
    Status.UNEMPLOYED: 7,
    Status.STUDENT: 6,
    Status.NO_INTENT: 3,
    Status.INCAPABLE: 2,
}
_WORKING: Final = (Status.UNIT, Status.FLEX, Status.SELF)


def _unseen(done: int, total: int | None) -> None:
    """Progress that nobody looks at."""


async def add(vault: Vault, now: datetime) -> bool:
    """Adds them to the demo county; False when it has some."""
    if await fetch("SELECT 1 FROM resident WHERE county = $1 LIMIT 1", COUNTY):
        return False
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([_HEADER, *_rows(source("villagers"), now.year - 1)])
        ask = Ask(path, COUNTY, now, request=REQUEST)
        await ledger_import.import_ledger(ask, vault, _unseen)
    return True


def _rows(rng: Random, left_in: int) -> Iterator[tuple[str, ...]]:
    for order in range(PEOPLE):
        born = date(rng.randint(1976, 2008), rng.randint(1, 12), rng.randint(1, 28))
        digits = f"990101{born:%Y%m%d}{order:03}"
        status = rng.choices([*_STATUSES], [*_STATUSES.values()])[0]
        place = rng.choice([*WorkPlace]) if status in _WORKING else None
        away = place is not None and place is not WorkPlace.VILLAGE
        yield (
            full_name(rng),
            digits + check_character(digits),
            VILLAGE,
            f"{order % 6 + 1}组",
            f"{order // 3 + 1}",
            f"1380002{order:04}",
            status.value,
            place.value if place else "",
            f"{left_in}-02-{rng.randint(18, 28)}" if away else "",
        )
