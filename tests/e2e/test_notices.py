"""Notices and feedback in a yard without a signal; and what the worker does with a push."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from backend.clock import system_clock
from backend.store.database import fetch
from tests.e2e.browser import faults, kept_offline, phone, sign_in
from tests.e2e.conftest import Village
from tests.e2e.test_screens import _SMALL, _overflow
from tests.http.photographs import named, send
from tests.http.tools import rows
from tests.pictures import pdf
from tests.world import PASSWORD, TOWN, VILLAGE

TITLE = "关于开展城乡居民养老保险待遇资格认证的通知"
BODY = """各村（社区）：

2026年度待遇资格认证工作现已开始。请联络员于本月内完成本村认证，行动不便的老人须上门。

有问题请打电话给人社所。"""


async def publish(village: Village, **more: object) -> str:
    """The township's notice to all its villages, with a paper."""
    world = village.world
    paper = pdf(2)
    await send(world, "lead", paper)
    file = {**named(paper), "name": "认证工作方案.pdf"}
    by = (world.clock.now + timedelta(days=3)).isoformat()
    body = {"id": str(uuid4()), "office": TOWN, "title": TITLE, "body": BODY, "confirm_by": by}
    found = await world.as_("lead").post("/notices", {**body, "files": [file], **more})
    number: str = found["id"]
    return number


async def test_read_offline_the_office_hears_of_it_later(
    village: Village, browser: Browser
) -> None:
    number = await publish(village)
    async with phone(browser, village.server.address) as context:
        page = await context.new_page()
        await sign_in(page, village.phone, PASSWORD)
        await kept_offline(page)
        await expect(page.locator("nav.tabs b").nth(1)).to_have_text("1")
        await context.set_offline(True)
        await page.reload()
        await page.get_by_role("link", name="消息").tap()
        await page.get_by_role("link", name="通知").tap()
        await page.get_by_role("link", name="查看").tap()
        await expect(page.get_by_text("行动不便的老人须上门")).to_be_visible()
        await page.get_by_role("button", name="认证工作方案.pdf").tap()
        await expect(page.get_by_text("没有信号，附件要联网才能看。")).to_be_visible()
        await page.get_by_role("button", name="我已阅读").tap()
        await expect(page.get_by_text("已读")).to_be_visible()
        await page.reload()  # and is still so
        await expect(page.get_by_text("已读")).to_be_visible()
        assert await rows("notice_read") == 0
        at = system_clock()

        await context.set_offline(False)
        for _ in range(350):  # the app looks again every half minute
            if await rows("notice_read"):
                break
            await page.wait_for_timeout(100)
        village.world.clock.now = system_clock()
        readers = await village.world.as_("reviewer").get(f"/notices/{number}/readers", read=True)
        assert [each["name"] for each in readers["items"]] == ["王芳"]
        [stored] = await fetch("SELECT read_at, received_at FROM notice_read")
        assert abs(stored["read_at"] - at) < timedelta(seconds=30)
        assert stored["received_at"] > stored["read_at"]


async def test_feedback_written_offline_arrives_once_and_is_answered(
    village: Village, browser: Browser
) -> None:
    async with phone(browser, village.server.address) as context:
        page = await context.new_page()
        await sign_in(page, village.phone, PASSWORD)
        await kept_offline(page)
        await context.set_offline(True)
        await _write(page, "报表太多，重复填写。")
        await expect(page.get_by_text("等待送出", exact=True)).to_be_visible()
        await page.reload()
        await expect(page.get_by_text("报表太多，重复填写。")).to_be_visible()
        other = await context.new_page()
        await other.goto("/#/feedback")
        await context.set_offline(False)
        await expect(page.get_by_text("已收到，待接办")).to_be_visible()
        await expect(other.get_by_text("已收到，待接办")).to_be_visible()
        assert await rows("feedback") == 1

        village.world.clock.now = system_clock()
        lead = village.world.as_("lead")
        [mine] = (await lead.get("/feedback"))["items"]
        assert (mine["text"], mine["sender"]) == ("报表太多，重复填写。", "王芳")
        await lead.post(f"/feedback/{mine['id']}/answer", {"text": "下月起合并两张报表。"}, 200)
        await page.evaluate("dispatchEvent(new Event('online'))")
        await expect(page.get_by_text("下月起合并两张报表。")).to_be_visible()


