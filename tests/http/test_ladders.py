"""Versions of a ladder: drafts, previews, publishing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.piccolo_conf import DB
from backend.store import regions
from backend.store.database import fetch, fetch_value
from migrations.cunbao_0007_ladders_versions import FIRST_VERSIONS
from tests.http.test_schedules import body
from tests.http.tools import contents, duty_of, refused, rows
from tests.world import (
    DEFAULT_LADDER,
    NEIGHBOUR,
    OTHER_TOWN,
    OTHER_VILLAGE,
    TOWN,
    VACANT,
    VILLAGE,
    World,
)

LIAISON: dict[str, Any] = {"at": "09:00", "audience": ["liaison"]}
BEFORE = {"key": "before_2", "offset_workdays": -2, **LIAISON}
DUE_DAY = {"key": "due_day", "offset_workdays": 0, **LIAISON}
AFTER = {
    "key": "late",
    "offset_workdays": 1,
    "at": "09:00",
    "audience": ["liaison", "backup", "township", "county"],
    "channels": ["wecom_app", "sms"],
}


@pytest.fixture
async def path(world: World) -> str:
    """The ladders of a weekly report, open since Monday 2 November and due on Friday at noon."""
    number = await world.schedule()
    await world.open()
    return f"/schedules/{number}/ladders"


async def draft(world: World, path: str, *steps: dict[str, Any]) -> str:
    """The path of a new draft."""
    made = await world.as_("county").post(path, {"steps": list(steps)})
    return f"{path}/{made['version']}"


def of(step: dict[str, Any], audience: str) -> dict[str, Any]:
    """What a step's preview says about one audience."""
    [found] = [each for each in step["audiences"] if each["audience"] == audience]
    return dict(found)


def names(part: dict[str, Any]) -> list[str]:
    return [each["name"] for each in part["shown"]]


async def test_a_schedule_begins_with_version_1(world: World) -> None:
    county = world.as_("county")
    made = await county.post("/schedules", await body(ladder=[BEFORE]))
    [first] = (await county.get(f"/schedules/{made['id']}/ladders"))["items"]
    assert (first["version"], first["steps"], first["in_force"]) == (1, [BEFORE], True)
    who = str(world.people["county"].account)
    assert (first["created_by"], first["published_by"]) == (who, who)
    assert first["created_at"] == first["published_at"]


async def test_a_draft_changes_nothing_until_it_is_published(world: World, path: str) -> None:
    county, schedule = world.as_("county"), path.removesuffix("/ladders")
    world.clock.pass_(hours=1)
    version = await draft(world, path, BEFORE, AFTER)
    second, first = (await county.get(path))["items"]
    assert (second["version"], second["in_force"], second["published_at"]) == (2, False, None)
    assert (first["version"], first["in_force"]) == (1, True)
    [found] = (await county.get("/schedules"))["items"]
    assert found["ladder"] == DEFAULT_LADDER
    world.clock.pass_(hours=1)
    published = await county.post(f"{version}/publish", status=200)
    assert published["published_at"] == world.clock.now.isoformat().replace("+00:00", "Z")
    assert published["published_by"] == str(world.people["county"].account)
    second, first = (await county.get(path))["items"]
    assert (second["in_force"], first["in_force"]) == (True, False)
    [found] = (await county.get("/schedules"))["items"]
    assert found["ladder"] == [BEFORE, AFTER]
    since = await fetch_value("SELECT ladder_since FROM schedule")
    assert since == world.clock.now
    entries = (await world.as_("auditor").get("/audit"))["items"]
    subject = f"schedule:{schedule.rpartition('/')[2]}"
    assert [(each["action"], each["subject"], each["detail"]) for each in entries[:2]] == [
        ("ladder.publish", subject, {"version": 2}),
        ("ladder.add", subject, {"version": 2}),
    ]


async def test_what_was_published_is_published_once(world: World, path: str) -> None:
    county = world.as_("county")
    older, newer = await draft(world, path, BEFORE), await draft(world, path, AFTER)
    await county.post(f"{newer}/publish", status=200)
    world.clock.pass_(minutes=1)
    await county.post(f"{older}/publish", status=200)  # the order of publishing counts
    assert [each["in_force"] for each in (await county.get(path))["items"]] == [False, True, False]
    before = await contents()
    for version in (f"{path}/1", older, newer):
        await refused(county, "POST", f"{version}/publish", "ladder_published")
    assert await contents() == before


async def test_versions_page_by_page(world: World, path: str) -> None:
    for _ in range(2):
        await draft(world, path)
    page = await world.as_("monitor").get(path, limit=2)
    rest = await world.as_("monitor").get(path, limit=2, page=page["next"])
    assert [each["version"] for each in page["items"] + rest["items"]] == [3, 2, 1]


