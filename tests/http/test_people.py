"""Accounts and posts: who may appoint whom, and who rises by nobody's mistake."""

from typing import Any

import pytest

from backend.domain.roles import Role
from backend.store.database import fetch, fetch_value
from tests.http.test_sessions import code, sign_in
from tests.http.tools import contents, done, refused, rows
from tests.world import (
    COUNTY,
    FAR_VILLAGE,
    NEIGHBOUR,
    OTHER_TOWN,
    OTHER_VILLAGE,
    TOWN,
    VACANT,
    VILLAGE,
    World,
    add_person,
)

NEW = {"name": "新人", "phone": "13911112222", "password": "xin-Ren-2026"}


def newcomer(role: str = "liaison", region: str = VACANT, **changes: Any) -> dict[str, Any]:
    return {**NEW, "post": {"role": role, "region": region}, **changes}


async def posts(world: World, who: str, **params: Any) -> list[tuple[str, str]]:
    page = await world.as_(who).get("/posts", **params)
    return [(each["name"], each["role"]) for each in page["items"]]


async def test_a_newcomer_signs_in_and_works(world: World) -> None:
    made = await world.as_("lead").post("/accounts", newcomer())
    response = await world.anyone.ask(
        "POST", "/sessions", json={"phone": NEW["phone"], "password": NEW["password"]}
    )
    header = {"authorization": f"Bearer {response.json()['access_token']}"}
    me = await done(world.anyone, "GET", "/me", 200, headers=header)
    assert (me["account"], me["posts"][0]["region"]) == (made["account"], VACANT)
    assert me["posts"][0]["id"] == made["post"]
    taken = newcomer(region=VILLAGE, name="别人")
    await refused(world.as_("lead"), "POST", "/accounts", "phone_taken", json=taken)


async def test_the_number_is_stored_sealed_and_shown_masked(world: World) -> None:
    await world.as_("lead").post("/accounts", newcomer())
    stored = await fetch_value(
        "SELECT string_agg(a::text, '') || (SELECT string_agg(e::text, '') FROM audit_entry e) "
        "FROM account a"
    )
    assert NEW["phone"] not in stored
    assert NEW["password"] not in stored
    page = await world.as_("lead").get("/posts", region=VACANT)
    assert [each["phone"] for each in page["items"]] == ["139****2222"]


async def test_who_may_appoint_whom(world: World) -> None:
    allowed = {
        ("lead", "liaison", VACANT),
        ("lead", "station", VACANT),
        ("sysadmin", "liaison", OTHER_VILLAGE),
        ("sysadmin", "reviewer", OTHER_TOWN),
        ("sysadmin", "office_lead", TOWN),
        ("sysadmin", "county_ops", COUNTY),
        ("sysadmin", "sysadmin", COUNTY),
    }
    hidden = {
        ("lead", "liaison", OTHER_VILLAGE),
        ("lead", "liaison", "990101100999"),
        ("lead", "reviewer", TOWN),
        ("lead", "office_lead", TOWN),
        ("lead", "sysadmin", COUNTY),
        ("sysadmin", "liaison", FAR_VILLAGE),
        ("sysadmin", "upper_viewer", "99"),
    }
    for number, (who, role, region) in enumerate(sorted(allowed | hidden)):
        body = newcomer(role, region, phone=f"1370000{number:04}")
        if (who, role, region) in allowed:
            await world.as_(who).post("/accounts", body)
        else:
            await refused(world.as_(who), "POST", "/accounts", "not_found", json=body)
    for who in ("liaison", "reviewer", "county", "monitor", "auditor", "upper"):
        await refused(world.as_(who), "POST", "/accounts", "forbidden", json=newcomer())


async def test_what_an_account_can_not_be(world: World) -> None:
    before = await contents()
    cases = [
        ("sysadmin", newcomer("reviewer", VILLAGE), "role_level"),
        ("sysadmin", newcomer("liaison", TOWN), "role_level"),
        ("sysadmin", newcomer("county_ops", TOWN), "role_level"),
        ("lead", newcomer(password="short"), "weak_password"),
        ("lead", newcomer(password=f"a{NEW['phone']}"), "weak_password"),
        ("sysadmin", newcomer("reviewer", TOWN, password="jiu-Wei-9"), "weak_password"),
        ("lead", newcomer(phone="12911112222"), "invalid"),
        ("lead", newcomer(phone=13911112222), "invalid"),
        ("lead", newcomer(name=""), "invalid"),
        ("lead", newcomer(name="x" * 61), "invalid"),
        ("lead", newcomer(name="a\u0000b"), "invalid"),
        ("lead", newcomer(password="x" * 201), "invalid"),
        ("lead", newcomer("emperor"), "invalid"),
        ("lead", {**newcomer(), "disabled": True}, "invalid"),
    ]
    for who, body, problem in cases:
        await refused(world.as_(who), "POST", "/accounts", problem, json=body)
    assert await contents() == before


