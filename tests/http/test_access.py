"""Every route × every role × inside and outside: what a route declares is what it does."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from backend.access import PUBLIC
from backend.domain.roles import ALLOWED, Action, Role
from backend.store.database import fetch
from tests.http.examples import (
    EXAMPLES,
    FEEDS,
    OPERATIONS,
    PICTURES,
    RECEIPTS,
    STANDS,
    TWINS,
    Example,
    Outside,
    Stage,
    set_up,
)
from tests.http.tools import checked_problem, undone
from tests.world import COUNTY, Client, Person, World

_API = "/api/v1"


def routes(app: Litestar) -> Iterator[tuple[tuple[str, str], HTTPRouteHandler]]:
    """Every handler of ours, by method and path; the documentation pages are the framework's."""
    for route in app.routes:
        assert isinstance(route, HTTPRoute), route
        for handler in route.route_handlers:
            method = next(iter(handler.http_methods))
            if method != "OPTIONS" and handler.resolve_include_in_schema():
                yield (method, route.path_format.removeprefix(_API)), handler


@pytest.fixture
async def stage(world: World) -> Stage:
    return await set_up(world)


async def _answer(stage: Stage, key: str | None, example: Example, of: str) -> httpx.Response:
    """The call that `of` would make, made by `key` (or by nobody), and undone again."""
    world = stage.world
    call = example.make(stage, world.people[of])
    client = Client(world, world.people[key] if key else None)
    method = next(m for (m, p), found in EXAMPLES.items() if example in found)
    async with undone():
        sent: dict[str, Any] = {"json": call.json} if call.content is None else {}
        return await client.ask(
            method,
            call.path,
            params=call.params,
            content=call.content,
            headers=call.headers,
            **sent,
        )


def test_every_route_declares_and_has_an_example(world: World) -> None:
    found = dict(routes(world.app))
    assert set(found) == set(EXAMPLES) | OPERATIONS | FEEDS | RECEIPTS | PICTURES | STANDS
    for name, handler in found.items():
        access = handler.opt.get("access")
        assert access == PUBLIC["access"] or isinstance(access, Action), name
    public = {name for name, h in found.items() if h.opt["access"] == PUBLIC["access"]}
    signing_in = {
        ("POST", "/sessions"),
        ("POST", "/sessions/refresh"),
        ("POST", "/invitations/redeem"),
    }
    assert public == signing_in | OPERATIONS | FEEDS | RECEIPTS | PICTURES


async def test_operations_are_open(world: World) -> None:
    for _, path in OPERATIONS:
        assert (await world.http.get(path)).status_code == 200


async def test_nobody_gets_in_unsigned(stage: Stage) -> None:
    for name, handler in routes(stage.world.app):
        for example in EXAMPLES.get(name, ()):
            response = await _answer(stage, None, example, "liaison")
            if handler.opt["access"] == PUBLIC["access"]:
                assert response.status_code == example.status, (name, response.text)
            else:
                assert checked_problem(response)["code"] == "not_signed_in", name


@pytest.mark.parametrize("role", Role)
async def test_a_role_gets_what_it_is_allowed(stage: Stage, role: Role) -> None:
    inside, outside = TWINS[role]
    for name, handler in routes(stage.world.app):
        action = handler.opt["access"]
        for example in EXAMPLES.get(name, ()):
            response = await _answer(stage, inside, example, inside)
            if action != PUBLIC["access"] and role not in ALLOWED[action]:
                assert checked_problem(response)["code"] == "forbidden", (name, role)
                continue
            assert response.status_code == example.status, (name, role, response.text)
            _let_in(example, response)
            _kept_out(name, example, await _answer(stage, outside, example, inside))


def _let_in(example: Example, response: httpx.Response) -> None:
    if example.outside is Outside.REJECTED:
        outcomes = [item["outcome"] for item in response.json()["items"]]
        assert set(outcomes) <= {"created", "done"}, response.text


def _kept_out(name: tuple[str, str], example: Example, response: httpx.Response) -> None:
    if example.outside is Outside.HIDDEN:
        assert checked_problem(response)["code"] == "not_found", (name, response.text)
        return
    assert response.status_code == example.status, (name, response.text)
    if example.outside is Outside.REJECTED:
        assert [i["problem"]["code"] for i in response.json()["items"]] == ["not_found"], name
    else:
        assert COUNTY not in response.text, (name, response.text)


async def test_an_ended_post_allows_nothing(stage: Stage) -> None:
    """With a token that is still valid, in the same moment; the twin elsewhere is not touched."""
    world = stage.world
    await fetch("UPDATE post SET ends_at = $1 WHERE region LIKE $2", world.clock.now, f"{COUNTY}%")
    for name, handler in routes(world.app):
        action = handler.opt["access"]
        if action in (PUBLIC["access"], Action.SIGNED_IN):
            continue
        inside, _ = TWINS[sorted(ALLOWED[action] - {Role.UPPER_VIEWER})[0]]
        for example in EXAMPLES.get(name, ()):
            response = await _answer(stage, inside, example, inside)
            assert checked_problem(response)["code"] == "forbidden", (name, inside)
    assert (await world.as_("far_county").get("/rates"))["level"] == "township"


async def test_a_post_that_has_not_begun_allows_nothing(stage: Stage) -> None:
    person: Person = stage.world.people["county"]
    later = stage.world.clock.now.replace(year=2027)
    await fetch("UPDATE post SET starts_at = $2 WHERE id = $1", person.post, later)
    for example in EXAMPLES["GET", "/rates"]:
        response = await _answer(stage, "county", example, "county")
        assert checked_problem(response)["code"] == "forbidden"


_BUSINESS = ("/obligations", "/rates", "/reviews", "/forms", "/schedules")
# DOMAIN §1, said a second time and independently of the table in the code.
_CLOSED: dict[str, tuple[str, ...]] = {
    "sysadmin": (*_BUSINESS, "/sync", "/audit"),
    "upper": ("/obligations", "/reviews", "/forms", "/posts", "/audit", "/sync"),
    "liaison": ("/reviews", "/posts", "/audit"),
    "reviewer": ("/sync", "/audit"),
    "monitor": ("/reviews", "/posts", "/audit", "/sync"),
    "auditor": ("/posts", "/sync"),
}


@pytest.mark.parametrize("who", _CLOSED)
async def test_what_stays_closed_to_a_role(world: World, who: str) -> None:
    for path in _CLOSED[who]:
        response: Any = await world.as_(who).ask("GET", path)
        assert checked_problem(response)["code"] == "forbidden", path
