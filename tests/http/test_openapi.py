"""The OpenAPI document says what the routes do; schemathesis tries to find where it does not."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import pytest

from backend.problems import CATALOGUE
from tests.http.tools import report, submit
from tests.world import SECRET, World, make_world

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def document(world: World) -> dict[str, Any]:
    found: dict[str, Any] = (await world.http.get("/docs/openapi.json")).json()
    return found


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def references(part: Any) -> Iterator[str]:
    """Every `$ref` below a part of the document."""
    if isinstance(part, dict):
        yield from (value for key, value in part.items() if key == "$ref")
        yield from (name for value in part.values() for name in references(value))
    elif isinstance(part, list):
        yield from (name for value in part for name in references(value))


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    found = set(references(document))
    assert len(found) > 30
    assert {name.removeprefix("#/components/schemas/") for name in found} <= set(schemas)


def test_batches_are_described(document: dict[str, Any]) -> None:
    for path, name in (("submissions", "SubmissionBatch"), ("reviews", "ReviewBatch")):
        body = document["paths"][f"/api/v1/{path}"]["post"]["requestBody"]
        reference = {"$ref": f"#/components/schemas/{name}"}
        assert body == {"content": {"application/json": {"schema": reference}}, "required": True}
    item = document["components"]["schemas"]["SubmissionIn"]
    assert set(item["required"]) == {"id", "obligation"}
    assert item["additionalProperties"] is False


def test_every_body_refuses_unknown_fields(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    checked = 0
    for name, operation in operations(document):
        for reference in references(operation.get("requestBody", {})):
            schema = schemas[reference.rpartition("/")[2]]
            assert schema["additionalProperties"] is False, name
            checked += 1
    assert checked > 12


def test_every_problem_is_described(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert operation["description"], name
        if "/api/" not in name:
            continue
        for status, response in operation["responses"].items():
            if int(status) < 400:
                continue
            [media] = response["content"]
            assert media == "application/problem+json", (name, status)
            for code in response["description"].split(", "):
                assert CATALOGUE[code].status == int(status), (name, code)
        assert {"400", "401", "403", "404", "413", "415", "503"} <= set(operation["responses"])
        assert "500" not in operation["responses"]


def test_only_the_open_routes_ask_for_no_token(document: dict[str, Any]) -> None:
    assert document["security"] == [{"bearer": []}]
    found = {name for name, operation in operations(document) if operation.get("security") == [{}]}
    assert found == {
        "POST /api/v1/sessions",
        "POST /api/v1/sessions/refresh",
        "POST /api/v1/invitations/redeem",
        "GET /health/live",
        "GET /health/ready",
        "GET /metrics",
    }


async def test_the_page_asks_no_other_host(world: World) -> None:
    page = (await world.http.get("/docs")).text
    assert "http://" not in page.replace("http://cunbao.test", "")
    assert "https://" not in page


async def prepared(url: str) -> dict[str, str]:
    """A county in the middle of its week, by the real clock; gives everybody's access token."""
    world = await make_world(url)
    world.clock.now = datetime.now(UTC)
    monday = (world.clock.now - timedelta(days=world.clock.now.weekday() + 1)).date()
    for _ in range(3):
        await world.schedule(starts_on=monday - timedelta(days=7), ladder_since=world.clock.now)
    await world.open()
    for duty in (await world.as_("liaison").get("/sync"))["obligations"][-2:]:
        [filed] = await submit(world, "liaison", [report(duty["id"])])
    await world.review("reviewer", filed["id"], "return", defects=[{"text": "请核实"}])
    await world.deliver()
    vault, now = world.vault, world.clock.now
    return {key: vault.access_token(p.session, now, 60) for key, p in world.people.items()}


@contextmanager
def served(url: str, home: Path) -> Iterator[str]:
    """The server as an operator starts it, on a free port; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CUNBAO_")},
        "CUNBAO_DATABASE_URL": url,
        "CUNBAO_SECRET_KEY": SECRET,
        "CUNBAO_HOME": str(home),
        "CUNBAO_SCHEDULER": "off",
    }
    command = [sys.executable, "-m", "backend.cli", "serve", "--port", str(port)]
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log)
    try:
        address, patience = f"http://127.0.0.1:{port}", monotonic() + 30
        while not _is_ready(address):
            assert monotonic() < patience, (home / "server.log").read_text()
            assert server.poll() is None, (home / "server.log").read_text()
            sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(20)


def _is_ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health/ready").status_code == 200
    except httpx.TransportError:
        return False


# A batch with a bad item is a 200 with an outcome for that item.
_CONFIG = """
[[operations]]
include-name = ["POST /api/v1/submissions", "POST /api/v1/reviews"]
[operations.checks.negative_data_rejection]
enabled = false
"""
# An OPTIONS answer of the framework's own lists only some methods of an address; and a sound
# body may still be refused, for there may be no such duty.
_UNASKED = "allow_header_conformance,positive_data_acceptance"
# These would end the session that everything else is asked with.
_ENDING = (
    "/api/v1/sessions/current",
    "/api/v1/me/password",
    "/api/v1/me/devices/{device}",
    "/api/v1/accounts/{number}/devices",
    "/api/v1/accounts/{number}/devices/{device}",
)
# Answers go on for minutes.
_LASTING = ("/api/v1/rates/live",)

# Who asks what: the county everything, a liaison what is theirs.
_ASKED = {"county": (), "liaison": ("filing", "duties", "rates", "messages", "sessions")}


def fuzz(
    address: str, token: str, tags: Sequence[str], home: Path
) -> subprocess.CompletedProcess[str]:
    """Boundary values of every parameter and body, then random ones, from a fixed seed."""
    (home / "schemathesis.toml").write_text(_CONFIG)
    command = [sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"]
    command += ["run", f"{address}/docs/openapi.json", "--header", f"Authorization: Bearer {token}"]
    command += ["--phases", "coverage,fuzzing", "--max-examples", "6", "--seed", "1"]
    command += ["--exclude-checks", _UNASKED, "--warnings", "off"]
    command += [part for path in (*_ENDING, *_LASTING) for part in ("--exclude-path", path)]
    command += [part for tag in tags for part in ("--include-tag", tag)]
    return subprocess.run(command, cwd=home, capture_output=True, text=True, timeout=300)


@pytest.mark.slow
async def test_nothing_undocumented_is_found(fresh: str, tmp_path: Path) -> None:
    tokens = await prepared(fresh)
    with served(fresh, tmp_path) as address:
        for who, tags in _ASKED.items():
            found = await asyncio.to_thread(fuzz, address, tokens[who], tags, tmp_path)
            assert found.returncode == 0, found.stdout[-10_000:] + found.stderr[-2000:]
            header = {"authorization": f"Bearer {tokens[who]}"}
            me = httpx.get(f"{address}/api/v1/me", headers=header)
            assert me.status_code == 200, "the session ended on the way: the rest was not tried"
