"""Filing: an outcome per item, the same receipt however often one sends, no item harms another."""

import asyncio
import re
from typing import Any
from uuid import uuid4

from backend.store.database import fetch, fetch_value, transaction
from tests.http.tools import (
    done,
    duty_of,
    refused,
    report,
    rows,
    submit,
    waiting_for_a_lock,
)
from tests.world import FAR_VILLAGE, NEIGHBOUR, OTHER_VILLAGE, VILLAGE, World, weekly


async def opened(world: World, village: str = VILLAGE, **changes: Any) -> int:
    """A village's duty of a new schedule."""
    schedule = await world.schedule(**changes)
    await world.open()
    return await duty_of(world, village, schedule=schedule)


async def test_a_receipt_stands_for_a_stored_report(world: World) -> None:
    duty = await opened(world)
    [filed] = await submit(world, "liaison", [report(duty, remark="雨天入户")])
    assert (filed["outcome"], filed["revision"], filed["counted_by"]) == ("created", 1, "received")
    assert filed["received_at"] == filed["counted_at"] == "2026-11-02T02:00:00Z"
    assert re.fullmatch(r"\d{4} \d{4}", filed["receipt"])
    for typed in (filed["receipt"], filed["receipt"].replace(" ", "-"), filed["receipt"][:4]):
        if len(typed) < 8:
            await refused(
                world.as_("reviewer"), "GET", f"/submissions?receipt={typed}", "not_found"
            )
            continue
        found = await world.as_("reviewer").get("/submissions", receipt=typed)
        assert found["filings"][0]["id"] == filed["id"]
    detail = await world.as_("liaison").get(f"/submissions/{filed['id']}")
    assert (detail["state"], detail["filings"][0]["remark"]) == ("submitted", "雨天入户")
    assert detail["filings"][0]["answers"] == weekly()


async def test_two_reports_have_two_receipts(world: World) -> None:
    one, two = await opened(world), await opened(world)
    first, second = await submit(world, "liaison", [report(one), report(two)])
    assert first["receipt"] != second["receipt"]


async def test_sending_again_is_harmless(world: World) -> None:
    duty = await opened(world)
    item = report(duty)
    [filed] = await submit(world, "liaison", [item])
    world.clock.pass_(days=9)  # long after the deadline
    shuffled = dict(reversed(item.items()))
    shuffled["answers"] = dict(reversed(item["answers"].items()))
    [again] = await submit(world, "liaison", [shuffled])
    assert again["outcome"] == "duplicate"
    same = ("receipt", "revision", "received_at", "counted_at", "counted_by", "id")
    assert [again[name] for name in same] == [filed[name] for name in same]
    assert await rows("submission") == 1


async def test_the_same_id_with_other_content_is_a_conflict(world: World) -> None:
    duty, other = await opened(world), await opened(world)
    item = report(duty)
    await submit(world, "liaison", [item])
    changed = [
        {**item, "answers": weekly(leave_week=1)},
        {**item, "remark": "x"},
        {**item, "obligation": other},
        {**item, "captured_at": "2026-11-02T01:00:00Z"},
    ]
    for outcome in await submit(world, "liaison", changed):
        assert outcome["outcome"] == "conflict"
        assert outcome["problem"]["code"] == "submission_conflict"
        assert "receipt" not in outcome
    stored = await world.as_("county").get(f"/submissions/{item['id']}")
    assert stored["filings"][0]["answers"] == weekly()
    assert await rows("submission") == 1


async def test_within_a_batch_earlier_items_count(world: World) -> None:
    duty = await opened(world)
    item = report(duty)
    batch = [item, item, {**item, "remark": "x"}, report(duty)]
    first, again, other, second = await submit(world, "liaison", batch)
    assert [e["outcome"] for e in (first, again, other)] == ["created", "duplicate", "conflict"]
    assert again["receipt"] == first["receipt"]
    assert (second["outcome"], second["problem"]["code"]) == ("rejected", "awaiting_review")
    assert await rows("submission") == 1


