"""Services spoken to through apprise: WeCom, DingTalk, Feishu, mail.

Apprise only says whether it worked, and takes a robot's "200, but no such key" for a success. So
its plugins send through `watched`, which keeps the service's own answer for us to read.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

import requests
from apprise import NotifyFormat
from apprise.plugins import dingtalk, feishu, wechat, wecombot

from backend.channels.answers import check_code, check_status
from backend.channels.sending import SEND_SECONDS, Outgoing, TransportError

LANES: Final = 4
# Our own limits count across processes; redirects could lead the message anywhere.
OPTIONS: Final[dict[str, Any]] = {
    "redirect": "no",
    "cto": str(SEND_SECONDS / 2),
    "rto": str(SEND_SECONDS / 2),
}


@dataclass
class Seen:
    """What the service said last to this thread."""

    answer: requests.Response | None = None
    refusals: dict[str, int] = field(default_factory=dict)


_of_thread = threading.local()


def seen() -> Seen:
    """The record of the sending under way in this thread."""
    found: Seen = _of_thread.__dict__.setdefault("seen", Seen())
    return found


def begin() -> None:
    """Forgets the sending before."""
    _of_thread.seen = Seen()


class _WatchedRequests:
    """`requests` as a plugin uses it."""

    codes = requests.codes
    RequestException = requests.RequestException

    def post(self, *args: Any, **more: Any) -> requests.Response:
        return self._kept(requests.post(*args, **more))

    def get(self, *args: Any, **more: Any) -> requests.Response:
        return self._kept(requests.get(*args, **more))

    def _kept(self, answer: requests.Response) -> requests.Response:
        seen().answer = answer
        return answer


# It writes addresses and keys into its log lines; what went wrong stands in the delivery.
logging.getLogger("apprise").setLevel(logging.CRITICAL)
watched: Final = _WatchedRequests()
for _module in (dingtalk, feishu, wechat, wecombot):
    vars(_module)["requests"] = watched


class Threads:
    """A channel's own threads: apprise waits in them, and what hangs there holds up nobody else."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(LANES, thread_name_prefix=name)

    async def run(self, send: Callable[[], None]) -> None:
        """Runs it within SEND_SECONDS. Raises TransportError."""
        under_way = asyncio.get_running_loop().run_in_executor(self._pool, send)
        try:
            await asyncio.wait_for(under_way, SEND_SECONDS)
        except TimeoutError:
            raise TransportError("timeout") from None

    def close(self) -> None:
        """Lets the threads go as they finish."""
        self._pool.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class Codes:
    """Where a service's JSON says what it thinks, and which of that is final or too much."""

    name: str
    permanent: frozenset[int]
    busy: dict[int, float]


def notify(plugin: Any, item: Outgoing, codes: Codes) -> dict[str, Any]:
    """Sends through a plugin, in this thread; the service's answer. Raises TransportError."""
    begin()
    plugin.request_rate_per_sec = 0.0
    taken = plugin.notify(body=item.body, title="", body_format=NotifyFormat.TEXT)
    answer = seen().answer
    if answer is None:
        raise TransportError("no_answer")
    check_status(answer.status_code, {k.lower(): v for k, v in answer.headers.items()})
    found = check_code(answer.content, codes.name, permanent=codes.permanent, busy=codes.busy)
    if not taken:
        raise TransportError("not_taken")
    return found
