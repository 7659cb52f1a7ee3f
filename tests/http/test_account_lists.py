"""People given accounts by a list: checked first, all or nothing, taken back by batch."""

from typing import Any

import pytest

from backend.domain.account_list import read_row
from backend.domain.roles import Role
from backend.domain.row_faults import REASONS
from backend.store.database import fetch
from tests.account_lists import account_bytes, newcomer
from tests.http.tools import done, refused, rows
from tests.world import COUNTY, FAR_VILLAGE, NEIGHBOUR, TOWN, VILLAGE, World

CSV = {"content-type": "text/csv"}


async def upload(
    world: World, listed: list[dict[str, str]], who: str = "sysadmin", **params: Any
) -> dict[str, Any]:
    found: dict[str, Any] = await done(
        world.as_(who),
        "POST",
        "/imports/accounts",
        201,
        content=account_bytes(listed),
        params=params,
        headers=CSV,
    )
    return found


async def posts(phone: str, world: World) -> list[tuple[str, str, bool]]:
    """Role, region and whether still held, of everybody with that phone."""
    found = await fetch(
        """SELECT p.role, p.region, p.ends_at IS NULL AS held FROM post p
        JOIN account a ON a.id = p.account WHERE a.phone_index = $1 ORDER BY p.region""",
        world.vault.index(phone),
    )
    return [(row["role"], row["region"], row["held"]) for row in found]


async def test_checked_first_then_taken_and_again_without_harm(world: World) -> None:
    listed = [
        newcomer(1),
        newcomer(1, region_code=NEIGHBOUR, is_backup="是"),
        newcomer(2, role="人社所审核员", region_code=f"{TOWN}000"),
        newcomer(3, role="county_monitor", region_code=f"{COUNTY}000000"),
    ]
    before = await rows("account"), await rows("post")
    shown = await upload(world, listed, dry_run=True)
    assert (shown["outcome"], shown["counts"]) == (
        "shown",
        {"new": 3, "renamed": 0, "posts": 4, "same": 0},
    )
    assert (await rows("account"), await rows("post")) == before
    taken = await upload(world, listed)
    assert (taken["outcome"], taken["counts"]) == ("imported", shown["counts"])
    assert await posts("13910000001", world) == [
        ("liaison", VILLAGE, True),
        ("liaison", NEIGHBOUR, True),
    ]
    assert await posts("13910000002", world) == [("reviewer", TOWN, True)]
    assert await posts("13910000003", world) == [("county_monitor", COUNTY, True)]
    again = await upload(world, listed)
    assert again["counts"] == {"new": 0, "renamed": 0, "posts": 0, "same": 4}
    [entry] = await fetch(
        "SELECT count(*) AS n FROM audit_entry WHERE action = 'account.import' AND account = $1",
        world.people["sysadmin"].account,
    )
    assert entry["n"] == 2


async def test_whoever_is_known_gets_a_post_and_keeps_the_account(world: World) -> None:
    liaison = world.people["liaison"]
    row = newcomer(1, name=liaison.name, phone=liaison.phone, region_code=NEIGHBOUR)
    taken = await upload(world, [row])
    assert taken["counts"] == {"new": 0, "renamed": 0, "posts": 1, "same": 0}
    held = await fetch("SELECT region FROM post WHERE account = $1", liaison.account)
    assert {post["region"] for post in held} == {VILLAGE, NEIGHBOUR}


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"name": ""}, "name", "missing"),
        ({"name": "长" * 61}, "name", "too_long"),
        ({"name": "王\u200b小"}, "name", "unseen_character"),
        ({"phone": "010-66668888"}, "phone", "not_a_mobile"),
        ({"role": "村长"}, "role", "unknown_word"),
        ({"region_code": "990101"}, "region_code", "not_a_code"),
        ({"region_code": f"{TOWN}000"}, "region_code", "role_level"),
        ({"region_code": f"{TOWN}999"}, "region_code", "region_unknown"),
        ({"region_code": FAR_VILLAGE}, "region_code", "other_county"),
        ({"is_backup": "也许"}, "is_backup", "unknown_word"),
        ({"phone": "13910000002", "region_code": NEIGHBOUR}, "name", "other_name"),
        ({"name": "新人2", "phone": "13910000002"}, "", "row_twice"),
    ],
)
async def test_what_is_wrong_with_a_row_is_said_and_nothing_taken(
    world: World, changes: dict[str, str], field: str, reason: str
) -> None:
    before = await rows("account")
    found = await upload(world, [newcomer(2), newcomer(1, **changes)])
    assert (found["outcome"], found["counts"]) == ("rejected", {"faulty": 1})
    page = await world.as_("sysadmin").get(f"/imports/{found['id']}/faults")
    [row] = page["items"]
    assert (row["line"], row["faults"][0]["field"], row["faults"][0]["code"]) == (3, field, reason)
    assert await rows("account") == before


