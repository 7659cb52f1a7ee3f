"""The monthly circular of a county of 910 villages with six reports, made and printed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from time import perf_counter
from typing import Any, Final

import httpx

from backend.clock import system_clock
from backend.domain.calendar import local_day
from backend.domain.roles import Role
from backend.forms import shipped
from backend.main import build_app
from backend.settings import load
from backend.store.database import fetch
from backend.vault import Vault
from tests import databases
from tests.bench import bulk
from tests.bench.figures import Figure
from tests.bench.history import add_history
from tests.bench.server import SECRET

COUNTY: Final = "990101"
TOWNSHIPS: Final = 15
VILLAGES: Final = 910
MONTHS: Final = 12
_REPORTS: Final = [form["code"] for form in shipped() if form["code"] != "CERTIFICATION"]


async def bench(url: str) -> list[Figure]:
    """Eleven months that have closed, each with its circular, and the papers of one."""
    async with databases.copy(url) as here, databases.connected(here):
        now = system_clock()
        await _build(now)
        async with _county(here, now) as ask:
            seconds, numbers = [], []
            for period in await _closed():
                started = perf_counter()
                answer = await ask("POST", "/circulars", {"period": period})
                seconds.append((perf_counter() - started) * 1000)
                numbers.append(answer.json()["circular"]["id"])
            assert len(answer.json()["reports"]) == len(_REPORTS)
            note = f"{len(_REPORTS)} reports, {len(answer.content) // 1024} KiB"
            sheets = await _assessed(ask, local_day(now - timedelta(days=100)))
            made = Figure("making a circular, 910 villages", seconds, "ms", note=note)
            papers = [f for end in ("xlsx", "pdf") for f in await _papers(ask, numbers, end)]
            return [made, *papers, *sheets]


async def _assessed(ask: Any, day: date) -> list[Figure]:
    quarter = f"/assessments/{day.year}-Q{(day.month + 2) // 3}"
    month = f"/subsidies?from_on={day}&to_on={day + timedelta(days=30)}"
    found = []
    for name, path in (("the assessment of a quarter", quarter), ("a month's subsidies", month)):
        seconds = []
        for _ in range(9):
            started = perf_counter()
            await ask("GET", path)
            seconds.append((perf_counter() - started) * 1000)
        found.append(Figure(name, seconds, "ms"))
    return found


async def _papers(ask: Any, numbers: list[str], ending: str) -> list[Figure]:
    seconds, held = [], []
    for number in numbers[:5]:
        started, watch = perf_counter(), asyncio.create_task(_longest_hold())
        answer = await ask("GET", f"/circulars/{number}/circular.{ending}")
        seconds.append(perf_counter() - started)
        watch.cancel()
        held.append(max(await watch) * 1000)
    size = f"{len(answer.content) // 1024} KiB"
    return [
        Figure(f"the same as {ending}", seconds, "s", note=size),
        Figure("the event loop held up meanwhile", held, "ms", at_most=50),
    ]


async def _longest_hold() -> list[float]:
    """How long the loop came back later than asked, until cancelled."""
    found = [0.0]
    try:
        while True:
            asked = perf_counter()
            await asyncio.sleep(0.005)
            found.append(perf_counter() - asked - 0.005)
    except asyncio.CancelledError:
        return found


async def _build(now: datetime) -> None:
    towns = [f"{COUNTY}{100 + n}" for n in range(TOWNSHIPS)]
    villages = [f"{towns[n % len(towns)]}{200 + n // len(towns)}" for n in range(VILLAGES)]
    levels = {2: "province", 6: "county", 9: "township", 12: "village"}
    await bulk.add_regions([(k, levels[len(k)]) for k in ("99", COUNTY, *towns, *villages)])
    for code in _REPORTS:
        schedule = await bulk.add_schedule(COUNTY, code, now)
        await bulk.add_months(schedule, now, range(1, MONTHS))
    await add_history(now, {}, never_filed=4)


async def _closed() -> list[str]:
    rows = await fetch("SELECT DISTINCT key FROM period ORDER BY key")
    return [row["key"] for row in rows]


@asynccontextmanager
async def _county(url: str, now: datetime) -> AsyncIterator[Any]:
    """Somebody of the county, who asks without a socket, a day later."""
    [session] = await bulk.add_people([bulk.Seat(Role.COUNTY_OPS, COUNTY)], now)
    environment = {"CUNBAO_SECRET_KEY": SECRET, "CUNBAO_DATABASE_URL": url}
    then = now + timedelta(days=1)
    app: Any = build_app(load({**environment, "CUNBAO_LOG_LEVEL": "warning"}), lambda: then)
    token = Vault(SECRET).access_token(session, then, 120)
    headers = {"authorization": f"Bearer {token}"}
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://cunbao.test") as http:

        async def ask(method: str, path: str, body: Any = None) -> httpx.Response:
            answer = await http.request(method, f"/api/v1{path}", json=body, headers=headers)
            assert answer.status_code in (200, 201), answer.text
            return answer

        yield ask
