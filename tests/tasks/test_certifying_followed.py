"""Certification duties follow their pensioners: matched, gone, back, doubted, moved."""

from datetime import timedelta
from typing import Any

from backend.domain.roles import Role
from backend.store.database import fetch, fetch_row
from backend.succession import succeed
from tests.http.test_results import exported
from tests.http.tools import done, refused, rows
from tests.papers import papers
from tests.tasks.certified import duties, duty, matched, pensioner, person, roster, set_cycle
from tests.world import (
    COUNTY,
    NEIGHBOUR,
    OTHER_VILLAGE,
    VACANT,
    VILLAGE,
    World,
    add_person,
)


async def detail(world: World, order: int) -> dict[str, Any]:
    number = (await duty(world, order))["id"]
    found: dict[str, Any] = await world.as_("county").get(f"/obligations/{number}")
    return found


async def standing(world: World, order: int) -> tuple[str, str]:
    """Standing and rule of the pensioner's duty, as the list of obligations tells."""
    number = (await duty(world, order))["id"]
    page = await world.as_("county").get(
        "/obligations", beneficiary=str(await person(world, order))
    )
    [only] = [each for each in page["items"] if each["id"] == number]
    return only["standing"], only["rule"]


async def opened(world: World, count: int = 3) -> None:
    """So many pensioners of 王家庄, all to be certified by the end of the year."""
    await set_cycle(world)
    await roster(world, [pensioner(n) for n in range(count)])


async def test_a_data_match_answers_the_duty_and_ends_reminders(world: World) -> None:
    await opened(world)
    world.clock.pass_(days=7)
    await matched(world, [1], "alive", "2026-11-06")
    found = await detail(world, 1)
    assert (found["state"], found["verdict"]) == ("accepted", "on_time")
    [way] = found["adjustments"]
    assert (way["kind"], way["by"], way["source"], way["line"]) == ("matched", None, "民政火化", 2)
    assert way["counted_at"] == "2026-11-06T15:59:59Z"
    assert await standing(world, 1) == ("filed_early", "matched")
    world.clock.set(2026, 12, 28, 9, 5)
    await world.remind()
    [message] = (await world.as_("liaison").get("/messages"))["items"]
    assert message["params"]["duties"] == 2
    outcome = await world.file("liaison", obligation=found["id"])
    assert outcome["problem"]["code"] == "already_accepted"


async def test_a_match_counts_in_the_rates_as_of_every_instant(world: World) -> None:
    await opened(world)
    before = world.clock.now
    world.clock.pass_(days=7)
    await matched(world, [1], "alive", "2026-11-06")
    world.clock.set(2027, 1, 4, 9, 0)
    total = (await world.as_("county").get("/rates"))["total"]
    assert (total["expected"], total["on_time"], total["missing"]) == (3, 1, 2)
    then = await world.as_("county").get("/rates", as_of=before.isoformat())
    assert (then["total"]["not_due"], then["total"]["filed_early"]) == (3, 0)
    # Proved in time, told late: nobody had to come.
    await matched(world, [2], "alive", "2026-12-30")
    assert (await world.as_("county").get("/rates"))["total"]["on_time"] == 2
    [first, _] = await duties(world, 2)
    found = await world.as_("county").get(f"/obligations/{first['id']}")
    assert (found["verdict"], found["state"]) == ("on_time", "accepted")


async def test_a_proof_before_the_window_answers_no_fixed_window(world: World) -> None:
    await opened(world)
    await matched(world, [1], "alive", "2025-12-30")
    assert (await duty(world, 1))["matched_at"] is None


async def test_a_rolling_duty_is_answered_by_any_newer_proof(world: World) -> None:
    await set_cycle(world, "rolling_n")
    await roster(world, [pensioner(1, last_cert_date="2025-11-20")])
    await matched(world, [1], "alive", "2026-09-01")
    assert (await duty(world, 1))["stage"] == "accepted"
    world.clock.set(2027, 8, 1, 1, 0)
    await world.certify()
    assert [each["key"] for each in await duties(world, 1)] == ["2026-11-30", "2027-09-30"]


