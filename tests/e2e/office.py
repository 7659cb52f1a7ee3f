"""A desk in an office: who signs in there, and the page before them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from playwright.async_api import Browser, Page

from tests.e2e.browser import phone
from tests.e2e.conftest import Village
from tests.world import PASSWORD

DESK: Final = {
    "viewport": {"width": 1366, "height": 768},
    "device_scale_factor": 1,
    "is_mobile": False,
    "has_touch": False,
}


@asynccontextmanager
async def desk(
    village: Village, browser: Browser, who: str, language: str = "zh", at: str = ""
) -> AsyncIterator[Page]:
    """Somebody signed in at a desk, where they begin or at a page."""
    async with phone(browser, village.server.address, **DESK) as context:
        page = await context.new_page()
        await page.add_init_script(f"localStorage['cunbao.language'] ??= '{language}'")
        await page.goto("/office")
        await page.fill("#phone", village.world.people[who].phone)
        await page.fill("#password", PASSWORD)
        await page.click("button[type=submit]")
        await page.wait_for_selector("header.bar")
        if at:
            await page.goto(f"/office#/{at}")
        yield page
