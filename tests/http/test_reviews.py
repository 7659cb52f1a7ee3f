"""The offices' queue and what they decide."""

import asyncio
from typing import Any
from uuid import uuid4

from backend.domain.roles import Role
from tests.http.test_submissions import opened
from tests.http.tools import decide, duty_of, refused, report, rows, submit
from tests.world import NEIGHBOUR, TOWN, VILLAGE, World, add_person, weekly

DEFECTS = [{"field": "ret_out", "text": "少报1人"}, {"text": "请附说明", "code": "paper"}]


async def filed(world: World, who: str = "liaison", **changes: Any) -> tuple[int, str]:
    """A report awaiting review: its duty and itself."""
    village = {"liaison": VILLAGE, "colleague": NEIGHBOUR}[who]
    duty = await opened(world, village, **changes)
    [outcome] = await submit(world, who, [report(duty)])
    return duty, outcome["id"]


def judgement(submission: str, decision: str = "pass", **more: Any) -> dict[str, Any]:
    item = {"id": str(uuid4()), "submission": submission, "step": "town", "decision": decision}
    return {**item, **more}


async def queue(world: World, who: str, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.as_(who).get("/reviews", **params))["items"]
    return found


async def code(world: World, who: str, item: dict[str, Any]) -> str:
    """The problem with which a decision is rejected."""
    [outcome] = await decide(world, who, [item])
    assert outcome["outcome"] == "rejected", outcome
    found: str = outcome["problem"]["code"]
    return found


async def test_the_oldest_comes_first_and_waiting_is_counted_in_working_days(world: World) -> None:
    world.clock.set(2026, 11, 6, 10)
    _, first = await filed(world)
    world.clock.pass_(hours=1)
    _, second = await filed(world, "colleague")
    world.clock.set(2026, 11, 9, 10)  # Monday: Saturday and Sunday passed in no time
    found = await queue(world, "reviewer")
    assert [entry["submission"] for entry in found] == [first, second]
    assert [entry["waited_workdays"] for entry in found] == [1.0, 0.96]
    assert found[0]["review_by"] == "2026-11-10T18:00:00+08:00"
    assert (found[0]["filed_by"], found[0]["region_name"]) == ("王芳", "王家庄村民委员会")
    assert not found[0]["overdue"]
    world.clock.set(2026, 11, 10, 18, 1)
    assert [entry["overdue"] for entry in await queue(world, "reviewer")] == [True, True]


async def test_the_queue_is_read_page_by_page_and_cut(world: World) -> None:
    made = [await filed(world) for _ in range(3)]
    _, other = await filed(world, "colleague")
    page = await world.as_("lead").get("/reviews", limit=2)
    rest = await world.as_("lead").get("/reviews", limit=2, page=page["next"])
    seen = [entry["submission"] for entry in page["items"] + rest["items"]]
    assert seen == [*(number for _, number in made), other]
    assert rest["next"] is None
    cut = await queue(world, "lead", region=NEIGHBOUR)
    assert [entry["submission"] for entry in cut] == [other]
    [entry] = await queue(world, "lead", schedule=cut[0]["schedule"])
    assert entry["submission"] == other


async def test_who_sees_which_queue(world: World) -> None:
    _, both = await filed(world, steps=["town", "county"])
    for who, expected in (("reviewer", [both]), ("other_reviewer", []), ("county", [])):
        assert [entry["submission"] for entry in await queue(world, who)] == expected
    await world.review("reviewer", both, "pass")
    for who, expected in (("reviewer", []), ("far_county", []), ("county", [both])):
        assert [entry["submission"] for entry in await queue(world, who)] == expected
    [seen] = await queue(world, "auditor")
    assert (seen["submission"], seen["step"]) == (both, "county")