async def test_a_newer_day_in_the_roster_answers_it(world: World) -> None:
    await opened(world)
    listed = [pensioner(0), pensioner(1, last_cert_date="2026-11-01"), pensioner(2)]
    await roster(world, [*listed[:1], {**listed[1], "last_cert_method": "self_face"}, listed[2]])
    [way] = (await detail(world, 1))["adjustments"]
    assert (way["kind"], way["reason"], way["source"]) == ("matched", "已另行认证", None)
    assert (await duty(world, 0))["matched_at"] is None


async def test_what_was_filed_goes_its_way(world: World) -> None:
    """Somebody has visited already: the review goes on, whatever a list says."""
    await opened(world)
    number = (await duty(world, 1))["id"]
    filed = await world.file(
        "liaison", obligation=number, answers={"method": "home_visit", "result": "refused"}
    )
    assert filed["outcome"] == "created", filed
    await matched(world, [1], "alive", "2026-11-01")
    found = await duty(world, 1)
    assert (found["stage"], found["matched_at"]) == ("town", None)


async def test_who_is_gone_need_not_be_visited(world: World) -> None:
    await opened(world)
    await roster(world, [pensioner(0), pensioner(2, pay_status="terminated")])
    for order, reason in ((1, "花名册中已没有此人"), (2, "待遇已终止")):
        found = await detail(world, order)
        assert found["state"] == "exempt"
        [waiver] = found["adjustments"]
        assert (waiver["kind"], waiver["reason"], waiver["by"]) == ("exempt", reason, None)
    assert (await detail(world, 0))["state"] == "open"
    world.clock.pass_(hours=1)
    await roster(world, [pensioner(n) for n in range(3)])
    for order in (1, 2):
        found = await detail(world, order)
        assert found["state"] == "open"
        assert [a["kind"] for a in found["adjustments"]] == ["exempt", "restore"]


async def test_the_county_restores_a_mistaken_waiver_and_a_mistaken_match(world: World) -> None:
    await opened(world)
    await roster(world, [pensioner(0), pensioner(1)])
    await matched(world, [1], "alive", "2026-11-01")
    county = world.as_("county")
    for order in (1, 2):
        number = (await duty(world, order))["id"]
        body = {"kind": "restore", "reason": "名单有误", "obligations": [number]}
        world.clock.pass_(hours=1)
        await done(county, "POST", "/adjustments", 201, json=body)
        assert (await detail(world, order))["state"] == "open"
        await refused(county, "POST", "/adjustments", "not_exempt", json=body)
    # And it stays so: a later list does not take the county's word back.
    await roster(world, [pensioner(0, phone="13700000000"), pensioner(1, phone="13700000001")])
    assert (await duty(world, 1))["matched_at"] is None
    assert (await duty(world, 2))["exempt_at"] is None
    filed = await world.file(
        "liaison",
        obligation=(await duty(world, 1))["id"],
        answers={"method": "home_visit", "result": "refused"},
    )
    assert filed["outcome"] == "created", filed


async def test_nobody_records_a_match_by_hand(world: World) -> None:
    await opened(world)
    body = {"kind": "matched", "reason": "x", "obligations": [(await duty(world, 1))["id"]]}
    await refused(world.as_("county"), "POST", "/adjustments", "invalid", json=body)


async def test_a_doubt_asks_for_a_visit_after_all_until_it_is_cleared(world: World) -> None:
    await opened(world)
    await matched(world, [1], "alive", "2026-11-01")
    assert (await duty(world, 1))["stage"] == "accepted"
    world.clock.pass_(days=1)
    await matched(world, [1], "deceased", "2026-11-02")
    found = await duty(world, 1)
    assert (found["stage"], found["matched_at"]) == ("none", None)
    [hit] = await fetch("SELECT id FROM match_hit WHERE outcome = 'suspect'")
    body = {"reason": "同名同姓，已核实健在"}
    await done(world.as_("county"), "POST", f"/imports/hits/{hit['id']}/clear", 204, json=body)
    world.clock.pass_(days=1)
    await world.certify()
    assert (await duty(world, 1))["stage"] == "accepted"


