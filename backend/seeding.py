"""The reference data every installation needs: the working calendar and the shipped forms."""

from datetime import date, datetime, timedelta
from typing import Final

import chinese_calendar
from chinese_calendar.constants import holidays, in_lieu_days, workdays

from backend.domain.forms import parse_definition
from backend.forms import shipped
from backend.store import calendar, forms
from backend.store.database import from_json, transaction

# Nobody asks about deadlines before the product existed.
FIRST_YEAR: Final = 2024
SOURCE: Final = "国务院办公厅"


async def seed(now: datetime) -> None:
    """Adds what is missing; known days stay, a changed shipped form becomes its next version."""
    async with transaction():
        await calendar.seed(_days(), SOURCE)
        for raw in shipped():
            definition = parse_definition(raw).as_dict()
            known = await forms.shipped(definition["code"])
            if known is None or from_json(known["definition"]) != definition:
                await forms.add("", definition, now, None, published=True)


def _days() -> list[tuple[date, bool, str]]:
    """Every day of the years that the published arrangements cover whole: (day, works, note)."""
    last = max(day.year for day in (*holidays, *workdays, *in_lieu_days))
    day, found = date(FIRST_YEAR, 1, 1), []
    while day.year <= last:
        works, name = chinese_calendar.is_workday(day), chinese_calendar.get_holiday_detail(day)[1]
        found.append((day, works, str(name or "")))
        day += timedelta(days=1)
    return found
