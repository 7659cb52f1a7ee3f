"""For those who run it: health, metrics, log lines; and how every answer looks."""

import json
import logging
import re
from typing import Any

import pytest

from backend import logs
from tests.http.tools import checked_problem, duty_of, report, submit
from tests.world import VILLAGE, World


async def test_live_and_ready(world: World) -> None:
    for name in ("live", "ready"):
        response = await world.http.get(f"/health/{name}")
        assert (response.status_code, response.json()) == (200, {"status": name})


async def test_not_ready_without_its_database(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object) -> list[Any]:
        raise ConnectionRefusedError

    monkeypatch.setattr("backend.store.tasks.fetch", gone)
    assert (await world.http.get("/health/live")).status_code == 200
    assert checked_problem(await world.http.get("/health/ready"))["code"] == "unavailable"


async def metrics(world: World) -> dict[str, float]:
    response = await world.http.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    lines = [line for line in response.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


async def test_requests_are_counted_by_template_not_by_address(world: World) -> None:
    name = 'cunbao_requests_total{method="GET",route="/api/v1/regions/{key}",status="404"}'
    before = (await metrics(world)).get(name, 0)
    for key in ("990102", "990103"):
        await world.as_("liaison").ask("GET", f"/regions/{key}")
    after = await metrics(world)
    assert after[name] == before + 2
    assert not any("990102" in line for line in after)


async def test_unknown_addresses_make_no_new_series(world: World) -> None:
    for number in range(3):
        await world.http.get(f"/api/v1/nothing-{number}")
        await world.http.request(f"ODD{number}", "/api/v1/rates")
    found = await metrics(world)
    assert not any("nothing" in name for name in found)
    assert not any("ODD" in name for name in found)


async def test_what_waits_in_the_outbox_is_shown(world: World) -> None:
    await world.schedule()
    await world.open()
    [filed] = await submit(world, "liaison", [report(await duty_of(world, VILLAGE))])
    await world.review("reviewer", filed["id"], "return", defects=[{"text": "请核实"}])
    world.clock.pass_(seconds=90)
    found = await metrics(world)
    assert found["cunbao_deliveries_waiting"] == 3  # to 赵敏, and the return to both
    assert found["cunbao_delivery_oldest_seconds"] == 90
    await world.deliver()
    found = await metrics(world)
    assert found["cunbao_deliveries_waiting"] == 0
    assert found["cunbao_delivery_oldest_seconds"] == 0


async def test_log_lines_hold_no_personal_data(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        logs.configure("info", "json")
        await world.as_("county").ask("GET", "/regions", params={"name": "王家庄"})
        phone = world.people["liaison"].phone
        body = {"phone": phone, "password": "bu-Shi-Zhe-Ge"}
        await world.anyone.ask("POST", "/sessions", json=body)
        await world.as_("sysadmin").ask(
            "POST",
            f"/accounts/{world.people['liaison'].account}/phone",
            params={"purpose": "核实王芳"},
        )
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert [line["route"] for line in requests] == [
        "/api/v1/regions",
        "/api/v1/sessions",
        "/api/v1/accounts/{number}/phone",
    ]
    assert all(re.fullmatch(r"[0-9a-f]{32}", line["request"]) for line in requests)
    text = json.dumps(lines, ensure_ascii=False)
    for secret in (phone, "王家庄", "王芳", "bu-Shi-Zhe-Ge", "Bearer"):
        assert secret not in text


async def test_a_crash_says_nothing_of_the_inside(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: object, **__: object) -> None:
        raise RuntimeError("secret of the inside")

    monkeypatch.setattr("backend.store.people.actor_rows", crash)
    response = await world.as_("county").ask("GET", "/me")
    found = checked_problem(response)
    assert (found["code"], found["params"]) == ("server_error", {})
    assert "secret" not in response.text


async def test_a_busy_database_is_a_503(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def busy(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr("backend.store.people.actor_rows", busy)
    found = checked_problem(await world.as_("county").ask("GET", "/me"))
    assert found["code"] == "unavailable"


async def test_no_answer_is_kept_or_guessed_at(world: World) -> None:
    for path in ("/api/v1/me", "/health/live", f"/api/v1/regions/{VILLAGE}"):
        headers = (await world.http.get(path)).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"


async def test_problems_in_chinese_or_english(world: World) -> None:
    cases = {
        "": ("zh", "请先登录"),
        "en": ("en", "Sign in first"),
        "en-US,en;q=0.9,zh;q=0.8": ("en", "Sign in first"),
        "fr, zh-CN;q=0.5": ("zh", "请先登录"),
        "fr": ("zh", "请先登录"),
        "*": ("zh", "请先登录"),
        "enx": ("zh", "请先登录"),
        ";;;,,,": ("zh", "请先登录"),
    }
    for asked, (language, title) in cases.items():
        response = await world.anyone.ask("GET", "/me", headers={"accept-language": asked})
        assert checked_problem(response)["title"] == title
        assert response.headers["content-language"] == language


async def test_what_may_be_asked(world: World) -> None:
    for path in ("/rates", "/sessions", "/submissions", "/forms/1"):
        response = await world.anyone.ask("OPTIONS", path)
        assert (response.status_code, response.content) == (204, b"")


async def test_a_method_that_is_not_taken(world: World) -> None:
    for method in ("PUT", "DELETE", "HEAD", "TRACE", "BREW"):
        response = await world.as_("county").ask(method, "/rates")
        assert response.status_code == 405
        assert "GET" in response.headers["allow"]