async def test_a_bad_item_fails_no_other(world: World) -> None:
    duty = await opened(world)
    bad = [
        None,
        "text",
        {},
        report(duty, extra=1),
        report(duty, obligation="1"),
        report(duty, obligation=2**63),
        report(duty, obligation=1.5),
        report(duty, id="no-uuid"),
        report(duty, kind="guess"),
        report(duty, remark="a\u0000b"),
        report(duty, remark="x" * 501),
        report(duty, captured_at="2026-11-02 10:00"),
        report(duty, captured_at="2026-11-02T10:00:00"),
        report(duty, captured_at="0001-01-01T00:00:00+14:00"),
        report(duty, captured_at="9999-12-31T23:59:59-14:00"),
        report(duty, attachments=[{"sha256": "0" * 63, "name": "a", "size": 1}]),
        report(duty, remark="半个表情\ud83d"),
        report(duty, answers=[]),
    ]
    outcomes = await submit(world, "liaison", [*bad, report(duty)])
    for outcome in outcomes[:-1]:
        assert outcome["outcome"] == "rejected", outcome
        assert outcome["problem"]["code"] == "invalid"
        assert outcome["problem"]["params"]["faults"]
    assert outcomes[-1]["outcome"] == "created"


async def test_a_batch_has_1_to_100_items(world: World) -> None:
    duty = await opened(world)
    for items in ([], [report(duty)] * 101):
        await refused(
            world.as_("liaison"), "POST", "/submissions", "invalid", json={"items": items}
        )
    outcomes = await submit(world, "liaison", [report(duty) for _ in range(100)])
    assert [outcome["outcome"] for outcome in outcomes] == ["created", *["rejected"] * 99]


async def test_all_that_is_wrong_is_said_at_once(world: World) -> None:
    duty = await opened(world)
    answers = weekly(ret_week=5, need_service=9, startup=None, leave_week=-1, local_job=1.5, x=1)
    [outcome] = await submit(world, "liaison", [report(duty, answers=answers)])
    params = outcome["problem"]["params"]
    found = {(f["code"], f["field"], f["check"]) for f in params["findings"]}
    assert {
        ("required", "startup", None),
        ("below_min", "leave_week", None),
        ("not_integer", "local_job", None),
        ("unknown_field", "x", None),
        ("check_failed", "ret_week", "ret_week_sum"),
        ("check_failed", "need_service", "need_service_max"),
    } <= found
    assert params["count"] == len(params["findings"])
    assert await rows("submission") == 0


async def test_a_warning_wants_a_reason(world: World) -> None:
    duty = await opened(world, code="JOB_DEMAND")
    job = {"employer": "示范厂", "post": "技师", "headcount": 2, "pay_min": 8000}
    row = {**job, "pay_max": 60000, "valid_to": "2026-12-31"}
    item = report(duty, answers={"jobs": [row], "job_count": 1, "total_headcount": 2})
    [refused_] = await submit(world, "liaison", [item])
    [finding] = refused_["problem"]["params"]["findings"]
    assert (finding["code"], finding["check"]) == ("reason_required", "pay_high")
    for reasons in ({"pay_high": " "}, {"other": "x"}, {"pay_high": "x" * 201}):
        [again] = await submit(world, "liaison", [{**item, "reasons": reasons}])
        assert again["outcome"] == "rejected"
    [filed] = await submit(world, "liaison", [{**item, "reasons": {"pay_high": "特种焊工"}}])
    assert filed["outcome"] == "created"
    assert [(w["check"], w["row"]) for w in filed["warnings"]] == [("pay_high", 0)]
    detail = await world.as_("reviewer").get(f"/submissions/{filed['id']}")
    assert detail["filings"][0]["reasons"] == {"pay_high": "特种焊工"}


