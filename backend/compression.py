"""Compressed answers: zstd, br or gzip, whichever the caller takes (RFC 9110 §12.5.3)."""

import gzip
from collections.abc import Callable, Iterable
from typing import Final

import brotli
import zstandard
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send

MINIMUM_BYTES: Final = 600

# In order of preference: smaller and cheaper first.
_ENCODERS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "zstd": lambda body: zstandard.compress(body, 3),
    "br": lambda body: brotli.compress(body, quality=4),
    "gzip": lambda body: gzip.compress(body, 5, mtime=0),
}


def negotiate(accept_encoding: str, offered: Iterable[str] = _ENCODERS) -> str | None:
    """The first encoding offered that the caller takes, or None for plain bytes."""
    taken: dict[str, float] = {}
    for part in accept_encoding.lower().split(","):
        name, _, quality = part.partition(";")
        try:
            taken[name.strip()] = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
    anything = taken.get("*", 0.0)
    return next((name for name in offered if taken.get(name, anything) > 0), None)


def compressed(app: ASGIApp) -> ASGIApp:
    """Wraps an application. Whole answers of some size are compressed, streams go as they are."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        encoding = negotiate(_header(scope)) if scope["type"] == ScopeType.HTTP else None
        await app(scope, receive, _encoding(send, encoding) if encoding else send)

    return middleware


def _header(scope: Scope) -> str:
    return ",".join(v.decode("latin-1") for k, v in scope["headers"] if k == b"accept-encoding")


def _encoding(send: Send, encoding: str) -> Send:
    held: list[HTTPResponseStartEvent] = []

    async def encode(message: Message) -> None:
        if message["type"] == "http.response.start":
            held.append(message)
            return
        if held and message["type"] == "http.response.body":
            start = held.pop()
            body = message.get("body", b"")
            whole = not message.get("more_body") and len(body) >= MINIMUM_BYTES
            if whole and not _is_encoded(start):
                message["body"] = _ENCODERS[encoding](body)
                start["headers"] = _with_encoding(start, encoding, len(message["body"]))
            await send(start)
        await send(message)

    return encode


def _is_encoded(start: HTTPResponseStartEvent) -> bool:
    return any(name.lower() == b"content-encoding" for name, _ in start["headers"])


def _with_encoding(
    start: HTTPResponseStartEvent, encoding: str, length: int
) -> list[tuple[bytes, bytes]]:
    kept = [(k, v) for k, v in start["headers"] if k.lower() != b"content-length"]
    return [
        *kept,
        (b"content-length", str(length).encode()),
        (b"content-encoding", encoding.encode()),
        (b"vary", b"Accept-Encoding"),
    ]
