"""A province of 70,000 villages and twelve months: opening, rates and sync, asked in process.

Eleven months are closed, filed, reviewed and summarised; the newest is half filed. One county has
910 villages, and the six other forms besides the monthly report.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Any, Final

import httpx

from backend.clock import system_clock
from backend.domain.roles import Role
from backend.forms import shipped
from backend.main import build_app
from backend.settings import load
from backend.store.database import fetch_value, transaction
from backend.vault import Vault
from tests import databases
from tests.bench import bulk
from tests.bench.figures import Figure
from tests.bench.history import add_history
from tests.bench.server import SECRET

COUNTIES: Final = 137
TOWNSHIPS: Final = 1_826
VILLAGES: Final = 70_000
MONTHS: Final = 12
COUNTY: Final = "990101"
COUNTY_TOWNSHIPS: Final = 15
COUNTY_VILLAGES: Final = 910
# What villages report; a certification is owed for a pensioner.
_REPORTS: Final = [form["code"] for form in shipped() if form["code"] != "CERTIFICATION"]

_ANSWERS: Final = {"employed": 375, "unemployed": 12, "no_intent": 30, "labor_total": 417}


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody who asks the application, without a socket."""

    http: httpx.AsyncClient
    token: str

    async def get(self, path: str, **params: str) -> httpx.Response:
        """An answer that must be 200."""
        headers = {"authorization": f"Bearer {self.token}"}
        response = await self.http.get(f"/api/v1{path}", params=params, headers=headers)
        assert response.status_code == 200, response.text
        return response

    async def milliseconds(self, times: int, path: str, **params: str) -> list[float]:
        """How long each of so many askings took, after some to warm up."""
        found = []
        for _ in range(times + 6):  # a statement's plan is settled after five
            started = perf_counter()
            await self.get(path, **params)
            found.append((perf_counter() - started) * 1000)
        return found[6:]


async def bench(url: str) -> list[Figure]:
    """All that needs the province; it is built once."""
    async with databases.copy(url) as here, databases.connected(here):
        now = system_clock()
        opened = await build(now)
        async with _people(here, now) as (upper, county, liaison):
            return [
                Figure("opening a month, 70,000 villages", opened, "s", at_most=10),
                *await _rates(upper, county),
                *await _sync(liaison),
            ]


async def _rates(upper: Asker, county: Asker) -> list[Figure]:
    total = (await upper.get("/rates", level="county")).json()["total"]
    others = COUNTY_VILLAGES * (len(_REPORTS) - 1)
    assert total["expected"] == VILLAGES * (MONTHS - 1) + others, total
    one = await county.milliseconds(41, "/rates", region=COUNTY)
    by_county = await upper.milliseconds(15, "/rates", level="county")
    by_township = await upper.milliseconds(9, "/rates", level="township")
    return [
        Figure("rates of a county, 910 villages", one, "ms", at_most=15),
        Figure("rates of a province, by county", by_county, "ms", at_most=150),
        Figure("rates of a province, by township", by_township, "ms", note="22,000 cells shown"),
    ]


async def _sync(liaison: Asker) -> list[Figure]:
    first = (await liaison.get("/sync")).json()
    duties, forms, cursor = len(first["obligations"]), len(first["forms"]), first["cursor"]
    assert duties > forms == len(_REPORTS), "there is something to bring"
    full = await liaison.milliseconds(41, "/sync")
    nothing = await liaison.milliseconds(81, "/sync", cursor=cursor)
    size = len((await liaison.get("/sync", cursor=cursor)).content)
    note = f"{duties} duties, {forms} forms"
    return [
        Figure("sync of a village, full", full, "ms", at_most=20, note=note),
        Figure("sync of a village, empty", nothing, "ms", at_most=5),
        Figure("sync of a village, empty", [size], "bytes", at_most=300),
    ]


async def build(now: datetime) -> list[float]:
    """Gives how many seconds the opening of the newest month took."""
    await bulk.add_regions(_regions())
    monthly = await bulk.add_schedule("99", "LABOR_MONTHLY", now)
    await bulk.add_months(monthly, now, [0])
    seconds = [await _undone(now), await _undone(now), await _open(now)]
    others = [code for code in _REPORTS if code != "LABOR_MONTHLY"]
    schedules = [await bulk.add_schedule(COUNTY, code, now) for code in others]
    for schedule in schedules:
        await bulk.add_months(schedule, now, [0])
    await bulk.open_all(now)
    for schedule in schedules:
        await bulk.add_months(schedule, now, [1])
    await bulk.add_months(monthly, now, range(1, MONTHS))
    await add_history(now, _ANSWERS, never_filed=4, filed_now=50)
    return seconds


async def _open(now: datetime) -> float:
    started = perf_counter()
    await bulk.open_all(now)
    seconds = perf_counter() - started
    assert await fetch_value("SELECT count(*) FROM obligation") == VILLAGES
    return seconds


class _Undo(Exception):
    """Ends a transaction that was only to be measured."""


async def _undone(now: datetime) -> float:
    seconds = 0.0
    with suppress(_Undo):
        async with transaction():
            seconds = await _open(now)
            raise _Undo
    return seconds


def _regions() -> list[tuple[str, str]]:
    counties = [f"99{1 + n // 10:02}{1 + n % 10:02}" for n in range(COUNTIES)]
    towns = [f"{COUNTY}{100 + n}" for n in range(COUNTY_TOWNSHIPS)]
    villages = [f"{towns[n % len(towns)]}{200 + n // len(towns)}" for n in range(COUNTY_VILLAGES)]
    others = [
        f"{counties[1 + n % (COUNTIES - 1)]}{100 + n // (COUNTIES - 1)}"
        for n in range(TOWNSHIPS - COUNTY_TOWNSHIPS)
    ]
    villages += [
        f"{others[n % len(others)]}{200 + n // len(others)}"
        for n in range(VILLAGES - COUNTY_VILLAGES)
    ]
    levels = {2: "province", 6: "county", 9: "township", 12: "village"}
    return [(key, levels[len(key)]) for key in ["99", *counties, *towns, *others, *villages]]


@asynccontextmanager
async def _people(url: str, now: datetime) -> AsyncIterator[tuple[Asker, Asker, Asker]]:
    """Somebody of the province, somebody of the county, and a liaison with a B角."""
    village = f"{COUNTY}100200"
    sessions = await bulk.add_people(
        [
            bulk.Seat(Role.UPPER_VIEWER, "99"),
            bulk.Seat(Role.COUNTY_OPS, COUNTY),
            bulk.Seat(Role.LIAISON, village),
            bulk.Seat(Role.LIAISON, village, True),
        ],
        now,
    )
    environment = {"CUNBAO_SECRET_KEY": SECRET, "CUNBAO_DATABASE_URL": url}
    app: Any = build_app(load({**environment, "CUNBAO_LOG_LEVEL": "warning"}), lambda: now)
    transport, vault = httpx.ASGITransport(app=app), Vault(SECRET)
    async with httpx.AsyncClient(transport=transport, base_url="http://cunbao.test") as http:
        upper, county, liaison, _ = (
            Asker(http, vault.access_token(session, now, 120)) for session in sessions
        )
        yield upper, county, liaison