async def test_a_pass_accepts(world: World) -> None:
    duty, number = await filed(world)
    assert (await world.review("reviewer", number, "pass"))["outcome"] == "done"
    found = await world.as_("liaison").get(f"/obligations/{duty}")
    assert found["state"] == "accepted"
    [taken] = found["filings"][0]["reviews"]
    assert (taken["decision"], taken["by"], taken["in_time"]) == ("pass", "陈静", True)
    assert await queue(world, "reviewer") == []
    assert await code(world, "reviewer", judgement(number)) == "not_awaiting_review"
    [late] = await submit(world, "liaison", [report(duty)])
    assert late["problem"]["code"] == "already_accepted"


async def test_a_return_lists_all_defects_and_is_told(world: World) -> None:
    duty, number = await filed(world)
    outcome = await world.review("reviewer", number, "return", defects=DEFECTS, remark="尽快")
    assert outcome["fix_by"] == "2026-11-04T18:00:00+08:00"
    found = await world.as_("liaison").get(f"/obligations/{duty}")
    assert [found[name] for name in ("state", "verdict", "correction")] == [
        "returned",
        "on_time",
        "pending",
    ]
    shown = found["filings"][0]["reviews"][0]
    assert [(d["field"], d["text"]) for d in shown["defects"]] == [
        ("ret_out", "少报1人"),
        (None, "请附说明"),
    ]
    await world.deliver()
    for who in ("liaison", "backup"):
        messages = (await world.as_(who).get("/messages"))["items"]
        [told] = [message for message in messages if message["kind"] == "returned"]
        assert told["params"]["defects"] == 2
        assert "少报" not in told["text"]
    assert (await world.as_("colleague").get("/messages"))["items"] == []


async def test_a_report_stands_beside_the_accepted_one_before(world: World) -> None:
    schedule = await world.schedule()
    await world.open()
    before = await duty_of(world, VILLAGE, period="2026-W45", schedule=schedule)
    [first] = await submit(world, "liaison", [report(before)])
    [entry] = await queue(world, "reviewer")
    assert (entry["since_last"], entry["certification"]) == (None, False)
    await world.review("reviewer", first["id"], "pass")
    world.clock.set(2026, 11, 10, 10)
    await world.open()
    after = await duty_of(world, VILLAGE, period="2026-W46", schedule=schedule)
    answers = weekly(ret_cum=8, seeking=5)
    [second] = await submit(world, "liaison", [report(after, answers=answers)])
    assert second["outcome"] == "created", second
    [entry] = await queue(world, "reviewer")
    assert entry["changes"] == []
    assert {c["field"]: (c["before"], c["after"]) for c in entry["since_last"]} == {
        "ret_cum": (4, 8),
        "seeking": (1, 5),
    }


async def test_a_correction_shows_what_changed_and_is_reviewed_anew(world: World) -> None:
    duty, number = await filed(world)
    await world.review("reviewer", number, "return", defects=DEFECTS)
    answers = weekly(ret_out=4, ret_week=5, ret_cum=5, seeking=2)
    [fixed] = await submit(world, "liaison", [report(duty, answers=answers)])
    assert fixed["revision"] == 2
    [entry] = await queue(world, "reviewer")
    changes = {c["field"]: (c["before"], c["after"]) for c in entry["changes"]}
    assert changes == {
        "ret_out": (3, 4),
        "ret_week": (4, 5),
        "ret_cum": (4, 5),
        "seeking": (1, 2),
    }
    assert await code(world, "reviewer", judgement(number)) == "not_awaiting_review"
    assert (await world.review("reviewer", fixed["id"], "pass"))["outcome"] == "done"
    found = await world.as_("county").get(f"/obligations/{duty}")
    assert (found["state"], found["correction"]) == ("accepted", "done")


async def test_a_correction_in_time_or_late_never_touches_the_verdict(world: World) -> None:
    duty, number = await filed(world)
    await world.review("reviewer", number, "return", defects=DEFECTS)
    world.clock.set(2026, 11, 16, 10)  # the period has closed meanwhile
    found = await world.as_("county").get(f"/obligations/{duty}")
    assert (found["state"], found["verdict"], found["correction"]) == (
        "returned",
        "on_time",
        "late",
    )
    [fixed] = await submit(world, "liaison", [report(duty, answers=weekly(leave_week=1))])
    assert fixed["outcome"] == "created"
    found = await world.as_("county").get(f"/obligations/{duty}")
    assert (found["state"], found["verdict"], found["correction"]) == (
        "submitted",
        "on_time",
        "late",
    )


