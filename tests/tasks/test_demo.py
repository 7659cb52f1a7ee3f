"""The demo county: what is in it, that its figures follow the rules, that it is made once."""

from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
import pytest

from backend import demo
from backend.demo import regions, villagers
from backend.demo.people import hired
from backend.demo.regions import COUNTY, TOWNSHIPS, VACANT, VILLAGE
from backend.demo.story import Story, source
from backend.domain.rates import Counts, tally, total
from backend.domain.regions import Level
from backend.domain.roles import Role
from backend.domain.timeliness import Facts
from backend.main import build_app
from backend.settings import load
from backend.store import audit, calendar, rates
from backend.store.database import fetch
from backend.tasks import reminding
from backend.vault import Vault
from tests import databases
from tests.http.tools import undone
from tests.tasks.demo_county import (
    NOW,
    County,
    Interrupted,
    interrupt,
    known_facts,
    number,
    sizes,
)
from tests.world import SECRET

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)
PARTS = ("on_time", "late", "missing", "pending", "exempt", "not_due", "filed_early")


@pytest.fixture(scope="module")
async def county(template: str) -> AsyncIterator[County]:
    """The county, made after a first try had been interrupted."""
    async with databases.copy(template) as url, databases.connected(url, 4):
        vault = Vault(SECRET)
        with pytest.raises(Interrupted):
            await demo.make(vault, lambda: NOW, interrupt)
        left_behind = await sizes()
        made = await demo.make(vault, lambda: NOW)
        config = load(
            {
                "CUNBAO_SECRET_KEY": SECRET,
                "CUNBAO_DATABASE_URL": url,
                "CUNBAO_SCHEDULER": "off",
                "CUNBAO_LOG_LEVEL": "warning",
            }
        )
        transport = httpx.ASGITransport(cast("Any", build_app(config, lambda: NOW)))
        async with httpx.AsyncClient(transport=transport, base_url="http://cunbao.test") as http:
            yield County(made, left_behind, http, await calendar.load(COUNTY))


async def test_an_interrupted_run_leaves_nothing(county: County) -> None:
    assert set(county.left_behind.values()) == {0}


async def test_the_map_has_its_awkward_cases(county: County) -> None:
    villages = await fetch("SELECT * FROM region WHERE level = 'village'")
    current = [row for row in villages if row["valid_to"] is None]
    per_town = {t.key: sum(r["parent"] == t.key for r in current) for t in TOWNSHIPS}
    assert len(per_town) == 15
    assert [key for key, count in per_town.items() if count == 0] == [COUNTY + "003"]
    assert all(40 <= count <= 80 for count in per_town.values() if count)
    assert len(current) == 899
    names = [row["name"] for row in current]
    assert len(names) - len(set(names)) == 5
    successors = {row["key"]: row["successor"] for row in villages if row["successor"]}
    assert successors == {
        regions.MERGED: regions.MERGED_INTO,
        regions.RECODED: regions.RECODED_AS,
    }
    for old, new in successors.items():
        held = "SELECT count(*) FROM obligation WHERE region = $1 AND holder = $2"
        assert await number(held, old, new) > 10


async def test_the_people_have_theirs(county: County) -> None:
    posts = await fetch("SELECT * FROM post WHERE ends_at IS NULL")
    held = defaultdict(set)
    for post in posts:
        held[post["region"]].add((post["role"], post["is_backup"]))
    current = {row["key"] for row in await fetch("SELECT * FROM region WHERE valid_to IS NULL")}
    villages = {key for key in current if len(key) == Level.VILLAGE.digits}
    assert {key for key in villages if ("liaison", False) not in held[key]} == {VACANT}
    assert sum(("liaison", True) in held[key] for key in villages) > 50
    primary: dict[UUID, int] = defaultdict(int)
    for post in posts:
        primary[post["account"]] += post["role"] == "liaison" and not post["is_backup"]
    assert max(primary.values()) == 3
    assert await number("SELECT count(*) FROM post WHERE ends_at IS NOT NULL") > 20


async def test_everybody_named_can_sign_in(county: County) -> None:
    assert [login.role for login in county.made.logins] == list(Role)
    for login in county.made.logins:
        me = await county.get(login.role, "/me")
        assert me["name"] == login.name
        assert login.place in {post["region_name"] for post in me["posts"]}
        assert {post["role"] for post in me["posts"]} == {login.role.value}


