"""The real server as a process of its own, and a stream of reports sent to it."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import httpx

from backend.clock import system_clock
from backend.domain.calendar import local_day
from backend.store import regions
from backend.store.database import fetch
from backend.vault import Vault
from tests.http.tools import report
from tests.world import SECRET, TOWN, World

ROOT = Path(__file__).parents[2]
SERVE = ("-m", "backend.cli", "serve")
PATIENCE_S = 60


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Server:
    """One server with all its processes; started anew after every kill."""

    environment: dict[str, str]
    program: Sequence[str] = SERVE
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Starts it and waits until it is ready."""
        mine = {k: v for k, v in os.environ.items() if not k.startswith("CUNBAO_")}
        defaults = {"CUNBAO_SECRET_KEY": SECRET, "CUNBAO_LOG_LEVEL": "error"}
        self.process = subprocess.Popen(
            [sys.executable, *self.program, "--port", str(self.port)],
            cwd=ROOT,
            env=mine | defaults | self.environment,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        async with httpx.AsyncClient() as client, asyncio.timeout(PATIENCE_S):
            while not await self._is_ready(client):
                assert self.process.poll() is None, "the server ended by itself"
                await asyncio.sleep(0.05)

    async def _is_ready(self, client: httpx.AsyncClient) -> bool:
        try:
            return (await client.get(f"{self.address}/health/ready")).status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """kill -9 of all its processes at once: they are a group of their own."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@contextmanager
def killed_at_last(server: Server) -> Iterator[Server]:
    """Leaves none of its processes behind."""
    try:
        yield server
    finally:
        server.kill()


async def prepare(world: World, villages: int, reports: int) -> list[int]:
    """So many villages of the township owe so many reports at this moment; gives the duties."""
    keys = [f"{TOWN}{number}" for number in range(300, 300 + villages)]
    await regions.upsert([(key, key, f"村{key[-3:]}", "village", TOWN) for key in keys])
    world.clock.now = system_clock()
    today = local_day(world.clock.now)
    for _ in range(reports):
        await world.schedule(starts_on=today - timedelta(days=today.weekday()))
    await world.open()
    await fetch("UPDATE session SET expires_at = '2200-01-01'")
    rows = await fetch("SELECT id FROM obligation WHERE region = ANY($1) ORDER BY id", keys)
    return [row["id"] for row in rows]


@dataclass
class Stream:
    """Batches on their way over several connections, and every receipt that was given."""

    session: UUID
    rng: Random
    waiting: list[list[dict[str, Any]]]
    sent: list[list[dict[str, Any]]] = field(default_factory=list)
    receipts: dict[str, str] = field(default_factory=dict)
    refusals: set[int] = field(default_factory=set)

    @classmethod
    def over(cls, session: UUID, duties: list[int], rng: Random, size: int) -> "Stream":
        """One report for each duty, in batches of mixed villages."""
        mixed = rng.sample(duties, len(duties))
        items = [report(duty, on_behalf_reason="电话", remark=f"第{duty}号") for duty in mixed]
        return cls(session, rng, [items[i : i + size] for i in range(0, len(items), size)])

    async def flow(
        self, server: Server, connections: int, stop: Callable[[], Awaitable[Any]]
    ) -> None:
        """Sends over so many connections until `stop` is over, then ends them."""
        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(self._send_on(server)) for _ in range(connections)]
            await stop()
            for worker in workers:
                worker.cancel()

    async def _send_on(self, server: Server) -> None:
        async with httpx.AsyncClient(base_url=server.address, timeout=30) as client:
            while True:
                batch = self._next_batch()
                if batch is None or not await self.send(client, batch):
                    await asyncio.sleep(0.02)

    def _next_batch(self) -> list[dict[str, Any]] | None:
        """Mostly a new one, now and then one sent before, perhaps still on its way."""
        if self.sent and (not self.waiting or self.rng.random() < 0.2):
            return self.rng.choice(self.sent)
        if not self.waiting:
            return None
        batch = self.waiting.pop()
        self.sent.append(batch)
        return batch

    async def send(self, client: httpx.AsyncClient, batch: list[dict[str, Any]]) -> bool:
        """Sends one batch and notes the receipts; False when there was no answer, or none yet."""
        token = Vault(SECRET).access_token(self.session, system_clock(), 15)
        try:
            answer = await client.post(
                "/api/v1/submissions",
                json={"items": batch},
                headers={"authorization": f"Bearer {token}"},
            )
        except httpx.TransportError:
            return False
        if answer.status_code != 200:
            self.refusals.add(answer.status_code)
            return False
        for item, outcome in zip(batch, answer.json()["items"], strict=True):
            assert outcome["outcome"] in ("created", "duplicate"), outcome
            known = self.receipts.setdefault(item["id"], outcome["receipt"])
            assert known == outcome["receipt"], "one report with two receipts"
        return True

    async def send_all_again(self, server: Server) -> None:
        """Everything that was ever sent, once more, and what was still to be sent."""
        self.sent += self.waiting
        self.waiting = []
        async with httpx.AsyncClient(base_url=server.address, timeout=30) as client:
            for start in range(0, len(self.sent), 8):
                some = (self.send(client, batch) for batch in self.sent[start : start + 8])
                assert all(await asyncio.gather(*some))
