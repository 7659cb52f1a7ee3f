"""The phone on a bad day: 400 kbit/s, 400 ms away, a processor four times slower."""

from time import perf_counter

from playwright.async_api import Browser, BrowserContext, Page

from tests.e2e.browser import kept_offline, phone, sign_in
from tests.e2e.conftest import Village
from tests.world import PASSWORD

SECONDS = 5.0
_LINE = {
    "offline": False,
    "latency": 400,
    "downloadThroughput": 400_000 / 8,
    "uploadThroughput": 400_000 / 8,
}


async def _hampered(context: BrowserContext, page: Page) -> None:
    session = await context.new_cdp_session(page)
    await session.send("Network.enable")
    await session.send("Network.emulateNetworkConditions", _LINE)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": 4})


async def test_it_can_be_used_within_seconds(village: Village, browser: Browser) -> None:
    async with phone(browser, village.server.address) as context:
        page = await context.new_page()
        await _hampered(context, page)
        begun = perf_counter()
        await page.goto("/", wait_until="commit")
        await page.wait_for_selector("#phone")
        first = perf_counter() - begun
    async with phone(browser, village.server.address) as context:
        page = await context.new_page()
        await sign_in(page, village.phone, PASSWORD)
        await kept_offline(page)
        await _hampered(context, page)
        begun = perf_counter()
        await page.reload(wait_until="commit")
        await page.wait_for_selector("article.card")
        again = perf_counter() - begun
    print(f"first {first:.1f} s, again {again:.1f} s")
    assert first <= SECONDS
    assert again <= SECONDS
