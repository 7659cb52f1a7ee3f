"""Villages and people: a post handed over, leave, a report filed on behalf, links printed."""

import json
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Page, expect

from backend.clock import system_clock
from backend.domain.calendar import local_day
from backend.store.database import fetch
from tests.e2e.browser import faults, phone, sign_in
from tests.e2e.conftest import Village
from tests.e2e.office import desk
from tests.world import NEIGHBOUR, PASSWORD, VILLAGE, weekly


async def opened(page: Page, village: str) -> None:
    await page.goto("/office#/villages")
    await page.get_by_role("button", name=village).click()
    await expect(page.locator("aside.panel h3").first).to_be_visible()


async def test_a_village_is_handed_over_and_the_successor_begins(
    village: Village, browser: Browser
) -> None:
    async with phone(browser, village.server.address) as old:
        before = await old.new_page()
        await sign_in(before, village.phone, PASSWORD)
        async with desk(village, browser, "lead") as page:
            await opened(page, "王家庄村民委员会")
            await page.get_by_role("button", name="交接…").first.click()
            assert await faults(page) == []
            await page.get_by_label("姓名").fill("冯兰")
            await page.get_by_label("手机号").fill("139 0000 0088")
            await page.get_by_role("button", name="下一步：看清楚").click()
            await expect(page.get_by_text("王芳 的任职到 现在 结束。")).to_be_visible()
            await expect(page.get_by_text("由接任人接着办")).to_be_visible()
            assert await faults(page) == []
            async with page.expect_response("**/handover") as answered:
                await page.get_by_role("button", name="确定交接").click()
            link = (await (await answered.value).json())["invitation"]["link"]
            await expect(page.get_by_text("已交接给 冯兰。")).to_be_visible()
            await page.get_by_role("button", name="打印", exact=True).click()
            await expect(page.locator(".links .qr")).to_be_visible()
            await expect(page.locator(".links h2")).to_have_text("王家庄村民委员会")
            assert await faults(page) == []
            assert link not in page.url
            await page.get_by_role("button", name="用完了，关闭").click()
            await opened(page, "王家庄村民委员会")
            await expect(page.locator("aside.panel")).to_contain_text("冯兰")
            await page.get_by_text("以前的任职（1）").click()
            await expect(page.locator("aside.panel details").last).to_contain_text("王芳")
        await before.reload()
        await expect(before.locator("#phone")).to_be_visible(timeout=15_000)
    async with phone(browser, village.server.address) as new:
        page = await new.new_page()
        await page.goto(f"{village.server.address}/#{link.rpartition('#')[2]}")
        await page.fill("#first", "830264")
        await page.fill("#second", "830264")
        await page.get_by_role("button", name="设好并进入").click()
        await page.get_by_role("button", name="进入待办").click()
        await page.wait_for_selector("nav.tabs")
        await page.wait_for_selector("article.card, section.done")
        await expect(page.locator("article.card").first).to_be_visible()


async def test_leave_is_entered_and_ended(village: Village, browser: Browser) -> None:
    today = local_day(system_clock())
    async with desk(village, browser, "lead") as page:
        await opened(page, "李家屯村民委员会")
        card = page.locator("aside.panel .card", has_text="李强").first
        await card.get_by_text("请假", exact=True).click()
        await card.get_by_label("从").fill(f"{today:%Y-%m-%d}")
        await card.get_by_label("到").fill(f"{today + timedelta(days=3):%Y-%m-%d}")
        await card.get_by_role("button", name="登记请假").click()
        await expect(page.locator(".sheet tbody")).to_contain_text("请假至")
        await card.get_by_role("button", name="提前销假").click()
        await expect(page.locator(".sheet tbody")).not_to_contain_text("请假至")


async def test_the_office_files_for_a_village_and_may_go_on_later(
    village: Village, browser: Browser
) -> None:
    async with desk(village, browser, "reviewer") as page:
        await opened(page, "李家屯村民委员会")
        await page.get_by_role("button", name="代报…").first.click()
        await page.get_by_label("为什么代报，问了谁").fill("联络员手机坏了，电话问的李强")
        answers = weekly()
        for key in ("ret_out", "ret_in", "local_job", "startup", "plan_leave", "seeking"):
            await page.fill(f"#{key}", str(answers[key]))
        await page.get_by_role("button", name="代为上报").click()
        await expect(page.get_by_text("处要改")).to_be_visible()
        assert await faults(page) == []
        await page.get_by_role("button", name="以后再填").click()
        await page.reload()
        await page.get_by_role("button", name="接着代报…").click()
        assert await page.input_value("#ret_out") == "3"
        for key, value in answers.items():
            if await page.locator(f"input#{key}").count():
                await page.fill(f"#{key}", str(value))
        await page.get_by_role("button", name="代为上报").click()
        await expect(page.get_by_role("dialog")).to_have_count(0)
    [filed] = await fetch(
        "SELECT s.on_behalf, s.on_behalf_reason, s.answers::text, o.holder FROM submission s"
        " JOIN obligation o ON o.id = s.obligation"
    )
    assert (filed["on_behalf"], filed["holder"]) == (True, NEIGHBOUR)
    assert "李强" in filed["on_behalf_reason"]
    assert json.loads(filed["answers"]) == answers


async def test_a_phones_file_is_read_in(village: Village, browser: Browser, tmp_path: Path) -> None:
    [duty, *_] = await fetch(
        "SELECT id FROM obligation WHERE holder = $1 AND stage = 'none' ORDER BY due_at DESC",
        VILLAGE,
    )
    item = {"id": str(uuid4()), "obligation": duty["id"], "answers": weekly()}
    account = str(village.world.people["liaison"].account)
    kept = tmp_path / "rescue.json"
    kept.write_text(
        json.dumps({"cunbao": "rescue", "version": 1, "account": account, "items": [item]})
    )
    async with desk(village, browser, "reviewer") as page:
        await page.goto("/office#/villages")
        for said in ("收下 1 项", "原来就有 1 项"):
            await page.get_by_role("button", name="导入手机的救援文件").click()
            await page.set_input_files("#rescue-file", kept)
            await page.get_by_role("button", name="导入", exact=True).click()
            await expect(page.get_by_text(said)).to_be_visible()
            await page.keyboard.press("Escape")
        await page.get_by_role("button", name="导入手机的救援文件").click()
        kept.write_text("{}")
        await page.set_input_files("#rescue-file", kept)
        await page.get_by_role("button", name="导入", exact=True).click()
        await expect(page.locator("[role=dialog] .fault")).to_be_visible()
    assert len(await fetch("SELECT 1 FROM submission")) == 1


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_who_may_only_look_is_shown_nothing_else(
    village: Village, browser: Browser, language: str
) -> None:
    async with desk(village, browser, "county", language) as page:
        await page.goto("/office#/villages")
        await page.wait_for_selector(".sheet tbody tr")
        assert await faults(page) == []
        await page.locator(".sheet tbody button").first.click()
        await page.wait_for_selector("aside.panel h3")
        assert await faults(page) == []
        await expect(page.locator("aside.panel .el-button")).to_have_count(0)
        await page.keyboard.press("Escape")
        await expect(page.locator("aside.panel")).to_have_count(0)
