"""A process that reminds and sends as the server does, and can be stopped between two steps.

Where it is to stop it says the step's name and stands still, whole, until it is told to go on,
unless it has been killed. At its end it says how many messages it sent.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from multiprocessing.connection import Connection
from types import ModuleType

from backend import settings, settling
from backend.channels import Channel, Outgoing, open_channels
from backend.domain.channels import Kind
from backend.domain.sending import SPREAD
from backend.settling import Attempt
from backend.store import database
from backend.tasks import delivering, reminding, sending
from backend.tasks.scheduler import Job, jobs, running
from backend.vault import Vault

BEGIN, ANSWERED = "begin", "answered"
# What each transaction of a task has done once it is committed, in order.
_STEPS = {
    reminding: ("decided",),
    delivering: ("taken", "shown"),
    sending: ("claimed",),
}
Stop = Callable[[str], None]


def not_committed(step: str) -> str:
    """The point just before a step's commit."""
    return f"{step}, not committed"


def _stopping_at(wanted: str | None, test: Connection) -> Stop:
    def stop(point: str) -> None:
        if point == wanted:
            test.send(point)
            test.recv()

    return stop


def _watch(module: ModuleType, steps: Sequence[str], stop: Stop) -> None:
    """Puts a point before and one after each commit of a module."""
    real = vars(module)["transaction"]
    left = iter(steps)

    @asynccontextmanager
    async def watched() -> AsyncIterator[None]:
        step = next(left, steps[-1])
        async with real():
            yield
            stop(not_committed(step))
        stop(step)

    vars(module)["transaction"] = watched


def _watch_marking(stop: Stop) -> None:
    """Puts a point after each mark, which is one statement by itself."""
    real = settling.sent

    async def watched(attempts: Sequence[Attempt], now: datetime) -> None:
        await real(attempts, now)
        stop("marked")

    settling.sent = watched


@dataclass
class Watched:
    """A channel with a point after each answer of its service."""

    channel: Channel
    stop: Stop
    sent: int = 0

    async def send(self, item: Outgoing, now: datetime) -> None:
        await self.channel.send(item, now)
        self.sent += 1
        self.stop(ANSWERED)

    async def close(self) -> None:
        await self.channel.close()


def _timetable(every: Sequence[Job], at: datetime) -> Iterator[Job]:
    """Deciding, showing and sending, every second.

    Digests are shown once they are gathered, and go beyond the app once all have been spread.
    """

    def told(job: Job, now: datetime) -> Job:
        return replace(job, seconds=1, take=lambda _: job.take(now))

    for job in every:
        if job.name == "remind":
            yield told(job, at)
        elif job.name == "deliver":
            yield told(job, at + reminding.GATHER)
        elif job.name.startswith("send_"):
            yield told(job, at + reminding.GATHER + SPREAD)


@dataclass(frozen=True, slots=True)
class Task:
    """What to do: at which time, until which point, how many at once (rivals meet more often).

    One job after the other until nothing is left, or all `together` on the real scheduler.
    """

    environment: Mapping[str, str]
    at: datetime
    stop: str | None = None
    batch: int | None = None
    together: bool = False


def work(task: Task, test: Connection) -> None:
    """The whole life of the process."""
    stop = _stopping_at(task.stop, test)
    for module, steps in _STEPS.items():
        _watch(module, steps, stop)
        if task.batch is not None:
            vars(module)["BATCH"] = task.batch
    _watch_marking(stop)
    test.send(asyncio.run(_work(task, stop)))


async def _work(task: Task, stop: Stop) -> int:
    config = settings.load(task.environment)
    assert config.database_url is not None
    channels: dict[Kind, Watched] = {
        kind: Watched(channel, stop) for kind, channel in open_channels(config).items()
    }
    timetable = list(_timetable(jobs(Vault(config.secret_key), channels, None), task.at))
    await database.connect(config.database_url, 8)
    stop(BEGIN)
    if task.together:
        async with running(config.database_url, lambda: task.at, timetable):
            await asyncio.Event().wait()
    for job in timetable:
        while await job.take(task.at):
            pass
    return sum(channel.sent for channel in channels.values())
