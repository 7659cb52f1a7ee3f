"""The demo county's papers: the newest monthly circular, published, and prices of subsidies."""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from backend import assessing, circulating
from backend.demo.changes import REQUEST
from backend.demo.people import Person
from backend.demo.regions import COUNTY
from backend.domain.calendar import local_day
from backend.domain.roles import Actor
from backend.store import audit, circulars, county_rules

_CIRCULAR: Final = UUID("2a6b7c1e-5d0f-4c58-9a51-0d1e6f3b9c40")
_NO_SESSION: Final = UUID(int=0)
# By this day the reports of the month before have closed, whatever holidays there were.
_CLOSED_BY: Final = 20
_FEN: Final = {"CERTIFICATION": 200, "LABOR_MONTHLY": 1000, "RETURN_WEEKLY": 500}


async def issue(by: Person, now: datetime) -> None:
    """What the county would have issued by now."""
    prices = {"items": [{"code": code, "price_fen": fen} for code, fen in _FEN.items()]}
    await county_rules.put(COUNTY, assessing.PRICES, prices, by.id, now)
    actor = Actor(by.id, by.name, _NO_SESSION, (), now, REQUEST)
    subject = circulating.Subject(COUNTY, None, f"{_month(local_day(now)):%Y-%m}")
    await circulating.make(actor, _CIRCULAR, subject, False, now)
    await circulars.publish(_CIRCULAR, 1, by.id, now)
    await audit.write(
        audit.by(actor, "county_rule.set", f"county_rule:{assessing.PRICES}", COUNTY, **prices),
        audit.by(actor, "circular.publish", f"circular:{_CIRCULAR}", COUNTY, version=1),
    )


def _month(today: date) -> date:
    """A day of the last month whose reports have closed."""
    before = today.replace(day=1) - timedelta(days=1)
    return before if today.day >= _CLOSED_BY else before.replace(day=1) - timedelta(days=1)