async def test_a_zero_report_is_confirmed_and_carries_no_answers(world: World) -> None:
    duty = await opened(world)
    zero = {"kind": "zero", "answers": {}}
    cases: list[tuple[dict[str, Any], str]] = [
        ({**zero}, "zero_unconfirmed"),
        ({**zero, "zero_confirmed": True, "answers": weekly()}, "answers_not_empty"),
    ]
    for changes, code in cases:
        [outcome] = await submit(world, "liaison", [report(duty, **changes)])
        assert outcome["problem"]["code"] == code
    [filed] = await submit(world, "liaison", [report(duty, **zero, zero_confirmed=True)])
    assert filed["outcome"] == "created"
    detail = await world.as_("county").get(f"/obligations/{duty}")
    assert detail["filings"][0]["kind"] == "zero"
    assert set(detail["filings"][0]["answers"].values()) == {0}


async def test_a_zero_report_of_a_form_with_texts(world: World) -> None:
    duty = await opened(world, code="JOB_DEMAND")
    item = report(duty, kind="zero", answers={}, zero_confirmed=True)
    [filed] = await submit(world, "liaison", [item])
    assert filed["outcome"] == "created", filed
    yearly = await opened(world, code="PLATFORM_ANNUAL")
    [outcome] = await submit(world, "liaison", [{**item, "id": str(uuid4()), "obligation": yearly}])
    assert outcome["problem"]["code"] == "kind_not_allowed"
    assert outcome["problem"]["params"]["allowed"]


async def test_unchanged_repeats_what_was_accepted(world: World) -> None:
    schedule = await world.schedule()
    await world.open()
    first = await duty_of(world, VILLAGE, schedule=schedule)
    unchanged = {"kind": "unchanged", "answers": {}}
    [outcome] = await submit(world, "liaison", [report(first, **unchanged)])
    assert outcome["problem"]["code"] == "nothing_to_repeat"
    [filed] = await submit(world, "liaison", [report(first)])
    await world.review("reviewer", filed["id"], "pass")
    world.clock.set(2026, 11, 9, 10)
    await world.open()
    second = await duty_of(world, VILLAGE, schedule=schedule, period="2026-W46")
    [filed] = await submit(world, "liaison", [report(second, **unchanged)])
    assert filed["outcome"] == "created"
    detail = await world.as_("liaison").get(f"/obligations/{second}")
    answers = detail["filings"][0]["answers"]
    assert (answers["ret_week"], answers["ret_cum"], answers["local_job"]) == (0, 4, 1)


async def test_checks_see_the_accepted_answers_of_the_village_alone(world: World) -> None:
    schedule = await world.schedule()
    await world.open()
    for who, village, cumulated in (("liaison", VILLAGE, 4), ("colleague", NEIGHBOUR, 6)):
        duty = await duty_of(world, village, schedule=schedule)
        answers = weekly(ret_cum=cumulated, seeking=cumulated - 3)
        [filed] = await submit(world, who, [report(duty, answers=answers)])
        await world.review("reviewer", filed["id"], "pass")
    world.clock.set(2026, 11, 9, 10)
    await world.open()
    duty = await duty_of(world, VILLAGE, schedule=schedule, period="2026-W46")
    [wrong] = await submit(world, "liaison", [report(duty, answers=weekly(ret_cum=10, seeking=7))])
    assert [f["check"] for f in wrong["problem"]["params"]["findings"]] == ["ret_cum_flow"]
    [right] = await submit(world, "liaison", [report(duty, answers=weekly(ret_cum=8, seeking=5))])
    assert right["outcome"] == "created"


async def test_others_duties_are_not_found(world: World) -> None:
    await world.schedule()
    await world.open()
    theirs = [await duty_of(world, village) for village in (NEIGHBOUR, OTHER_VILLAGE)]
    for who, duties in (("liaison", theirs), ("outsider", theirs), ("reviewer", theirs[1:])):
        for outcome in await submit(world, who, [report(duty) for duty in duties]):
            assert (outcome["outcome"], outcome["problem"]["code"]) == ("rejected", "not_found")
    assert FAR_VILLAGE not in {
        row["region"] for row in await fetch("SELECT region FROM obligation")
    }
    await refused(world.as_("outsider"), "GET", f"/obligations/{theirs[0]}", "not_found")


