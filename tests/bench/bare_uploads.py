"""The floor of uploads: the least a Litestar route can do to keep a body, which is one file."""

import os
from pathlib import Path
from typing import Any
from uuid import uuid4

from litestar import Litestar, Request, post

FOLDER = "CUNBAO_HOME"


@post("/bodies", status_code=201, request_max_body_size=None)
async def keep(request: Request[Any, Any, Any]) -> None:
    """Streams the body to a file and sees it on the disk."""
    with (Path(os.environ[FOLDER]) / uuid4().hex).open("wb") as file:
        async for chunk in request.stream():
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def app() -> Litestar:
    """The bare application, with nothing around the route."""
    return Litestar([keep], openapi_config=None, logging_config=None)
