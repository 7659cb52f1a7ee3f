"""`make screenshots`: each screen of the phone and each desk in both languages."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from backend import demo
from backend.clock import system_clock
from backend.photos import open_photos
from backend.settings import load
from backend.vault import Vault
from tests.e2e.browser import ROOT, phone, sign_in
from tests.e2e.office import DESK
from tests.e2e.test_filling import Month, month  # noqa: F401  a fixture
from tests.e2e.test_offline import file_zero
from tests.faults.serving import Server, killed_at_last
from tests.world import PASSWORD, SECRET

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
        await page.wait_for_selector("#remark")
        await file_zero(page)
        await page.evaluate(f"localStorage['cunbao.language'] = '{language}'")
        await page.reload()
        await page.wait_for_selector("section.done")
        await _keep(page, language, "sent")
        await page.goto("/#/outbox")
        await page.wait_for_selector("main")
        await _keep(page, language, "outbox")


@pytest.fixture
async def county(fresh: str, tmp_path: Path) -> AsyncIterator[Server]:
    """The demo county, served."""
    vault, now = Vault(SECRET), system_clock()
    photos = open_photos(load({"CUNBAO_SECRET_KEY": SECRET, "CUNBAO_HOME": str(tmp_path)}), vault)
    await demo.make(vault, lambda: now)
    await demo.add_pensioners(vault, photos, now)
    await demo.add_villagers(vault, now)
    await demo.add_notices(vault, now)
    await demo.add_affairs(vault, now)
    await photos.workers.close()
    server = Server({"CUNBAO_DATABASE_URL": fresh, "CUNBAO_HOME": str(tmp_path)})
    with killed_at_last(server):
        await server.start()
        yield server


async def test_the_demo_village(county: Server, browser: Browser) -> None:
    Path(FOLDER).mkdir(parents=True, exist_ok=True)
    link = f"/#/welcome/{(await demo.invite(Vault(SECRET), system_clock())).token}"
    for language in ("zh", "en"):
        async with phone(browser, county.address) as context:
            page = await context.new_page()
            await page.add_init_script(f"localStorage['cunbao.language'] ??= '{language}'")
            await page.goto(link)
            await page.wait_for_selector("input")
            await _keep(page, language, "welcome")
            await page.goto("/#/sign-in")
            await page.reload()
            await sign_in(page, "13800000001", demo.PASSWORD)
            await page.wait_for_selector("article.card")
            await _keep(page, language, "village")
            await _visit(page, language)
            await page.goto("/#/ledger")
            await page.wait_for_selector(".people li")
            await _keep(page, language, "ledger")
            await page.locator(".people a").nth(2).tap()
            await page.wait_for_selector("#employer, .choice")
            await _keep(page, language, "person")
            for screen in _OTHERS:
                await page.goto(f"/#/{screen}")
                await page.wait_for_selector("main > *")
                await _keep(page, language, screen.replace("/", "-"))
            await page.goto("/#/notices")
            await page.locator("main a").first.tap()
            await _keep(page, language, "notice")


_OTHERS = (
    "ledger/new",
    "messages",
    "notices",
    "feedback",
    "feedback/new",
    "record",
    "devices",
    "settings",
)


async def _visit(page: Page, language: str) -> None:
    await page.goto("/#/visits")
    await page.wait_for_selector("a.person")
    await _keep(page, language, "visits")
    await page.locator(".choice button").nth(1).tap()
    await _keep(page, language, "households")
    await page.locator("a.person").first.tap()
    await _keep(page, language, "visit")
    await page.locator("main a.button.main").tap()
    await _keep(page, language, "finding")
    await page.locator(".results button").first.tap()
    await page.locator("main > button.main").tap()
    await page.wait_for_selector("section.paper")
    await _keep(page, language, "papers")


DESKS = {
    "13800000003": ("home", "review", "villages", "feedback"),
    "13800000004": ("villages?village=990101100201", "me"),
    "13800000005": (
        *("rates", "rates?view=map", "rates?view=trend", "progress", "effort", "circulars"),
        *("assessment", "requests", "notices", "notices/new", "audit", "imports"),
        *("forms", "forms/2", "schedules", "schedules/1", "calendar", "channels", "me"),
    ),
    "13800000007": ("samples", "imports?as=auditor"),
    "13800000008": ("accounts", "imports?as=sysadmin"),
}


async def test_the_console(county: Server, browser: Browser) -> None:
    Path(FOLDER).mkdir(parents=True, exist_ok=True)
    for language in ("zh", "en"):
        for number, places in DESKS.items():
            async with phone(browser, county.address, **DESK) as context:
                page = await context.new_page()
                await page.add_init_script(f"localStorage['cunbao.language'] ??= '{language}'")
                await page.goto("/office")
                await page.fill("#phone", number)
                await page.fill("#password", demo.PASSWORD)
                await page.click("button[type=submit]")
                await page.wait_for_selector("header.bar")
                for place in places:
                    await page.goto(f"/office#/{place}")
                    await page.wait_for_timeout(1500)
                    name = place.partition("?")[0].replace("/", "-") + place.partition("=")[2]
                    await _keep(page, language, f"office-{name}")
