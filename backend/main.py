"""`build_app(settings, clock)`: wiring only."""

import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

from backend import logs, serving, settings
from backend.channels import open_channels
from backend.clock import Clock, system_clock
from backend.compression import compressed
from backend.observe import observed
from backend.photos import Photos, open_photos
from backend.routes import CONTROLLERS, EXPORTS, OPERATIONS, docs
from backend.routes.batches import describe_bodies
from backend.routes.context import StrictRequest, at_the_gate
from backend.routes.errors import HANDLERS
from backend.settings import Settings
from backend.store import database
from backend.tasks.scheduler import jobs, photo_jobs, running
from backend.underway import Underway
from backend.vault import Vault

VERSION = "0.1.0"


class Application(Litestar):
    """Litestar, watched from outside: what no route takes is logged and counted as well."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._observed = observed(super().__call__)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._observed(scope, receive, send)


def build_app(config: Settings, clock: Clock = system_clock) -> Litestar:
    """The application. Needs `database_url`; `cunbao serve` sees to the embedded database."""
    vault = Vault(config.secret_key)
    photos = open_photos(config, vault)
    state = State(
        {
            "settings": config,
            "clock": clock,
            "vault": vault,
            "photos": photos,
            "underway": Underway(),
        }
    )
    api = Router(
        "/api/v1",
        route_handlers=[*CONTROLLERS, *EXPORTS],
        before_request=at_the_gate,
        request_class=StrictRequest,
    )
    app = Application(
        [api, *OPERATIONS],
        state=state,
        lifespan=[_lifespan],
        middleware=[compressed],
        exception_handlers=HANDLERS,
        request_max_body_size=config.max_body_bytes,
        openapi_config=_openapi(),
        debug=False,
        logging_config=None,
    )
    describe_bodies(app)
    return app


def _openapi() -> OpenAPIConfig:
    bearer = SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")
    return OpenAPIConfig(
        title="Cunbao 村报",
        version=VERSION,
        description="Village employment reports: duties, filing, review and rates.",
        path=docs.PATH,
        render_plugins=[docs.page()],
        components=Components(security_schemes={"bearer": bearer}),
        security=[{"bearer": []}],
        use_handler_docstrings=True,
    )


@asynccontextmanager
async def _lifespan(app: Litestar) -> AsyncIterator[None]:
    config: Settings = app.state.settings
    assert config.database_url is not None
    await database.connect(config.database_url, config.pool_size)
    try:
        async with _background(config, app.state.clock, app.state.vault, app.state.photos):
            yield
    finally:
        await app.state.photos.workers.close()
        await database.disconnect()


@asynccontextmanager
async def _background(
    config: Settings, clock: Clock, vault: Vault, photos: Photos
) -> AsyncIterator[None]:
    if not config.scheduler or config.database_url is None:
        yield
        return
    channels = open_channels(config)
    try:
        timetable = [*jobs(vault, channels, config.public_url), *photo_jobs(photos)]
        async with running(config.database_url, clock, timetable):
            yield
    finally:
        for channel in channels.values():
            await channel.close()


def from_environment() -> Litestar:
    """What a server process calls: settings from `CUNBAO_*`, logs as they say."""
    config = settings.load(os.environ)
    logs.configure(config.log_level, config.log_format)
    serving.end_with_parent()
    app = build_app(config)
    # What is there by now stays: the collector need not look at it again in the midst of a request.
    gc.collect()
    gc.freeze()
    return app
