"""Bad input of any kind, to every route: a 4xx that says what is wrong, and nothing changed."""

import base64
import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest

from backend.domain.roles import ALLOWED, Action
from backend.routes.exports import LISTS
from tests.http.examples import EXAMPLES, TWINS, Call, Stage, set_up
from tests.http.test_access import routes
from tests.http.tools import checked_problem, contents, undone
from tests.world import Client, World

JSON = {"content-type": "application/json"}


@pytest.fixture
async def stage(world: World) -> Stage:
    return await set_up(world)


def calls(stage: Stage) -> Iterator[tuple[tuple[str, str], Client, Call]]:
    """Every route with its first sound call, by somebody who may make it."""
    for name, handler in routes(stage.world.app):
        if name not in EXAMPLES:
            continue
        action = handler.opt["access"]
        roles = ALLOWED[action] if isinstance(action, Action) else ALLOWED[Action.SIGNED_IN]
        person = stage.world.people[TWINS[sorted(roles)[0]][0]]
        call = EXAMPLES[name][0].make(stage, person)
        yield name, Client(stage.world, person), call


def bodies(stage: Stage) -> Iterator[tuple[tuple[str, str], Client, Call]]:
    """The same for the routes that take a body."""
    return ((name, client, call) for name, client, call in calls(stage) if call.json is not None)


def is_refusal(name: object, response: httpx.Response) -> dict[str, Any]:
    assert 400 <= response.status_code < 500, (name, response.status_code, response.text)
    return checked_problem(response)


