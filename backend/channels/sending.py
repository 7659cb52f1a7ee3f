"""What every channel does: take one message to one address, or say why not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from backend.domain.channels import Kind
from backend.domain.pacing import SEND_SECONDS

__all__ = ["SEND_SECONDS", "Channel", "Channels", "Outgoing", "TransportError"]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way: counts, instants and a link, no names, no ID numbers.

    `key` stays the same when it is sent again, so that a receiver can drop the second copy.
    """

    key: str
    address: str
    title: str
    text: str
    link: str | None = None

    @property
    def body(self) -> str:
        """The text with its link, for channels that know only text."""
        return f"{self.text}\n{self.link}" if self.link else self.text


class TransportError(Exception):
    """A message was not taken. `reason` is a word for logs and lists, never content.

    `permanent`: this address will never work (unsubscribed, no such number). `retry_after`: seconds
    the service asked to be left alone.
    """

    def __init__(
        self, reason: str, *, permanent: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after


class Channel(Protocol):
    """A way to reach people outside the app."""

    async def send(self, item: Outgoing, now: datetime) -> None:
        """Sends one message, within SEND_SECONDS. Raises TransportError when it was not taken."""

    async def close(self) -> None:
        """Lets its connections go."""


Channels = Mapping[Kind, Channel]
