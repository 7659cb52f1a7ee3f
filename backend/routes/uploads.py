"""Photos and papers on their way in, by tus 1.0: /uploads."""

from collections.abc import AsyncIterator
from typing import Any

from litestar import Controller, HttpMethod, Response, route
from litestar.params import FromPath

from backend.access import allows
from backend.domain.roles import Action
from backend.routes.context import TAKES_UPLOAD, ApiRequest, asking, photos_of
from backend.routes.errors import documented, problem_response
from media.tus import Refusal, Request

_OPT = {**allows(Action.UPLOAD), **TAKES_UPLOAD}
_PROBLEMS = documented(*(refusal.value for refusal in Refusal))


async def _chunks(request: ApiRequest) -> AsyncIterator[bytes]:
    """The body as it comes; it ends where the connection does."""
    while True:
        event = await request.receive()
        if event["type"] != "http.request":
            return
        if event["body"]:
            yield event["body"]
        if not event.get("more_body"):
            return


async def _answer(request: ApiRequest, upload: str | None) -> Response[Any]:
    asker = await asking(request)  # nothing of the database is held while a phone sends
    headers = {name.lower(): value for name, value in request.headers.items()}
    told = await photos_of(request).receive(
        Request(request.method, headers, str(asker.account), _chunks(request), upload), asker
    )
    if told.refusal is None:
        return Response(b"", status_code=told.status, headers=told.headers, media_type="text/plain")
    refused = problem_response(request, told.refusal.value, {})
    refused.headers.update(told.headers)
    return refused


class PhotoUploadController(Controller):
    path = "/uploads"
    tags = ("uploads",)
    request_max_body_size = None  # 20 MiB come in pieces, and media/uploads.py counts them

    @route("/", http_method=[HttpMethod.POST], status_code=201, opt=_OPT, responses=_PROBLEMS)
    async def create(self, request: ApiRequest) -> Response[Any]:
        """Announces a content: Upload-Length, and `sha256` in hex in Upload-Metadata; the bytes may
        come along. What the asker has sent before is complete at once.
        """
        return await _answer(request, None)

    @route(
        "/{upload:str}",
        http_method=[HttpMethod.PATCH],
        status_code=204,
        opt=_OPT,
        responses=_PROBLEMS,
    )
    async def send(self, request: ApiRequest, upload: FromPath[str]) -> Response[None]:
        """The next bytes, from Upload-Offset on."""
        return await _answer(request, upload)

    @route(
        "/{upload:str}",
        http_method=[HttpMethod.HEAD],
        status_code=200,
        opt=_OPT,
        responses=_PROBLEMS,
    )
    async def stands(self, request: ApiRequest, upload: FromPath[str]) -> Response[None]:
        """How far the upload is: Upload-Offset."""
        return await _answer(request, upload)

    @route(
        "/{upload:str}",
        http_method=[HttpMethod.DELETE],
        status_code=204,
        opt=_OPT,
        responses=_PROBLEMS,
    )
    async def end(self, request: ApiRequest, upload: FromPath[str]) -> Response[None]:
        """Gives the upload up."""
        return await _answer(request, upload)
