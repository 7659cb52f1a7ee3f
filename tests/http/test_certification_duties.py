"""Certification duties over HTTP: whom they are about, how far the county is, what phones get."""

from typing import Any

from backend.domain.calendar import local_day
from backend.domain.certification.cycles import Window
from backend.domain.certification.effects import Payment, effects_of_silence
from backend.domain.certification.words import PayStatus
from backend.store import rates
from backend.store.database import fetch
from tests.http.tools import done, refused, rows
from tests.papers import papers
from tests.rosters import id_number
from tests.tasks.certified import duties, duty, matched, pensioner, person, roster, set_cycle
from tests.world import (
    COUNTY,
    NEIGHBOUR,
    OTHER_TOWN,
    OTHER_VILLAGE,
    TOWN,
    VILLAGE,
    World,
)

SEEN = {"method": "home_visit", "result": "refused"}


async def three(world: World) -> None:
    """张桂1 and 张桂2 of one house in 王家庄, 张桂3 of 刘家桥, to certify this year."""
    await set_cycle(world)
    at_home = {"household_no": "H7"}
    await roster(
        world,
        [
            pensioner(1, **at_home),
            pensioner(2, **at_home),
            pensioner(3, region_code=OTHER_VILLAGE, household_no="H9"),
        ],
    )


async def listed(world: World, who: str = "county", **filters: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await world.as_(who).get("/obligations", **filters))["items"]
    return items


async def certify(world: World, order: int, who: str = "liaison", **answers: Any) -> str:
    """The village files what it found of a pensioner; gives the submission."""
    number = (await duty(world, order))["id"]
    filled = {**SEEN, **answers}
    given = papers(filled["result"])
    outcome = await world.file(who, obligation=number, answers=filled, attachments=given)
    assert outcome["outcome"] == "created", outcome
    found: str = outcome["id"]
    return found


async def test_a_duty_shows_whom_it_is_about_masked(world: World) -> None:
    await three(world)
    number = str(await person(world, 1))
    [only] = await listed(world, beneficiary=number)
    shown = only["beneficiary"]
    assert shown == {
        "id": number,
        "name": "张*1",
        "id_number": f"9901{'*' * 10}{id_number(1)[-4:]}",
        "age": 78,
        "insurance_type": "resident",
        "pay_status": "normal",
        "group_no": "",
        "household": "H7",
        "visit": None,
        "risk_tags": [],
        "doubts": [],
        "state": "due",
    }
    detail = await world.as_("liaison").get(f"/obligations/{only['id']}")
    assert detail["beneficiary"] == shown
    assert detail["code"] == only["code"] == "CERTIFICATION"


async def test_a_household_is_found_at_one_door(world: World) -> None:
    await three(world)
    found = await listed(world, "liaison", household="H7")
    assert {each["beneficiary"]["name"] for each in found} == {"张*1", "张*2"}
    assert await listed(world, "liaison", household="H9") == []
    assert len(await listed(world, "elsewhere", household="H9")) == 1
    assert await listed(world, "liaison", beneficiary=str(await person(world, 3))) == []


async def test_who_moved_is_found_where_they_live_now(world: World) -> None:
    await three(world)
    await roster(world, [pensioner(1, household_no="H7", region_code=NEIGHBOUR), pensioner(2)])
    number = str(await person(world, 1))
    [found] = await listed(world, "colleague", beneficiary=number)
    assert found["beneficiary"]["name"] == "张*1"
    assert await listed(world, "liaison", beneficiary=number) == []
    [left] = [each for each in await listed(world, "liaison") if each["holder"] == NEIGHBOUR]
    assert left["beneficiary"] is None, "what was asked of the village, without whom"


async def test_visiting_weeks_are_shown(world: World) -> None:
    await set_cycle(world, "fixed_windows", windows=[{"first": "11-02", "last": "12-31"}])
    await roster(world, [pensioner(1)])
    [only] = await listed(world)
    assert only["beneficiary"]["visit"] == {"first": "2026-11-02", "last": "2026-11-08"}
    [synced] = (await world.as_("liaison").get("/sync"))["obligations"]
    assert (synced["visit_from"], synced["visit_to"]) == ("2026-11-02", "2026-11-08")