def test_every_reason_has_its_words() -> None:
    cells = {"name": "长" * 61, "phone": "1", "role": "?", "region_code": "?", "is_backup": "?"}
    found = read_row(1, cells)
    assert isinstance(found, list)
    assert {fault.reason for fault in found} <= set(REASONS)
    assert [f.reason for f in read_row(1, {})] == ["missing"] * 4  # type: ignore[union-attr]


async def test_a_name_that_is_not_the_accounts(world: World) -> None:
    row = newcomer(1, name="别人", phone=world.people["liaison"].phone, region_code=NEIGHBOUR)
    found = await upload(world, [row])
    assert found["outcome"] == "rejected"


async def test_somebody_of_another_county_is_not_taken_over(world: World) -> None:
    there = world.people["far_county"]
    found = await upload(world, [newcomer(1, name=there.name, phone=there.phone)])
    [row] = (await world.as_("sysadmin").get(f"/imports/{found['id']}/faults"))["items"]
    assert [(f["field"], f["code"]) for f in row["faults"]] == [("phone", "of_elsewhere")]
    assert await rows("post", "account = $1", there.account) == 1


async def test_taken_back_but_for_who_came_in(world: World) -> None:
    """One of two has used the link; the other's name was wrong and comes right with the next."""
    taken = await upload(world, [newcomer(1), newcomer(2)])
    account = await fetch(
        "SELECT id FROM account WHERE phone_index = $1", world.vault.index("13910000001")
    )
    await fetch(
        """INSERT INTO session (id, account, device, generation, created_at, refreshed_at,
            expires_at, enrol_only)
        VALUES (gen_random_uuid(), $1, '', 1, now(), now(), now(), false)""",
        account[0]["id"],
    )
    sysadmin, number = world.as_("sysadmin"), taken["id"]
    undo = f"/imports/{number}/undo"
    assert await done(sysadmin, "POST", undo, 200, params={"dry_run": True}) == {
        "restored": 1,
        "left": 1,
    }
    [left] = (await sysadmin.get(f"/imports/{number}/left"))["items"]
    assert (left["name"], left["region"]) == ("新*1", VILLAGE)
    for _ in range(2):  # a lost answer: the same again
        assert await done(sysadmin, "POST", undo, 200) == {"restored": 1, "left": 1}
    assert await posts("13910000001", world) == [("liaison", VILLAGE, True)]
    assert await posts("13910000002", world) == [("liaison", VILLAGE, False)]
    again = await upload(world, [newcomer(2, name="新人二")])
    assert again["counts"] == {"new": 0, "renamed": 1, "posts": 1, "same": 0}


async def test_who_may(world: World) -> None:
    """The county's business staff open no accounts, and who runs the system sees no pensions."""
    content = account_bytes([newcomer(1)])
    await refused(world.as_("county"), "POST", "/imports/accounts", "forbidden", content=content)
    taken = await upload(world, [newcomer(1)])
    number = taken["id"]
    await refused(world.as_("county"), "GET", f"/imports/{number}", "not_found")
    await refused(world.as_("county"), "POST", f"/imports/{number}/undo", "not_found")
    kinds = [each["kind"] for each in (await world.as_("sysadmin").get("/imports"))["items"]]
    assert kinds == ["accounts"]
    assert (await world.as_("county").get("/imports"))["items"] == []
    assert len((await world.as_("auditor").get("/imports"))["items"]) == 1
    assert world.people["sysadmin"].role is Role.SYSADMIN
