"""Villages, people, schedules and periods by the ten thousand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from backend.domain.periods import Cadence, Period, Timing, period_containing
from backend.domain.roles import Role
from backend.store import duties, forms
from backend.store.database import copy_rows, fetch_value, transaction
from backend.tasks import opening
from tests.world import DEFAULT_LADDER

MONTH = timedelta(days=30)
_LONG_AGO = timedelta(days=700)


@dataclass(frozen=True, slots=True)
class Seat:
    """A post to fill: who answers for which region."""

    role: Role
    region: str
    is_backup: bool = False


async def add_regions(keys: Sequence[tuple[str, str]]) -> None:
    """Rows are (key, level); a region's parent is the key one level up."""
    cut = {"village": 3, "township": 3, "county": 4, "province": 2}
    async with transaction():
        await copy_rows(
            "region",
            ("key", "code", "name", "level", "parent"),
            [
                (key, key.ljust(12, "0"), f"第{key}号", level, key[: -cut[level]] or None)
                for key, level in keys
            ],
        )


async def add_people(seats: Sequence[Seat], now: datetime) -> list[UUID]:
    """An account, a post and a session for each seat; gives the sessions."""
    start, end = now - _LONG_AGO, now + _LONG_AGO
    made = [(seat, uuid4(), uuid4()) for seat in seats]
    account = ("id", "phone_sealed", "phone_index", "name", "password_hash", "created_at")
    session = ("id", "account", "device", "created_at", "refreshed_at", "expires_at")
    async with transaction():
        await copy_rows(
            "account", account, [(a, b"", a.bytes, "某人", "none", start) for _, a, _ in made]
        )
        await copy_rows(
            "post",
            ("id", "account", "role", "region", "is_backup", "starts_at"),
            [(uuid4(), a, s.role.value, s.region, s.is_backup, start) for s, a, _ in made],
        )
        await copy_rows("session", session, [(s, a, "bench", now, now, end) for _, a, s in made])
    return [session for _, _, session in made]


async def add_schedule(scope: str, code: str, now: datetime) -> int:
    """A monthly schedule of a shipped form whose periods are added by `add_months`."""
    form = await forms.shipped(code)
    assert form is not None
    values: dict[str, Any] = {
        "scope": scope,
        "form": form["id"],
        "title": {"zh": "月报", "en": "Monthly report"},
        "cadence": Cadence.MONTHLY.value,
        "timetable": {
            "due": {"kind": "day", "number": 25, "at": "18:00"},
            "opens_workdays_before": None,
            "closes_workdays_after": 10,
        },
        "steps": ["town"],
        "ladder": DEFAULT_LADDER,
        "ladder_since": now - _LONG_AGO,
        "allowance_hours": 24,
        "starts_on": date(2024, 1, 1),
        "ends_on": date(2024, 1, 31),
        "created_at": now - _LONG_AGO,
    }
    return await forms.add_schedule(values)


async def add_months(schedule: int, now: datetime, back: Iterable[int]) -> None:
    """Months counted backwards: 0 is due in five days, the others are closed."""
    form = await fetch_value("SELECT form FROM schedule WHERE id = $1", schedule)
    frozen: list[tuple[Period, Timing]] = []
    for number in back:
        due = now + timedelta(days=5) - number * MONTH
        years, month = divmod(now.year * 12 + now.month - 1 - number, 12)
        timing = Timing(due - timedelta(days=25), due, due + timedelta(days=10))
        frozen.append((period_containing(Cadence.MONTHLY, date(years, month + 1, 1)), timing))
    async with transaction():
        await duties.add_periods(schedule, form, frozen)


async def open_all(now: datetime) -> None:
    """Opens every period for every village, as the scheduler does."""
    while await opening.open_one(now):
        pass
