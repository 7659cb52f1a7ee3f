"""Edges where a report could be lost, a figure go wrong, or somebody be misled."""

from datetime import UTC, datetime, timedelta
from typing import Any

from backend.store import messages, rates
from backend.store.database import fetch, fetch_value
from backend.tasks import reminding
from tests.http.tools import done, duty_of, refused, report, submit
from tests.world import COUNTY, NEIGHBOUR, VILLAGE, World, weekly

CLOSE = datetime(2026, 11, 13, 4, tzinfo=UTC)


async def week(world: World, **changes: Any) -> int:
    schedule = await world.schedule(**changes)
    await world.open()
    return schedule


async def accept(world: World, who: str, village: str, **answers: int) -> None:
    """Files a village's newest duty and passes it."""
    number = await fetch_value("SELECT max(id) FROM obligation WHERE region = $1", village)
    [filed] = await submit(world, who, [report(number, answers=weekly(**answers))])
    assert filed["outcome"] == "created", filed
    await world.review("reviewer", filed["id"], "pass")


async def test_a_merged_village_is_not_repeated_as_one_s_own(world: World) -> None:
    """无变化 repeats the village's own figures, never those of the one that joined it."""
    await week(world)
    await accept(world, "liaison", VILLAGE)
    world.clock.set(2026, 11, 9, 10)
    await world.open()
    await accept(world, "colleague", NEIGHBOUR, unpaid_wage=77)
    change = {"kind": "merge", "old": NEIGHBOUR, "new": VILLAGE}
    await world.as_("county").post("/regions/changes", change)
    world.clock.set(2026, 11, 16, 10)
    await world.open()
    number = await fetch_value("SELECT max(id) FROM obligation WHERE region = $1", VILLAGE)
    item = report(number, kind="unchanged", answers={})
    assert (await submit(world, "liaison", [item]))[0]["outcome"] == "created"
    filed = (await world.as_("county").get(f"/obligations/{number}"))["filings"][0]
    assert filed["answers"]["unpaid_wage"] == 0


async def test_a_village_with_a_new_code_goes_on_from_its_old_figures(world: World) -> None:
    await week(world)
    await accept(world, "liaison", VILLAGE, unpaid_wage=3)
    change = {"kind": "recode", "old": VILLAGE, "new": "990101100299", "name": "王家庄"}
    await world.as_("county").post("/regions/changes", change)
    world.clock.set(2026, 11, 9, 10)
    await world.open()
    duty = next(d for d in (await world.as_("liaison").get("/sync"))["obligations"])
    later = [d for d in (await world.as_("liaison").get("/sync"))["obligations"] if d != duty]
    assert [d["last"]["unpaid_wage"] for d in later] == [3]


async def test_counts_are_not_final_while_a_filing_may_be_under_way(world: World) -> None:
    await week(world)
    assert await rates.finish_cells(CLOSE + timedelta(seconds=1)) == 0
    assert await rates.finish_cells(CLOSE + rates.SETTLING + timedelta(seconds=1)) == 2


async def test_what_was_withdrawn_is_not_receipted_again(world: World) -> None:
    await week(world)
    item = report(await duty_of(world, VILLAGE))
    await submit(world, "liaison", [item])
    await done(world.as_("liaison"), "POST", f"/submissions/{item['id']}/withdraw", 200)
    [again] = await submit(world, "liaison", [item])
    assert (again["outcome"], again["problem"]["code"]) == ("rejected", "already_withdrawn")


async def test_an_extension_never_closes_earlier(world: World) -> None:
    schedule = await week(world)
    body = {
        "kind": "extend",
        "reason": "系统故障",
        "schedule": schedule,
        "period": "2026-W45",
        "due_at": "2026-11-06T13:00:00+08:00",
        "closes_at": "2026-11-06T13:00:00+08:00",
    }
    await refused(world.as_("county"), "POST", "/adjustments", "extension_not_later", json=body)


async def test_captured_in_time_is_taken_even_when_closing_is_at_once(world: World) -> None:
    """The offline allowance is kept open, whatever the closing rule says."""
    due = {"kind": "weekday", "number": 5, "at": "12:00"}
    await week(
        world,
        timetable={"due": due, "opens_workdays_before": None, "closes_workdays_after": 0},
    )
    captured = datetime(2026, 11, 6, 3, tzinfo=UTC)
    world.clock.now = captured + timedelta(hours=20)
    item = report(await duty_of(world, VILLAGE), captured_at=captured.isoformat())
    [filed] = await submit(world, "liaison", [item])
    assert (filed["outcome"], filed["counted_by"]) == ("created", "captured")


