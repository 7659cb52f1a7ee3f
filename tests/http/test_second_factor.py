"""The second factor of staff: set up, asked for, spent once, required, reset."""

import asyncio
from typing import Any

import httpx

from backend.domain.second_factor import code_at
from backend.store.database import fetch
from tests.http.test_first_use import invite
from tests.http.tools import checked_problem, done, refused, rows
from tests.world import PASSWORD, VILLAGE, World


async def sign_in(world: World, who: str, code: str | None = None) -> httpx.Response:
    body = {"phone": world.people[who].phone, "password": PASSWORD, "device": "办公室电脑"}
    more = {} if code is None else {"code": code}
    return await world.anyone.ask("POST", "/sessions", json={**body, **more})


async def code_of(answer: httpx.Response) -> str:
    found: str = checked_problem(answer)["code"]
    return found


async def set_up(world: World, who: str = "county") -> tuple[str, list[str]]:
    """Somebody's secret and recovery codes."""
    client = world.as_(who)
    begun = await client.post("/me/second-factor", {"password": PASSWORD})
    assert begun["qr_svg"].startswith("<svg")
    assert begun["secret"] in begun["uri"]
    code = code_at(begun["secret"], world.clock.now)
    codes = (await client.post("/me/second-factor/confirm", {"code": code}))["codes"]
    world.clock.pass_(seconds=30)  # the code that confirmed is spent
    return begun["secret"], codes


async def test_set_up_by_password_and_a_code(world: World) -> None:
    county = world.as_("county")
    assert (await county.get("/me/second-factor"))["since"] is None
    wrong = {"password": "nicht-das-Richtige"}
    await refused(county, "POST", "/me/second-factor", "bad_credentials", json=wrong)
    confirm = {"code": "123456"}
    path = "/me/second-factor/confirm"
    await refused(county, "POST", path, "second_factor_off", json=confirm)
    begun = await county.post("/me/second-factor", {"password": PASSWORD})
    await refused(county, "POST", path, "second_factor_wrong", json=confirm)
    assert (await sign_in(world, "county")).status_code == 201, "not before it is confirmed"
    code = code_at(begun["secret"], world.clock.now)
    codes = (await county.post(path, {"code": code}))["codes"]
    assert len(set(codes)) == 10
    found = await county.get("/me/second-factor")
    assert (found["since"], found["codes_left"]) == ("2026-11-02T02:00:00Z", 10)
    again = {"password": PASSWORD}
    await refused(county, "POST", "/me/second-factor", "second_factor_on", json=again)
    secret = begun["secret"].encode()
    assert await rows("account", "position($1::bytea IN totp_sealed) > 0", secret) == 0, "sealed"
    await refused(world.as_("liaison"), "POST", "/me/second-factor", "forbidden", json=again)


async def test_a_code_is_asked_for_and_serves_once(world: World) -> None:
    secret, _ = await set_up(world)
    assert await code_of(await sign_in(world, "county")) == "second_factor_needed"
    assert await rows("login_failure") == 0
    code = code_at(secret, world.clock.now)
    assert (await sign_in(world, "county", code)).status_code == 201
    assert await code_of(await sign_in(world, "county", code)) == "second_factor_wrong"
    world.clock.pass_(seconds=30)
    assert await code_of(await sign_in(world, "county", code)) == "second_factor_wrong"
    fresh = code_at(secret, world.clock.now)
    assert (await sign_in(world, "county", fresh)).status_code == 201


