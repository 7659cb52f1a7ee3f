"""Forms as data: drafts change, published versions never."""

from copy import deepcopy
from typing import Any

from backend.store import forms as store
from backend.store.database import fetch, fetch_value
from tests.http.tools import contents, done, duty_of, refused, report, rows, submit
from tests.world import VILLAGE, World, weekly

SHIPPED = {
    "LABOR_MONTHLY",
    "RETURN_WEEKLY",
    "POVERTY_MONTHLY",
    "AID_QUARTERLY",
    "PENSION_CHANGE",
    "JOB_DEMAND",
    "PLATFORM_ANNUAL",
    "CERTIFICATION",
}


def words(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


def head_count(code: str = "HEAD_COUNT") -> dict[str, Any]:
    """A small form: people, and of these women."""
    people = {"key": "people", "label": words("人数", "People"), "type": "integer"}
    women = {"key": "women", "label": words("女", "Women"), "type": "integer"}
    return {
        "code": code,
        "title": words("人数", "Head count"),
        "kinds": ["report", "zero"],
        "groups": [
            {
                "key": "all",
                "label": words("人数", "People"),
                "fields": [{**people, "required": True}, {**women, "required": True}],
            }
        ],
        "checks": [
            {
                "key": "women_max",
                "level": "error",
                "expr": "women <= people",
                "fields": ["women", "people"],
                "message": words("女不多于总数", "Women are people"),
            }
        ],
    }


async def draft(world: World, **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = await world.as_("county").post(
        "/forms", {"definition": {**head_count(), **changes}}
    )
    return found


async def test_the_shipped_forms_are_published_and_everybodys(world: World) -> None:
    for who in ("liaison", "county", "far_county"):
        page = await world.as_(who).get("/forms")
        assert {form["code"] for form in page["items"]} == SHIPPED
        assert {form["owner"] for form in page["items"]} == {""}
        assert all(form["published_at"] for form in page["items"])
    for form in page["items"]:
        definition = form["definition"]
        for group in definition["groups"]:
            for each in (group, *group["fields"]):
                assert each["label"]["zh"], (form["code"], each["key"])
                assert each["label"]["en"], (form["code"], each["key"])
        assert definition["checks"]


async def test_from_draft_to_report(world: World) -> None:
    made = await draft(world)
    assert (made["owner"], made["version"], made["published_at"]) == ("990101", 1, None)
    client, path = world.as_("county"), f"/forms/{made['id']}"
    body = {
        "form": made["id"],
        "scope": "990101",
        "title": words("人数", "Head count"),
        "cadence": "weekly",
        "timetable": {"due": {"kind": "weekday", "number": 5}},
        "starts_on": "2026-11-02",
    }
    await refused(client, "POST", "/schedules", "form_not_published", json=body)
    changed = head_count()
    changed["title"] = words("人口", "People")
    found = await done(client, "PUT", path, 200, json={"definition": changed})
    assert found["definition"]["title"] == words("人口", "People")
    published = await done(client, "POST", f"{path}/publish", 200)
    assert published["published_at"] == "2026-11-02T02:00:00Z"
    await client.post("/schedules", body)
    await world.open()
    duty = await duty_of(world, VILLAGE)
    for women, outcome in ((3, "rejected"), (2, "created")):
        [filed] = await submit(
            world, "liaison", [report(duty, answers={"people": 2, "women": women})]
        )
        assert filed["outcome"] == outcome


async def test_what_is_published_never_changes(world: World) -> None:
    made = await draft(world)
    client, path = world.as_("county"), f"/forms/{made['id']}"
    await done(client, "POST", f"{path}/publish", 200)
    stored = await fetch_value("SELECT definition::text FROM form WHERE id = $1", made["id"])
    body = {"definition": {**head_count(), "title": words("改", "Changed")}}
    await refused(client, "PUT", path, "form_published", json=body)
    await refused(client, "POST", f"{path}/publish", "form_published")
    assert stored == await fetch_value(
        "SELECT definition::text FROM form WHERE id = $1", made["id"]
    )
    shipped = await store.shipped("RETURN_WEEKLY")
    assert shipped is not None
    body = {"definition": {**head_count("RETURN_WEEKLY")}}
    await refused(client, "PUT", f"/forms/{shipped['id']}", "not_found", json=body)
    await refused(client, "POST", f"/forms/{shipped['id']}/publish", "not_found")


async def test_versions_count_up_by_code_and_county(world: World) -> None:
    versions = [(await draft(world))["version"] for _ in range(3)]
    assert versions == [1, 2, 3]
    assert (await draft(world, code="OTHER"))["version"] == 1
    far = await world.as_("far_county").post("/forms", {"definition": head_count()})
    assert (far["owner"], far["version"]) == ("990102", 1)
    mine = await world.as_("county").get("/forms", code="HEAD_COUNT")
    assert [form["version"] for form in mine["items"]] == [1, 2, 3]


async def test_reports_stay_with_their_version(world: World) -> None:
    first = await draft(world)
    client = world.as_("county")
    await done(client, "POST", f"/forms/{first['id']}/publish", 200)
    schedule = await world.schedule(form=first["id"])
    await world.open()
    stricter = head_count()
    stricter["groups"][0]["fields"][0]["max"] = 1
    second = await client.post("/forms", {"definition": stricter})
    await done(client, "POST", f"/forms/{second['id']}/publish", 200)
    await done(client, "PATCH", f"/schedules/{schedule}", 200, json={"form": second["id"]})
    world.clock.set(2026, 11, 9, 10)
    await world.open()
    answers = {"people": 5, "women": 1}
    old = await duty_of(world, VILLAGE, period="2026-W45")
    new = await duty_of(world, VILLAGE, period="2026-W46")
    outcomes = await submit(
        world, "liaison", [report(old, answers=answers), report(new, answers=answers)]
    )
    assert [outcome["outcome"] for outcome in outcomes] == ["created", "rejected"]


async def test_filters(world: World) -> None:
    made = await draft(world)
    cases: list[tuple[dict[str, Any], int]] = [
        ({"published": "true"}, 8),
        ({"published": "false"}, 1),
        ({"code": "HEAD_COUNT"}, 1),
        ({"code": "HEAD_COUNT", "published": "true"}, 0),
    ]
    for params, expected in cases:
        assert len((await world.as_("county").get("/forms", **params))["items"]) == expected
    page = await world.as_("county").get("/forms", limit=5)
    rest = await world.as_("county").get("/forms", limit=5, page=page["next"])
    assert [form["id"] for form in rest["items"]][-1] == made["id"]
    assert len(page["items"] + rest["items"]) == 9


async def test_all_faults_of_a_definition_are_named(world: World) -> None:
    bad = head_count()
    bad["groups"][0]["fields"][0]["type"] = "number"
    bad["checks"][0]["expr"] = "women <= nobody"
    bad["colour"] = "red"
    del bad["title"]
    before = await contents()
    params = await refused(
        world.as_("county"), "POST", "/forms", "form_invalid", json={"definition": bad}
    )
    paths = {fault["path"] for fault in params["problems"]}
    assert {"title", "colour", "groups[0].fields[0].type", "checks[0].expr"} <= paths
    bad_ones: list[Any] = [{}, {"code": 1}, {"groups": [[[]]]}, {**head_count(), "checks": "all"}]
    for definition in bad_ones:
        body = {"definition": definition}
        await refused(world.as_("county"), "POST", "/forms", "form_invalid", json=body)
    none_at_all: list[Any] = [{}, {"definition": None}, {"definition": "{}"}, {"definition": []}]
    for body in none_at_all:
        await refused(world.as_("county"), "POST", "/forms", "invalid", json=body)
    assert await contents() == before


async def test_expressions_run_nothing(world: World) -> None:
    for expr in (
        "__import__('os').system('true') == 0",
        "people.__class__ == 1",
        "(" * 5000 + "people" + ")" * 5000 + " == 1",
        "people " + "+ people " * 20000 + "== 1",
        "9" * 400 + " == people",
        "people ** people == 1",
        "",
    ):
        bad = deepcopy(head_count())
        bad["checks"][0]["expr"] = expr
        await refused(
            world.as_("county"), "POST", "/forms", "form_invalid", json={"definition": bad}
        )
    assert await rows("form", "owner <> ''") == 0


async def test_a_draft_keeps_its_code(world: World) -> None:
    made = await draft(world)
    body = {"definition": head_count("OTHER")}
    await refused(world.as_("county"), "PUT", f"/forms/{made['id']}", "form_invalid", json=body)


async def test_another_countys_forms_are_not_there(world: World) -> None:
    made = await draft(world)
    path, body = f"/forms/{made['id']}", {"definition": head_count()}
    for who in ("far_county", "outsider"):
        await refused(world.as_(who), "GET", path, "not_found")
    await refused(world.as_("far_county"), "PUT", path, "not_found", json=body)
    await refused(world.as_("far_county"), "POST", f"{path}/publish", "not_found")
    await refused(world.as_("reviewer"), "POST", "/forms", "forbidden", json=body)
    assert (await world.as_("liaison").get(path))["id"] == made["id"]


async def test_trying_checks_stores_nothing(world: World) -> None:
    shipped = await store.shipped("RETURN_WEEKLY")
    assert shipped is not None
    path, before = f"/forms/{shipped['id']}/trial", await contents()
    client = world.as_("county")
    found = await done(client, "POST", path, 200, json={"answers": weekly(ret_week=9)})
    assert {finding["check"] for finding in found["errors"]} == {"ret_week_sum", "ret_cum_min"}
    found = await done(client, "POST", path, 200, json={"kind": "zero", "last": weekly()})
    assert (found["answers"]["ret_cum"], found["errors"]) == (4, [])
    assert found["prefilled"]["local_job"] == 1
    await refused(client, "POST", path, "nothing_to_repeat", json={"kind": "unchanged"})
    await refused(
        client, "POST", path, "answers_not_empty", json={"kind": "zero", "answers": weekly()}
    )
    wrong: list[Any] = [{"answers": []}, {"kind": "x"}, {"reasons": {"a": 1}}, {"last": "x"}]
    for body in wrong:
        await refused(client, "POST", path, "invalid", json=body)
    assert await contents() == before


async def test_a_trial_of_texts_left_out_by_a_zero_report(world: World) -> None:
    shipped = await store.shipped("JOB_DEMAND")
    assert shipped is not None
    found = await done(
        world.as_("county"), "POST", f"/forms/{shipped['id']}/trial", 200, json={"kind": "zero"}
    )
    assert found["errors"] == []


async def test_what_was_done_to_forms_is_audited(world: World) -> None:
    made = await draft(world)
    await done(world.as_("county"), "POST", f"/forms/{made['id']}/publish", 200)
    found = await fetch("SELECT action, subject, region FROM audit_entry ORDER BY id")
    assert [tuple(row) for row in found] == [
        ("form.draft", f"form:{made['id']}", "990101"),
        ("form.publish", f"form:{made['id']}", "990101"),
    ]


async def test_a_draft_is_discarded_and_a_published_version_is_not(world: World) -> None:
    county = world.as_("county")
    made = await draft(world)
    await refused(world.as_("reviewer"), "DELETE", f"/forms/{made['id']}", "forbidden")
    await done(county, "DELETE", f"/forms/{made['id']}", 204)
    await refused(county, "GET", f"/forms/{made['id']}", "not_found")
    kept = await draft(world)
    await county.post(f"/forms/{kept['id']}/publish", {}, 200)
    await refused(county, "DELETE", f"/forms/{kept['id']}", "form_published")


async def test_a_definition_is_read_while_it_is_written(world: World) -> None:
    county, before = world.as_("county"), await contents()
    form = head_count()
    form["checks"][0]["expr"] = "not filled(women) or women * 2 <= last.people"
    form["groups"].append(
        {
            "key": "jobs",
            "label": words("岗位", "Jobs"),
            "repeat": {"max": 5},
            "fields": [{"key": "need", "label": words("人数", "Needed"), "type": "integer"}],
        }
    )
    form["groups"][0]["fields"][0]["compute"] = "sum(jobs.need) + count(jobs)"
    read = await county.post("/forms/reading", {"definition": form}, 200)
    assert read["problems"] == []
    assert read["outlines"] == {
        "sum(jobs.need) + count(jobs)": {
            "name": "+",
            "parts": [{"table": "jobs", "column": "need"}, {"table": "jobs", "column": None}],
        },
        "not filled(women) or women * 2 <= last.people": {
            "name": "or",
            "parts": [
                {
                    "name": "not",
                    "parts": [{"name": "filled", "parts": [{"field": "women", "last": False}]}],
                },
                {
                    "name": "<=",
                    "parts": [
                        {
                            "name": "*",
                            "parts": [{"field": "women", "last": False}, {"value": 2}],
                        },
                        {"field": "people", "last": True},
                    ],
                },
            ],
        },
    }
    form["checks"][0]["expr"] = "women <="
    form["groups"][0]["fields"][1]["compute"] = "kind in ('a', 'b')"
    read = await county.post("/forms/reading", {"definition": form}, 200)
    assert {each["path"]: each["reason"] for each in read["problems"]} == {
        "checks[0].expr": "unexpected_end",
        "groups[0].fields[1].compute": "unknown_name",
    }
    assert set(read["outlines"]) == {"sum(jobs.need) + count(jobs)", "kind in ('a', 'b')"}
    for odd in ({}, {"groups": [1, {"fields": [None]}], "checks": "x"}):
        read = await county.post("/forms/reading", {"definition": odd}, 200)
        assert read["problems"] != []
        assert read["outlines"] == {}
    await refused(
        world.as_("reviewer"), "POST", "/forms/reading", "forbidden", json={"definition": form}
    )
    assert await contents() == before