async def test_who_sees_duties_but_no_pensioners_is_not_told_names(world: World) -> None:
    await three(world)
    assert [each["beneficiary"] for each in await listed(world, "monitor")] == [None] * 3
    monitor = world.as_("monitor")
    await refused(monitor, "GET", "/obligations", "forbidden", params={"household": "H7"})


async def test_a_doubt_marks_the_duty(world: World) -> None:
    await three(world)
    await matched(world, [1], "deceased", "2026-11-01")
    [shown] = [
        each["beneficiary"]
        for each in await listed(world, household="H7")
        if each["beneficiary"]["doubts"]
    ]
    assert (shown["doubts"], shown["state"]) == (["deceased"], "suspect")
    world.clock.pass_(hours=1)
    filed = await certify(world, 1, result="death", happened_on="2026-11-01")
    states = {each["id"]: each["beneficiary"]["state"] for each in await listed(world)}
    number = (await duty(world, 1))["id"]
    assert states[number] == "collected"
    await world.review("reviewer", filed, "pass")
    [after] = await listed(world, beneficiary=str(await person(world, 1)))
    assert after["beneficiary"]["state"] == "passed"


async def test_every_state_is_told(world: World) -> None:
    await set_cycle(world)
    await roster(world, [pensioner(n) for n in range(6)])
    await certify(world, 1)
    returned = await certify(world, 2)
    await world.review("reviewer", returned, "return", defects=[{"text": "照片不清"}])
    await matched(world, [3], "alive", "2026-11-01")
    await matched(world, [4], "custody", "2026-11-01")
    passed = await certify(world, 5, result="custody", happened_on="2026-10-30")
    await world.review("reviewer", passed, "pass")
    by_name = {
        each["beneficiary"]["name"]: each["beneficiary"]["state"] for each in await listed(world)
    }
    states = ("due", "collected", "returned", "passed", "suspect", "passed")
    assert by_name == {f"张*{n}": state for n, state in enumerate(states)}


