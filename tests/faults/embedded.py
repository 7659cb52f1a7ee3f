"""Starting, killing and asking the embedded database in tests."""

import asyncio
import contextlib
import fcntl
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg

from backend.postgres import Server, stop

AS_ROOT = os.geteuid() == 0

STARTER = """
import os
import signal
import sys
import time
from pathlib import Path
from backend.postgres import start
# What a shell runs in the background ignores it, and so do its children.
signal.signal(signal.SIGINT, signal.default_int_handler)
server = start(Path(sys.argv[1]))
if sys.argv[2:] == ["and fork"] and os.fork() == 0:
    time.sleep(20)
    os._exit(0)
print(server.started_here, server.dsn, flush=True)
sys.stdin.read()
"""


def sql(server: Server, statement: str) -> list[Any]:
    """The first column of the answer."""

    async def ask() -> list[Any]:
        connection = await asyncpg.connect(server.dsn, timeout=10)
        try:
            return [row[0] for row in await connection.fetch(statement)]
        finally:
            await connection.close()

    return asyncio.run(ask())


def keep_a_row(server: Server) -> None:
    sql(server, "DROP TABLE IF EXISTS kept")
    sql(server, "CREATE TABLE kept AS SELECT 7 AS n")


def postmaster(home: Path) -> int:
    lines = (home / "postgres" / "data" / "postmaster.pid").read_text().splitlines()
    return int(lines[0])


def gone(pid: int, within: float = 10) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.02)
    return False


@contextlib.contextmanager
def starter(home: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], Server]]:
    """Another process that starts the database, and ends when its input closes."""
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, str(home), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        started, dsn = process.stdout.readline().split()
        yield process, Server(dsn, started == "True")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@contextlib.contextmanager
def moved_away(path: Path) -> Iterator[None]:
    path.rename(path.with_suffix(".away"))
    try:
        yield
    finally:
        path.with_suffix(".away").rename(path)


def end(home: Path) -> None:
    stop(home)
    lock = home / "postgres" / "server.lock"
    if lock.exists():
        with lock.open() as handle:
            fcntl.flock(handle, fcntl.LOCK_SH)  # until a server that others started has ended
