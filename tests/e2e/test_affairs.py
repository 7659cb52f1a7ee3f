"""Affairs at the desk: notices, feedback, the audit, spot checks; axe on each of the pages."""

import io
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Browser, FilePayload, Page, expect

from backend.clock import system_clock
from backend.store.database import fetch
from tests.e2e.browser import faults
from tests.e2e.conftest import Village
from tests.e2e.office import desk
from tests.e2e.test_review_desk import certified, drawn, round_of
from tests.http.test_feedback import sent
from tests.photo_rooms import Room
from tests.world import TOWN

__all__ = ["round_of"]  # a fixture


def jpeg() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (640, 480), "white").save(file, "JPEG")
    return file.getvalue()


async def test_a_notice_is_written_read_and_withdrawn(
    round_of: tuple[Village, Room], browser: Browser
) -> None:
    village, there = round_of
    world = village.world
    async with desk(village, browser, "county") as page:
        await page.goto("/office#/notices")
        await page.get_by_role("button", name="写通知").click()
        await page.fill("#title", "认证入户提醒")
        await page.fill("#body", "请优先走访高龄老人。\n照片请在光线好的地方拍。")
        await page.get_by_label("只发给一部分").check()
        await page.get_by_label("城关镇").check()
        file = FilePayload(name="通知.jpg", mimeType="image/jpeg", buffer=jpeg())
        await page.set_input_files("#files", [file])
        await expect(page.get_by_text("通知.jpg")).to_be_visible()
        await page.get_by_role("button", name="预览").click()
        preview = page.get_by_role("region", name="预览")
        await expect(preview).to_contain_text("发给：城关镇")
        assert await faults(page) == []
        await preview.get_by_role("button", name="发布").click()
        await expect(page.get_by_role("heading", name="认证入户提醒")).to_be_visible()
        await there.look()
        world.clock.now = system_clock()
        [read] = (await world.as_("liaison").get("/notices"))["items"]
        assert (read["title"], read["scopes"]) == ("认证入户提醒", [TOWN])
        assert [each["name"] for each in read["files"]] == ["通知.jpg"]
        assert (await world.as_("elsewhere").get("/notices"))["items"] == []
        await expect(page.locator("tbody tr", has_text="王芳")).to_be_visible()
        body = {"version": 1, "read_at": world.clock.now.isoformat()}
        await world.as_("liaison").post(f"/notices/{read['id']}/read", body, 204)
        await page.reload()
        await expect(page.locator("tbody tr", has_text="李强")).to_be_visible()
        await expect(page.locator("tbody tr", has_text="王芳")).to_have_count(0)
        async with page.expect_download() as coming:
            await page.get_by_role("button", name="通知.jpg").click()
        assert (await coming.value).suggested_filename == "通知.jpg"
        await page.get_by_role("button", name="更正").click()
        await page.fill("#title", "认证入户提醒（更正）")
        await page.get_by_role("button", name="预览").click()
        assert await faults(page) == []
        await page.get_by_role("button", name="发布更正").click()
        await expect(page.get_by_text("更正过（第 2 版）")).to_be_visible()
        world.clock.now = system_clock()
        [anew] = (await world.as_("liaison").get("/notices"))["items"]
        assert (anew["title"], anew["version"], anew["read_at"]) == (
            "认证入户提醒（更正）",
            2,
            None,
        )
        assert [each["name"] for each in anew["files"]] == ["通知.jpg"]
        await page.get_by_role("button", name="撤回").click()
        await page.get_by_role("dialog").get_by_role("button", name="撤回").click()
        await expect(page.locator("header .mark")).to_contain_text("撤回")
    [kept] = await fetch("SELECT withdrawn_at FROM notice")
    assert kept["withdrawn_at"] is not None


async def test_a_complaint_is_taken_passed_on_and_answered(
    village: Village, browser: Browser
) -> None:
    world = village.world
    world.clock.now = system_clock()
    found = await sent(world)
    async with desk(village, browser, "reviewer") as page:
        await page.goto("/office#/feedback")
        row = page.locator("tbody tr", has_text="报表太多")
        await expect(row).to_contain_text("还没有人接手")
        await row.get_by_role("link").click()
        await page.get_by_role("button", name="接手", exact=True).click()
        await expect(page.get_by_text("✓ 已由您负责。")).to_be_visible()
        async with desk(village, browser, "lead") as other:
            await other.goto(f"/office#/feedback/{found['id']}")
            await expect(other.get_by_text("陈静正在办理")).to_be_visible()
            await expect(other.get_by_role("button", name="答复", exact=True)).to_have_count(0)
        await page.get_by_role("button", name="转交县局").click()
        await page.fill("#pass-why", "全县报表由县局定")
        await page.get_by_role("dialog").get_by_role("button", name="转交县局").click()
        await expect(page.get_by_text("✓ 已转交县局。")).to_be_visible()
        await expect(page.locator("#reply")).to_have_count(0)
    async with desk(village, browser, "county") as page:
        await page.goto(f"/office#/feedback/{found['id']}")
        await expect(page.get_by_text("全县报表由县局定")).to_be_visible()
        await page.fill("#reply", "两张报表下月合并。")
        assert await faults(page) == []
        await page.get_by_role("button", name="答复", exact=True).click()
        await expect(page.get_by_text("✓ 已答复。")).to_be_visible()
    world.clock.now = system_clock()
    kept = await world.as_("liaison").get(f"/feedback/{found['id']}")
    assert [(step["act"], step["by_name"]) for step in kept["steps"]] == [
        ("taken", "陈静"),
        ("passed", "陈静"),
        ("answered", "孙丽"),
    ]
    assert kept["steps"][-1]["text"] == "两张报表下月合并。"