async def test_nothing_is_hashed_for_strangers(world: World, monkeypatch: Any) -> None:
    """Hashing takes memory and time, so it comes after everything that may say no."""

    def never(*_: object) -> str:
        raise AssertionError

    monkeypatch.setattr(type(world.vault), "hash_password", never)
    body = newcomer(password="weak")
    await refused(world.anyone, "POST", "/accounts", "not_signed_in", json=body)
    await refused(world.as_("liaison"), "POST", "/accounts", "forbidden", json=newcomer())
    elsewhere = newcomer(region=OTHER_VILLAGE)
    await refused(world.as_("lead"), "POST", "/accounts", "not_found", json=elsewhere)


async def test_a_second_post(world: World) -> None:
    account = str(world.people["colleague"].account)
    body = {"account": account, "post": {"role": "liaison", "region": VACANT, "is_backup": True}}
    made = await world.as_("lead").post("/posts", body)
    me = await world.as_("colleague").get("/me")
    assert {p["region"]: p["is_backup"] for p in me["posts"]} == {NEIGHBOUR: False, VACANT: True}
    await refused(world.as_("lead"), "POST", "/posts", "post_held", json=body)
    await world.as_("lead").post(f"/posts/{made['post']}/end", status=204)
    await refused(world.as_("lead"), "POST", f"/posts/{made['post']}/end", "post_over")
    await world.as_("lead").post("/posts", body)


async def test_a_post_begins_when_it_is_said_to(world: World) -> None:
    account = str(world.people["colleague"].account)
    later = {"role": "liaison", "region": VACANT, "starts_at": "2026-11-03T00:00:00+08:00"}
    await world.as_("lead").post("/posts", {"account": account, "post": later})
    assert len((await world.as_("colleague").get("/me"))["posts"]) == 1
    assert await posts(world, "lead", region=VACANT) == []
    world.clock.set(2026, 11, 3, 0)
    assert len((await world.as_("colleague").get("/me"))["posts"]) == 2
    past = {"role": "liaison", "region": VILLAGE, "starts_at": "2020-01-01T00:00:00Z"}
    await world.as_("lead").post("/posts", {"account": account, "post": past})
    page = await world.as_("lead").get("/posts", region=VILLAGE)
    begun = {each["name"]: each["starts_at"] for each in page["items"]}
    assert begun["李强"] == "2026-11-02T16:00:00Z"  # nobody is appointed into the past


@pytest.mark.parametrize("ending", [False, True])
async def test_an_account_of_elsewhere_is_no_account(world: World, ending: bool) -> None:
    stranger = str(world.people["outsider"].account)
    body = {"account": stranger, "post": {"role": "liaison", "region": VACANT}}
    if not ending:
        for who in ("lead", "sysadmin"):
            await refused(world.as_(who), "POST", "/posts", "not_found", json=body)
        return
    path = f"/posts/{world.people['outsider'].post}/end"
    for who in ("lead", "sysadmin"):
        await refused(world.as_(who), "POST", path, "not_found")
    for key in ("lead", "reviewer", "county"):  # not theirs to end either
        path = f"/posts/{world.people[key].post}/end"
        await refused(world.as_("lead"), "POST", path, "not_found")


async def test_an_ended_post_ends_in_the_same_moment(world: World) -> None:
    token = (await sign_in(world, "liaison")).json()["access_token"]
    header = {"authorization": f"Bearer {token}"}
    await done(world.anyone, "GET", "/sync", 200, headers=header)
    path = f"/posts/{world.people['liaison'].post}/end"
    await world.as_("lead").post(path, status=204)
    for asked in ("/sync", "/obligations", "/rates", "/forms"):
        await refused(world.anyone, "GET", asked, "forbidden", headers=header)
    assert (await done(world.anyone, "GET", "/me", 200, headers=header))["posts"] == []


async def test_who_holds_what(world: World) -> None:
    assert sorted(await posts(world, "lead")) == [
        ("何静", "station"),
        ("周涛", "office_lead"),
        ("李强", "liaison"),
        ("王芳", "liaison"),
        ("赵敏", "liaison"),
        ("陈静", "reviewer"),
    ]
    assert sorted(await posts(world, "sysadmin", role="liaison", region=VILLAGE)) == [
        ("王芳", "liaison"),
        ("赵敏", "liaison"),
    ]
    await world.as_("lead").post(f"/posts/{world.people['liaison'].post}/end", status=204)
    assert await posts(world, "lead", region=VILLAGE) == [("赵敏", "liaison")]
    assert len(await posts(world, "lead", region=VILLAGE, past=True)) == 2
    page = await world.as_("county").get("/posts", limit=5)
    rest = await world.as_("county").get("/posts", limit=50, page=page["next"])
    seen = [each["post"] for each in page["items"] + rest["items"]]
    assert len(seen) == len(set(seen)) == 12 - 1


