"""Filing against the floor, and the memory of a server that files.

Each village has a liaison and a B角, twenty monthly reports due now, and last month's accepted.
Batches of one are filed by many villages in turn, batches of twenty by a village for all of its
reports: a phone that was offline.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec

from backend.clock import system_clock
from backend.domain.receipts import parse_receipt
from backend.domain.roles import Role
from backend.store.database import fetch, fetch_value
from backend.vault import Vault
from tests import databases
from tests.bench import bulk
from tests.bench.figures import Figure
from tests.bench.floor import TABLE
from tests.bench.history import add_history
from tests.bench.load import Generator, request
from tests.bench.server import FLOOR, OURS, SECRET, serving

VILLAGES: Final = 910
SCHEDULES: Final = 20
ROUNDS: Final = 9
SINGLES: Final = 1000
BATCHES: Final = 80
ONE_BY_ONE, TOGETHER = "990101", "990102"

_CASE = Path(__file__).parents[1] / "cases" / "form_labor_monthly.json"


@dataclass(frozen=True, slots=True)
class Supply:
    """Requests not sent yet: each files obligations that nobody has filed."""

    floor: Iterator[bytes]
    singles: Iterator[bytes]
    batches: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Round:
    """Reports per second, measured one after the other."""

    floor: float
    singles: float
    batches: float


async def bench(url: str) -> list[Figure]:
    """Filing one by one and by twenties, and memory."""
    generator = Generator()
    try:
        async with _county(url) as (here, supply):
            rounds, answers = await _rounds(here, supply, generator)
            await _verify(answers)
            memory = await _memory(here, supply, generator)
    finally:
        generator.close()
    floor = f"floor {median(r.floor for r in rounds):.0f}/s"
    singles = f"{median(r.singles for r in rounds):.0f} reports/s, {floor}"
    batches = f"{median(r.batches for r in rounds):.0f} reports/s, {floor}"
    return [
        Figure("filing, batches of 1", [r.singles / r.floor for r in rounds], "× floor", 0.35,
               note=singles),
        Figure("filing, batches of 20", [r.batches / r.floor for r in rounds], "× floor", 2,
               note=batches),
        memory,
    ]  # fmt: skip


async def _rounds(
    url: str, supply: Supply, generator: Generator
) -> tuple[list[Round], list[bytes]]:
    """Alternates between the floor and ours; the first round only warms up."""
    rounds, answers = [], list[bytes]()
    with serving(FLOOR, url) as floor, serving(OURS, url) as ours:
        for _ in range(ROUNDS + 1):
            bare = await generator.drive(floor.port, list(islice(supply.floor, 2 * SINGLES)))
            single = await generator.drive(ours.port, list(islice(supply.singles, SINGLES)))
            again = await generator.drive(floor.port, list(islice(supply.floor, 2 * SINGLES)))
            batch = await generator.drive(ours.port, list(islice(supply.batches, BATCHES)))
            rounds.append(
                Round(
                    4 * SINGLES / (bare.seconds + again.seconds),
                    SINGLES / single.seconds,
                    BATCHES * SCHEDULES / batch.seconds,
                )
            )
            answers += single.answers + batch.answers
    return rounds[1:], answers


async def _memory(url: str, supply: Supply, generator: Generator) -> Figure:
    """Peak resident memory of one worker, its scheduler included, filing one by one."""
    with serving(OURS, url, scheduler=True) as ours:
        for _ in range(3):
            await generator.drive(ours.port, list(islice(supply.singles, SINGLES)))
        found = ours.resident_mib()
    note = f"and {found['watcher']:.0f} MiB for the process that watches it"
    return Figure("memory of one server process", [found["worker"]], "MiB", at_most=200, note=note)


@asynccontextmanager
async def _county(url: str) -> AsyncIterator[tuple[str, Supply]]:
    """Two counties in a database of their own, and what their villages have to file."""
    async with databases.copy(url) as here, databases.connected(here, 4):
        now = system_clock()
        case = msgspec.json.decode(_CASE.read_bytes())
        sessions = await _build(now, case["last"])
        yield here, await _supply(now, sessions, case["answers"])


async def _build(now: datetime, last: dict[str, Any]) -> dict[str, UUID]:
    """Gives the session of each village's liaison."""
    counties = (ONE_BY_ONE, TOGETHER)
    towns = [f"{county}{100 + n}" for county in counties for n in range(15)]
    villages = [
        f"{county}{100 + n % 15}{200 + n // 15}" for county in counties for n in range(VILLAGES)
    ]
    await bulk.add_regions(
        [("99", "province")]
        + [(key, "county") for key in counties]
        + [(key, "township") for key in towns]
        + [(key, "village") for key in villages]
    )
    first = await bulk.add_people([bulk.Seat(Role.LIAISON, key) for key in villages], now)
    await bulk.add_people([bulk.Seat(Role.LIAISON, key, True) for key in villages], now)
    schedules = [await bulk.add_schedule("99", "LABOR_MONTHLY", now) for _ in range(SCHEDULES)]
    for schedule in schedules:
        await bulk.add_months(schedule, now, [0])
    await bulk.open_all(now)
    for schedule in schedules:
        await bulk.add_months(schedule, now, [1])
    await fetch(TABLE)
    await add_history(now, last, never_filed=0)
    return dict(zip(villages, first, strict=True))


async def _supply(now: datetime, sessions: dict[str, UUID], answers: dict[str, Any]) -> Supply:
    vault = Vault(SECRET)
    tokens = {key: vault.access_token(session, now, 120) for key, session in sessions.items()}
    due: dict[str, list[int]] = defaultdict(list)
    for row in await fetch(
        "SELECT id, holder FROM obligation WHERE stage = 'none' AND closes_at > $1 ORDER BY id", now
    ):
        due[row["holder"]].append(row["id"])

    def body(*obligations: int) -> bytes:
        shared = {"kind": "report", "answers": answers, "captured_at": now}
        items = [{"id": uuid4(), "obligation": number, **shared} for number in obligations]
        return msgspec.json.encode({"items": items, "device_time": now})

    def ours(village: str, *obligations: int) -> bytes:
        return request("/api/v1/submissions", body(*obligations), tokens[village])

    alone = [key for key in due if key.startswith(ONE_BY_ONE)]
    return Supply(
        (request("/reports", body(number)) for number in iter(lambda: 1, 0)),
        (ours(key, due[key][turn]) for turn in range(SCHEDULES) for key in alone),
        (ours(key, *numbers) for key, numbers in due.items() if key.startswith(TOGETHER)),
    )


async def _verify(answers: list[bytes]) -> None:
    """Every receipt given is a stored report, and each was told to the B角 and audited."""
    given = {
        UUID(item["id"]): parse_receipt(item["receipt"])
        for answer in answers
        for item in msgspec.json.decode(answer)["items"]
    }
    rows = await fetch("SELECT id, receipt FROM submission WHERE id = ANY($1)", list(given))
    assert {row["id"]: row["receipt"] for row in rows} == given, "a receipt without its report"
    for what, counted in {
        "told of": """SELECT sum(jsonb_array_length(params->'obligations')) FROM message
            JOIN delivery d ON d.message = message.id WHERE kind = 'filed_by_other'""",
        "audited": "SELECT count(*) FROM audit_entry WHERE action = 'submission.file'",
    }.items():
        count = await fetch_value(counted)
        assert count == len(given), f"{count} reports {what} of {len(given)}"
