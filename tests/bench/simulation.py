"""How long a simulated year of a county takes, and whether every promise held in it."""

import asyncio
import os
import sys
from time import perf_counter
from typing import Final

from tests.bench.figures import Figure
from tests.bench.server import SECRET

COMMAND: Final = ("-m", "backend.cli", "simulate", "--villages", "910", "--months", "12")


async def bench(url: str) -> list[Figure]:
    """The seconds of the whole command, from making its database to dropping it."""
    environment = {**os.environ, "CUNBAO_DATABASE_URL": url, "CUNBAO_SECRET_KEY": SECRET}
    started = perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, *COMMAND, env=environment, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()
    seconds = perf_counter() - started
    assert process.returncode in (0, 1), printed.decode()
    lines = printed.decode().splitlines()
    note = next((line for line in lines if "duties" in line), "")
    broken = sum(line.startswith("FAIL") for line in lines)
    return [
        Figure("a year of 910 villages", [seconds], "s", at_most=90, note=note),
        Figure("promises broken in it", [float(broken)], "", at_most=0),
    ]
