"""Signing in, refreshing, signing out, and who I am."""

import asyncio
from typing import Any

import httpx

from backend.store import people
from backend.store.database import fetch, fetch_value, transaction
from tests.http.tools import checked_problem, done, refused, rows, waiting_for_a_lock
from tests.world import PASSWORD, VILLAGE, World

WRONG = "bu-Shi-Zhe-Ge"


def credentials(world: World, who: str, password: str = PASSWORD, **more: str) -> dict[str, str]:
    return {"phone": world.people[who].phone, "password": password, **more}


async def sign_in(world: World, who: str, password: str = PASSWORD) -> httpx.Response:
    return await world.anyone.ask("POST", "/sessions", json=credentials(world, who, password))


async def tokens(world: World, who: str) -> dict[str, Any]:
    found: dict[str, Any] = await world.anyone.post("/sessions", credentials(world, who))
    return found


async def refresh(world: World, token: str) -> httpx.Response:
    return await world.anyone.ask("POST", "/sessions/refresh", json={"refresh_token": token})


async def me(world: World, access_token: str) -> httpx.Response:
    header = {"authorization": f"Bearer {access_token}"}
    return await world.anyone.ask("GET", "/me", headers=header)


async def code(response: httpx.Response) -> str:
    found: str = checked_problem(response)["code"]
    return found


async def test_a_session_from_sign_in_to_sign_out(world: World) -> None:
    pair = await tokens(world, "liaison")
    assert (pair["token_type"], pair["expires_in"]) == ("Bearer", 900)
    who = (await me(world, pair["access_token"])).json()
    assert who["name"] == "王芳"
    assert [(p["role"], p["region"], p["region_name"]) for p in who["posts"]] == [
        ("liaison", VILLAGE, "王家庄村民委员会")
    ]
    header = {"authorization": f"bearer {pair['access_token']}"}
    await done(world.anyone, "DELETE", "/sessions/current", 204, headers=header)
    assert await code(await me(world, pair["access_token"])) == "session_ended"
    assert await code(await refresh(world, pair["refresh_token"])) == "session_ended"
    assert (await world.as_("liaison").get("/me"))["name"] == "王芳"  # another session of hers


async def test_me_says_b_role_and_server_time(world: World) -> None:
    who = await world.as_("backup").get("/me")
    assert who["posts"][0]["is_backup"] is True
    assert who["server_time"] == "2026-11-02T02:00:00Z"


async def test_wrong_password_and_unknown_number_look_alike(world: World) -> None:
    wrong = await sign_in(world, "liaison", WRONG)
    unknown = await world.anyone.ask(
        "POST", "/sessions", json={"phone": "13800001111", "password": PASSWORD}
    )
    assert await code(wrong) == "bad_credentials"
    assert wrong.json() == unknown.json()
    assert wrong.headers["www-authenticate"] == "Bearer"


async def test_five_failures_lock_the_number_for_a_quarter_of_an_hour(world: World) -> None:
    for _ in range(5):
        assert await code(await sign_in(world, "liaison", WRONG)) == "bad_credentials"
        world.clock.pass_(minutes=1)
    assert await code(await sign_in(world, "liaison")) == "locked_out"
    assert (await sign_in(world, "colleague")).status_code == 201
    world.clock.pass_(minutes=9)
    assert await code(await sign_in(world, "liaison")) == "locked_out"
    world.clock.pass_(minutes=1)  # the first of the five is a quarter of an hour old
    assert (await sign_in(world, "liaison")).status_code == 201


async def test_an_unknown_number_locks_like_a_known_one(world: World) -> None:
    body = {"phone": "13800001111", "password": WRONG}
    codes = [await code(await world.anyone.ask("POST", "/sessions", json=body)) for _ in range(6)]
    assert codes == ["bad_credentials"] * 5 + ["locked_out"]


async def test_a_success_forgets_the_failures_before_it(world: World) -> None:
    for _ in range(2):
        for _ in range(4):
            assert await code(await sign_in(world, "liaison", WRONG)) == "bad_credentials"
        assert (await sign_in(world, "liaison")).status_code == 201


async def test_parallel_guesses_are_all_counted(real_world: World) -> None:
    guesses = (sign_in(real_world, "liaison", f"{WRONG}{n}") for n in range(9))
    codes = [await code(answer) for answer in await asyncio.gather(*guesses)]
    assert sorted(codes) == ["bad_credentials"] * 5 + ["locked_out"] * 4
    assert await code(await sign_in(real_world, "liaison")) == "locked_out"


async def test_the_right_password_waits_for_guesses_under_way(real_world: World) -> None:
    """Five guesses not committed yet: whoever comes meanwhile must not slip past them."""
    world = real_world
    number, held = world.vault.index(world.people["liaison"].phone), asyncio.Event()

    async def guesses() -> None:
        async with transaction():
            await people.lock_phone(number)
            for _ in range(5):
                await people.add_failure(number, world.clock.now)
            held.set()
            await waiting_for_a_lock()

    async def right() -> httpx.Response:
        await held.wait()
        return await sign_in(world, "liaison")

    _, response = await asyncio.gather(guesses(), right())
    assert await code(response) == "locked_out"