async def test_the_history_shows_every_case(county: County) -> None:
    filed = await fetch(
        """SELECT kind, on_behalf, counted_by = 'captured' AS offline, revision > 1 AS corrected,
            reasons <> '{}' AS explained, count(*) AS n FROM submission GROUP BY 1, 2, 3, 4, 5"""
    )
    for case in ({"kind": "zero"}, {"kind": "unchanged"}, {"on_behalf": True}, {"offline": True},
                 {"corrected": True}, {"explained": True}):  # fmt: skip
        of_case = [row["n"] for row in filed if all(row[k] == v for k, v in case.items())]
        assert sum(of_case) >= 100, case
    decided = await fetch(
        "SELECT step, decision, in_time, count(*) AS n FROM review GROUP BY 1, 2, 3"
    )
    assert {(row["step"], row["decision"]) for row in decided} == {
        (step, decision) for step in ("town", "county") for decision in ("pass", "return")
    }
    assert {row["in_time"] for row in decided if row["step"] == "town"} == {True, False}
    kinds = await fetch("SELECT kind, count(*) AS n FROM adjustment GROUP BY 1")
    assert {row["kind"] for row in kinds} == {"extend", "exempt"}


async def test_the_story_is_the_same_every_time(county: County) -> None:
    """For a given instant: people, what each village does, and so all figures."""
    first, second = Story(county.days, NOW), Story(county.days, NOW)
    named = regions.villages(source("villages"))
    assert named == regions.villages(source("villages"))
    staff = [hired(source("people"), named, first.begins, NOW).seats for _ in range(2)]
    assert staff[0] == staff[1]
    for village in list(named)[::40]:
        for each in first.rounds:
            asked = (village, each.code, each.key)
            assert first.part(*asked) == second.part(*asked)
    counted = await sizes()
    names = ("obligation", "submission", "review")
    assert tuple(counted[name] for name in names) == (34_184, 29_319, 30_629)


async def test_some_townships_are_late_by_habit(county: County) -> None:
    found = await county.get(Role.COUNTY_OPS, "/rates", level="township")
    shares = {area["region"]: area["counts"]["on_time_rate"] for area in found["areas"]}
    assert shares[COUNTY + "001"] > 0.9 > 0.8 > shares[COUNTY + "201"] > 0.5
    total = found["total"]
    assert all(total[part] > 0 for part in PARTS)
    assert total["correction_late"] > 0


@pytest.fixture(scope="module")
async def facts(county: County) -> list[tuple[int, str, Facts]]:
    """Period, region and facts of every obligation."""
    return await known_facts()


@pytest.mark.parametrize("days_ago", [0, 3, 19.3, 90])
async def test_rates_agree_with_the_rules(
    facts: list[tuple[int, str, Facts]], days_ago: float
) -> None:
    """For every township and period, by SQL and by the rules over the same obligations."""
    t = NOW - days_ago * DAY
    by_rule: dict[tuple[int, str], list[Facts]] = defaultdict(list)
    for period, region, known in facts:
        if known.opens_at <= t:
            by_rule[period, region[: Level.TOWNSHIP.digits]].append(known)
    wanted = rates.Wanted([COUNTY])
    parts: dict[tuple[int, str], list[Counts]] = defaultdict(list)
    for row in await rates.by_area(wanted, Level.TOWNSHIP, t):
        given = {part: row[part] for part in (*PARTS, "correction_late")}
        expected = sum(given[part] for part in PARTS[:4])
        parts[row["period"], row["area"]].append(Counts(expected=expected, **given))
    for row in await rates.late_corrections(wanted, Level.TOWNSHIP, t):
        late = Counts(correction_late=row["correction_late"])
        parts[row["period"], row["area"]].append(late)
    found = {key: total(counts) for key, counts in parts.items()}
    assert len(found) > 14
    assert found == {key: tally(known, t) for key, known in by_rule.items()}


async def test_a_stranger_can_start_at_once(county: County) -> None:
    """The liaison has reports to file, one to correct, one overdue; the township has a queue."""
    duties = (await county.get(Role.LIAISON, "/sync"))["obligations"]
    todo = [duty for duty in duties if duty["stage"] == "none" and duty["village"] == VILLAGE]
    assert len(todo) >= 3
    assert any(datetime.fromisoformat(duty["due_at"]) < NOW for duty in todo)
    returned = [duty for duty in duties if duty["stage"] == "returned"]
    assert len(returned) == 1
    assert returned[0]["submission"]["defects"][0]["text"]
    assert datetime.fromisoformat(returned[0]["fix_by"]) > NOW
    messages = (await county.get(Role.LIAISON, "/messages"))["items"]
    assert (messages[0]["kind"], messages[0]["read_at"]) == ("returned", None)
    assert len((await county.get(Role.REVIEWER, "/reviews"))["items"]) >= 5

    pension = next(duty for duty in todo if duty["code"] == "PENSION_CHANGE")
    item = {"id": str(uuid4()), "obligation": pension["id"], "kind": "zero", "zero_confirmed": True}
    headers = await county.signed_in(Role.LIAISON)
    async with undone():
        answer = await county.http.post(
            "/api/v1/submissions", headers=headers, json={"items": [item]}
        )
        assert answer.json()["items"][0]["outcome"] == "created"