async def progress(world: World, who: str = "county", **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = await world.as_(who).get("/certification/progress", **more)
    return found


def counts(**found: int) -> dict[str, int]:
    names = "asked due collected returned passed suspect overdue to_suspend"
    return dict.fromkeys(names.split(), 0) | found


async def test_how_far_the_county_is(world: World) -> None:
    await three(world)
    await certify(world, 1)
    await matched(world, [2], "alive", "2026-11-01")
    found = await progress(world)
    assert found["total"] == counts(asked=3, due=1, collected=1, passed=1)
    assert {a["region"]: a["counts"]["asked"] for a in found["areas"]} == {TOWN: 2, OTHER_TOWN: 1}
    assert (await progress(world, "reviewer"))["total"]["asked"] == 2
    assert (await progress(world, "upper", level="county"))["total"]["asked"] == 3
    assert (await progress(world, "far_county"))["areas"] == []
    by_village = await progress(world, level="village", region=TOWN)
    assert [(a["region"], a["counts"]["asked"]) for a in by_village["areas"]] == [(VILLAGE, 2)]
    assert (await progress(world, insurance_type="gov"))["total"] == counts()
    await refused(
        world.as_("upper"),
        "GET",
        "/certification/progress",
        "forbidden",
        params={"level": "village"},
    )


async def test_what_silence_leads_to(world: World) -> None:
    await set_cycle(world, suspend_after=1)
    await roster(world, [pensioner(1), pensioner(2, pay_status="suspended"), pensioner(3)])
    await matched(world, [3], "alive", "2026-11-01")
    world.clock.set(2027, 1, 20, 9, 0)  # past due, within the month of grace
    found = (await progress(world))["total"]
    assert (found["overdue"], found["to_suspend"]) == (2, 0)
    world.clock.set(2027, 2, 1, 9, 0)
    found = (await progress(world))["total"]
    assert (found["overdue"], found["to_suspend"]) == (2, 1), "who is suspended is not again"
    assert found["asked"] == 2
    assert sum([await silence_suspends(world, order) for order in (1, 2, 3)]) == 1


async def silence_suspends(world: World, order: int) -> bool:
    """Whether the rule recommends to suspend, had nobody answered the pensioner's first window."""
    [row] = await fetch(
        """SELECT b.pay_status, o.stage, o.opens_at, o.due_at, o.closes_at
        FROM obligation o JOIN beneficiary b ON b.id = o.beneficiary
        WHERE b.id = $1 ORDER BY o.id LIMIT 1""",
        await person(world, order),
    )
    window = Window(*(local_day(row[name]) for name in ("opens_at", "due_at", "closes_at")))
    payment = Payment(PayStatus(row["pay_status"]), None)
    effects = effects_of_silence(payment, window, local_day(world.clock.now))
    return row["stage"] != "accepted" and effects.suspend_from is not None


async def test_a_phone_gets_pensioners_and_duties_once(world: World) -> None:
    await three(world)
    phone = world.as_("liaison")
    first = await phone.get("/sync")
    assert [each["name"] for each in first["pensioners"]] == ["张桂1", "张桂2"] or [
        each["name"] for each in first["pensioners"]
    ] == ["张桂2", "张桂1"]
    one = next(each for each in first["pensioners"] if each["name"] == "张桂1")
    assert one == {
        "id": str(await person(world, 1)),
        "village": VILLAGE,
        "name": "张桂1",
        "id_number": f"9901{'*' * 10}{id_number(1)[-4:]}",
        "born": 1948,
        "insurance_type": "resident",
        "household": "H7",
    }
    assert {each["pensioner"] for each in first["obligations"]} == {
        each["id"] for each in first["pensioners"]
    }
    [form] = first["forms"]
    assert form["definition"]["code"] == "CERTIFICATION"
    again = await phone.get("/sync", cursor=first["cursor"])
    assert set(again) == {"cursor", "server_time"}


async def test_a_phone_hears_of_matches_doubts_and_changes(world: World) -> None:
    await three(world)
    phone = world.as_("liaison")
    cursor = (await phone.get("/sync"))["cursor"]
    await matched(world, [1], "alive", "2026-11-01")
    heard = await phone.get("/sync", cursor=cursor)
    [synced], [about] = heard["obligations"], heard["pensioners"]
    assert (synced["stage"], synced["matched"]) == ("accepted", True)
    assert (about["name"], about["certified_on"]) == ("张桂1", "2026-11-01")
    await matched(world, [2], "deceased", "2026-11-01")
    heard = await phone.get("/sync", cursor=heard["cursor"])
    assert [each["doubts"] for each in heard["pensioners"]] == [["deceased"]]
    assert "removed" not in heard
    [hit] = await fetch("SELECT id FROM match_hit WHERE outcome = 'suspect'")
    body = {"reason": "同名同姓，已核实健在"}
    await done(world.as_("county"), "POST", f"/imports/hits/{hit['id']}/clear", 204, json=body)
    await world.certify()
    heard = await phone.get("/sync", cursor=heard["cursor"])
    assert [each.get("doubts") for each in heard["pensioners"]] == [None]


async def test_a_phone_forgets_who_moved_or_is_gone(world: World) -> None:
    await three(world)
    await roster(world, [pensioner(n) for n in (1, 2, 4)])
    phone, colleague = world.as_("liaison"), world.as_("colleague")
    before = (await phone.get("/sync"))["cursor"]
    theirs = (await colleague.get("/sync"))["cursor"]
    await roster(world, [pensioner(1, region_code=NEIGHBOUR), pensioner(2)])
    heard = await phone.get("/sync", cursor=before)
    moved, gone = await person(world, 1), await person(world, 4)
    assert heard["removed"]["pensioners"] == sorted([str(moved), str(gone)])
    assert heard["removed"]["obligations"] == [(await duty(world, 1))["id"]]
    assert [each["exempt"] for each in heard["obligations"]] == [True]
    got = await colleague.get("/sync", cursor=theirs)
    assert [each["name"] for each in got["pensioners"]] == ["张桂1"]
    assert [each["pensioner"] for each in got["obligations"]] == [str(moved)]
    fresh = await phone.get("/sync")
    assert [each["name"] for each in fresh["pensioners"]] == ["张桂2"]
    assert "removed" not in fresh


async def test_who_moves_within_ones_villages_is_not_removed(world: World) -> None:
    await three(world)
    people = world.people
    await fetch(
        "INSERT INTO post (id, account, role, region, is_backup, starts_at)"
        " VALUES (gen_random_uuid(), $1, 'liaison', $2, false, '2026-01-01')",
        people["liaison"].account,
        NEIGHBOUR,
    )
    phone = world.as_("liaison")
    cursor = (await phone.get("/sync"))["cursor"]
    await roster(world, [pensioner(1, region_code=NEIGHBOUR), pensioner(2)])
    heard = await phone.get("/sync", cursor=cursor)
    assert [(each["name"], each["village"]) for each in heard["pensioners"]] == [
        ("张桂1", NEIGHBOUR)
    ] or {each["name"] for each in heard["pensioners"]} == {"张桂1", "张桂2"}
    assert "removed" not in heard


async def test_villages_not_touched_hear_nothing(world: World) -> None:
    await three(world)
    cursors = {
        who: (await world.as_(who).get("/sync"))["cursor"] for who in ("elsewhere", "colleague")
    }
    await matched(world, [1], "alive", "2026-11-01")
    for who, cursor in cursors.items():
        answer = await world.as_(who).get("/sync", cursor=cursor)
        assert set(answer) == {"cursor", "server_time"}, who


async def test_four_hundred_pensioners_are_a_sensible_size(world: World) -> None:
    await set_cycle(world, "fixed_windows", windows=[{"first": "11-02", "last": "12-31"}])
    await roster(world, [pensioner(n, household_no=f"H{n // 2}") for n in range(400)])
    answer = await world.as_("liaison").ask("GET", "/sync", headers={"accept-encoding": "gzip"})
    body = answer.json()
    assert (len(body["pensioners"]), len(body["obligations"])) == (400, 400)
    assert int(answer.headers["content-length"]) < 40_000
    assert len(answer.content) < 320_000


async def test_certification_schedules_are_the_cycles(world: World) -> None:
    await three(world)
    county = world.as_("county")
    [schedule] = (await county.get("/schedules"))["items"]
    assert (schedule["code"], schedule["cadence"], schedule["insurance_type"]) == (
        "CERTIFICATION",
        None,
        "resident",
    )
    path = f"/schedules/{schedule['id']}"
    assert await county.get(f"{path}/preview") == []
    timetable = {"timetable": {"due": {"kind": "day", "number": 5}}}
    await refused(county, "PATCH", path, "certification_schedule", json=timetable)
    changed = await done(county, "PATCH", path, 200, json={"steps": ["town", "county"]})
    assert changed["steps"] == ["town", "county"]
    ladders = await county.get(f"{path}/ladders")
    assert len(ladders["items"]) == 1
    by_hand = {
        "form": schedule["form"],
        "scope": COUNTY,
        "title": schedule["title"],
        "cadence": "monthly",
        "timetable": timetable["timetable"],
        "starts_on": "2026-11-02",
    }
    await refused(county, "POST", "/schedules", "certification_schedule", json=by_hand)


async def test_an_extension_moves_a_certification_as_any_duty(world: World) -> None:
    await three(world)
    number = (await duty(world, 1))["id"]
    body = {
        "kind": "extend",
        "reason": "大雪封路",
        "obligations": [number],
        "due_at": "2027-01-31T18:00:00+08:00",
    }
    await done(world.as_("county"), "POST", "/adjustments", 201, json=body)
    world.clock.set(2027, 1, 10, 9, 0)
    await world.certify()
    assert len(await duties(world, 1)) == 1, "nobody is asked twice at once"
    await certify(world, 1)
    assert await rows("submission") == 1


async def test_somebody_may_come_after_the_window_has_closed(world: World) -> None:
    await three(world)
    world.clock.set(2027, 1, 12, 9, 0)
    while await rates.finish_cells(world.clock.now):
        pass
    asked = {"schedule": (await duty(world, 1))["schedule"], "period": "2026-12-31"}
    before = (await world.as_("county").get("/rates", **asked))["total"]
    assert (before["missing"], before["late"]) == (3, 0)
    await certify(world, 1)
    after = (await world.as_("county").get("/rates", **asked))["total"]
    assert (after["missing"], after["late"]) == (2, 1)
    world.clock.set(2028, 2, 1, 9, 0)
    outcome = await world.file("liaison", obligation=(await duty(world, 2))["id"], answers=SEEN)
    assert outcome["problem"]["code"] == "period_closed"
