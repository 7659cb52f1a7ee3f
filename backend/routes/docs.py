"""The OpenAPI page at /docs, from files of an installed package: it asks no other host."""

from importlib.resources import files
from typing import Final

from litestar import Response, get
from litestar.openapi.plugins import SwaggerRenderPlugin
from litestar.params import FromPath

from backend.access import PUBLIC
from backend.problems import Problem

PATH: Final = "/docs"
_ASSETS: Final = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui-standalone-preset.js": "text/javascript",
    "swagger-ui.css": "text/css",
}


@get(f"{PATH}/assets/{{name:str}}", opt=PUBLIC, include_in_schema=False, sync_to_thread=True)
def asset(name: FromPath[str]) -> Response[bytes]:
    """One of the page's three files."""
    if name not in _ASSETS:
        raise Problem("not_found")
    return Response(
        files("swagger_ui").joinpath("static", name).read_bytes(),
        media_type=_ASSETS[name],
        headers={"cache-control": "public, max-age=86400"},
    )


def page() -> SwaggerRenderPlugin:
    """The page itself."""
    script, preset, style = (f"{PATH}/assets/{name}" for name in _ASSETS)
    return SwaggerRenderPlugin(
        js_url=script,
        standalone_preset_js_url=preset,
        css_url=style,
        path="/",
        favicon="<link rel='icon' href='data:,'>",
    )