async def test_a_session_thief_guesses_no_faster(real_world: World) -> None:
    client = real_world.as_("liaison")
    guesses = [
        client.ask("POST", "/me/password", json={"old": f"{WRONG}{n}", "new": "huan-Le-Mi-Ma"})
        for n in range(9)
    ]
    codes = [await code(answer) for answer in await asyncio.gather(*guesses)]
    assert codes.count("bad_credentials") == 5
    assert codes.count("locked_out") == 4


async def test_refresh_rotates(world: World) -> None:
    first = await tokens(world, "liaison")
    world.clock.pass_(minutes=16)
    assert await code(await me(world, first["access_token"])) == "token_expired"
    second = (await refresh(world, first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert (await me(world, second["access_token"])).status_code == 200
    third = (await refresh(world, second["refresh_token"])).json()
    assert (await me(world, third["access_token"])).status_code == 200


async def test_a_replayed_refresh_token_ends_the_family(world: World) -> None:
    first = await tokens(world, "liaison")
    second = (await refresh(world, first["refresh_token"])).json()
    assert await code(await refresh(world, first["refresh_token"])) == "session_ended"
    assert await code(await me(world, second["access_token"])) == "session_ended"
    assert await code(await refresh(world, second["refresh_token"])) == "session_ended"
    assert await rows("audit_entry", "action = 'session.replay' AND result = 'ended'") == 1
    assert (await world.as_("liaison").get("/me"))["name"] == "王芳"


async def test_of_two_refreshes_at_once_one_wins_and_the_family_ends(real_world: World) -> None:
    pair = await tokens(real_world, "liaison")
    answers = await asyncio.gather(*(refresh(real_world, pair["refresh_token"]) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 401, 401, 401]
    won = next(answer for answer in answers if answer.status_code == 201).json()
    assert await code(await me(real_world, won["access_token"])) == "session_ended"


async def test_a_session_unused_for_long_ends(world: World) -> None:
    pair = await tokens(world, "liaison")
    world.clock.pass_(days=89)
    pair = (await refresh(world, pair["refresh_token"])).json()
    world.clock.pass_(days=91)
    assert await code(await refresh(world, pair["refresh_token"])) == "session_ended"


async def test_a_disabled_account_is_out_at_once(world: World) -> None:
    pair = await tokens(world, "liaison")
    person = world.people["liaison"].account
    await fetch("UPDATE account SET disabled_at = $2 WHERE id = $1", person, world.clock.now)
    assert await code(await me(world, pair["access_token"])) == "account_disabled"
    assert await code(await refresh(world, pair["refresh_token"])) == "account_disabled"
    assert await code(await sign_in(world, "liaison")) == "bad_credentials"


async def test_a_password_change_ends_the_other_sessions(world: World) -> None:
    other = await tokens(world, "liaison")
    client, new = world.as_("liaison"), "huan-Le-Mi-Ma"
    await client.post("/me/password", {"old": PASSWORD, "new": new}, 204)
    assert await code(await me(world, other["access_token"])) == "session_ended"
    assert (await client.get("/me"))["name"] == "王芳"
    assert await code(await sign_in(world, "liaison")) == "bad_credentials"
    assert (await sign_in(world, "liaison", new)).status_code == 201


async def test_passwords_that_are_too_weak(world: World) -> None:
    phone = world.people["reviewer"].phone
    for weak in ("a1B2c3D", "aaaaaaaaaa", "abcdefghij", "9876543210", phone, f"x{phone}"):
        body = {"old": PASSWORD, "new": weak}
        params = await refused(
            world.as_("reviewer"), "POST", "/me/password", "weak_password", json=body
        )
        assert params == {"min": 10}
    await refused(
        world.as_("reviewer"),
        "POST",
        "/me/password",
        "weak_password",
        json={"old": PASSWORD, "new": "mi-Ma-123"},
    )
    await world.as_("liaison").post("/me/password", {"old": PASSWORD, "new": "mi-Ma-123"}, 204)


async def test_who_signed_in_is_audited_without_the_number(world: World) -> None:
    await tokens(world, "liaison")
    await sign_in(world, "liaison", WRONG)
    person = world.people["liaison"]
    found = await fetch(
        "SELECT result, subject, account FROM audit_entry WHERE action = 'session.open' ORDER BY id"
    )
    assert [row["result"] for row in found] == ["done", "refused"]
    assert {row["account"] for row in found} == {person.account}
    assert person.phone not in await fetch_value(
        "SELECT string_agg(e::text, '') FROM audit_entry e"
    )
