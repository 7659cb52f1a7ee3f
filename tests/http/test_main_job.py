"""The main job end to end: a duty opens, is filed, returned, corrected, accepted, and counted."""

from tests.world import COUNTY, VILLAGE, World, weekly


async def test_from_duty_to_rate(world: World) -> None:
    await world.schedule()
    await world.open()
    duty = await world.duty()
    assert (duty["village"], duty["period"], duty["stage"]) == (VILLAGE, "2026-W45", "none")

    filed = await world.file("liaison", obligation=duty["id"])
    assert filed["outcome"] == "created"
    assert filed["counted_by"] == "received"

    queue = await world.as_("reviewer").get("/reviews")
    assert [entry["submission"] for entry in queue["items"]] == [filed["id"]]
    returned = await world.review(
        "reviewer", filed["id"], "return", defects=[{"field": "ret_out", "text": "少报1人"}]
    )
    assert returned["outcome"] == "done"

    await world.deliver()
    messages = await world.as_("liaison").get("/messages")
    assert [message["kind"] for message in messages["items"]] == ["returned"]
    again = await world.duty()
    assert again["stage"] == "returned"
    assert again["submission"]["defects"][0]["field"] == "ret_out"

    corrected = await world.file(
        "liaison",
        obligation=duty["id"],
        answers=weekly(ret_out=4, ret_week=5, ret_cum=5, seeking=2),
    )
    assert (corrected["outcome"], corrected["revision"]) == ("created", 2)
    passed = await world.review("reviewer", corrected["id"], "pass")
    assert passed["outcome"] == "done"

    world.clock.set(2026, 11, 6, 12, 1)
    rates = await world.as_("county").get("/rates", region=COUNTY)
    total = rates["total"]
    assert (total["expected"], total["on_time"], total["pending"]) == (4, 1, 3)
    behind = await world.as_("county").get("/obligations", standing="on_time")
    assert [each["region"] for each in behind["items"]] == [VILLAGE]
    assert behind["items"][0]["rule"] == "received_by_due"
    assert behind["items"][0]["received_at"] == behind["items"][0]["counted_at"]
    detail = await world.as_("county").get(f"/obligations/{duty['id']}")
    assert (detail["state"], detail["verdict"]) == ("accepted", "on_time")
    assert {change["field"] for change in detail["filings"][1]["changes"]} == {
        "ret_out",
        "ret_week",
        "ret_cum",
        "seeking",
    }