_RAW: dict[str, bytes] = {
    "nothing": b"",
    "null": b"null",
    "a number": b"1",
    "a text": b'"x"',
    "a list": b"[]",
    "cut short": b'{"a": ',
    "two documents": b"{} {}",
    "a comma too many": b'{"a": 1,}',
    "single quotes": b"{'a': 1}",
    "not a number": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "deep and closed": b'{"items":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "invalid UTF-8": b'{"a": "\xff\xfe"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a raw zero": b'{"a": "\x00"}',
    "half an emoji as a key": b'{"\\ud83d": 1}',
    "an unknown field": b'{"no_such_field": 1}',
    "a field twice": b'{"no": 1, "no": 2}',
    "unending digits": b'{"a": ' + b"9" * 5000 + b"}",
    "gzip": b"\x1f\x8b\x08\x00",
}


async def test_bodies_that_are_none(stage: Stage) -> None:
    before = await contents()
    for name, client, call in bodies(stage):
        for kind, content in _RAW.items():
            response = await client.ask(name[0], call.path, content=content, headers=JSON)
            found = is_refusal((name, kind), response)
            # A trial may be of nothing; everything else has something to say about the body.
            assert found["code"] in ("malformed", "invalid", "form_invalid"), (name, kind, found)
    assert await contents() == before


# What stands in the place of each value in turn.
_ODD: tuple[Any, ...] = (
    None,
    [],
    {"a": {}},
    True,
    1.5,
    2**63,
    10**40,
    "",
    "\u0000",
    "half \ud83d",
    "x" * 10_000,
    "9999-12-31T23:59:59-14:00",
)


def mutations(value: Any) -> Iterator[Any]:
    """The value with every part of it replaced by something odd, one at a time."""
    yield from _ODD
    if isinstance(value, dict):
        for key in value:
            yield from ({**value, key: odd} for odd in mutations(value[key]))
            yield {k: v for k, v in value.items() if k != key}
        yield {**value, "no_such_field": 1}
    elif isinstance(value, list):
        for index, item in enumerate(value):
            rest = value[:index], value[index + 1 :]
            yield from ([*rest[0], odd, *rest[1]] for odd in mutations(item))


_GUARDED = {
    ("POST", "/sessions"),
    ("POST", "/me/password"),
    ("POST", "/me/second-factor"),
    ("POST", "/me/second-factor/off"),
}


async def test_bodies_with_one_odd_value(stage: Stage) -> None:
    """Some odd values are sound ones where they stand: only then is it a 2xx."""
    refusals = 0
    for name, client, call in bodies(stage):
        if name in _GUARDED:
            continue  # these lock out; they have tests of their own
        before = await contents()
        for odd in mutations(call.json):
            sent: dict[str, Any] = {"content": json.dumps(odd).encode(), "headers": JSON}
            async with undone():
                response = await client.ask(name[0], call.path, **sent)
            assert response.status_code < 500, (name, odd, response.text)
            if response.status_code >= 400:
                checked_problem(response)
                refusals += 1
                await client.ask(name[0], call.path, **sent)  # and this time it is not undone
        assert await contents() == before, name
    assert refusals > 500


# A look at these is written down.
AUDITED = {
    *(f"/exports/{name.replace(':uuid', '')}.{end}" for name in LISTS for end in ("csv", "xlsx")),
    "/audit",
    "/certification/results.csv",
    "/residents/export.csv",
    "/residents/export.xlsx",
    "/certification/results.xlsx",
    "/certification/reviews/{submission}",
    "/certification/samples/{number}",
    "/circulars/{number}/circular.pdf",
    "/circulars/{number}/circular.xlsx",
    "/assessments/{quarter}/assessment.xlsx",
    "/subsidies/subsidies.xlsx",
}


async def test_query_and_path_garbage(stage: Stage) -> None:
    garbage = ["%00", "%ff", "%ED%A0%80", "-1", "1.5", "9" * 30, "1e400", "nan", "[]", "%0A", ""]
    garbage += ["'", "%F0%9F%98%80", "x" * 9000, "..%2f..%2fetc", "0001-01-01T00:00:00%2B14:00"]
    document = stage.world.app.openapi_schema.to_schema()
    for name, client, call in calls(stage):
        before = await contents()
        method, template = name
        operation = document["paths"][f"/api/v1{template}"][method.lower()]
        for parameter in operation.get("parameters", []):
            for odd in garbage:
                path = template
                if parameter["in"] == "path":
                    path = template.replace(f"{{{parameter['name']}}}", odd or "%20")
                else:
                    path = f"{call.path}?{parameter['name']}={odd}"
                response = await client.ask(method, path, json=call.json)
                assert response.status_code < 500, (name, parameter["name"], odd, response.text)
                if response.status_code >= 400:
                    checked_problem(response)
        if method == "GET" and template not in AUDITED:
            assert await contents() == before, name


async def test_ids_of_nothing(stage: Stage) -> None:
    before = await contents()
    for name, client, call in calls(stage):
        method, template = name
        for nothing in ("999999", str(uuid4()), "990101100999", "2031-01-01"):
            if "{" not in template or (template == "/calendar/{day}" and method == "PUT"):
                continue
            path = template[: template.index("{")] + nothing + template[template.index("}") + 1 :]
            more = {"json": call.json, "params": call.params, "headers": call.headers}
            code = is_refusal(name, await client.ask(method, path, **more))["code"]
            assert code in ("not_found", "invalid", "upload_missing"), (name, path)
    assert await contents() == before


async def _chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(0, size, 65_536):
        yield b" " * 65_536


async def test_huge_bodies(stage: Stage) -> None:
    before = await contents()
    for name, client, call in bodies(stage):
        # A file handed over has photos in it.
        most = 64 * 2**20 if name[1] == "/rescues" else 4 * 2**20
        for content in (b" " * (most + 1), _chunks(most + 1)):
            response = await client.ask(name[0], call.path, content=content, headers=JSON)
            assert is_refusal(name, response)["code"] == "too_large", name
    assert await contents() == before


async def test_bodies_that_are_not_json(stage: Stage) -> None:
    before = await contents()
    kinds = ["text/plain", "application/x-www-form-urlencoded", "application/msgpack", "x", "a/b/c"]
    kinds += ["multipart/form-data; boundary=x", "application/json+x", "application/xml; q=1"]
    for name, client, call in bodies(stage):
        for kind in kinds:
            headers = {"content-type": kind}
            content = json.dumps(call.json).encode()
            response = await client.ask(name[0], call.path, content=content, headers=headers)
            assert is_refusal(name, response)["code"] == "unsupported_media_type", (name, kind)
    assert await contents() == before


def _forged(world: World) -> dict[str, str]:
    """Authorization headers that must not open anything, with the code of each."""
    session, now = world.people["county"].session, world.clock.now
    good = world.vault.access_token(session, now, 15)
    claims = {"sid": str(session), "exp": int((now + timedelta(hours=1)).timestamp())}
    head, body, _ = good.split(".")
    longer = base64.urlsafe_b64encode(json.dumps({**claims, "exp": 2**70}).encode()).decode()
    old = world.vault.access_token(session, now - timedelta(hours=1), 15)
    return {
        f"Bearer {old}": "token_expired",
        f"Bearer {world.vault.access_token(uuid4(), now, 15)}": "token_invalid",
        f"Bearer {world.vault.refresh_token(session, 1)}": "token_invalid",
        f"Bearer {jwt.encode(claims, key='', algorithm='none')}": "token_invalid",
        f"Bearer {jwt.encode(claims, key='x' * 32, algorithm='HS256')}": "token_invalid",
        f"Bearer {jwt.encode(claims, key='x' * 64, algorithm='HS512')}": "token_invalid",
        f"Bearer {head}.{body}.": "token_invalid",
        f"Bearer {head}.{longer.rstrip('=')}.{good.split('.')[2]}": "token_invalid",
        f"Bearer {good}x": "token_invalid",
        f"Bearer {good[:-4]}AAAA": "token_invalid",
        "Bearer a.b.c": "token_invalid",
        f"Bearer {'[' * 5000}": "token_invalid",
        f"Bearer {'e' * 60_000}": "token_invalid",
        f"Basic {good}": "not_signed_in",
        f"Bearer{good}": "not_signed_in",
        good: "not_signed_in",
        "Bearer": "not_signed_in",
        "Bearer  ": "not_signed_in",
        "": "not_signed_in",
    }


async def test_tokens_that_are_none(stage: Stage) -> None:
    world, before = stage.world, await contents()
    for header, code in _forged(world).items():
        response = await world.anyone.ask("GET", "/rates", headers={"authorization": header})
        assert is_refusal(header, response)["code"] == code, header
    for raw in (b"Bearer \xff\xfe", b"Bearer \xe6\x9d\x91"):
        response = await world.anyone.ask("GET", "/rates", headers={"authorization": raw})  # type: ignore[dict-item]
        assert is_refusal(raw, response)["code"] == "token_invalid"
    assert await contents() == before


async def test_claims_of_the_wrong_kind(stage: Stage) -> None:
    """Signed with the right key, which nobody but a faulty version of ours could do."""
    world = stage.world
    key = world.vault._access_key
    session, later = str(world.people["county"].session), 2_000_000_000
    for claims in (
        {},
        {"sid": session},
        {"exp": later},
        {"sid": 1, "exp": later},
        {"sid": "x", "exp": later},
        {"sid": [session], "exp": later},
        {"sid": session, "exp": "soon"},
        {"sid": session, "exp": None},
    ):
        token = jwt.encode(claims, key, algorithm="HS256")
        header = {"authorization": f"Bearer {token}"}
        response = await world.anyone.ask("GET", "/me", headers=header)
        assert is_refusal(claims, response)["code"] == "token_invalid", claims


async def test_refresh_tokens_that_are_none(world: World) -> None:
    person, before = world.people["county"], await contents()
    good = world.vault.refresh_token(person.session, 1)
    access = world.vault.access_token(person.session, world.clock.now, 15)
    for token in ("x", "A" * 70, good[:-1], f"{good}A", good.swapcase(), access, "é", "\u0000"):
        body = {"refresh_token": token}
        response = await world.anyone.ask("POST", "/sessions/refresh", json=body)
        assert is_refusal(token, response)["code"] in ("token_invalid", "invalid"), token
    assert await contents() == before


async def test_sign_ins_that_are_none(world: World) -> None:
    before = await contents()
    good = {"phone": world.people["county"].phone, "password": "x"}
    for changes in (
        {"phone": "1390000000"},
        {"phone": "139000000000"},
        {"phone": "１３９００００００００"},
        {"phone": 13900000000},
        {"phone": None},
        {"password": ""},
        {"password": "x" * 201},
        {"password": "a\u0000b"},
        {"device": "x" * 201},
        {"account": "x"},
    ):
        body = {**good, **changes}
        response = await world.anyone.ask("POST", "/sessions", json=body)
        assert is_refusal(changes, response)["code"] == "invalid", changes
    assert await contents() == before