async def _write(page: Page, text: str) -> None:
    await page.goto("/#/feedback")
    await page.get_by_role("link", name="写一条").tap()
    await page.get_by_role("button", name="投诉").tap()
    await page.fill("#text", text)
    await page.get_by_role("button", name="送出").tap()
    await page.wait_for_selector("article.letter")


async def test_a_push_shows_what_it_says(village: Village, browser: Browser) -> None:
    async with phone(browser, village.server.address) as context:
        await context.grant_permissions(["notifications"], origin=village.server.address)
        page = await context.new_page()
        await sign_in(page, village.phone, PASSWORD)
        if await page.evaluate("Notification.permission") == "denied":
            pytest.skip("this Chromium is one without notifications")
        await kept_offline(page)
        push, _ = await _worker(context, page)
        await push('{"title": "村报", "body": "2项待报", "key": "k"}')
        shown = await page.evaluate(_SHOWN)
        assert shown == [{"title": "村报", "body": "2项待报", "tag": "k"}]


async def test_a_sync_pokes_the_page(village: Village, browser: Browser) -> None:
    async with phone(browser, village.server.address) as context:
        page = await context.new_page()
        await sign_in(page, village.phone, PASSWORD)
        await kept_offline(page)
        await page.evaluate(_LISTEN)
        _, sync = await _worker(context, page)
        await sync("send-zh")
        assert await page.evaluate("window.heard") == "exchange"


_LISTEN = """() => {
  const { serviceWorker } = navigator;
  window.heard = new Promise((resolve) =>
    serviceWorker.addEventListener("message", ({ data }) => resolve(data)),
  );
}"""


_SHOWN = """async () => {
  const registration = await navigator.serviceWorker.ready;
  for (let tries = 0; tries < 50; tries += 1) {
    const found = await registration.getNotifications();
    if (found.length > 0) return found.map(({ title, body, tag }) => ({ title, body, tag }));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return [];
}"""


_Tool = Callable[[str], Awaitable[None]]


async def _worker(context: BrowserContext, page: Page) -> tuple[_Tool, _Tool]:
    """The browser's own tools for waking a worker, by the protocol of its developer tools."""
    tools = await context.new_cdp_session(page)
    found: dict[str, str] = {}

    def note(said: dict[str, Any]) -> None:
        for each in said["registrations"]:
            found["id"] = each["registrationId"]

    tools.on("ServiceWorker.workerRegistrationUpdated", note)
    await tools.send("ServiceWorker.enable")
    while "id" not in found:
        await page.wait_for_timeout(50)
    where = {"origin": await page.evaluate("location.origin"), "registrationId": found["id"]}

    async def push(data: str) -> None:
        await tools.send("ServiceWorker.deliverPushMessage", {**where, "data": data})

    async def sync(tag: str) -> None:
        said = {**where, "tag": tag, "lastChance": False}
        await tools.send("ServiceWorker.dispatchSyncEvent", said)

    return push, sync


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("large", "width"), [(False, 390), (True, 390), (False, 260)])
async def test_axe_finds_nothing(
    village: Village, browser: Browser, language: str, large: bool, width: int
) -> None:
    number = await publish(village)
    await village.world.deliver()
    sent = {"id": str(uuid4()), "kind": "complaint", "text": "报表太多。", "region": VILLAGE,
            "to": "township", "written_at": system_clock().isoformat()}  # fmt: skip
    await village.world.as_("liaison").post("/feedback", sent)
    await village.world.as_("lead").post(f"/feedback/{sent['id']}/answer", {"text": "合并。"}, 200)
    size = {"width": width, "height": 844}
    async with phone(browser, village.server.address, viewport=size) as context:
        page = await context.new_page()
        await page.add_init_script(
            f"localStorage['cunbao.language'] = '{language}';"
            f"localStorage['cunbao.large'] = '{int(large)}'"
        )
        await sign_in(page, village.phone, PASSWORD)
        found = {}
        for screen in ("messages", "notices", f"notice/{number}", "feedback", "feedback/new",
                       f"feedback/{sent['id']}", "settings"):  # fmt: skip
            await page.goto(f"/#/{screen}")
            await page.wait_for_selector("main")
            await page.wait_for_timeout(200)
            found[screen] = await faults(page)
            assert await _overflow(page) <= 0, f"{screen} is wider than the phone"
            assert await page.evaluate(_SMALL) == []
        assert {screen: wrong for screen, wrong in found.items() if wrong} == {}