async def test_defects_and_decisions_fit(world: World) -> None:
    _, number = await filed(world)
    cases = [
        (judgement(number, "return"), "defects_missing"),
        (judgement(number, "return", defects=[]), "defects_missing"),
        (judgement(number, "return", defects=[{"text": " "}]), "defects_missing"),
        (judgement(number, "return", defects=[*DEFECTS, {"text": ""}]), "defects_missing"),
        (judgement(number, "pass", defects=DEFECTS), "defects_unexpected"),
        (
            judgement(number, "return", defects=[*DEFECTS, {"field": "no", "text": "x"}]),
            "defect_field_unknown",
        ),
        (judgement(number, "return", defects=[{"text": "x" * 201}]), "invalid"),
        (judgement(number, "maybe"), "invalid"),
        (judgement(str(uuid4())), "not_found"),
        ({"submission": number}, "invalid"),
    ]
    outcomes = await decide(world, "reviewer", [item for item, _ in cases])
    assert [o["problem"]["code"] for o in outcomes] == [code for _, code in cases]
    assert await rows("review") == 0
    [done] = await decide(world, "reviewer", [judgement(number)])
    assert done["outcome"] == "done"


async def test_defects_may_name_fields_of_rows(world: World) -> None:
    duty = await opened(world, code="JOB_DEMAND")
    zero = report(duty, kind="zero", answers={}, zero_confirmed=True)
    [made] = await submit(world, "liaison", [zero])
    defects = [{"field": name, "text": "请核实"} for name in ("jobs", "headcount", "job_count")]
    outcome = await world.review("reviewer", made["id"], "return", defects=defects)
    assert outcome["outcome"] == "done"


async def test_nobody_reviews_what_they_filed(world: World) -> None:
    duty = await opened(world)
    [on_behalf] = await submit(world, "reviewer", [report(duty, on_behalf_reason="联络员住院")])
    assert await code(world, "reviewer", judgement(on_behalf["id"])) == "own_filing"
    defects = [{"text": "请核实"}]
    assert (await world.review("lead", on_behalf["id"], "return", defects=defects))[
        "outcome"
    ] == "done"
    [fixed] = await submit(world, "liaison", [report(duty, answers=weekly(leave_week=1))])
    # Whoever filed an earlier revision is no judge of the later one either.
    assert await code(world, "reviewer", judgement(fixed["id"])) == "own_filing"
    assert (await world.review("lead", fixed["id"], "pass"))["outcome"] == "done"


async def test_two_posts_make_nobody_their_own_judge(world: World) -> None:
    person = await add_person(world, "double", "谢敏", Role.REVIEWER, TOWN)
    county = world.as_("sysadmin")
    post = {"role": "liaison", "region": VILLAGE}
    await county.post("/posts", {"account": str(person.account), "post": post})
    duty = await opened(world)
    [made] = await submit(world, "double", [report(duty)])
    assert made["outcome"] == "created"
    shown = await world.as_("county").get(f"/obligations/{duty}")
    assert shown["filings"][0]["on_behalf"] is False
    assert await code(world, "double", judgement(made["id"])) == "own_filing"


async def test_the_county_step_follows_the_townships(world: World) -> None:
    duty, number = await filed(world, steps=["town", "county"])
    of_county = judgement(number, step="county")
    assert await code(world, "county", judgement(number)) == "not_found"  # not its step
    assert await code(world, "county", of_county) == "step_mismatch"
    assert await code(world, "reviewer", of_county) == "not_found"
    await world.review("reviewer", number, "pass")
    assert await code(world, "reviewer", judgement(number)) == "step_mismatch"
    found = await world.as_("liaison").get(f"/obligations/{duty}")
    assert found["state"] == "submitted"
    back = judgement(number, "return", step="county", defects=DEFECTS)
    [outcome] = await decide(world, "county", [back])
    assert outcome["outcome"] == "done"
    [fixed] = await submit(world, "liaison", [report(duty, answers=weekly(leave_week=1))])
    [entry] = await queue(world, "reviewer")  # a correction goes through both steps again
    assert (entry["submission"], entry["step"]) == (fixed["id"], "town")
    await world.review("reviewer", fixed["id"], "pass")
    await decide(world, "county", [judgement(fixed["id"], step="county")])
    assert (await world.as_("liaison").get(f"/obligations/{duty}"))["state"] == "accepted"


