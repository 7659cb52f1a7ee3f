"""`python -m tests.bench [NAME …]`: measures, prints a line a figure, and never fails for one."""

import asyncio
import os
import platform
import sys
from collections.abc import Awaitable, Callable, Mapping

import asyncpg

from tests import databases
from tests.bench import (
    certifying,
    circulars,
    filing,
    likeness,
    lists,
    media,
    outlook,
    province,
    reminders,
    simulation,
)
from tests.bench.figures import Figure

BENCHES: Mapping[str, Callable[[str], Awaitable[list[Figure]]]] = {
    "filing": filing.bench,
    "province": province.bench,
    "reminders": reminders.bench,
    "outlook": outlook.bench,
    "simulation": simulation.bench,
    "media": media.bench,
    "certifying": certifying.bench,
    "likeness": likeness.bench,
    "circulars": circulars.bench,
    "lists": lists.bench,
}


async def _facts(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        version = str(await connection.fetchval("SHOW server_version"))
    finally:
        await connection.close()
    return (
        f"{os.cpu_count()} cores, Python {platform.python_version()}, "
        f"PostgreSQL {version.split()[0]}; python -m tests.bench {' '.join(sys.argv[1:])}"
    )


async def _main(names: list[str]) -> None:
    with databases.server() as url:
        print(await _facts(url), flush=True)
        async with databases.template(url):
            for name in names:
                for figure in await BENCHES[name](url):
                    print(figure.line(), flush=True)


def main() -> None:
    names = sys.argv[1:] or list(BENCHES)
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        sys.exit(f"no such bench: {', '.join(unknown)}; there are: {', '.join(BENCHES)}")
    asyncio.run(_main(names))


if __name__ == "__main__":
    main()
