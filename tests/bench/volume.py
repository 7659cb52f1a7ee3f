"""A county and a province at full size: opening a month, rates, and a phone's sync."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any, Final
from uuid import uuid4

import httpx

from backend.clock import system_clock
from backend.domain.roles import Role
from backend.main import build_app
from backend.settings import load
from backend.store.database import fetch, fetch_value
from backend.vault import Vault
from tests import databases
from tests.bench import bulk
from tests.bench.figures import Figure
from tests.bench.server import SECRET

COUNTIES, TOWNS, VILLAGES = 137, 1_826, 70_000
MONTHS: Final = 12
ROUNDS: Final = 30

# The same counts as `store.rates.finish_cells` writes one by one.
_FINISH = """UPDATE rate_cell c SET final_from = $1, on_time = n.on_time, late = n.late,
        missing = n.missing
    FROM (SELECT period, left(region, 9) AS township,
            count(*) FILTER (WHERE first_counted_at <= due_at) AS on_time,
            count(*) FILTER (WHERE first_counted_at > due_at) AS late,
            count(*) FILTER (WHERE first_counted_at IS NULL) AS missing
        FROM obligation WHERE closes_at < $1 GROUP BY 1, 2) n
    WHERE c.period = n.period AND c.township = n.township"""


async def county(url: str) -> list[Figure]:
    """910 villages, 12 months: the rates as the county asks for them, and one village's phone."""
    towns = [f"990101{100 + n}" for n in range(15)]
    villages = [f"{towns[n % 15]}{200 + n // 15}" for n in range(910)]
    async with _place(url, ["990101"], towns, villages) as (now, ask):
        await _history(now)
        officer, liaison = await bulk.add_people(
            [bulk.Seat(Role.COUNTY_OPS, "990101"), bulk.Seat(Role.LIAISON, villages[0])], now
        )
        rates = await _timed(ask(officer, "/rates?region=990101"))
        full = await _timed(ask(liaison, "/sync"))
        cursor = (await ask(liaison, "/sync")()).json()["cursor"]
        empty = ask(liaison, f"/sync?cursor={cursor}")
        nothing, size = await _timed(empty), len((await empty()).content)
    return [
        Figure("rates of a county, 910 villages", rates, "ms", at_most=15),
        Figure("sync of a village, whole", full, "ms", at_most=20),
        Figure("sync of a village, nothing new", nothing, "ms", at_most=5),
        Figure("size of an empty sync", [float(size)], "bytes", at_most=300),
    ]


async def province(url: str) -> list[Figure]:
    """70,000 villages, 12 months, eleven of them closed."""
    counties = [f"99{1 + n // 10:02}{1 + n % 10:02}" for n in range(COUNTIES)]
    towns = [f"{counties[n % COUNTIES]}{100 + n // COUNTIES}" for n in range(TOWNS)]
    villages = [f"{towns[n % TOWNS]}{200 + n // TOWNS}" for n in range(VILLAGES)]
    async with _place(url, counties, towns, villages) as (now, ask):
        opening = await _history(now)
        [viewer] = await bulk.add_people([bulk.Seat(Role.UPPER_VIEWER, "99")], now)
        by_county = await _timed(ask(viewer, "/rates?level=county"), 10)
        by_town = await _timed(ask(viewer, "/rates?level=township"), 10)
    return [
        Figure("opening a month, 70,000 villages", opening, "s", at_most=10),
        Figure("rates of a province by county", by_county, "ms", at_most=150),
        Figure("the same by township", by_town, "ms", at_most=150),
    ]


Ask = Callable[[Any, str], Callable[[], Awaitable[httpx.Response]]]


@asynccontextmanager
async def _place(
    url: str, counties: list[str], towns: list[str], villages: list[str]
) -> AsyncIterator[tuple[datetime, Ask]]:
    """A database of its own with these regions, and a way to ask the application."""
    environ = {"CUNBAO_SECRET_KEY": SECRET, "CUNBAO_DATABASE_URL": url, "CUNBAO_SCHEDULER": "off"}
    app: Any = build_app(load(environ))
    now, vault = system_clock(), Vault(SECRET)
    async with (
        databases.copy(url) as here,
        databases.connected(here, 4),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://bench") as http,
    ):
        levels = {"province": ["99"], "county": counties, "township": towns, "village": villages}
        await bulk.add_regions([(key, level) for level, keys in levels.items() for key in keys])

        def ask(session: Any, path: str) -> Callable[[], Awaitable[httpx.Response]]:
            headers = {"authorization": f"Bearer {vault.access_token(session, now, 60)}"}
            return lambda: http.get(f"/api/v1{path}", headers=headers)

        yield now, ask


async def _history(now: datetime) -> list[float]:
    """Twelve months, filed and accepted where closed; gives the seconds to open each."""
    await bulk.add_months(await bulk.add_schedule("99", "RETURN_WEEKLY", now), now, MONTHS)
    seconds = []
    for _ in range(MONTHS):
        started = perf_counter()
        waiting = await fetch_value("SELECT count(*) FROM period WHERE opened_at IS NULL")
        while waiting == await fetch_value("SELECT count(*) FROM period WHERE opened_at IS NULL"):
            await bulk.open_one(now)
        seconds.append(perf_counter() - started)
    await bulk.accept_closed(now, {}, never_filed_percent=5, reviewer=uuid4())
    await fetch(_FINISH, now - timedelta(minutes=1))
    await fetch("VACUUM ANALYZE")
    return seconds


async def _timed(act: Callable[[], Awaitable[httpx.Response]], rounds: int = ROUNDS) -> list[float]:
    """Milliseconds of each answer, the first two left out."""
    found = []
    for _ in range(rounds + 2):
        started = perf_counter()
        response = await act()
        found.append((perf_counter() - started) * 1000)
        assert response.status_code == 200, response.text
    return found[2:]
