"""From the door to the desk: papers, codes, flags, second looks, deaths, what accepting does."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.domain.certification import second_reviews
from backend.domain.certification.evidence import Evidence
from backend.store.database import fetch, fetch_row
from tests.http.tools import done, refused, rows, submit
from tests.papers import paper, papers
from tests.rosters import id_number
from tests.tasks.certified import duty, matched, pensioner, person, roster, set_cycle
from tests.world import COUNTY, NEIGHBOUR, World

ALIVE = {"method": "home_visit", "result": "pass"}


async def some(world: World, count: int = 2, **more: Any) -> None:
    """Pensioners 1 to `count` of one house in 王家庄, to be certified this year."""
    await set_cycle(world)
    at_home = {"household_no": "H7", **more}
    await roster(world, [pensioner(n, **at_home) for n in range(1, count + 1)])


async def file(
    world: World, order: int, who: str = "liaison", given: Any = None, **answers: Any
) -> dict[str, Any]:
    """Files what was found of a pensioner, with all papers unless told; gives the outcome."""
    filled = {**ALIVE, **answers}
    attachments = papers(filled["result"], filled["method"]) if given is None else given
    number = (await duty(world, order))["id"]
    more = {"on_behalf_reason": "联络员请假"} if who in ("reviewer", "lead") else {}
    return await world.file(who, obligation=number, answers=filled, attachments=attachments, **more)


async def filed(world: World, order: int, **more: Any) -> str:
    outcome = await file(world, order, **more)
    assert outcome["outcome"] == "created", outcome
    number: str = outcome["id"]
    return number


async def of(world: World, order: int) -> Any:
    return await fetch_row("SELECT * FROM beneficiary WHERE id = $1", await person(world, order))


async def see(world: World, submission: str, who: str = "reviewer") -> dict[str, Any]:
    found: dict[str, Any] = await world.as_(who).get(f"/certification/reviews/{submission}")
    return found


# Filing


async def test_all_that_is_lacking_is_named_at_once(world: World) -> None:
    await some(world)
    outcome = await file(world, 1, given=[], mismatch=True)
    assert outcome["outcome"] == "rejected"
    assert outcome["problem"]["code"] == "answers_invalid"
    found = outcome["problem"]["params"]["findings"]
    assert [each["code"] for each in found] == ["paper_lacking"] * 3
    assert [each["params"]["any_of"] for each in found] == [
        ["face_photo", "plate_photo"],
        ["id_card"],
        ["household_book"],
    ]
    ahead = await file(world, 1, given=[], result="death", happened_on="2026-11-03")
    found = ahead["problem"]["params"]["findings"]
    assert [each["code"] for each in found] == ["paper_lacking", "day_ahead"]
    assert await rows("submission") == 0


async def test_the_countys_own_table_decides(world: World) -> None:
    await some(world)
    county = world.as_("county")
    table = (await county.get("/certification/papers"))["papers"]
    table["pass"] = [{"any_of": ["household_book"]}]
    await done(county, "PUT", "/certification/papers", 204, json={"papers": table})
    assert (await file(world, 1))["outcome"] == "rejected"
    enough = [paper(Evidence.HOUSEHOLD_BOOK)]
    assert (await file(world, 1, given=enough))["outcome"] == "created"


async def test_several_at_one_door_in_one_batch(world: World) -> None:
    await some(world, 3)
    number = await person(world, 1)
    path = f"/certification/households/{number}"
    items = (await world.as_("liaison").get(path))["items"]
    assert {each["name"] for each in items} == {"张*1", "张*2", "张*3"}
    assert {each["stage"] for each in items} == {"none"}
    found = await submit(
        world,
        "liaison",
        [
            {
                "id": f"00000000-0000-4000-8000-00000000000{n}",
                "obligation": each["obligation"],
                "answers": ALIVE,
                "attachments": [] if n == 1 else papers(),
            }
            for n, each in enumerate(items)
        ],
    )
    assert [each["outcome"] for each in found] == ["created", "rejected", "created"]
    stages = [each["stage"] for each in (await world.as_("liaison").get(path))["items"]]
    assert sorted(stages) == ["none", "town", "town"]
    for who in ("colleague", "outsider", "far_reviewer"):
        await refused(world.as_(who), "GET", path, "not_found")


async def test_who_has_no_household_is_alone(world: World) -> None:
    await some(world, 2, household_no="")
    path = f"/certification/households/{await person(world, 1)}"
    assert len((await world.as_("liaison").get(path))["items"]) == 1


# Codes and flags


async def test_a_code_on_paper(world: World) -> None:
    await some(world, 4)
    liaison = world.as_("liaison")
    given = await liaison.post("/certification/codes")
    assert (await liaison.post("/certification/codes"))["code"] == given["code"]
    world.clock.pass_(minutes=29)
    right = await filed(world, 1, code=given["code"])
    assert (await see(world, right))["flags"] == []
    wrong = f"{(int(given['code']) + 1) % 10_000:04}"
    flagged = await filed(world, 2, code=wrong)
    assert (await see(world, flagged))["flags"] == ["code_wrong"]
    world.clock.pass_(minutes=2)
    late = await filed(world, 3, code=given["code"])
    assert (await see(world, late))["flags"] == ["code_late"]
    assert (await see(world, await filed(world, 4)))["flags"] == []


async def test_anothers_code_is_none_of_ones_own(world: World) -> None:
    await some(world)
    given = await world.as_("colleague").post("/certification/codes")
    submission = await filed(world, 1, code=given["code"])
    assert (await see(world, submission))["flags"] == ["code_wrong"]


async def test_photos_from_the_gallery_are_flagged(world: World) -> None:
    await some(world)
    face = paper(Evidence.FACE_PHOTO, from_gallery=True)
    submission = await filed(world, 1, given=[face, paper(Evidence.ID_CARD)])
    seen = await see(world, submission)
    assert seen["flags"] == ["from_gallery"]
    first = seen["attachments"][0]
    assert [first[name] for name in ("name", "evidence", "from_gallery")] == [
        face["name"],
        "face_photo",
        True,
    ]


async def test_very_many_in_ten_minutes(world: World) -> None:
    await some(world, 21)
    submissions = [await filed(world, n) for n in range(1, 21)]
    assert (await see(world, submissions[0]))["flags"] == []
    world.clock.pass_(minutes=9)
    last = await filed(world, 21)
    for each in (submissions[0], last):
        assert (await see(world, each))["flags"] == ["many_at_once"]


# Deaths


async def test_a_death_is_told_to_the_county_at_once(world: World) -> None:
    await some(world)
    submission = await filed(world, 1, result="death", happened_on="2026-10-01")
    await world.deliver()
    [told] = (await world.as_("county").get("/messages"))["items"]
    assert told["kind"] == "death_reported"
    assert "1人死亡" in told["text"]
    assert "张" not in told["text"]
    assert (await world.as_("far_county").get("/messages"))["items"] == []
    [listed] = (await world.as_("county").get("/certification/deaths"))["items"]
    assert (listed["submission"], listed["name"], listed["stage"]) == (submission, "张*1", "town")
    assert (listed["died_on"], listed["in_time"]) == (
        "2026-10-01",
        listed["report_by"] >= "2026-11-02",
    )
    for who, count in (("liaison", 1), ("colleague", 0), ("reviewer", 1), ("far_county", 0)):
        items = (await world.as_(who).get("/certification/deaths"))["items"]
        assert len(items) == count, who
    await refused(world.as_("monitor"), "GET", "/certification/deaths", "forbidden")


async def test_the_deadline_of_a_death_is_twenty_working_days(world: World) -> None:
    await some(world)
    await filed(world, 1, result="death", happened_on="2026-09-01")
    await filed(world, 2, result="death", happened_on="2026-10-30")
    items = (await world.as_("county").get("/certification/deaths"))["items"]
    by_day = {each["died_on"]: (each["in_time"], each["report_by"]) for each in items}
    assert by_day["2026-09-01"][0] is False
    assert by_day["2026-10-30"] == (True, "2026-11-27")


async def test_a_corrected_death_is_told_once(world: World) -> None:
    await some(world)
    first = await filed(world, 1, result="death", happened_on="2026-10-30")
    await world.review("reviewer", first, "return", defects=[{"text": "日期不清"}])
    world.clock.pass_(days=1)
    await filed(world, 1, result="death", happened_on="2026-10-29")
    assert await rows("message", "kind = 'death_reported'") == 1
    [listed] = (await world.as_("county").get("/certification/deaths"))["items"]
    assert (listed["died_on"], listed["reported_at"][:10]) == ("2026-10-29", "2026-11-02")


# Acceptance


async def test_accepted_is_the_newest_proof(world: World) -> None:
    await some(world)
    submission = await filed(world, 1)
    assert (await of(world, 1))["certified_on"] is None
    await world.review("reviewer", submission, "pass")
    after = await of(world, 1)
    assert (f"{after['certified_on']}", after["certified_by"]) == ("2026-11-02", "home_visit")
    assert (await of(world, 2))["certified_on"] is None
    [entry] = await fetch("SELECT account FROM review")
    assert entry["account"] == world.people["reviewer"].account


async def test_returning_and_withdrawing_prove_nothing(world: World) -> None:
    await some(world)
    await matched(world, [1, 2], "deceased", "2026-11-01")
    world.clock.pass_(hours=1)
    first, second = await filed(world, 1), await filed(world, 2)
    await world.review("reviewer", first, "return", defects=[{"text": "照片不清"}])
    await done(world.as_("liaison"), "POST", f"/submissions/{second}/withdraw", 200)
    for order in (1, 2):
        assert (await of(world, order))["certified_on"] is None
    assert await rows("match_hit", "cleared_at IS NULL") == 2


async def test_an_accepted_visit_answers_earlier_doubts_alone(world: World) -> None:
    await some(world)
    await matched(world, [1], "deceased", "2026-11-01")
    world.clock.pass_(hours=1)
    submission = await filed(world, 1)
    world.clock.pass_(hours=1)
    await matched(world, [1], "custody", "2026-11-01")
    world.clock.pass_(hours=1)
    await world.review("reviewer", submission, "pass")
    kinds = {
        row["kind"]: row["cleared_by"]
        for row in await fetch("SELECT kind, cleared_by FROM match_hit")
    }
    assert kinds == {"deceased": world.people["reviewer"].account, "custody": None}


async def test_who_could_not_be_met_stays_doubted(world: World) -> None:
    await some(world)
    await matched(world, [1], "deceased", "2026-11-01")
    world.clock.pass_(hours=1)
    submission = await filed(world, 1, result="unreachable")
    await world.review("reviewer", submission, "pass")
    assert (await of(world, 1))["certified_on"] is None
    assert await rows("match_hit", "cleared_at IS NULL") == 1


async def test_an_older_visit_does_not_outdate_a_newer_proof(world: World) -> None:
    await some(world)
    submission = await filed(world, 1)
    await fetch(
        "UPDATE beneficiary SET certified_on = '2026-11-05', certified_by = 'counter'"
        " WHERE id = $1",
        await person(world, 1),
    )
    world.clock.pass_(days=4)
    await world.review("reviewer", submission, "pass")
    after = await of(world, 1)
    assert (f"{after['certified_on']}", after["certified_by"]) == ("2026-11-05", "counter")


# The second look


async def test_a_second_person_looks_at_those_drawn(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_reviews, "PERCENT", 100)
    await some(world)
    submission = await filed(world, 1)
    assert (await see(world, submission))["second"] is True
    assert (await world.review("reviewer", submission, "pass"))["outcome"] == "done"
    assert (await duty(world, 1))["stage"] == "town"
    assert (await of(world, 1))["certified_on"] is None
    [waiting] = (await world.as_("lead").get("/reviews"))["items"]
    assert waiting["step"] == "second"
    same = await world.review("reviewer", submission, "pass", step="second")
    assert same["problem"]["code"] == "second_person"
    again = await world.review("lead", submission, "pass")
    assert again["problem"]["code"] == "step_mismatch"
    assert (await world.review("far_reviewer", submission, "pass", step="second"))["problem"][
        "code"
    ] == "not_found"
    await world.review("lead", submission, "pass", step="second")
    assert (await duty(world, 1))["stage"] == "accepted"
    assert (await of(world, 1))["certified_by"] == "home_visit"
    detail = await world.as_("liaison").get(f"/submissions/{submission}")
    assert (detail["state"], len(detail["filings"][0]["reviews"])) == ("accepted", 2)


async def test_the_second_person_may_return_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_reviews, "PERCENT", 100)
    await some(world)
    submission = await filed(world, 1)
    await world.review("reviewer", submission, "pass")
    defects = [{"text": "不是本人"}]
    await world.review("county", submission, "return", step="second", defects=defects)
    assert (await duty(world, 1))["stage"] == "returned"
    once_more = await filed(world, 1)
    await world.review("lead", once_more, "pass")
    assert (await duty(world, 1))["stage"] == "town"
    await world.review("reviewer", once_more, "pass", step="second")
    assert (await duty(world, 1))["stage"] == "accepted"


async def test_the_very_old_are_always_looked_at_twice(world: World) -> None:
    await set_cycle(world)
    old = id_number(1, date(1936, 11, 2))
    young = id_number(2, date(1936, 11, 3))
    await roster(world, [pensioner(1, id_no=old), pensioner(2, id_no=young)])
    found = await fetch(
        "SELECT o.id, b.born_on FROM obligation o JOIN beneficiary b"
        " ON b.id = o.beneficiary ORDER BY b.born_on"
    )
    seconds = []
    for row in found:
        outcome = await world.file(
            "liaison", obligation=row["id"], answers=ALIVE, attachments=papers()
        )
        seconds.append((await see(world, outcome["id"]))["second"])
    assert seconds == [True, False]


async def test_nobody_reviews_what_they_collected(world: World) -> None:
    await some(world)
    submission = await filed(world, 1, who="reviewer")
    own = await world.review("reviewer", submission, "pass")
    assert own["problem"]["code"] == "own_filing"
    assert (await world.review("lead", submission, "pass"))["outcome"] == "done"


async def test_a_schedule_cannot_ask_for_the_second_look_itself(world: World) -> None:
    await some(world)
    [schedule] = (await world.as_("county").get("/schedules"))["items"]
    path, body = f"/schedules/{schedule['id']}", {"steps": ["town", "second"]}
    await refused(world.as_("county"), "PATCH", path, "invalid", json=body)


# The desk


async def test_all_there_is_to_compare(world: World) -> None:
    await some(world, 2, pay_status="suspended", stopped_from="2026-08-01")
    first = await filed(world, 1)
    await world.review("reviewer", first, "pass")
    world.clock.set(2027, 3, 1, 10, 0)
    await world.certify()
    number = (
        await fetch(
            "SELECT id FROM obligation WHERE beneficiary = $1 AND stage = 'none'",
            UUID(str(await person(world, 1))),
        )
    )[0]["id"]
    outcome = await world.file("liaison", obligation=number, answers=ALIVE, attachments=papers())
    seen = await see(world, outcome["id"])
    assert seen["earlier"]["submission"] == first
    assert {each["evidence"] for each in seen["earlier"]["attachments"]} == {
        "face_photo",
        "id_card",
    }
    assert {each["name"] for each in seen["household"]} == {"张*1", "张*2"}
    assert seen["recommended"] | {} == {
        "suspend_from": None,
        "resume_from": "2027-04",
        "back_pay_from": "2026-08",
        "back_pay_to": "2027-03",
        "back_pay_months": 8,
        "terminate_from": None,
        "overpaid_from": None,
        "overpaid_to": None,
        "overpaid_months": 0,
    }
    looks = "action = 'finding.see' AND account = $1"
    assert await rows("audit_entry", looks, world.people["reviewer"].account) == 1
    for who in ("auditor", "county", "lead"):
        assert (await see(world, outcome["id"], who))["pensioner"]["name"] == "张*1", who
    path = f"/certification/reviews/{outcome['id']}"
    await refused(world.as_("other_reviewer"), "GET", path, "not_found")
    await refused(world.as_("far_reviewer"), "GET", path, "not_found")
    await refused(world.as_("liaison"), "GET", path, "forbidden")


# The auditor's draw


async def test_the_auditor_draws_and_notes(world: World) -> None:
    await some(world, 6)
    for n in range(1, 6):
        await world.review("reviewer", await filed(world, n), "pass")
    await filed(world, 6)
    auditor, path = world.as_("auditor"), "/certification/samples"
    days = {"from_on": "2026-11-01", "to_on": "2026-11-02"}
    asked = {"id": str(uuid4()), "region": COUNTY, **days, "size": 3}
    drawn = await auditor.post(path, asked)
    assert await auditor.post(path, asked) == drawn  # a lost answer draws nothing anew
    number, items = drawn["sample"]["id"], drawn["items"]
    assert (drawn["sample"]["drawn_from"], len(items)) == (5, 3)
    seed, ids = (
        drawn["sample"]["seed"],
        await fetch("SELECT newest FROM obligation WHERE stage = 'accepted'"),
    )
    again = second_reviews.sample(world.vault.draw_key, seed, [r["newest"] for r in ids], 3)
    assert [UUID(each["submission"]) for each in items] == again
    first, second = (f"{path}/{number}/items/{each['submission']}" for each in items[:2])
    await done(auditor, "PUT", first, 204, json={"ok": True})
    await refused(auditor, "PUT", second, "note_missing", json={"ok": False})
    await done(auditor, "PUT", second, 204, json={"ok": False, "note": "照片是去年的"})
    [listed] = (await auditor.get(path))["items"]
    assert (listed["checked"], listed["wrong"]) == (2, 1)
    kept = (await auditor.get(f"{path}/{number}"))["items"]
    assert [each["ok"] for each in kept] == [True, False, None]
    assert kept[1]["note"] == "照片是去年的"
    await see(world, items[0]["submission"], "auditor")
    other = {**asked, "id": str(uuid4()), "region": NEIGHBOUR}
    assert (await auditor.post(path, other))["sample"]["drawn_from"] == 0
    assert (await auditor.post(path, {**asked, "id": str(uuid4()), "to_on": "2026-11-01"}))[
        "items"
    ] == []
    assert await rows("audit_entry", "action LIKE 'sample.%'") == 6
    for who in ("county", "reviewer", "liaison"):
        await refused(world.as_(who), "POST", path, "forbidden", json=asked)
    far = {**asked, "region": "990102"}
    await refused(auditor, "POST", path, "not_found", json=far)
    outside = f"{path}/{number}/items/{await person(world, 1)}"
    await refused(auditor, "PUT", outside, "not_found", json={"ok": True})
