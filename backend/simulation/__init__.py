"""A year of a county on a virtual clock: the real tasks, store and database, and people drawn."""

from typing import Final

from backend import migrating, seeding
from backend.simulation import plans
from backend.simulation.checks import violations
from backend.simulation.county import COUNTY, County, build
from backend.simulation.evidence import Evidence, gather
from backend.simulation.journal import Journal
from backend.simulation.place import own_database
from backend.simulation.report import Outcome, outcome
from backend.simulation.running import Year
from backend.store import calendar
from backend.terminal import Report
from backend.vault import Vault

__all__ = ["Evidence", "Outcome", "live", "simulate"]

# Opens nothing but the addresses of people who don't exist.
_SECRET: Final = "a secret that keeps nothing but invented numbers"


def _unseen(done: int, total: int | None) -> None:
    """Progress that nobody looks at."""


async def simulate(
    server: str, *, villages: int, months: int, seed: int, report: Report = _unseen
) -> Outcome:
    """What comes of a year, in a database of its own on that server."""
    async with own_database(server):
        await migrating.migrate()
        await seeding.seed(plans.BEGINS)
        evidence = await live(villages=villages, months=months, seed=seed, report=report)
    return outcome(evidence, violations(evidence))


async def live(*, villages: int, months: int, seed: int, report: Report = _unseen) -> Evidence:
    """Lives through the time in the database that is connected, which is migrated and empty."""
    county, vault = County(seed, villages, plans.BEGINS, plans.ends(months)), Vault(_SECRET)
    await build(county, vault)
    await plans.schedule()
    journal = Journal()
    year = Year(county, await calendar.load(COUNTY), vault, journal)
    await year.live(report)
    return await gather(journal, county.ends)
