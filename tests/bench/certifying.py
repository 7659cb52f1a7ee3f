"""A county of 250,000 pensioners: everybody's window opens on one day, and most are matched."""

import asyncio
from datetime import datetime, timedelta
from resource import RUSAGE_SELF, getrusage
from tempfile import TemporaryFile
from time import perf_counter
from typing import Final
from uuid import uuid4

from backend.clock import system_clock
from backend.domain.calendar import local_day
from backend.domain.certification.words import InsuranceType
from backend.domain.regions import Level
from backend.results_sheet import COLUMNS, Wanted, write
from backend.store import cert_states, certification
from backend.store.database import fetch, fetch_value
from backend.tasks import certifying
from backend.vault import Vault
from backend.written_sheets import ExcelSheet, Mark
from tests import databases
from tests.bench import bulk
from tests.bench.figures import Figure
from tests.bench.server import SECRET

COUNTY: Final = "990101"
PENSIONERS: Final = 250_000
TOWNSHIPS: Final = 15
VILLAGES: Final = 61  # of a township
_MATCHED_PERCENT: Final = 97.8


async def bench(url: str) -> list[Figure]:
    """Opening for all, a day with nothing to open, and what follows a list that matches most."""
    now = system_clock()
    rule = {"mode": "calendar_year", "suspend_after": 0}
    async with databases.copy(url) as here, databases.connected(here):
        await _people()
        await certification.put_cycle(
            COUNTY, InsuranceType.RESIDENT, local_day(now), rule, uuid4(), now
        )
        opened, longest = await _rounds(now)
        assert await fetch_value("SELECT count(*) FROM obligation") == PENSIONERS
        again, _ = await _rounds(now + timedelta(days=1))
        await _prove(now)
        followed, _ = await _rounds(now + timedelta(days=1))
        passed = await fetch_value("SELECT count(*) FROM obligation WHERE stage = 'accepted'")
        assert passed > PENSIONERS * 0.9
        told = await _progress(now + timedelta(days=1))
        listed = await _listed(now + timedelta(days=1))
        exported, grown = await _export(now + timedelta(days=1))
        await _quiet()
    return [
        Figure("opening for 250,000 pensioners", [opened], "s", at_most=60),
        Figure("the longest a township is held", [longest], "s", at_most=5),
        Figure("a day on which nothing opens", [again], "s", at_most=20),
        Figure(f"following {passed:,} matches", [followed], "s", at_most=120),
        Figure("progress of the county", told, "ms", at_most=2500),
        Figure("a page of those in the rarest state", listed, "ms", at_most=300),
        Figure("results of 250,000 as a workbook", [exported], "s", at_most=120),
        Figure("memory that takes", [grown], "MiB", at_most=400),
    ]


async def _people() -> None:
    towns = [f"{COUNTY}{100 + town}" for town in range(TOWNSHIPS)]
    villages = [f"{town}{200 + number}" for town in towns for number in range(VILLAGES)]
    await bulk.add_regions(
        [
            (COUNTY[:2], "province"),
            (COUNTY, "county"),
            *((town, "township") for town in towns),
            *((village, "village") for village in villages),
        ]
    )
    await fetch(
        """INSERT INTO beneficiary (id, county, insurance_type, region, id_number_sealed,
            id_number_index, name, born_on, group_no, household, private_sealed, private_digest,
            benefit_start, certified_on, certified_by, pay_status, risk_tags, created_at,
            changed_at)
        SELECT gen_random_uuid(), $1, 'resident', ($2::text[])[1 + i % $4], $5,
            decode(md5(i::text), 'hex'), '张桂英', date '1936-01-01' + i % 9000, (i % 9)::text,
            (i / 2)::text, '\\x00', '\\x00', date '2009-01-01' + i % 6000,
            CASE WHEN i % 20 > 0 THEN date '2024-01-01' + i % 300 END, 'village', 'normal', '{}',
            now(), now()
        FROM generate_series(1, $3::int) i""",
        COUNTY,
        villages,
        PENSIONERS,
        len(villages),
        Vault(SECRET).seal("370785194806151234"),
    )
    await fetch("ANALYZE beneficiary")


async def _rounds(now: datetime) -> tuple[float, float]:
    """Seconds of all rounds together, and of the longest."""
    await certifying.make_schedules(now)
    seconds: list[float] = []
    while True:
        started = perf_counter()
        if not await certifying.attend_one(now):
            return sum(seconds), max(seconds)
        seconds.append(perf_counter() - started)


async def _prove(now: datetime) -> None:
    """What an imported list leaves behind: newer proofs, and pensioners that changed."""
    await fetch(
        """UPDATE beneficiary SET certified_on = $1, certified_by = 'data_match', change_no = NULL
        WHERE hashtext(id::text) % 1000 < $2""",
        local_day(now),
        int(_MATCHED_PERCENT * 10),
    )


async def _export(now: datetime) -> tuple[float, float]:
    """Seconds, and by how many MiB the process grew beyond its peak before."""
    before, started = getrusage(RUSAGE_SELF).ru_maxrss, perf_counter()
    with TemporaryFile() as file:
        wanted = Wanted([COUNTY], None, now, full=False)
        assert (
            await write(ExcelSheet(file, COLUMNS, Mark("", wanted.t)), wanted, Vault(SECRET))
            == PENSIONERS
        )
    return perf_counter() - started, (getrusage(RUSAGE_SELF).ru_maxrss - before) / 1024


async def _quiet() -> None:
    """Until nobody vacuums: a database at work can't be dropped."""
    busy = """SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND backend_type = 'autovacuum worker'"""
    while await fetch_value(busy):
        await asyncio.sleep(1)


async def _progress(now: datetime) -> list[float]:
    found = []
    for _ in range(5):
        started = perf_counter()
        await cert_states.progress(cert_states.Asked([COUNTY]), Level.TOWNSHIP, now)
        found.append((perf_counter() - started) * 1000)
    return found


async def _listed(now: datetime) -> list[float]:
    """Milliseconds of the first page of every state, and of those to be suspended."""
    found = []
    for state, to_suspend in (*((each, False) for each in cert_states.STATES), (None, True)):
        started = perf_counter()
        await cert_states.page(cert_states.Asked([COUNTY]), state, to_suspend, None, 51, now)
        found.append((perf_counter() - started) * 1000)
    return found
