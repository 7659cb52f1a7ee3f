"""Simulated channels: they fail now and then, addresses die, and the process dies while sending.

A receiver drops a second copy of the same key, so that sending again after a crash is no second
message; only robots know no keys.
"""

import asyncio
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Final

from backend.channels import Outgoing, TransportError
from backend.domain.channels import GROUPS, Kind
from backend.simulation.county import County
from backend.simulation.journal import Journal, Sent

KINDS: Final = (Kind.WEB_PUSH, Kind.WECOM_APP, Kind.WECOM_ROBOT, Kind.SMS, Kind.VOICE)
_BUSY, _DYING = 0.03, 0.02
_STORM: Final = timedelta(hours=3)
_STORMS_A_YEAR: Final = 6
_SAID: Final = re.compile(r"(\d+)项待报|(\d+)份")


class Crash(BaseException):
    """The process ends here. No product code catches it."""


class SimulatedChannel:
    """One service. Whether it takes a message depends on the seed, the address and the instant."""

    def __init__(
        self, kind: Kind, county: County, journal: Journal, crashes: Callable[[str], bool]
    ) -> None:
        self.kind, self._county, self._journal, self._crashes = kind, county, journal, crashes
        self._taken: set[str] = set()
        self.is_dead = False
        rng, length = county.source("storms", kind), county.ends - county.begins
        count = round(_STORMS_A_YEAR * (length / timedelta(days=365)))
        self._storms = [county.begins + length * rng.random() for _ in range(count)]

    async def send(self, item: Outgoing, now: datetime) -> None:
        """Takes it, or says why not. Raises Crash when the process dies before or after."""
        if self.is_dead:
            await asyncio.Event().wait()  # a dead process sends nothing more
        if self._crashes(f"before_{self.kind}"):
            self._die()
        self._refuse(item, now)
        if self.kind in GROUPS or item.key not in self._taken:
            self._taken.add(item.key)
            duties = sum(int(a or b) for a, b in _SAID.findall(item.text))
            self._journal.sent.append(Sent(self.kind, int(item.key), item.address, now, duties))
        if self._crashes(f"after_{self.kind}"):
            self._die()

    async def close(self) -> None:
        """Nothing is open."""

    def _die(self) -> None:
        self.is_dead = True
        raise Crash

    def _refuse(self, item: Outgoing, now: datetime) -> None:
        if any(start <= now < start + _STORM for start in self._storms):
            raise TransportError("down", retry_after=600)
        dies = self._county.source("address", item.address)
        if self.kind not in GROUPS and dies.random() < _DYING and now >= self._death(dies):
            raise TransportError("no_such_number", permanent=True)
        if self._county.source("busy", item.address, now.isoformat()).random() < _BUSY:
            raise TransportError("busy")

    def _death(self, rng: Random) -> datetime:
        return self._county.begins + (self._county.ends - self._county.begins) * rng.random()
