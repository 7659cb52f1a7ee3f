"""Each request's id, log line and metrics, in one middleware."""

import logging
import re
from collections.abc import Callable
from time import perf_counter
from typing import Any
from uuid import uuid4

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import Counter, Gauge, Histogram

from backend.logs import request_id

log = logging.getLogger("cunbao.access")

REQUESTS = Counter("cunbao_requests_total", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram(
    "cunbao_request_seconds",
    "Time to answer",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
TASKS = Counter("cunbao_task_runs_total", "Runs of background tasks", ["task", "result"])
WAITING = Gauge(
    "cunbao_deliveries_waiting", "Deliveries not sent yet", multiprocess_mode="mostrecent"
)
OLDEST = Gauge(
    "cunbao_delivery_oldest_seconds",
    "Age of the oldest waiting one",
    multiprocess_mode="mostrecent",
)

# Answers hold people's data: nothing on the way keeps them or guesses what they are.
_ALWAYS = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
# Anything else a caller makes up would be one more series for ever.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_GIVEN_ID = re.compile(r"[A-Za-z0-9_-]{8,40}")


def observed(app: ASGIApp) -> ASGIApp:
    """Wraps an application. A caller's `X-Request-Id` is kept when it is a plain word."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        number = _given(scope) or uuid4().hex
        token = request_id.set(number)
        scope.setdefault("state", {})["request_id"] = number
        started, status = perf_counter(), [500]
        try:
            await app(scope, receive, _noting(send, number, status))
        finally:
            _note(scope, status[0], perf_counter() - started)
            request_id.reset(token)

    return middleware


def _given(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            text = value.decode("latin-1")
            return text if _GIVEN_ID.fullmatch(text) else None
    return None


def _noting(send: Send, number: str, status: list[int]) -> Callable[[Message], Any]:
    ours = [*_ALWAYS, (b"x-request-id", number.encode())]

    async def noting(message: Message) -> None:
        if message["type"] == "http.response.start":
            status[0] = message["status"]
            given = {name for name, _ in message["headers"]}
            added = [pair for pair in ours if pair[0] not in given]
            message["headers"] = [*message["headers"], *added]
        await send(message)

    return noting


def _note(scope: Scope, status: int, seconds: float) -> None:
    route = str(scope.get("path_template") or "unknown")
    method = str(scope.get("method", ""))
    method = method if method in _METHODS else "other"
    REQUESTS.labels(method, route, str(status)).inc()
    SECONDS.labels(route).observe(seconds)
    if log.isEnabledFor(logging.INFO):
        extra = {
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
        }
        log.info("request", extra=extra)
