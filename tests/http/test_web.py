"""The front end as it is served: compressed at build, cached by name, under a strict policy."""

import gzip
from pathlib import Path
from typing import Any, cast

import brotli
import httpx
import pytest

from backend.main import build_app
from backend.routes import web
from backend.settings import load

PAGE = b"<!doctype html><title>" + "村报".encode() + b"</title>" + b" " * 700
SCRIPT = b"export const a = 1;" * 60


@pytest.fixture
async def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> httpx.AsyncClient:
    """The application over a small build of the test's own."""
    (tmp_path / "assets").mkdir()
    for name, content in (("liaison.html", PAGE), ("assets/main-abc.js", SCRIPT)):
        (tmp_path / name).write_bytes(content)
        (tmp_path / f"{name}.br").write_bytes(brotli.compress(content))
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content))
    (tmp_path / "secret.py").write_text("nobody's business")
    monkeypatch.setattr(web, "WEB", tmp_path)
    app = build_app(load({"CUNBAO_SECRET_KEY": "x" * 32}))
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=cast(Any, app)), base_url="http://cunbao.test"
    )


async def test_the_page_is_asked_for_again_and_allows_no_other_host(
    client: httpx.AsyncClient,
) -> None:
    found = await client.get("/", headers={"accept-encoding": "identity"})
    assert (found.status_code, found.content) == (200, PAGE)
    assert found.headers["cache-control"] == "no-cache"
    assert found.headers["x-content-type-options"] == "nosniff"
    policy = found.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    again = await client.get(
        "/", headers={"accept-encoding": "identity", "if-none-match": found.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(("accepted", "given"), [("gzip, br, zstd", "br"), ("gzip", "gzip")])
async def test_a_hashed_file_comes_as_the_build_compressed_it_and_stays(
    client: httpx.AsyncClient, accepted: str, given: str
) -> None:
    found = await client.get("/assets/main-abc.js", headers={"accept-encoding": accepted})
    assert found.headers["content-encoding"] == given
    assert found.content == SCRIPT
    assert "immutable" in found.headers["cache-control"]
    assert found.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "path",
    ["/assets/none.js", "/assets/..%2fsecret.py", "/assets/%2e%2e", "/sw.js", "/assets/main-abc"],
)
async def test_nothing_else_is_served(client: httpx.AsyncClient, path: str) -> None:
    found = await client.get(path)
    assert found.status_code == 404
    assert found.json()["code"] == "not_found"
