"""Accounts: a second factor set up, asked for, required of a colleague; an account opened."""

from datetime import timedelta

import pytest
from playwright.async_api import Browser, Page, expect

from backend.clock import system_clock
from backend.domain.second_factor import STEP_SECONDS, code_at
from backend.store.database import fetch
from tests.e2e.browser import faults, phone
from tests.e2e.conftest import Village
from tests.e2e.office import DESK, desk
from tests.world import PASSWORD


async def set_up(page: Page) -> tuple[str, str]:
    """Sets the second factor up; gives its secret and a recovery code."""
    await page.fill("#factor-password", PASSWORD)
    await page.get_by_role("button", name="开始设置").click()
    await expect(page.locator("img.qr")).to_be_visible()
    secret = await page.locator("section.card code").inner_text()
    await page.fill("#factor-code", code_at(secret, system_clock()))
    await page.get_by_role("button", name="开启", exact=True).click()
    await expect(page.locator(".codes li")).to_have_count(10)
    recovery = await page.locator(".codes li code").first.inner_text()
    await page.get_by_role("button", name="收好了").click()
    await expect(page.get_by_text("还有 10 个备用码")).to_be_visible()
    return secret, recovery


async def sign_in(page: Page, village: Village, who: str) -> None:
    await page.goto("/office")
    await page.fill("#phone", village.world.people[who].phone)
    await page.fill("#password", PASSWORD)
    await page.click("button[type=submit]")


async def test_a_county_requires_a_second_factor_and_a_colleague_sets_it_up(
    village: Village, browser: Browser
) -> None:
    async with desk(village, browser, "county") as page:
        await page.goto("/office#/me")
        await page.wait_for_selector("#factor-password")
        assert await faults(page) == []
        await set_up(page)
        await page.get_by_label("要求全县工作人员都开启").check()
        await expect(page.get_by_label("要求全县工作人员都开启")).to_be_checked()
    async with phone(browser, village.server.address, **DESK) as context:
        page = await context.new_page()
        await sign_in(page, village, "reviewer")
        await expect(page.get_by_text("开启以后才能办理业务")).to_be_visible()
        await expect(page.locator("#menu a")).to_have_count(1)
        await page.goto("/office#/review")
        await expect(page.get_by_text("开启以后才能办理业务")).to_be_visible()
        secret, recovery = await set_up(page)
        await page.get_by_role("link", name="审核", exact=True).click()
        await expect(page.get_by_role("heading", name="0 份待审核")).to_be_visible()
        await page.get_by_role("button", name="退出登录").click()
        await sign_in(page, village, "reviewer")
        await page.wait_for_selector("#code")
        assert await faults(page) == []
        await page.fill("#code", "000000")
        await page.click("button[type=submit]")
        await expect(page.get_by_role("alert")).to_be_visible()
        later = system_clock() + timedelta(seconds=STEP_SECONDS)
        await page.fill("#code", code_at(secret, later))  # a clock may be a step ahead
        await page.click("button[type=submit]")
        await page.wait_for_selector("header.bar")
        await page.get_by_role("button", name="退出登录").click()
        await sign_in(page, village, "reviewer")
        await page.fill("#code", recovery)
        await page.click("button[type=submit]")
        await page.wait_for_selector("header.bar")


async def test_the_administrator_opens_an_account_and_ends_its_sessions(
    village: Village, browser: Browser
) -> None:
    async with desk(village, browser, "sysadmin") as page:
        await page.goto("/office#/accounts")
        await page.get_by_role("button", name="开账号").first.click()
        await page.fill("#open-name", "冯兰")
        await page.fill("#open-phone", "13900000077")
        await page.select_option("#open-role", "reviewer")
        await page.select_option("#open-place", label="河口镇")
        assert await faults(page) == []
        await page.get_by_role("dialog").get_by_role("button", name="开账号").click()
        await expect(page.get_by_role("button", name="冯兰")).to_be_visible()
        await page.get_by_role("button", name="陈静").click()
        await page.get_by_role("button", name="退出所有登录…").click()
        assert await faults(page) == []
        await page.get_by_role("button", name="退出所有登录", exact=True).click()
        await expect(page.get_by_text("✓ 已退出")).to_be_visible()
    [post] = await fetch(
        "SELECT p.region, p.role FROM post p JOIN account a ON a.id = p.account"
        " WHERE a.name = '冯兰'"
    )
    assert (post["region"], post["role"]) == ("990101101", "reviewer")
    running = await fetch(
        "SELECT 1 FROM session WHERE account = $1 AND ended_at IS NULL",
        village.world.people["reviewer"].account,
    )
    assert running == []


@pytest.mark.parametrize("who", ["monitor", "upper"])
async def test_everybody_has_an_own_page_in_english(
    village: Village, browser: Browser, who: str
) -> None:
    async with desk(village, browser, who, "en") as page:
        await page.goto("/office#/me")
        await page.wait_for_selector("#factor-password")
        assert await faults(page) == []
        await page.goto("/office#/accounts")
        await expect(page.get_by_role("heading", name="Accounts")).to_have_count(0)
