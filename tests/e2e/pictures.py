"""`make screenshots`: each screen in both languages at a phone's size, into build/screens."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.e2e.browser import ROOT, phone, sign_in
from tests.e2e.test_filling import Month, month  # noqa: F401  a fixture
from tests.e2e.test_offline import file_zero
from tests.world import PASSWORD

FOLDER = ROOT / "build" / "screens"


async def _keep(page: Page, language: str, name: str) -> None:
    await page.wait_for_timeout(300)
    await page.screenshot(path=FOLDER / f"{language}-{name}.png")


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_screen(month: Month, browser: Browser, language: str) -> None:  # noqa: F811
    Path(FOLDER).mkdir(parents=True, exist_ok=True)
    async with phone(browser, month.village.server.address) as context:
        page = await context.new_page()
        await page.add_init_script(f"localStorage['cunbao.language'] ??= '{language}'")
        await page.goto("/")
        await page.wait_for_selector("#phone")
        await _keep(page, language, "sign-in")
        await sign_in(page, month.village.phone, PASSWORD)
        await page.wait_for_selector("article.card")
        await _keep(page, language, "home")
        await page.locator("button.help").tap()
        await _keep(page, language, "help")
        await page.locator("dialog[open] button.main").tap()
        await page.goto(f"/#/duty/{month.duty}")
        await page.wait_for_selector("main button")
        await _keep(page, language, "duty")
        await page.goto(f"/#/duty/{month.duty}/fill/0")
        await page.wait_for_selector("#emp_unit")
        await page.fill("#emp_unit", "86")
        await _keep(page, language, "filling")
        await page.goto(f"/#/duty/{month.duty}/fill/5")
        await page.wait_for_selector("#remark")
        await _keep(page, language, "check")
        await page.evaluate("localStorage['cunbao.language'] = 'zh'")
        await page.reload()
        await file_zero(page)
        await page.evaluate(f"localStorage['cunbao.language'] = '{language}'")
        await page.reload()
        await page.wait_for_selector("section.done")
        await _keep(page, language, "sent")
        for screen in ("outbox", "messages", "record", "settings"):
            await page.goto(f"/#/{screen}")
            await page.wait_for_selector("main")
            await _keep(page, language, screen)