async def test_no_reminder_is_sent_for_the_past(county: County) -> None:
    """Only steps that fall due after the county was made remind anybody."""
    async with undone():
        while await reminding.remind_some(NOW):
            pass
        assert await number("SELECT count(*) FROM reminder") == 0
        while await reminding.remind_some(NOW + 23 * timedelta(hours=1)):
            pass
        assert {row["step"] for row in await fetch("SELECT DISTINCT step FROM reminder")} == {
            "before_3",
            "before_1",
            "after_2",
            "fix_day",
            "review_day",
            "review_after_1",
            "review_after_2",
        }


async def test_the_last_month_has_its_circular(county: County) -> None:
    [listed] = (await county.get(Role.REVIEWER, "/circulars"))["items"]
    assert (listed["document_number"], listed["period"]) == ("示范县人社通报〔2026〕1号", "2026-10")
    found = await county.get(Role.COUNTY_OPS, f"/circulars/{listed['id']}")
    codes = {"LABOR_MONTHLY", "POVERTY_MONTHLY", "PENSION_CHANGE", "JOB_DEMAND"}
    assert {report["code"] for report in found["reports"]} == codes
    for report in found["reports"]:
        asked = {"schedule": report["schedule"], "period": "2026-10", "as_of": found["as_of"]}
        shown = await county.get(Role.COUNTY_OPS, "/rates", **asked)
        assert report["total"]["counts"] == shown["total"]
        assert [line["counts"] for line in report["lines"]] == [
            area["counts"] for area in shown["areas"]
        ]
        assert len(report["unfiled"]) == shown["total"]["missing"] + shown["total"]["pending"]
    subsidies = await county.get(
        Role.COUNTY_OPS, "/subsidies", from_on="2026-10-01", to_on="2026-10-31"
    )
    assert subsidies["total_fen"] > 0


def test_there_is_something_to_do_at_any_time(county: County) -> None:
    """Whenever the county is made: reports to file, one to correct, and a queue."""
    for hours in range(0, 365 * 24, 17):
        story = Story(county.days, NOW - 180 * DAY + timedelta(hours=hours))
        current = [each for each in story.rounds if each.times.closes_at > story.now]
        filings = [story.part(VILLAGE, each.code, each.key).filing for each in current]
        assert filings.count(None) >= 2, story.now
        (returned,) = filter(None, filings)
        assert story.returned is not None
        times = story.returned.times
        assert times.opens_at < returned.files_at <= times.due_at, story.now
        assert returned.files_at < story.returned_at < story.now
        for village in regions.BUSY:
            parts = [story.part(village, each.code, each.key).filing for each in current]
            assert any(f and DAY > story.now - f.files_at > 0 * DAY for f in parts), story.now


async def test_the_village_has_its_people_notices_and_a_link_for_a_colleague(
    county: County,
) -> None:
    vault = Vault(SECRET)
    async with undone():
        assert await demo.add_villagers(vault, NOW)
        assert not await demo.add_villagers(vault, NOW), "they are there"
        assert await demo.add_notices(vault, NOW)
        assert not await demo.add_notices(vault, NOW)
        assert await demo.add_affairs(vault, NOW)
        assert not await demo.add_affairs(vault, NOW)
        found = await county.get(Role.LIAISON, "/sync")
        assert len(found["residents"]) == villagers.PEOPLE
        assert len({each["status"] for each in found["residents"]}) >= 6
        assert len(found["notices"]) == 2
        earlier, guest = [await demo.invite(vault, NOW) for _ in range(2)]
        answers = []
        for invited in (earlier, guest):
            body = {"token": invited.token, "password": "482915"}
            answers.append(await county.http.post("/api/v1/invitations/redeem", json=body))
        assert [answer.status_code for answer in answers] == [410, 201], answers[0].text
        assert answers[0].json()["code"] == "invitation_revoked"


async def test_it_is_made_once(county: County) -> None:
    before = await sizes()
    again = await demo.make(Vault(SECRET), lambda: NOW + DAY)
    assert (again.is_new, again.logins) == (False, county.made.logins)
    assert county.made.is_new
    with pytest.raises(demo.NotTheDemo, match="CUNBAO_SECRET_KEY"):
        await demo.make(Vault("another secret of forty characters at all"), lambda: NOW)
    assert await sizes() == before


async def test_the_audit_is_sealed_and_whole(county: County) -> None:
    found = await audit.verify(Vault(SECRET).audit_key)
    assert found.faults == ()
    # Those who signed in here came after the sealing.
    assert (found.entries > 60_000, found.unsealed < 100) == (True, True)
