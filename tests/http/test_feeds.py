"""The secret calendar address of a post: what it shows, and when it stops working."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from icalendar import Calendar

from backend import observe
from backend.store.database import fetch
from tests.http.tools import checked_problem, duty_of, refused, report, rows, submit
from tests.world import NEIGHBOUR, PEOPLE, VILLAGE, Person, World

DUE = datetime(2026, 11, 6, 4, tzinfo=UTC)


@pytest.fixture
async def week(world: World) -> World:
    """A weekly report is open in every village, due on Friday at noon."""
    await world.schedule()
    await world.open()
    return world


async def address(world: World, who: str) -> str:
    """A fresh address for somebody's post."""
    made = await world.as_(who).post(f"/posts/{world.people[who].post}/calendar")
    path: str = made["path"]
    return path


async def read(world: World, path: str, **headers: str) -> httpx.Response:
    """The answer to a calendar program, which signs in nowhere."""
    return await world.http.get(path, headers=headers)


async def entries(world: World, path: str) -> list[Any]:
    """The events of the calendar."""
    answer = await read(world, path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


async def test_the_due_dates_of_the_post(week: World) -> None:
    path = await address(week, "liaison")
    [entry] = await entries(week, path)
    assert entry.decoded("dtstart") == DUE
    assert entry["summary"] == "返乡农民工周报（2026-W45）截止"
    assert entry["description"] == "1项待报"
    rings = sorted(alarm.decoded("trigger") for alarm in entry.walk("VALARM"))
    assert rings == [timedelta(days=-1), timedelta(hours=-2)]
    [of_town] = await entries(week, await address(week, "reviewer"))
    assert of_town["description"] == "3项待报"
    assert of_town["uid"] != entry["uid"]


async def test_nobody_is_named(week: World) -> None:
    text = (await read(week, await address(week, "county"))).text
    for name in [name for name, *_ in PEOPLE.values()] + ["王家庄"]:
        assert name not in text


async def test_what_is_done_goes_and_what_moves_moves(week: World) -> None:
    path, duty = await address(week, "liaison"), await duty_of(week, VILLAGE)
    [before] = await entries(week, path)
    body = {"kind": "extend", "reason": "系统故障", "obligations": [duty]}
    later = DUE + timedelta(days=3)
    await week.as_("county").post("/adjustments", {**body, "due_at": later.isoformat()})
    [moved] = await entries(week, path)
    assert (moved["uid"], moved.decoded("dtstart")) == (before["uid"], later)
    [filed] = await submit(week, "liaison", [report(duty)])
    assert await entries(week, path) == []
    await week.review("reviewer", filed["id"], "return", defects=[{"text": "请核实"}])
    [back] = await entries(week, path)
    assert back["summary"].endswith("补正")
    assert back["uid"] != before["uid"]
    assert back.decoded("dtstart") == datetime(2026, 11, 4, 10, tzinfo=UTC)


async def test_closed_and_waived_duties_are_not_shown(week: World) -> None:
    path = await address(week, "liaison")
    body = {"kind": "exempt", "reason": "整村搬迁", "obligations": [await duty_of(week, VILLAGE)]}
    other = await address(week, "colleague")
    await week.as_("county").post("/adjustments", body)
    assert (await entries(week, path), len(await entries(week, other))) == ([], 1)
    week.clock.set(2026, 11, 14, 9)
    assert await entries(week, other) == []


async def test_unchanged_is_not_sent_again(week: World) -> None:
    path = await address(week, "liaison")
    first = await read(week, path)
    tag = first.headers["etag"]
    week.clock.pass_(hours=1)
    again = await read(week, path, **{"if-none-match": f'"x", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    await submit(week, "liaison", [report(await duty_of(week, VILLAGE))])
    changed = await read(week, path, **{"if-none-match": tag})
    assert (changed.status_code, changed.headers["etag"] != tag) == (200, True)
    assert first.headers["cache-control"] == "private, no-cache"


async def _gone(world: World, path: str) -> None:
    assert checked_problem(await read(world, path))["code"] == "not_found"


async def test_an_address_stops_working(week: World) -> None:
    old = await address(week, "liaison")
    new = await address(week, "liaison")
    await _gone(week, old)
    assert len(await entries(week, new)) == 1
    post = week.people["liaison"].post
    revoked = await week.as_("liaison").ask("DELETE", f"/posts/{post}/calendar")
    assert revoked.status_code == 204
    await _gone(week, new)
    actions = await fetch("SELECT action FROM audit_entry WHERE action LIKE 'feed.%' ORDER BY id")
    assert [row["action"] for row in actions] == ["feed.make", "feed.make", "feed.revoke"]


async def test_it_ends_with_the_post_and_the_account(week: World) -> None:
    by_post, by_account = await address(week, "liaison"), await address(week, "colleague")
    now = week.clock.now
    await fetch("UPDATE post SET ends_at = $2 WHERE id = $1", week.people["liaison"].post, now)
    colleague: Person = week.people["colleague"]
    await fetch("UPDATE account SET disabled_at = $2 WHERE id = $1", colleague.account, now)
    await _gone(week, by_post)
    await _gone(week, by_account)


async def test_only_ones_own_posts(week: World) -> None:
    theirs = f"/posts/{week.people['colleague'].post}/calendar"
    for who in ("liaison", "reviewer", "county"):
        for method in ("POST", "DELETE"):
            await refused(week.as_(who), method, theirs, "not_found")
    own = f"/posts/{week.people['sysadmin'].post}/calendar"
    await refused(week.as_("sysadmin"), "POST", own, "forbidden")


async def test_guesses_find_nothing(week: World) -> None:
    path = await address(week, "liaison")
    for guess in (path[:-5] + "A.ics", path.removesuffix(".ics"), "/calendar/x.ics", path + "x"):
        if guess != path:
            await _gone(week, guess)


async def test_the_token_is_kept_nowhere(
    week: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(
        "backend.routes.feeds.secrets.token_urlsafe", lambda size: "s3cret-" + "x" * 36
    )
    with caplog.at_level(logging.DEBUG, logger=observe.log.name):
        path = await address(week, "liaison")
        assert len(await entries(week, path)) == 1
    logged = [vars(record) for record in caplog.records]
    assert {each["route"] for each in logged} >= {"/calendar/{name}"}
    assert "s3cret" not in str(logged)
    assert await rows("calendar_feed", "position('s3cret'::bytea IN token_index) > 0") == 0
    assert await rows("audit_entry", "detail::text LIKE '%s3cret%'") == 0
    assert NEIGHBOUR not in path
    metrics = await week.http.get("/metrics")
    assert "s3cret" not in metrics.text
