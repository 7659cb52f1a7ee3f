"""A small application that mounts the upload server, in two processes.

TUS_HOME=folder python -m tests.contracts.tus_server --port 8123

With TUS_DIES set it kills itself when an object is stored and its row is to be written.
"""

import argparse
import json
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from granian.constants import Interfaces
from granian.server import Server
from litestar import HttpMethod, Litestar, Request, Response, get, route
from litestar.exceptions import InternalServerException

from media.folder import FolderStore
from media.sealed import SealedStore
from media.space import UploadSpace
from media.tus import Request as TusRequest
from media.uploads import Received, Uploads
from tests.seals import AES_RING
from tests.uploads import BASE, SECRET


class RowFile:
    """Rows as lines of a file, which outlive the process."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def known(self, owner: str, sha256: str, length: int) -> bool:
        wanted = {"owner": owner, "sha256": sha256, "length": length}
        return any(wanted.items() <= row.items() for row in self.rows())

    async def attach(self, received: Received) -> None:
        if "TUS_DIES" in os.environ:
            os.kill(os.getpid(), signal.SIGKILL)
        with self._path.open("a") as file:
            file.write(json.dumps(asdict(received)) + "\n")

    def rows(self) -> list[dict[str, Any]]:
        if not self._path.exists():
            return []
        return [json.loads(line) for line in self._path.read_text().splitlines()]


def store_of(home: Path) -> SealedStore:
    return SealedStore(FolderStore(home / "objects"), AES_RING)


def rows_of(home: Path) -> RowFile:
    return RowFile(home / "rows")


async def _body(request: Request[Any, Any, Any]) -> AsyncIterator[bytes]:
    """The body, ended where the connection breaks."""
    try:
        async for chunk in request.stream():
            yield chunk
    except InternalServerException:
        return


def build() -> Litestar:
    home = Path(os.environ["TUS_HOME"])
    rows = rows_of(home)
    space = UploadSpace(home / "uploads", SECRET)
    uploads = Uploads(space, store_of(home), rows.known, rows.attach, BASE)

    async def answered(request: Request[Any, Any, Any], upload: str | None) -> Response[None]:
        headers = dict(request.headers.items())
        asked = TusRequest(request.method, headers, headers["x-owner"], _body(request), upload)
        answer = await uploads.answer(asked, datetime.now(UTC))
        return Response(None, status_code=answer.status, headers=answer.headers)

    @route(BASE, http_method=[HttpMethod.POST], request_max_body_size=None)
    async def collection(request: Request[Any, Any, Any]) -> Response[None]:
        return await answered(request, None)

    methods = [HttpMethod.HEAD, HttpMethod.PATCH, HttpMethod.DELETE, HttpMethod.POST]

    @route(f"{BASE}/{{upload:str}}", http_method=methods, request_max_body_size=None)
    async def one(request: Request[Any, Any, Any], upload: str) -> Response[None]:
        return await answered(request, upload)

    @get("/health/ready")
    async def ready() -> None:
        """Says that the server is up."""

    return Litestar([collection, one, ready], openapi_config=None)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    Server(
        f"{__package__}.tus_server:build",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI,
        workers=2,
        factory=True,
        log_enabled=False,
    ).serve()


if __name__ == "__main__":
    main()
