"""Which clock decides, on whose behalf, until when, and taking a report back."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from backend.store.database import fetch_row
from tests.http.test_submissions import opened
from tests.http.tools import done, refused, report, rows, submit
from tests.world import VILLAGE, World, weekly

DUE = datetime.fromisoformat("2026-11-06T12:00:00+08:00")
CLOSES = datetime.fromisoformat("2026-11-13T12:00:00+08:00")
SECOND = timedelta(seconds=1)


async def verdict(world: World, duty: int) -> tuple[str, str]:
    found = await world.as_("county").get(f"/obligations/{duty}")
    return found["state"], found["verdict"]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (DUE - SECOND, "on_time"),
        (DUE, "on_time"),
        (DUE + SECOND, "late"),
        (CLOSES, "late"),
    ],
)
async def test_around_the_deadline(world: World, at: datetime, expected: str) -> None:
    duty = await opened(world)
    world.clock.now = at
    [filed] = await submit(world, "liaison", [report(duty)])
    assert filed["outcome"] == "created"
    assert await verdict(world, duty) == ("submitted", expected)


async def test_once_closed_it_is_missing(world: World) -> None:
    duty = await opened(world)
    world.clock.now = CLOSES + SECOND
    [outcome] = await submit(world, "liaison", [report(duty)])
    assert outcome["problem"]["code"] == "period_closed"
    assert await verdict(world, duty) == ("missing", "missing")


async def test_before_it_opens_nothing_is_taken(world: World) -> None:
    duty = await opened(world)
    world.clock.set(2026, 11, 1, 23, 59)
    [outcome] = await submit(world, "liaison", [report(duty)])
    assert outcome["problem"]["code"] == "not_open_yet"


async def file_offline(
    world: World, duty: int, *, captured: datetime, received: datetime, skew: timedelta
) -> dict[str, Any]:
    """Filled in at one moment and sent at another, by a phone whose clock is wrong by `skew`."""
    world.clock.now = received
    item = report(duty, captured_at=(captured + skew).isoformat())
    device = (received + skew).isoformat()
    [outcome] = await submit(world, "liaison", [item], device_time=device)
    return outcome


@pytest.mark.parametrize("skew", [timedelta(), timedelta(hours=-30), timedelta(days=400)])
async def test_offline_in_time_counts_when_captured(world: World, skew: timedelta) -> None:
    duty = await opened(world)
    captured, received = DUE - timedelta(hours=2), DUE + timedelta(hours=23)
    filed = await file_offline(world, duty, captured=captured, received=received, skew=skew)
    assert filed["counted_by"] == "captured"
    assert datetime.fromisoformat(filed["counted_at"]) == captured
    assert datetime.fromisoformat(filed["received_at"]) == received
    assert await verdict(world, duty) == ("submitted", "on_time")
    found = await world.as_("county").get(f"/obligations/{duty}")
    shown = found["filings"][0]  # both clocks stay readable
    assert datetime.fromisoformat(shown["captured_at"]) == captured + skew
    assert datetime.fromisoformat(shown["corrected_at"]) == captured


async def test_a_wrong_clock_saves_nobody(world: World) -> None:
    """Captured an hour after due, by a phone that says it was the day before."""
    duty = await opened(world)
    captured, received = DUE + timedelta(hours=1), DUE + timedelta(hours=2)
    filed = await file_offline(
        world, duty, captured=captured, received=received, skew=timedelta(days=-1)
    )
    assert filed["counted_by"] == "received"
    assert await verdict(world, duty) == ("submitted", "late")


async def test_beyond_the_allowance_the_receipt_counts(world: World) -> None:
    duty = await opened(world, allowance_hours=24)
    received = DUE + timedelta(hours=24, seconds=1)
    filed = await file_offline(
        world, duty, captured=DUE - SECOND, received=received, skew=timedelta()
    )
    assert filed["counted_by"] == "received"
    assert await verdict(world, duty) == ("submitted", "late")


async def test_without_the_devices_clock_a_capture_proves_nothing(world: World) -> None:
    duty = await opened(world)
    world.clock.now = DUE + timedelta(hours=1)
    item = report(duty, captured_at=(DUE - SECOND).isoformat())
    [filed] = await submit(world, "liaison", [item], device_time=None)
    assert filed["counted_by"] == "received"


async def test_a_phone_that_started_in_1970_still_files(world: World) -> None:
    duty = await opened(world)
    item = report(duty, captured_at="1970-01-01T00:00:10Z")
    [filed] = await submit(world, "liaison", [item], device_time="1970-01-01T00:10:00Z")
    assert filed["outcome"] == "created"
    found = (await world.as_("county").get(f"/obligations/{duty}"))["filings"][0]
    assert found["corrected_at"] == "2026-11-02T01:50:10Z"


async def test_filing_on_behalf_needs_a_reason_and_is_marked(world: World) -> None:
    duty = await opened(world)
    for reason in (None, "", "  "):
        [outcome] = await submit(world, "reviewer", [report(duty, on_behalf_reason=reason)])
        assert outcome["problem"]["code"] == "on_behalf_reason"
    [filed] = await submit(world, "reviewer", [report(duty, on_behalf_reason="联络员住院")])
    assert filed["outcome"] == "created"
    shown = (await world.as_("liaison").get(f"/obligations/{duty}"))["filings"][0]
    assert (shown["on_behalf"], shown["on_behalf_reason"]) == (True, "联络员住院")
    assert shown["filed_by"] == "陈静"
    await world.deliver()
    told = (await world.as_("liaison").get("/messages"))["items"]
    assert [(m["kind"], m["params"]["on_behalf"]) for m in told] == [("filed_by_other", True)]
    assert "人社所已代报" in told[0]["text"]


async def test_the_b_role_files_for_the_village_itself(world: World) -> None:
    duty = await opened(world)
    [filed] = await submit(world, "backup", [report(duty, on_behalf_reason="顺手写的")])
    shown = (await world.as_("liaison").get(f"/submissions/{filed['id']}"))["filings"][0]
    assert (shown["on_behalf"], shown["on_behalf_reason"]) == (False, None)
    await world.deliver()
    assert (await world.as_("backup").get("/messages"))["items"] == []
    told = (await world.as_("liaison").get("/messages"))["items"]
    assert [(m["kind"], m["params"]["on_behalf"]) for m in told] == [("filed_by_other", False)]


async def withdraw(world: World, who: str, submission: str) -> Any:
    return await done(world.as_(who), "POST", f"/submissions/{submission}/withdraw", 200)


async def test_a_report_can_be_taken_back_before_review(world: World) -> None:
    duty = await opened(world)
    [filed] = await submit(world, "liaison", [report(duty)])
    assert (await withdraw(world, "liaison", filed["id"]))["state"] == "open"
    assert (await world.as_("reviewer").get("/reviews"))["items"] == []
    path = f"/submissions/{filed['id']}/withdraw"
    await refused(world.as_("liaison"), "POST", path, "already_withdrawn")
    assert (await world.review("reviewer", filed["id"], "pass"))["problem"][
        "code"
    ] == "not_awaiting_review"
    world.clock.now = DUE + SECOND
    [again] = await submit(world, "liaison", [report(duty, answers=weekly(leave_week=2))])
    assert (again["outcome"], again["revision"]) == ("created", 2)
    found = await world.as_("county").get(f"/obligations/{duty}")
    assert found["verdict"] == "late"  # what was taken back was never filed
    assert [bool(f["withdrawn_at"]) for f in found["filings"]] == [True, False]
    assert await rows("audit_entry", "action = 'submission.withdraw'") == 1


async def test_after_a_review_nothing_is_taken_back(world: World) -> None:
    duty = await opened(world, steps=["town", "county"])
    [filed] = await submit(world, "liaison", [report(duty)])
    await world.review("reviewer", filed["id"], "pass")
    path = f"/submissions/{filed['id']}/withdraw"
    await refused(world.as_("liaison"), "POST", path, "already_reviewed")
    other = await opened(world)
    [filed] = await submit(world, "liaison", [report(other)])
    await world.review("reviewer", filed["id"], "return", defects=[{"text": "请核实"}])
    path = f"/submissions/{filed['id']}/withdraw"
    await refused(world.as_("liaison"), "POST", path, "already_reviewed")
    await submit(world, "liaison", [report(other)])
    await refused(world.as_("liaison"), "POST", path, "already_reviewed")


async def test_a_correction_taken_back_leaves_the_return_standing(world: World) -> None:
    duty = await opened(world)
    [filed] = await submit(world, "liaison", [report(duty)])
    await world.review("reviewer", filed["id"], "return", defects=[{"text": "请核实"}])
    [fixed] = await submit(world, "liaison", [report(duty, answers=weekly(leave_week=1))])
    assert (await withdraw(world, "liaison", fixed["id"]))["state"] == "returned"
    row = await fetch_row("SELECT stage, fix_by, newest FROM obligation WHERE id = $1", duty)
    assert row is not None
    assert (row["stage"], str(row["newest"])) == ("returned", filed["id"])
    assert row["fix_by"] is not None
    assert await verdict(world, duty) == ("returned", "on_time")


async def test_once_closed_the_only_report_stays(world: World) -> None:
    duty = await opened(world)
    [filed] = await submit(world, "liaison", [report(duty)])
    world.clock.now = CLOSES + SECOND
    path = f"/submissions/{filed['id']}/withdraw"
    await refused(world.as_("liaison"), "POST", path, "period_closed")


async def test_who_may_take_back(world: World) -> None:
    duty = await opened(world)
    [filed] = await submit(world, "liaison", [report(duty)])
    path = f"/submissions/{filed['id']}/withdraw"
    for who in ("colleague", "outsider", "other_reviewer"):
        await refused(world.as_(who), "POST", path, "not_found")
    await refused(world.as_("county"), "POST", path, "forbidden")
    assert (await withdraw(world, "backup", filed["id"]))["region"] == VILLAGE
