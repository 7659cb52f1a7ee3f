"""The product under simulation: its own tasks, on a virtual clock, with crashes between steps.

A crash inside a transaction is an exception raised in it, so that all of it is rolled back; one
between two transactions leaves the later out. After a crash nothing runs until the restart.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from backend.simulation.channels import KINDS, Crash, SimulatedChannel
from backend.simulation.county import County
from backend.simulation.journal import Journal
from backend.store.database import transaction
from backend.tasks import delivering, housekeeping, opening
from backend.tasks.reminding import remind_some
from backend.tasks.sending import Carrier, pass_over, send_some
from backend.vault import Vault

# How often a step meets its end, and how long a restart takes.
_CRASHES: Final = 0.02
_WHILE_SENDING: Final = 0.003
_RESTART: Final = timedelta(minutes=5)
_LONG: Final = timedelta(hours=3)
_LONG_SHARE: Final = 0.1
# Some deliveries take this long between claim and mark, and reports come in meanwhile.
_SLOW, _SLOW_SHARE = timedelta(seconds=90), 0.2
_LINK: Final = "https://cunbao.test/"

Meanwhile = Callable[[datetime], Awaitable[None]]


class System:
    """What a server does when its clock says so."""

    def __init__(self, county: County, vault: Vault, journal: Journal) -> None:
        self._journal, self._vault = journal, vault
        self._rng = county.source("crashes")
        self._services = {
            kind: SimulatedChannel(kind, county, journal, self._dies_sending) for kind in KINDS
        }
        self._carriers = [
            Carrier(kind, each, vault, _LINK, frozenset(KINDS))
            for kind, each in self._services.items()
        ]
        self.up_at = county.begins

    async def open(self, now: datetime) -> None:
        """Opens what has come to its opening."""
        await opening.freeze_periods(now)
        while await self._whole("open", now, opening.open_one):
            pass

    async def remind(self, now: datetime) -> None:
        """Decides all that is due."""
        while await self._whole("remind", now, remind_some):
            pass

    async def deliver(self, now: datetime, meanwhile: Meanwhile) -> datetime:
        """Shows what waits for the app; gives the instant at which it was done."""
        while rows := await delivering.claim(now):
            self._journal.claimed += [row["message"] for row in rows]
            self._maybe("claimed", now)
            if self._rng.random() < _SLOW_SHARE:
                now += _SLOW
                await meanwhile(now)
            async with transaction():
                await delivering.show(rows, frozenset(KINDS), now)
                self._maybe("show", now)
        return now

    async def send(self, now: datetime) -> None:
        """Sends what waits for the channels."""
        await pass_over(frozenset(KINDS), now)
        for carrier in self._carriers:
            before = asyncio.all_tasks()
            try:
                while await send_some(carrier, now):
                    pass
            except Crash:
                left = asyncio.all_tasks() - before
                for task in left:
                    task.cancel()
                await asyncio.gather(*left, return_exceptions=True)
                self._services[carrier.kind].is_dead = False
                self._fall("send", now)

    async def keep_house(self, now: datetime) -> None:
        """Cells, seals, and what is to be forgotten."""
        while await self._whole("finish_cells", now, housekeeping.finish_cells):
            pass
        while await self._whole("seal", now, self._seal):
            pass
        await housekeeping.forget_failures(now)

    async def commit(self, name: str, now: datetime, act: Callable[[], Awaitable[None]]) -> None:
        """Somebody's act over the API, in its transaction."""
        async with transaction():
            await act()
            self._maybe(name, now)

    async def _seal(self, now: datetime) -> bool:
        return await housekeeping.seal_some(self._vault.audit_key, now)

    async def _whole(
        self, name: str, now: datetime, take: Callable[[datetime], Awaitable[bool]]
    ) -> bool:
        """One piece of work; the process may die between its decision and its commit."""
        async with transaction():
            found = await take(now)
            if found:
                self._maybe(name, now)
        return found

    def _maybe(self, name: str, now: datetime) -> None:
        if self._rng.random() < _CRASHES:
            self._fall(name, now)

    def _fall(self, name: str, now: datetime) -> None:
        self._journal.crashes[name] += 1
        is_long = self._rng.random() < _LONG_SHARE
        self.up_at = now + (_LONG * self._rng.random() if is_long else _RESTART)
        self._journal.outages.append((now, self.up_at))
        raise Crash

    def _dies_sending(self, where: str) -> bool:
        dies = self._rng.random() < _WHILE_SENDING
        if dies:
            self._journal.crashes[where] += 1
        return dies
