"""Every screen, in both languages: nothing for axe to find, and no more bytes than budgeted."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page

from backend.routes.web import WEB
from tests.e2e.browser import faults, phone, sign_in
from tests.e2e.conftest import Village
from tests.world import PASSWORD

SCREENS = ("", "outbox", "messages", "record", "settings")
KIB = 1024
FIRST_LOAD, WHOLE_APP = 100 * KIB, 180 * KIB


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("large", "width"), [(False, 390), (True, 390), (False, 260)], ids=["normal", "large", "150%"]
)
async def test_axe_finds_nothing_on_any_screen(
    village: Village, browser: Browser, language: str, large: bool, width: int
) -> None:
    size = {"width": width, "height": 844}
    async with phone(browser, village.server.address, viewport=size) as context:
        page = await context.new_page()
        await page.add_init_script(
            f"localStorage['cunbao.language'] = '{language}';"
            f"localStorage['cunbao.large'] = '{int(large)}'"
        )
        await page.goto("/")
        await page.wait_for_selector("#phone")
        found = {"sign-in": await faults(page)}
        await sign_in(page, village.phone, PASSWORD)
        for screen in SCREENS:
            await page.goto(f"/#/{screen}")
            await page.wait_for_selector("main")
            found[screen] = await faults(page)
            assert await _overflow(page) <= 0, f"{screen} is wider than the phone"
            assert await page.evaluate(_SMALL) == []
        await page.locator("button.help").tap()
        found["help"] = await faults(page)
        await page.locator("dialog[open] button.main").tap()
        await page.goto("/#/")
        await page.locator("article .button.main").first.tap()
        await page.wait_for_selector("main button")
        found["duty"] = await faults(page)
        assert {screen: wrong for screen, wrong in found.items() if wrong} == {}


async def _overflow(page: Page) -> int:
    found: int = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return found


# Text below 18 px and targets below 48 px, as a person with big fingers and weak eyes meets them.
_SMALL = """() => {
  const seen = (each) => each.checkVisibility() && !each.closest('.unseen');
  const texts = [...document.querySelectorAll('body *')].filter((each) => seen(each)
    && [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
    && parseFloat(getComputedStyle(each).fontSize) < 18);
  const targets = [...document.querySelectorAll('a, button, select, input, label.tick')].filter(
    (each) => seen(each) && !each.matches('.tick input')
      && each.getBoundingClientRect().height < 48);
  return [...texts, ...targets].map((each) => each.outerHTML.slice(0, 90));
}"""


async def test_the_app_keeps_to_its_budget(village: Village, browser: Browser) -> None:
    asked: set[str] = set()
    async with phone(browser, village.server.address) as context:
        page = await context.new_page()
        page.on("request", lambda request: asked.add(urlsplit(request.url).path))
        await page.goto("/")
        await page.wait_for_selector("#phone")
        assert _weight(asked) <= FIRST_LOAD, f"first load: {_weight(asked) / KIB:.1f} KiB"
        await sign_in(page, village.phone, PASSWORD)
        assert _weight(asked) <= FIRST_LOAD, f"with the to-do list: {_weight(asked) / KIB:.1f} KiB"
    whole = sum(path.stat().st_size for path in WEB.rglob("*.gz") if "office" not in path.parts)
    assert whole <= WHOLE_APP, f"{whole / KIB:.1f} KiB"


def _weight(paths: set[str]) -> int:
    """Bytes of the files asked for, gzipped as the build left them."""
    files = [WEB / ("liaison.html" if path == "/" else path[1:]) for path in paths]
    return sum(_gzipped(path) for path in files if path.is_file())


def _gzipped(path: Path) -> int:
    return path.with_name(f"{path.name}.gz").stat().st_size