async def test_the_audit_is_searched_without_a_name_in_any_address(
    village: Village, browser: Browser
) -> None:
    world = village.world
    world.clock.now = system_clock()
    found = await sent(world)
    await world.as_("reviewer").post(f"/feedback/{found['id']}/take", None, 200)
    async with desk(village, browser, "auditor") as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.goto("/office#/audit")
        await page.fill("#who", "陈静")
        await page.select_option("#action", "feedback")
        await page.get_by_role("button", name="查询").click()
        await expect(page.locator("tbody tr")).to_have_count(1)
        await expect(page.locator("tbody tr")).to_contain_text("投诉建议 · 接手")
        await page.locator("tbody tr").get_by_role("button").click()
        await expect(page.locator("tbody tr")).to_have_count(2)
        assert await page.locator("#who").input_value() == ""
        await page.fill("#to", "2026-01-01")
        await page.get_by_role("button", name="查询").click()
        await expect(page.get_by_text("没有符合的记录。")).to_be_visible()
        assert asked
        assert not any("%E9%99%88" in url or "陈" in url for url in [*asked, page.url])


async def test_a_spot_check_is_drawn_and_gone_through(
    round_of: tuple[Village, Room], browser: Browser
) -> None:
    village, there = round_of
    world = village.world
    for order in (1, 2):
        number = await certified(there, order, order)
        await there.look()
        await world.review("reviewer", number, "pass")
    async with desk(village, browser, "auditor") as page:
        await page.goto("/office#/samples")
        await page.get_by_role("button", name="抽取一批").click()
        await page.fill("#draw-size", "2")
        assert await faults(page) == []
        await page.get_by_role("button", name="抽取", exact=True).click()
        await expect(page.get_by_role("heading", name="抽查 2 人")).to_be_visible()
        await drawn(page, 4)
        await page.get_by_role("button", name="没有问题").click()
        await expect(page.get_by_text("已核对 1 / 2")).to_be_visible()
        await drawn(page, 4)
        await page.wait_for_timeout(400)  # the button's colour has come back
        assert await faults(page) == []
        await page.get_by_role("button", name="有问题", exact=True).click()
        await expect(page.get_by_text("请写明问题。")).to_be_visible()
        await page.fill("#found", "照片不是本人")
        await page.get_by_role("button", name="有问题", exact=True).click()
        await expect(page.get_by_text("已核对 2 / 2，有问题 1")).to_be_visible()
    world.clock.now = system_clock()
    [kept] = (await world.as_("auditor").get("/certification/samples"))["items"]
    detail = await world.as_("auditor").get(f"/certification/samples/{kept['id']}")
    assert [(each["ok"], each["note"]) for each in detail["items"]] == [
        (True, ""),
        (False, "照片不是本人"),
    ]


PAGES: dict[str, tuple[str, ...]] = {
    "county": (
        "circulars",
        "requests",
        "notices",
        "notices/new",
        "feedback",
        "audit",
        "assessment",
        "channels",
    ),
    "lead": ("circulars", "requests", "notices", "feedback", "assessment", "channels"),
    "auditor": ("circulars", "assessment", "samples", "audit", "channels"),
}


async def looked_at(page: Page, name: str) -> list[str]:
    """What axe finds on a page once it shows what it asked for."""
    await page.goto(f"/office#/{name}")
    await expect(page.locator("main h1")).to_be_visible()
    await expect(page.get_by_text("正在读取…").or_(page.get_by_text("Reading…"))).to_have_count(0)
    assert await page.locator(".fault").count() == 0, name
    return [f"{name}: {fault}" for fault in await faults(page)]


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_axe_finds_nothing(village: Village, browser: Browser, language: str) -> None:
    world = village.world
    world.clock.now = system_clock()
    await sent(world)
    duties: Any = await world.as_("county").get(
        "/obligations", region=world.people["liaison"].region
    )
    body = {"kind": "exempt", "reason": "停电", "obligations": [duties["items"][0]["id"]]}
    await world.as_("county").post("/adjustments", body)
    for who, names in PAGES.items():
        async with desk(village, browser, who, language) as page:
            for name in names:
                assert await looked_at(page, name) == []


async def test_what_ones_role_has_not_is_not_there(village: Village, browser: Browser) -> None:
    async with desk(village, browser, "monitor") as page:
        menu = page.locator("#menu")
        await expect(menu.get_by_role("link", name="通报")).to_be_visible()
        for name in ("抽查", "审计查询", "投诉建议"):
            await expect(menu.get_by_role("link", name=name)).to_have_count(0)
        await page.goto("/office#/samples")
        await expect(page.get_by_role("button", name="抽取一批")).to_have_count(0)
        await page.goto("/office#/requests")
        await expect(page.get_by_role("button", name="直接延期或免报")).to_have_count(0)
        await page.goto("/office#/assessment")
        await expect(page.locator("thead")).to_be_visible()
        await expect(page.get_by_role("button", name="补助")).to_have_count(0)
