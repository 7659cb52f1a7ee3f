"""How long a simulated year of a county takes, and whether every promise held in it."""

from time import perf_counter
from typing import Final

from backend import simulation
from backend.simulation.checks import violations
from backend.simulation.place import own_database
from tests import databases
from tests.bench.figures import Figure

VILLAGES: Final = 910
MONTHS: Final = 12
SEED: Final = 1


async def bench(url: str) -> list[Figure]:
    """The seconds from the empty database to the last check."""
    started = perf_counter()
    async with own_database(url, databases.TEMPLATE):
        evidence = await simulation.live(villages=VILLAGES, months=MONTHS, seed=SEED)
    broken = sum(len(found) for found in violations(evidence).values())
    seconds = perf_counter() - started
    note = f"{len(evidence.submissions)} reports, {len(evidence.reminders)} steps, seed {SEED}"
    return [
        Figure("a year of 910 villages", [seconds], "s", at_most=90, note=note),
        Figure("promises broken in it", [float(broken)], "", at_most=0),
    ]