async def test_waiting_at_the_county_starts_with_the_townships_pass(world: World) -> None:
    _, number = await filed(world, steps=["town", "county"])
    world.clock.set(2026, 11, 4, 10)
    await world.review("reviewer", number, "pass")
    world.clock.set(2026, 11, 5, 10)
    [entry] = await queue(world, "county")
    assert (entry["waiting_since"], entry["waited_workdays"]) == ("2026-11-04T02:00:00Z", 1.0)


async def test_sending_a_decision_again_is_harmless(world: World) -> None:
    _, number = await filed(world)
    item = judgement(number, "return", defects=DEFECTS)
    batch = [item, item, {**item, "remark": "x"}]
    first, again, other = await decide(world, "reviewer", batch)
    assert [first["outcome"], again["outcome"]] == ["done", "duplicate"]
    assert (again["fix_by"], other["problem"]["code"]) == (first["fix_by"], "review_conflict")
    world.clock.pass_(days=3)
    [later] = await decide(world, "reviewer", [item])
    assert later["outcome"] == "duplicate"
    assert await code(world, "reviewer", {**item, "defects": DEFECTS[:1]}) == "review_conflict"
    assert await code(world, "reviewer", judgement(number)) == "not_awaiting_review"
    assert await rows("review") == 1
    assert await rows("message", "kind = 'returned'") == 2  # one each for 王芳 and 赵敏


async def test_one_batch_decides_many(world: World) -> None:
    numbers = [(await filed(world))[1] for _ in range(3)]
    outcomes = await decide(
        world,
        "reviewer",
        [
            judgement(numbers[0]),
            judgement(numbers[1], "return", defects=DEFECTS),
            judgement(str(uuid4())),
            judgement(numbers[2]),
        ],
    )
    assert [o["outcome"] for o in outcomes] == ["done", "done", "rejected", "done"]
    assert [o["index"] for o in outcomes] == [0, 1, 2, 3]


async def test_outside_the_area_there_is_nothing_to_review(world: World) -> None:
    _, number = await filed(world)
    for who in ("other_reviewer", "far_reviewer", "far_county"):
        assert await code(world, who, judgement(number)) == "not_found"
    await refused(
        world.as_("auditor"), "POST", "/reviews", "forbidden", json={"items": [judgement(number)]}
    )


async def test_of_two_decisions_at_once_one_counts(real_world: World) -> None:
    duty, number = await filed(real_world)
    one, two = await asyncio.gather(
        decide(real_world, "reviewer", [judgement(number)]),
        decide(real_world, "lead", [judgement(number, "return", defects=DEFECTS)]),
    )
    assert sorted([one[0]["outcome"], two[0]["outcome"]]) == ["done", "rejected"]
    state = (await real_world.as_("county").get(f"/obligations/{duty}"))["state"]
    assert state == ("accepted" if one[0]["outcome"] == "done" else "returned")
    assert await rows("review") == 1


async def test_a_decision_and_a_withdrawal_at_once(real_world: World) -> None:
    duty, number = await filed(real_world)
    response, decided = await asyncio.gather(
        real_world.as_("liaison").ask("POST", f"/submissions/{number}/withdraw"),
        decide(real_world, "reviewer", [judgement(number)]),
    )
    withdrawn = response.status_code == 200
    assert withdrawn == (decided[0]["outcome"] == "rejected")
    state = (await real_world.as_("county").get(f"/obligations/{duty}"))["state"]
    assert state == ("open" if withdrawn else "accepted")