async def test_what_is_refused(world: World, path: str) -> None:
    county, before = world.as_("county"), await contents()
    await refused(county, "POST", path, "ladder_invalid", json={"steps": [BEFORE, BEFORE]})
    await refused(county, "POST", path, "invalid", json={"steps": "none"})
    await refused(county, "POST", path, "invalid", json={})
    await refused(world.as_("lead"), "POST", path, "forbidden", json={"steps": []})
    await refused(world.as_("lead"), "POST", f"{path}/1/publish", "forbidden")
    await refused(world.as_("far_county"), "GET", path, "not_found")
    await refused(county, "POST", f"{path}/2/publish", "not_found")
    preview = f"{path}/1/preview"
    await refused(world.as_("liaison"), "GET", preview, "forbidden")
    await refused(world.as_("far_reviewer"), "GET", preview, "not_found")
    await refused(county, "GET", f"{path}/2/preview", "not_found")
    for params, code in (
        ({"period": "2026-11"}, "bad_period"),
        ({"period": "2026-W44"}, "no_such_period"),
        ({"region": "990102"}, "not_found"),
        ({"limit": "0"}, "invalid"),
    ):
        await refused(county, "GET", preview, code, params=params)
    assert await contents() == before


async def test_who_would_get_what_when(world: World, path: str) -> None:
    version = await draft(world, path, BEFORE, DUE_DAY, AFTER)
    found = await world.as_("county").get(f"{version}/preview")
    assert (found["period"], found["is_open"]) == ("2026-W45", True)
    assert (found["due_at"], found["duties"], found["villages"]) == ("2026-11-06T04:00:00Z", 4, 4)
    assert [(step["key"], step["at"], step["skipped"]) for step in found["steps"]] == [
        ("before_2", "2026-11-04T01:00:00Z", None),
        ("due_day", "2026-11-06T01:00:00Z", None),
        ("late", "2026-11-09T01:00:00Z", None),
    ]
    before, _, late = found["steps"]
    assert (before["channels"], late["channels"]) == (["in_app"], ["in_app", "wecom_app", "sms"])
    liaisons = of(before, "liaison")
    # 王芳; 李强 and 何静 of one village; 刘洋; for the vacant one its township office.
    assert (liaisons["people"], liaisons["villages"], liaisons["nobody"]) == (6, 4, 0)
    assert set(names(liaisons)) == {"王芳", "李强", "何静", "刘洋", "陈静", "周涛"}
    assert liaisons["vacant"] == 1
    assert liaisons["vacant_villages"] == [{"region": VACANT, "name": "赵家沟村民委员会"}]
    backups, towns, county = (of(late, who) for who in ("backup", "township", "county"))
    assert (names(backups), backups["villages"], backups["nobody"]) == (["赵敏"], 1, 3)
    assert {each["name"]: each["villages"] for each in towns["shown"]} == {
        "陈静": 3,
        "周涛": 3,
        "郑洁": 1,
    }
    assert (names(county), county["villages"]) == (["孙丽"], 4)
    assert liaisons["text"]["zh"] == "有1项待报，最近截止时间：11月6日12:00。"
    assert county["text"]["en"] == (
        "4 reports are still to be filed in 4 villages, 4 of them overdue. "
        "Nearest deadline: 2026-11-06 12:00."
    )


async def test_the_preview_is_what_then_happens(world: World, path: str) -> None:
    version = await draft(world, path, DUE_DAY, AFTER)
    found = await world.as_("county").get(f"{version}/preview")
    await world.as_("county").post(f"{version}/publish", status=200)
    for step in found["steps"]:
        world.clock.now = datetime.fromisoformat(step["at"])
        await world.remind()
        foreseen = {p["account"] for part in step["audiences"] for p in part["shown"]}
        told = await fetch("SELECT DISTINCT account FROM reminder WHERE step = $1", step["key"])
        assert {str(row["account"]) for row in told} == foreseen


async def test_only_what_is_outstanding_counts(world: World, path: str) -> None:
    await world.file("liaison", obligation=await duty_of(world, VILLAGE))
    await world.as_("county").post(
        "/adjustments",
        {"kind": "exempt", "reason": "停电", "obligations": [await duty_of(world, NEIGHBOUR)]},
    )
    preview = f"{await draft(world, path, DUE_DAY)}/preview"
    found = await world.as_("county").get(preview)
    assert found["villages"] == 2
    assert set(names(of(found["steps"][0], "liaison"))) == {"陈静", "周涛", "刘洋"}
    coming = await world.as_("county").get(preview, period="2026-W46")
    assert (coming["is_open"], coming["villages"]) == (False, 4)
    assert coming["steps"][0]["at"] == "2026-11-13T01:00:00Z"