async def test_problems_speak_the_language_asked_for(world: World) -> None:
    body = {"items": [report(2**40)]}
    for language, title in (
        ("en-GB,zh;q=0.5", "Not found"),
        ("zh-CN", "没有找到"),
        ("", "没有找到"),
    ):
        answer = await done(
            world.as_("liaison"),
            "POST",
            "/submissions",
            200,
            json=body,
            headers={"accept-language": language},
        )
        assert answer["items"][0]["problem"]["title"].startswith(title)


async def test_a_resent_report_is_stored_once_even_at_the_same_time(real_world: World) -> None:
    duty = await opened(real_world)
    item = report(duty)
    sent = await asyncio.gather(*(submit(real_world, "liaison", [item]) for _ in range(6)))
    outcomes = [outcome for [outcome] in sent]
    assert sorted(o["outcome"] for o in outcomes) == ["created", *["duplicate"] * 5]
    assert len({o["receipt"] for o in outcomes}) == 1
    assert await rows("submission") == 1


async def test_two_people_filing_at_once_do_not_overwrite_each_other(real_world: World) -> None:
    duty = await opened(real_world)
    one, two = await asyncio.gather(
        submit(real_world, "liaison", [report(duty)]), submit(real_world, "backup", [report(duty)])
    )
    assert sorted([one[0]["outcome"], two[0]["outcome"]]) == ["created", "rejected"]
    change = await fetch_value("SELECT change_no FROM obligation WHERE id = $1", duty)
    assert change == await fetch_value("SELECT change_no FROM region WHERE key = $1", VILLAGE)


async def test_one_id_used_twice_at_once_is_nobodys_crash(real_world: World) -> None:
    """Two villages, one id: a broken phone. One gets its receipt, the other an answer."""
    world, number, held = real_world, str(uuid4()), asyncio.Event()
    await world.schedule()
    await world.open()
    [filed] = await submit(world, "liaison", [report((await world.duty("liaison"))["id"])])
    theirs = report((await world.duty("colleague"))["id"], id=number)

    async def first() -> None:
        async with transaction():
            await fetch("UPDATE submission SET id = $1 WHERE id = $2", number, filed["id"])
            held.set()
            await waiting_for_a_lock()

    async def second() -> list[dict[str, Any]]:
        await held.wait()
        return await submit(world, "colleague", [theirs])

    _, [outcome] = await asyncio.gather(first(), second())
    assert outcome["outcome"] == "conflict"
    assert await rows("submission") == 1


async def test_a_busy_minute(real_world: World) -> None:
    """Everybody at once, everything sent twice, and two people for one village."""
    world = real_world
    for _ in range(3):
        await world.schedule()
    await world.open()
    who = ("liaison", "backup", "colleague", "station", "elsewhere")
    duties = {key: (await world.as_(key).get("/sync"))["obligations"] for key in who}
    sent = [(key, report(duty["id"])) for key in who for duty in duties[key] for _ in range(2)]
    items = {(key, item["obligation"]): item for key, item in sent}
    answers = await asyncio.gather(
        *(submit(world, key, [items[key, item["obligation"]]]) for key, item in sent)
    )
    receipts: dict[int, set[str]] = {}
    created = 0
    for (_, item), [outcome] in zip(sent, answers, strict=True):
        created += outcome["outcome"] == "created"
        if outcome["outcome"] == "rejected":
            assert outcome["problem"]["code"] == "awaiting_review"
        else:
            receipts.setdefault(item["obligation"], set()).add(outcome["receipt"])
    owed = {duty["id"] for each in duties.values() for duty in each}
    assert set(receipts) == owed
    assert all(len(found) == 1 for found in receipts.values())
    assert created == len(owed) == await rows("submission") == 9
    assert await rows("audit_entry", "action = 'submission.file'") == 9
