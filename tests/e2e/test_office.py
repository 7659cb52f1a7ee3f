"""The console: a township reviews by keyboard, and sees its rates move."""

from statistics import median
from typing import Final

import pytest
from playwright.async_api import Browser, expect

from backend.clock import system_clock
from backend.store.database import fetch
from tests.e2e.browser import ROOT, faults, phone
from tests.e2e.conftest import Village
from tests.e2e.office import DESK, desk
from tests.e2e.speed import slowness
from tests.http.tools import report

NEXT_MS: Final = 150
FIRST_LOAD: Final = 220 * 1024


async def filed(village: Village, kind: str = "report") -> str:
    """The liaison's newest weekly report, filed; gives the submission."""
    village.world.clock.now = system_clock()
    duties = await fetch(
        "SELECT id FROM obligation WHERE holder = $1 AND stage = 'none' ORDER BY due_at DESC",
        village.world.people["liaison"].region,
    )
    more = {} if kind == "report" else {"answers": {}, "zero_confirmed": True}
    item = report(duties[0]["id"], kind=kind, **more)
    answer = await village.world.as_("liaison").post("/submissions", {"items": [item]}, 200)
    assert answer["items"][0]["outcome"] == "created", answer
    number: str = item["id"]
    return number


async def test_a_township_reviews_by_keyboard(village: Village, browser: Browser) -> None:
    first, second = await filed(village), await filed(village, "zero")
    async with desk(village, browser, "reviewer", at="review") as page:
        await expect(page.get_by_role("heading", name="2 份待审核")).to_be_visible()
        await expect(page.locator(".figures").first).to_be_visible()
        await page.keyboard.press("j")
        await expect(page.get_by_text("第 2 份，共 2 份")).to_be_visible()
        await page.keyboard.press("k")
        await expect(page.get_by_text("第 1 份，共 2 份")).to_be_visible()
        await expect(page.locator(".figures").first).to_be_visible()
        await page.keyboard.press("p")
        await expect(page.get_by_role("heading", name="1 份待审核")).to_be_visible()
        await expect(page.locator(".figures").first).to_be_visible()
        await page.keyboard.press("r")
        await page.get_by_label("数字之间对不上，请核对").check()
        await page.fill("#own", "缺外出人数\n请核对返乡人数")
        await page.keyboard.press("Control+Enter")
        await expect(page.get_by_role("heading", name="✓ 都审完了。")).to_be_visible()
    stages = await fetch("SELECT newest::text, stage FROM obligation WHERE newest IS NOT NULL")
    assert {row["newest"]: row["stage"] for row in stages} == {
        first: "accepted",
        second: "returned",
    }
    [decision] = await fetch(
        "SELECT jsonb_path_query_array(defects, '$[*].text')::text AS said FROM review "
        "WHERE decision = 'return'"
    )
    for words in ("数字之间对不上，请核对", "缺外出人数", "请核对返乡人数"):
        assert words in decision["said"]


async def test_zero_reports_are_passed_together_after_a_look(
    village: Village, browser: Browser
) -> None:
    await filed(village, "zero")
    await filed(village, "zero")
    async with desk(village, browser, "reviewer", at="review") as page:
        await page.get_by_role("button", name="一起通过无变化、零报告（2 份）").click()
        await expect(page.locator(".batch tbody tr")).to_have_count(2)
        await page.get_by_role("button", name="2 份全部通过").click()
        await expect(page.get_by_role("heading", name="✓ 都审完了。")).to_be_visible()
    stages = await fetch("SELECT stage FROM obligation WHERE newest IS NOT NULL")
    assert [row["stage"] for row in stages] == ["accepted", "accepted"]


async def test_the_next_one_is_there_at_once(village: Village, browser: Browser) -> None:
    await filed(village)
    await filed(village)
    async with desk(village, browser, "reviewer", at="review") as page:
        await page.wait_for_selector(".figures")
        await page.wait_for_timeout(500)  # while the reviewer reads
        slower = await slowness(page)
        took = [await page.evaluate(_MOVED, key) / slower for key in "jkjkjk"]
    print(f"next shown in {median(took):.0f} ms")
    assert median(took) <= NEXT_MS


# Milliseconds from the key to the other report that is drawn.
_MOVED = """async (key) => {
  const { textContent } = document.querySelector(".acts .quiet");
  const began = performance.now();
  dispatchEvent(new KeyboardEvent("keydown", { key }));
  for (;;) {
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    const shown = document.querySelector(".acts .quiet").textContent !== textContent;
    const took = performance.now() - began;
    if ((shown && document.querySelector(".figures") !== null) || took > 5000) return took;
  }
}"""


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_axe_finds_nothing(village: Village, browser: Browser, language: str) -> None:
    await filed(village)
    async with desk(village, browser, "reviewer", language, "review") as page:
        await page.wait_for_selector(".figures")
        assert await faults(page) == []
        await page.keyboard.press("r")
        await page.wait_for_selector("[role=dialog] textarea")
        await page.wait_for_timeout(400)
        assert await faults(page) == []
        await page.goto("/office#/rates")
        await page.wait_for_selector(".sheet")
        assert await faults(page) == []


async def test_a_liaison_is_shown_the_way_to_the_phone(village: Village, browser: Browser) -> None:
    async with desk(village, browser, "liaison") as page:
        await expect(page.get_by_role("heading", name="这里没有您的工作")).to_be_visible()
        await page.goto("/office#/review")
        await expect(page.get_by_role("heading", name="这里没有您的工作")).to_be_visible()
        await page.get_by_role("button", name="退出登录").click()
        await expect(page.locator("#phone")).to_be_visible()


async def test_the_first_load_is_small(village: Village, browser: Browser) -> None:
    built = ROOT / "backend" / "web" / "office"
    async with phone(browser, village.server.address, **DESK) as context:
        page = await context.new_page()
        names: list[str] = []
        page.on("request", lambda asked: names.append(asked.url.rpartition("/office/")[2]))
        await page.goto("/office")
        await page.wait_for_selector("#phone")
    own = [built / name for name in names if name.startswith("assets/")]
    sizes = [path.with_name(path.name + ".gz").stat().st_size for path in own]
    print(f"first load {sum(sizes) / 1024:.1f} KiB")
    assert len(own) > 2
    assert sum(sizes) <= FIRST_LOAD