async def test_a_full_number_is_a_click_with_a_purpose(world: World) -> None:
    person = world.people["liaison"]
    path = f"/accounts/{person.account}/phone"
    found = await done(world.as_("lead"), "POST", path, 200, params={"purpose": "催报"})
    assert found == {"account": str(person.account), "phone": person.phone}
    [entry] = await fetch("SELECT * FROM audit_entry WHERE action = 'phone.see'")
    assert (entry["region"], entry["detail"]) == (VILLAGE, '{"purpose": "催报"}')
    for purpose in ("", "x", "x" * 101, "\u0000\u0000"):
        await refused(world.as_("lead"), "POST", path, "invalid", params={"purpose": purpose})
    await refused(world.as_("lead"), "POST", path, "invalid")
    assert await rows("audit_entry", "action = 'phone.see'") == 1
    for who in ("liaison", "county", "monitor", "auditor"):
        await refused(world.as_(who), "POST", path, "forbidden", params={"purpose": "催报"})
    for who in ("other_reviewer", "far_reviewer"):
        await refused(world.as_(who), "POST", path, "not_found", params={"purpose": "催报"})


async def reset(world: World, who: str, of: str, password: str = "huan-Le-Mi-Ma") -> str:
    """The problem of a reset, or 'done'."""
    path = f"/accounts/{world.people[of].account}/password"
    response = await world.as_(who).ask("POST", path, json={"password": password})
    return "done" if response.status_code == 204 else await code(response)


async def test_a_reset_ends_every_session(world: World) -> None:
    token = (await sign_in(world, "liaison")).json()["access_token"]
    assert await reset(world, "lead", "liaison") == "done"
    header = {"authorization": f"Bearer {token}"}
    await refused(world.anyone, "GET", "/me", "session_ended", headers=header)
    assert (await sign_in(world, "liaison", "huan-Le-Mi-Ma")).status_code == 201
    assert await rows("audit_entry", "action = 'account.reset'") == 1


async def test_nobody_rises_by_a_reset(world: World) -> None:
    """Whoever resets a password can sign in as that person, so must be allowed all they are."""
    for of in ("reviewer", "lead", "county", "sysadmin", "elsewhere", "outsider", "auditor"):
        assert await reset(world, "lead", of) == "not_found", of
    for of in ("outsider", "far_county", "upper"):
        assert await reset(world, "sysadmin", of) == "not_found", of
    for who in ("liaison", "reviewer", "county", "auditor"):
        assert await reset(world, who, "liaison") == "forbidden", who
    for of in ("reviewer", "county", "elsewhere"):
        assert await reset(world, "sysadmin", of) == "done", of


async def test_nobody_rises_by_somebodys_other_post(world: World) -> None:
    """赵敏 is going to audit the county, 李强 serves a village of another township as well."""
    appoint = world.as_("sysadmin")
    plans = [
        ("liaison", {"role": "reviewer", "region": OTHER_TOWN}),
        ("backup", {"role": "fund_audit", "region": COUNTY, "starts_at": "2026-12-01T00:00:00Z"}),
        ("colleague", {"role": "liaison", "region": OTHER_VILLAGE}),
    ]
    for who, post in plans:
        account = str(world.people[who].account)
        await appoint.post("/posts", {"account": account, "post": post})
        assert await reset(world, "lead", who) == "not_found", who
        assert await reset(world, "sysadmin", who) == "done", who


async def test_a_new_password_is_as_long_as_the_strictest_post_wants(world: World) -> None:
    assert await reset(world, "lead", "liaison", "mi-Ma-123") == "done"
    assert await reset(world, "sysadmin", "reviewer", "mi-Ma-123") == "weak_password"
    person = await add_person(world, "both", "谢敏", Role.REVIEWER, TOWN)
    body = {"account": str(person.account), "post": {"role": "liaison", "region": VILLAGE}}
    await world.as_("sysadmin").post("/posts", body)
    assert await reset(world, "sysadmin", "both", "mi-Ma-123") == "weak_password"


async def test_every_appointment_is_audited(world: World) -> None:
    made = await world.as_("lead").post("/accounts", newcomer())
    await world.as_("lead").post(f"/posts/{made['post']}/end", status=204)
    found = await fetch("SELECT action, region, account FROM audit_entry ORDER BY id")
    assert [(row["action"], row["region"]) for row in found] == [
        ("account.open", VACANT),
        ("post.begin", VACANT),
        ("post.end", VACANT),
    ]
    assert {row["account"] for row in found} == {world.people["lead"].account}
