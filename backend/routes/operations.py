"""For those who run it: /health and /metrics."""

import os

import msgspec
from litestar import Response, get
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from backend.access import PUBLIC
from backend.observe import OLDEST, WAITING
from backend.problems import Problem
from backend.routes.context import ApiRequest, now_of
from backend.routes.errors import documented
from backend.store import messages, tasks


class Health(msgspec.Struct):
    status: str


@get("/health/live", opt=PUBLIC, security=[{}], tags=["operations"])
async def live() -> Health:
    """The process answers."""
    return Health("live")


@get(
    "/health/ready",
    opt=PUBLIC,
    security=[{}],
    tags=["operations"],
    responses=documented("unavailable"),
)
async def ready() -> Health:
    """The process and its database answer."""
    try:
        await tasks.ping()
    except Exception as error:
        raise Problem("unavailable") from error
    return Health("ready")


@get("/metrics", opt=PUBLIC, security=[{}], tags=["operations"], media_type="text/plain")
async def metrics(request: ApiRequest) -> Response[bytes]:
    """Prometheus metrics of this process, or of all workers together."""
    waiting = await messages.waiting()
    if waiting is not None:
        WAITING.set(waiting["waiting"])
        oldest = waiting["oldest"]
        OLDEST.set(max((now_of(request) - oldest).total_seconds(), 0) if oldest else 0)
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
