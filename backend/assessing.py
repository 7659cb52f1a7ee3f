"""The county's sheets from what is known: the assessment of a quarter, the subsidies."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

import asyncpg

from backend.domain.assessment import Facts, Share, Weights, weights_of
from backend.domain.calendar import local_day
from backend.domain.subsidies import Item
from backend.domain.subsidies import Share as Village
from backend.store import assessments, county_rules, regions
from backend.store.database import from_json

WEIGHTS: Final = "weights"
PRICES: Final = "prices"

Days = tuple[date, date]


async def weights(county: str, t: datetime) -> Weights:
    """The county's weights in force at an instant."""
    return weights_of(await county_rules.in_force(county, WEIGHTS, t))


async def prices(county: str, t: datetime) -> dict[str, int]:
    """Its prices in fen, by code."""
    kept = await county_rules.in_force(county, PRICES, t)
    return {item["code"]: item["price_fen"] for item in kept["items"]} if kept else {}


async def facts(scopes: Sequence[str], days: Days, t: datetime) -> list[Facts]:
    """What is known of each township, in order of code."""
    asked = (scopes, days, t)
    towns = await assessments.townships(scopes, local_day(t))
    found: dict[str, dict[str, Any]] = {row["key"]: {} for row in towns}
    for row in await assessments.reports(*asked):
        shares = {"on_time": Share(row["on_time"], row["expected"])}
        _add(found, row, **shares, report=Share(row["filed"], row["expected"]))
    for row in await assessments.first_pass(*asked):
        _add(found, row, first_pass=Share(row["unreturned"], row["reviewed"]))
    for row in await assessments.certified(*asked):
        _add(found, row, cert=Share(row["certified"], row["due"]))
    for row in await assessments.reviewed(*asked):
        _add(found, row, review_on_time=Share(row["in_time"], row["decided"]))
    for row in await assessments.spot_checks(*asked):
        _add(found, row, checked=row["checked"], false_found=row["wrong"])
    for row in await assessments.death_lags(*asked):
        _add(found, row, death_lag_days=row["days"])
    names = await regions.names(list(found))
    return [Facts(key, names.get(key, ""), **found[key]) for key in sorted(found)]


def _add(found: dict[str, dict[str, Any]], row: asyncpg.Record, **values: Any) -> None:
    found.setdefault(row["area"], {}).update(values)


async def shares(
    scopes: Sequence[str], days: Days, t: datetime, priced: dict[str, int]
) -> tuple[list[Item], list[Village]]:
    """The kinds of items accepted, with their prices; and what each village had accepted."""
    titles: dict[str, Any] = {}
    names: dict[str, str] = {}
    own: dict[str, dict[str, int]] = defaultdict(dict)
    for_them: dict[str, dict[str, int]] = defaultdict(dict)
    for row in await assessments.accepted(scopes, days, t):
        region, code = row["region"], row["code"]
        titles[code], names[region] = from_json(row["title"]), row["name"] or ""
        own[region][code] = row["own"]
        for_them[region][code] = row["on_behalf"]
    items = [Item(code, titles[code], priced.get(code)) for code in sorted(titles)]
    found = [Village(key, names[key], own[key], for_them[key]) for key in sorted(names)]
    return items, found
