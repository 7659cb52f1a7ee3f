"""The reference data every installation needs: the working calendar and the shipped forms."""

from datetime import date, datetime, timedelta
from typing import Final

from chinese_calendar import Holiday, get_holiday_detail, is_workday
from chinese_calendar.constants import holidays, in_lieu_days, workdays

from backend.domain.forms import parse_definition
from backend.forms import shipped
from backend.store import calendar, forms
from backend.store.database import fetch, from_json, transaction

# Nobody asks about deadlines before the product existed.
FIRST_YEAR: Final = 2024
SOURCE: Final = "国务院办公厅"
# Two processes that start together seed one after the other.
_LOCK: Final = 4_711_004


async def seed(now: datetime) -> None:
    """Brings calendar and forms to what this release carries; safe to call again and at once.

    A day that was arranged differently since is corrected (what a county said itself stays), a
    changed form becomes the next version.
    """
    async with transaction():
        await fetch("SELECT pg_advisory_xact_lock($1)", _LOCK)
        await calendar.seed(_days(), SOURCE)
        for raw in shipped():
            definition = parse_definition(raw).as_dict()
            known = await forms.shipped(definition["code"])
            if known is None or from_json(known["definition"]) != definition:
                await forms.add("", definition, now, None, published=True)


def _days() -> list[tuple[date, bool, str]]:
    """Every day of the years that the published arrangements cover whole: (day, works, note)."""
    last = max(day.year for day in (*holidays, *workdays, *in_lieu_days))
    count = (date(last, 12, 31) - date(FIRST_YEAR, 1, 1)).days + 1
    days = [date(FIRST_YEAR, 1, 1) + timedelta(days=number) for number in range(count)]
    return [(day, is_workday(day), _note(day)) for day in days]


def _note(day: date) -> str:
    """The holiday that makes the day what it is, as the State Council's notice names it."""
    name = get_holiday_detail(day)[1]
    if name is None:
        return ""
    holiday: str = Holiday(name).chinese
    return f"{holiday}调休上班" if is_workday(day) else holiday
