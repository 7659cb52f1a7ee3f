"""The built front end, from our own host and under a policy that allows no other."""

import hashlib
import re
from pathlib import Path
from typing import Final

from litestar import Response, get
from litestar.params import FromPath

from backend.access import PUBLIC
from backend.compression import negotiate
from backend.problems import Problem
from backend.routes.context import ApiRequest

WEB: Final = Path(__file__).parents[1] / "web"

# Nothing inline, nothing evaluated, no other host. Pictures may be made on the phone itself.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}
_SUFFIX: Final = {"br": ".br", "gzip": ".gz"}
_NAME: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
# The name holds a digest of the content: another content has another name.
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_ASK_AGAIN: Final = "no-cache"


def _answer(request: ApiRequest, path: Path, caching: str) -> Response[bytes]:
    """A file as the build left it, or its compressed twin. Problem("not_found") without one."""
    media_type = _TYPES.get(path.suffix)
    if media_type is None or not _NAME.fullmatch(path.name) or not path.is_file():
        raise Problem("not_found")
    headers = {
        "cache-control": caching,
        "content-security-policy": POLICY,
        "referrer-policy": "no-referrer",
        "vary": "Accept-Encoding",
        "x-content-type-options": "nosniff",
    }
    encoding = negotiate(request.headers.get("accept-encoding", ""), _SUFFIX)
    if encoding and (twin := path.with_name(path.name + _SUFFIX[encoding])).is_file():
        path, headers["content-encoding"] = twin, encoding
    content = path.read_bytes()
    tag = headers["etag"] = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    if request.headers.get("if-none-match") == tag:
        return Response(b"", status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


@get("/", opt=PUBLIC, include_in_schema=False, sync_to_thread=False)
def liaison(request: ApiRequest) -> Response[bytes]:
    """The liaison's app."""
    return _answer(request, WEB / "liaison.html", _ASK_AGAIN)


@get("/office", opt=PUBLIC, include_in_schema=False, sync_to_thread=False)
def office(request: ApiRequest) -> Response[bytes]:
    """The offices' console."""
    return _answer(request, WEB / "office" / "office.html", _ASK_AGAIN)


@get("/office/assets/{name:str}", opt=PUBLIC, include_in_schema=False, sync_to_thread=False)
def office_built(request: ApiRequest, name: FromPath[str]) -> Response[bytes]:
    """Its scripts and styles, named by their content."""
    return _answer(request, WEB / "office" / "assets" / name, _FOR_EVER)


@get(
    ["/sw.js", "/manifest.webmanifest", "/icon.svg"],
    opt=PUBLIC,
    include_in_schema=False,
    sync_to_thread=False,
)
def beside(request: ApiRequest) -> Response[bytes]:
    """What a browser looks for by a fixed name."""
    return _answer(request, WEB / request.url.path.lstrip("/"), _ASK_AGAIN)


@get("/assets/{name:str}", opt=PUBLIC, include_in_schema=False, sync_to_thread=False)
def built(request: ApiRequest, name: FromPath[str]) -> Response[bytes]:
    """Scripts and styles, named by their content."""
    return _answer(request, WEB / "assets" / name, _FOR_EVER)