async def test_a_move_takes_the_open_duty_along(world: World) -> None:
    await opened(world)
    await roster(world, [pensioner(0), pensioner(1, region_code=OTHER_VILLAGE), pensioner(2)])
    found = await duty(world, 1)
    assert (found["region"], found["holder"]) == (VILLAGE, OTHER_VILLAGE)
    move = await fetch_row("SELECT * FROM obligation_move")
    assert move is not None
    assert (move["obligation"], move["was"], move["became"]) == (
        found["id"],
        VILLAGE,
        OTHER_VILLAGE,
    )
    world.clock.set(2026, 12, 28, 9, 5)
    await world.remind()
    for who, number in (("liaison", 2), ("elsewhere", 1)):
        [message] = (await world.as_(who).get("/messages"))["items"]
        assert message["params"]["duties"] == number, who
    by_village = await world.as_("county").get("/rates", level="village", period="2026-12-31")
    assert {a["region"]: a["counts"]["not_due"] for a in by_village["areas"]} == {VILLAGE: 3}


async def test_what_is_settled_stays_where_it_was(world: World) -> None:
    await opened(world)
    await matched(world, [1], "alive", "2026-11-01")
    await roster(world, [pensioner(0), pensioner(1, region_code=NEIGHBOUR), pensioner(2)])
    assert (await duty(world, 1))["holder"] == VILLAGE


async def test_a_merged_village_hands_its_pensioners_and_their_duties_over(world: World) -> None:
    await opened(world)
    await add_person(world, "third", "韩梅", Role.LIAISON, VACANT)
    await succeed(VILLAGE, VACANT, None, [COUNTY], world.clock.now)
    await world.certify()
    found = await duty(world, 1)
    assert (found["region"], found["holder"]) == (VILLAGE, VACANT)
    assert await rows("obligation", "beneficiary IS NOT NULL") == 3
    synced = await world.as_("third").get("/sync")
    assert len(synced["obligations"]) == 3
    world.clock.now += timedelta(days=60)
    await world.certify()
    newest = (await duties(world, 1))[-1]
    assert (newest["region"], newest["key"]) == (VACANT, "2027-12-31")


async def test_who_was_certified_and_is_doubted_since_is_visited_once_more(world: World) -> None:
    await opened(world)
    number = (await duty(world, 1))["id"]
    answers = {"method": "home_visit", "result": "pass"}
    seen = await world.file("liaison", obligation=number, answers=answers, attachments=papers())
    await world.review("reviewer", seen["id"], "pass")
    world.clock.pass_(days=1)
    await matched(world, [1], "deceased", "2026-11-02")
    first, doubt = await duties(world, 1)
    assert first["stage"] == "accepted"
    assert (doubt["stage"], doubt["holder"], doubt["due_at"] > world.clock.now) == (
        "none",
        VILLAGE,
        True,
    )
    world.clock.pass_(days=1)
    await world.certify()
    assert len(await duties(world, 1)) == 2  # and not once more every day

    again = await world.file(
        "liaison", obligation=doubt["id"], answers=answers, attachments=papers()
    )
    await world.review("reviewer", again["id"], "pass")
    await world.certify()
    assert await fetch("SELECT 1 FROM match_hit WHERE cleared_at IS NULL") == []
    assert [each["stage"] for each in await duties(world, 1)] == ["accepted", "accepted"]


async def test_a_visit_for_a_doubt_is_off_when_the_county_clears_it(world: World) -> None:
    await roster(world, [pensioner(1, last_cert_date="2026-10-01")])
    await set_cycle(world)
    await world.certify()
    assert await duties(world, 1) == []
    world.clock.pass_(days=1)
    await matched(world, [1], "deceased", "2026-11-02")
    [doubt] = await duties(world, 1)
    assert doubt["exempt_at"] is None
    [hit] = await fetch("SELECT id FROM match_hit WHERE outcome = 'suspect'")
    body = {"reason": "同名同姓，已核实健在"}
    await done(world.as_("county"), "POST", f"/imports/hits/{hit['id']}/clear", 204, json=body)
    for _ in range(2):
        world.clock.pass_(days=1)
        await world.certify()
    [doubt] = await duties(world, 1)
    assert doubt["exempt_at"] is not None


async def test_no_answer_to_a_doubt_stops_nobody(world: World) -> None:
    await roster(world, [pensioner(1, last_cert_date="2026-10-01")])
    await set_cycle(world)
    await matched(world, [1], "deceased", "2026-11-02")
    [doubt] = await duties(world, 1)
    world.clock.pass_(days=(doubt["closes_at"] - world.clock.now).days + 2)
    await world.certify()
    [line] = (await exported(world)).values()
    assert (line["cert_state"], line["suspend_from"]) == ("suspect", "")
