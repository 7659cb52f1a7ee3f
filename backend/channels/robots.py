"""Robots of a group chat: what those of WeCom, DingTalk and Feishu have in common."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from backend.channels.apprised import Codes, Threads, notify
from backend.channels.sending import Outgoing


class Robot:
    """Posts to the group its address is the key of."""

    def __init__(self, name: str, plugin: Callable[[str], Any], codes: Codes) -> None:
        self._plugin, self._codes = plugin, codes
        self._threads = Threads(name)

    async def send(self, item: Outgoing, now: datetime) -> None:
        """One text to the group. Robots know no key: a second copy would be shown."""

        def send() -> None:
            notify(self._plugin(item.address), item, self._codes)

        await self._threads.run(send)

    async def close(self) -> None:
        self._threads.close()