async def test_an_extended_duty_has_steps_of_its_own(world: World, path: str) -> None:
    later = datetime(2026, 11, 10, 4, tzinfo=UTC)
    moved = {"due_at": later.isoformat(), "closes_at": (later + timedelta(days=7)).isoformat()}
    duty = await duty_of(world, VILLAGE)
    await world.as_("county").post(
        "/adjustments", {"kind": "extend", "reason": "停电", "obligations": [duty], **moved}
    )
    found = await world.as_("county").get(f"{await draft(world, path, DUE_DAY)}/preview")
    assert [(step["at"], of(step, "liaison")["villages"]) for step in found["steps"]] == [
        ("2026-11-06T01:00:00Z", 3),
        ("2026-11-10T01:00:00Z", 1),
    ]


async def test_what_is_past_reaches_nobody(world: World, path: str) -> None:
    world.clock.set(2026, 11, 4, 9, 1)
    found = await world.as_("county").get(f"{await draft(world, path, BEFORE, DUE_DAY)}/preview")
    before, due_day = found["steps"]
    assert (before["skipped"], before["audiences"]) == ("past", [])
    assert (due_day["skipped"], of(due_day, "liaison")["people"]) == (None, 6)


async def test_who_was_told_is_not_told_again(world: World, path: str) -> None:
    """A step that keeps its key counts as sent, also when it is moved."""
    world.clock.set(2026, 11, 5, 9)
    await world.remind()
    moved = {**DUE_DAY, "key": "before_1"}
    found = await world.as_("county").get(f"{await draft(world, path, moved)}/preview")
    part = of(found["steps"][0], "liaison")
    assert (part["people"], part["villages"], part["nobody"]) == (0, 0, 0)
    assert part["text"] is None


async def test_a_township_sees_its_own_and_names_nobody_above(world: World, path: str) -> None:
    preview = f"{await draft(world, path, AFTER)}/preview"
    found = await world.as_("lead").get(preview)
    assert found["villages"] == 3
    [step] = found["steps"]
    assert set(names(of(step, "liaison"))) == {
        "王芳",
        "赵敏",
        "李强",
        "何静",
        "陈静",
        "周涛",
    }  # overdue: the B角 as well
    county = of(step, "county")
    assert (county["people"], county["villages"], county["shown"]) == (1, 3, [])
    await refused(world.as_("lead"), "GET", preview, "not_found", params={"region": OTHER_VILLAGE})
    found = await world.as_("county").get(preview, region=OTHER_TOWN, limit=1)
    assert (found["villages"], names(of(found["steps"][0], "township"))) == (1, ["郑洁"])
    found = await world.as_("county").get(preview, region=TOWN, limit=1)
    liaisons = of(found["steps"][0], "liaison")
    assert (liaisons["people"], len(liaisons["shown"])) == (6, 1)


async def test_a_period_that_nobody_has_seen_yet(world: World) -> None:
    county = world.as_("county")
    made = await county.post("/schedules", await body(starts_on="2026-11-16", ends_on="2026-11-22"))
    path = f"/schedules/{made['id']}/ladders/1/preview"
    found = await county.get(path)
    assert (found["period"], found["is_open"], found["villages"]) == ("2026-W47", False, 4)
    for key in ("2026-W46", "2026-W48"):
        await refused(county, "GET", path, "no_such_period", params={"period": key})


async def test_publishing_never_sends_what_was_due_before(world: World, path: str) -> None:
    """Published at 09:01, the step of 09:00 stays unsent for good; the next ones go."""
    version = await draft(world, path, BEFORE, DUE_DAY, AFTER)
    world.clock.set(2026, 11, 4, 9, 1)
    await world.as_("county").post(f"{version}/publish", status=200)
    while world.clock.now < datetime(2026, 11, 10, tzinfo=UTC):
        await world.remind()
        world.clock.pass_(hours=1)
    found = await fetch("SELECT DISTINCT step FROM reminder ORDER BY step")
    assert [row["step"] for row in found] == ["due_day", "late"]
    assert await rows("reminder", "step = 'due_day'") == 6


async def test_a_whole_county_is_previewed_in_few_statements(world: World, path: str) -> None:
    """However many villages: what is asked of the database does not grow with them."""
    current = DB.current_transaction.get()
    assert current is not None
    asked: list[str] = []
    more = [f"{TOWN}{number}" for number in range(300, 400)]
    preview = f"{path}/1/preview"
    with current.connection.query_logger(lambda query: asked.append(query.query)):
        await world.as_("county").get(preview, period="2026-W46")
    few = len(asked)
    await regions.upsert([(key, key, f"村{key}", "village", TOWN) for key in more])
    with current.connection.query_logger(lambda query: asked.append(query.query)):
        found = await world.as_("county").get(preview, period="2026-W46")
    assert found["villages"] == 104
    assert 0 < len(asked) - few <= few < 20


async def test_ladders_from_before_versions_become_version_1(world: World, path: str) -> None:
    made = (await world.as_("county").get(path))["items"]
    await fetch("DELETE FROM ladder")
    await fetch(FIRST_VERSIONS)
    assert (await world.as_("county").get(path))["items"] == made
    assert made[0]["steps"] == DEFAULT_LADDER