async def test_two_at_once_with_one_code(real_world: World) -> None:
    secret, _ = await set_up(real_world)
    code = code_at(secret, real_world.clock.now)
    answers = await asyncio.gather(*(sign_in(real_world, "county", code) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 403, 403, 403]


async def test_a_recovery_code_lets_in_once(world: World) -> None:
    _, codes = await set_up(world)
    typed = codes[0].lower().replace("-", " ")
    assert (await sign_in(world, "county", typed)).status_code == 201
    assert await code_of(await sign_in(world, "county", codes[0])) == "second_factor_wrong"
    assert (await world.as_("county").get("/me/second-factor"))["codes_left"] == 9
    assert await rows("recovery_code", "position($1::bytea IN digest) > 0", codes[1].encode()) == 0


async def test_guesses_lock_the_number(world: World) -> None:
    secret, codes = await set_up(world)
    for _ in range(5):
        assert await code_of(await sign_in(world, "county", "000000")) == "second_factor_wrong"
    right = code_at(secret, world.clock.now)
    for code in (right, codes[0]):
        assert await code_of(await sign_in(world, "county", code)) == "locked_out"
    world.clock.pass_(minutes=16)
    assert (await sign_in(world, "county", codes[1])).status_code == 201


async def test_guesses_while_setting_up_lock_as_well(world: World) -> None:
    county, path = world.as_("county"), "/me/second-factor/confirm"
    await county.post("/me/second-factor", {"password": PASSWORD})
    for _ in range(5):
        await refused(county, "POST", path, "second_factor_wrong", json={"code": "000000"})
    await refused(county, "POST", path, "locked_out", json={"code": "000000"})


async def test_a_recovery_code_is_not_spent_on_a_locked_number(world: World) -> None:
    _, codes = await set_up(world)
    for _ in range(5):
        await sign_in(world, "county", "000000")
    assert await code_of(await sign_in(world, "county", codes[0])) == "locked_out"
    assert (await world.as_("county").get("/me/second-factor"))["codes_left"] == 10


async def test_who_is_a_liaison_only_signs_in_on_the_phone_without(world: World) -> None:
    await set_up(world, "reviewer")
    await fetch(
        "UPDATE post SET role = 'liaison', region = $2 WHERE account = $1",
        world.people["reviewer"].account,
        VILLAGE,
    )
    assert (await sign_in(world, "reviewer")).status_code == 201


async def test_other_sessions_end_when_it_is_set_up(world: World) -> None:
    pair = (await sign_in(world, "county")).json()
    await set_up(world)
    other = {"authorization": f"Bearer {pair['access_token']}"}
    answer = await world.anyone.ask("GET", "/me", headers=other)
    assert await code_of(answer) == "session_ended"
    await world.as_("county").get("/me")


async def test_taken_away_by_password_and_code(world: World) -> None:
    secret, _ = await set_up(world)
    county, path = world.as_("county"), "/me/second-factor/off"
    body = {"password": PASSWORD, "code": "000000"}
    await refused(county, "POST", path, "second_factor_wrong", json=body)
    body = {"password": "nicht-das-Richtige", "code": code_at(secret, world.clock.now)}
    await refused(county, "POST", path, "bad_credentials", json=body)
    body = {"password": PASSWORD, "code": code_at(secret, world.clock.now)}
    await done(county, "POST", path, 204, json=body)
    assert (await sign_in(world, "county")).status_code == 201
    assert await rows("recovery_code") == 0


async def test_a_county_requires_it_of_its_staff(world: World) -> None:
    county, rule = world.as_("county"), {"required": True}
    path = "/county-rules/second-factor"
    await refused(county, "PUT", path, "second_factor_off", json=rule)
    await set_up(world)
    await done(county, "PUT", path, 204, json=rule)
    assert await county.get(path) == rule
    answer = await world.as_("reviewer").ask("GET", "/me")
    assert await code_of(answer) == "session_ended", "back to sign in, and to set it up"
    await world.as_("liaison").get("/me")
    await world.as_("far_county").get("/me")
    pair = (await sign_in(world, "reviewer")).json()
    bearer: dict[str, Any] = {"headers": {"authorization": f"Bearer {pair['access_token']}"}}
    anyone = world.anyone
    assert await code_of(await anyone.ask("GET", "/reviews", **bearer)) == "second_factor_required"
    shown = (await anyone.ask("GET", "/me/second-factor", **bearer)).json()
    assert (shown["since"], shown["required"]) == (None, True)
    begun = await anyone.ask("POST", "/me/second-factor", json={"password": PASSWORD}, **bearer)
    code = code_at(begun.json()["secret"], world.clock.now)
    confirm = await anyone.ask("POST", "/me/second-factor/confirm", json={"code": code}, **bearer)
    assert confirm.status_code == 201
    assert (await anyone.ask("GET", "/reviews", **bearer)).status_code == 200
    recovery = confirm.json()["codes"][0]
    off = {"password": PASSWORD, "code": recovery}
    answer = await anyone.ask("POST", "/me/second-factor/off", json=off, **bearer)
    assert await code_of(answer) == "second_factor_required"
    assert (await sign_in(world, "liaison")).status_code == 201


async def test_the_administrator_resets_it(world: World) -> None:
    await set_up(world, "reviewer")
    account = world.people["reviewer"].account
    path = f"/accounts/{account}/second-factor"
    for who in ("lead", "far_county", "county"):
        answer = await world.as_(who).ask("DELETE", path)
        assert await code_of(answer) in {"not_found", "forbidden"}, who
    await done(world.as_("sysadmin"), "DELETE", path, 204)
    assert await code_of(await world.as_("reviewer").ask("GET", "/me")) == "session_ended"
    assert (await sign_in(world, "reviewer")).status_code == 201
    await refused(world.as_("sysadmin"), "DELETE", path, "second_factor_off")
    own = f"/accounts/{world.people['sysadmin'].account}/second-factor"
    await refused(world.as_("sysadmin"), "DELETE", own, "own_account")
    assert await rows("audit_entry", "action = 'second_factor.reset'") == 1


async def test_a_link_is_no_way_around_it(world: World) -> None:
    await set_up(world, "reviewer")
    token = await invite(world, "reviewer", by="sysadmin")
    body = {"token": token, "password": "xin-De-Mi-Ma-8", "device": ""}
    answer = await world.anyone.ask("POST", "/invitations/redeem", json=body)
    assert await code_of(answer) == "second_factor_needed"
