"""Sheets and pages, made in a process of their own so that the server answers meanwhile.

The process gets a job on standard input and gives the file on standard output. It has no settings,
no keys and no database: a job holds all that the paper says, and the same job gives the same paper.
"""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path
from typing import Final

import msgspec

from backend.printing.jobs import Job

_ROOT: Final = Path(__file__).parents[2]
_WALL_SECONDS: Final = 60
# One core stays for the requests; whoever comes next waits.
_at_once = asyncio.Semaphore(1)


class PrintingFailed(Exception):
    """The process ended without a paper; `status` is how."""

    def __init__(self, status: int | None) -> None:
        super().__init__(status)
        self.status = status


async def printed(job: Job) -> bytes:
    """The file a job asks for. Raises PrintingFailed, TimeoutError."""
    async with _at_once, asyncio.timeout(_WALL_SECONDS):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-s", "-m", "backend.printing"),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            cwd="/",
            env={"PYTHONPATH": str(_ROOT), "LC_ALL": "C.UTF-8", **_temporary()},
        )
        try:
            paper, _ = await process.communicate(msgspec.json.encode(job))
        finally:
            if process.returncode is None:  # too slow, or nobody waits for it any more
                process.kill()
                await process.wait()
    if process.returncode or not paper:
        raise PrintingFailed(process.returncode)
    return paper


def _temporary() -> dict[str, str]:
    folder = os.environ.get("TMPDIR")
    return {"TMPDIR": folder} if folder else {}
