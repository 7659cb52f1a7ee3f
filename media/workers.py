"""A few worker processes, so that no hostile picture is decoded where secrets are."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from media.examining import Examination
from media.kinds import BadImage, Fault
from media.working import Answer, Drawn, Examine, Examined, Failed, Refused, Request, Watermark

_WALL_SECONDS = 60.0
_LEAVING_SECONDS = 1.0
_LONGEST_ANSWER = 16 * 2**20
_ROOT = Path(__file__).parents[1]
_answers = msgspec.msgpack.Decoder[Answer](Answer)


class WorkerLost(Exception):
    """The worker crashed, was killed or hung; another takes its place. The same file may be tried
    again later, but not for ever: it may be what crashes them."""


class Workers:
    """At most `count` processes, started when first needed and replaced when lost.

    `module` is run as a program in an empty environment and must call `working.serve`.
    """

    def __init__(
        self,
        count: int = 1,
        module: str = "media.working",
        wall_seconds: float = _WALL_SECONDS,
    ) -> None:
        self._all = [_Worker(module, wall_seconds) for _ in range(count)]
        # The one used last is asked first, so that a quiet office keeps one process.
        self._idle: asyncio.LifoQueue[_Worker] = asyncio.LifoQueue()
        for worker in self._all:
            self._idle.put_nowait(worker)

    async def examine(self, data: bytes) -> Examination:
        """Everything computed from the file. Raises BadImage, WorkerLost."""
        answer = await self._ask(Examine(data))
        if isinstance(answer, Examined):
            return answer.examination
        raise WorkerLost("another answer than was asked for")

    async def watermark(self, picture: bytes, lines: Sequence[str]) -> bytes:
        """A preview or thumbnail with `lines` drawn on it. Raises BadImage, WorkerLost."""
        answer = await self._ask(Watermark(picture, tuple(lines)))
        if isinstance(answer, Drawn):
            return answer.picture
        raise WorkerLost("another answer than was asked for")

    async def close(self) -> None:
        """Ends the processes."""
        for worker in self._all:
            await worker.end()

    async def _ask(self, request: Request) -> Answer:
        worker = await self._idle.get()
        try:
            answer = await worker.ask(request)
            if answer == Refused(Fault.TOO_COSTLY):
                await worker.end()  # its memory is spent
        finally:
            self._idle.put_nowait(worker)
        if isinstance(answer, Refused):
            raise BadImage(answer.fault)
        if isinstance(answer, Failed):
            raise WorkerLost(answer.error)
        return answer


class _Worker:
    """One place for a process."""

    def __init__(self, module: str, wall_seconds: float) -> None:
        self._module = module
        self._wall_seconds = wall_seconds
        self._process: Process | None = None

    async def ask(self, request: Request) -> Answer:
        try:
            async with asyncio.timeout(self._wall_seconds):
                process = await self._running()
                return await _exchange(process, msgspec.msgpack.encode(request))
        except (OSError, EOFError, msgspec.MsgspecError) as error:  # TimeoutError is an OSError
            await self._left(error)
            status = await self.end()
            if status == -signal.SIGXCPU:
                return Refused(Fault.TOO_COSTLY)
            raise WorkerLost(f"{type(error).__name__}, ended with {status}") from error
        except BaseException:
            await self.end()  # whoever asked has gone; the answer must not meet the next one
            raise

    async def _left(self, error: Exception) -> None:
        """Waits for a process that hung up to be gone. Killing looks whether it still lives, and
        so takes the status of a dead one from whoever waits for it: its reason would be lost."""
        if self._process is not None and not isinstance(error, TimeoutError):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), _LEAVING_SECONDS)

    async def end(self) -> int | None:
        """Kills the process. Returns how it had ended or ended."""
        process, self._process = self._process, None
        if process is None:
            return None
        with suppress(ProcessLookupError):
            process.kill()
        if process.stdin is not None:
            process.stdin.close()
        return await process.wait()

    async def _running(self) -> Process:
        if self._process is not None and self._process.returncode is not None:
            await self.end()
        if self._process is None:
            self._process = await _started(self._module)
        return self._process


async def _started(module: str) -> Process:
    """A process that inherits no environment and no open file."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-s", "-m", module, str(os.getpid())),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        cwd="/",
        env={"PYTHONPATH": str(_ROOT), "LC_ALL": "C.UTF-8"},
    )


async def _exchange(process: Process, request: bytes) -> Answer:
    if process.stdin is None or process.stdout is None:
        raise EOFError
    process.stdin.write(len(request).to_bytes(4) + request)
    await process.stdin.drain()
    size = int.from_bytes(await process.stdout.readexactly(4))
    if size > _LONGEST_ANSWER:
        raise EOFError
    answer: Answer = _answers.decode(await process.stdout.readexactly(size))
    return answer