async def test_a_phone_ahead_of_us_is_sent_everything(world: World) -> None:
    """After a fail-over that lost commits, a phone knows numbers that we do not."""
    await week(world)
    cursor = (await world.as_("liaison").get("/sync"))["cursor"]
    await fetch("UPDATE region SET change_no = change_no - 1 WHERE key = $1", VILLAGE)
    again = await world.as_("liaison").get("/sync", cursor=cursor)
    assert len(again["obligations"]) == 1


async def test_a_late_decision_on_an_old_period_still_reaches_the_phone(world: World) -> None:
    await week(world)
    item = report(await duty_of(world, VILLAGE))
    await submit(world, "liaison", [item])
    world.clock.now = CLOSE + timedelta(days=80)
    cursor = (await world.as_("liaison").get("/sync"))["cursor"]
    await world.review("reviewer", item["id"], "pass")
    [duty] = (await world.as_("liaison").get("/sync", cursor=cursor))["obligations"]
    assert duty["stage"] == "accepted"


async def test_a_new_schedule_does_not_make_the_past_missing(world: World) -> None:
    before = await world.as_("county").get("/rates", region=COUNTY)
    form = await fetch_value("SELECT form FROM schedule WHERE id = $1", await world.schedule())
    body = {
        "form": form,
        "scope": COUNTY,
        "title": {"zh": "周报", "en": "Weekly"},
        "cadence": "weekly",
        "timetable": {"due": {"kind": "weekday", "number": 5, "at": "12:00"}},
        "starts_on": "2026-09-07",
    }
    body["timetable"] = {**body["timetable"], "opens_workdays_before": None}
    body["timetable"]["closes_workdays_after"] = 5
    await world.as_("county").post("/schedules", body)
    await world.open()
    after = await world.as_("county").get("/rates", region=COUNTY, as_of=before["as_of"])
    assert after["total"]["missing"] == 0


async def test_two_posts_at_one_village_hear_of_a_return_once(world: World) -> None:
    account = str(world.people["liaison"].account)
    body = {"account": account, "post": {"role": "station", "region": VILLAGE}}
    await world.as_("lead").post("/posts", body)
    await week(world)
    item = report(await duty_of(world, VILLAGE))
    await submit(world, "liaison", [item])
    await world.review("reviewer", item["id"], "return", defects=[{"text": "请核实"}])
    await world.deliver()
    page = await world.as_("liaison").get("/messages")
    assert [message["kind"] for message in page["items"]] == ["returned"]


async def test_an_expired_refresh_token_is_no_replay(world: World) -> None:
    body = {"phone": world.people["liaison"].phone, "password": "tian-Jia-8-li"}
    pair = await world.anyone.post("/sessions", body)
    world.clock.pass_(days=200)
    refresh = {"refresh_token": pair["refresh_token"]}
    await refused(world.anyone, "POST", "/sessions/refresh", "session_ended", json=refresh)
    assert await fetch_value("SELECT count(*) FROM session WHERE end_reason = 'replayed'") == 0


async def test_unknown_paths_are_answered_with_an_id_and_not_kept(world: World) -> None:
    response = await world.http.get("/nowhere")
    assert response.status_code == 404
    assert response.headers["x-request-id"]
    assert response.headers["cache-control"] == "no-store"


async def test_a_new_ladder_counts_for_duties_already_open(world: World) -> None:
    schedule = await week(world, ladder=[])
    assert await fetch_value("SELECT count(remind_at) FROM obligation") == 0
    step = {"key": "due_day", "offset_workdays": 0, "at": "09:00", "audience": ["liaison"]}
    path, county = f"/schedules/{schedule}/ladders", world.as_("county")
    await county.post(path, {"steps": [step]})
    await county.post(f"{path}/2/publish", status=200)
    await world.remind()
    world.clock.set(2026, 11, 6, 9, 1)
    await world.remind()
    page = await world.as_("liaison").get("/messages")
    assert [message["kind"] for message in page["items"]] == ["reminder"]


async def test_a_digest_on_its_way_takes_nothing_more_in(world: World) -> None:
    """What is decided after the claim starts the next digest, so nothing is swallowed."""
    account = world.people["liaison"].account
    now = world.clock.now
    first = await messages.digests([account], now, now)
    [claimed] = await messages.claim_deliveries(now, now + timedelta(minutes=5), 10)
    assert claimed["message"] == first[account]
    second = await messages.digests([account], now + reminding.GATHER, now)
    assert second[account] != first[account]
