"""The county's figures: live, opened to the village behind them, looked back at, drawn."""

import io
from datetime import timedelta
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.async_api import Browser, Download, Page, expect

from backend.clock import system_clock
from backend.domain.calendar import SHANGHAI
from backend.store.database import fetch
from tests.e2e.browser import faults
from tests.e2e.conftest import Village
from tests.e2e.office import desk
from tests.e2e.test_office import filed
from tests.world import TOWN


async def figure(page: Page, town: str, column: str) -> str:
    """What the table of areas says."""
    heads = await page.locator(".sheet thead th").all_inner_texts()
    row = page.locator(".sheet tbody tr", has=page.get_by_role("rowheader", name=town))
    return await row.locator("th, td").nth(heads.index(column)).inner_text()


async def test_a_red_cell_leads_to_the_village_and_its_deadline_is_moved(
    village: Village, browser: Browser
) -> None:
    async with desk(village, browser, "county") as page:
        await page.goto("/office#/rates?view=map")
        await page.get_by_role("button", name="换成表格").click()
        town = page.locator("tr", has=page.get_by_role("rowheader", name="城关镇"))
        await expect(town.locator("td.red").first).to_have_text("0.0 %")
        await town.locator("td.red button").last.click()
        panel = page.locator("aside.panel")
        await expect(panel.locator("tbody tr")).to_have_count(3)
        await panel.get_by_role("button", name="赵家沟村民委员会").click()
        await expect(panel.get_by_text("没有上报。")).to_be_visible()
        later = (system_clock() + timedelta(days=20)).astimezone(SHANGHAI)
        before = system_clock()
        await panel.get_by_label("新的截止时间").fill(f"{later:%Y-%m-%dT18:00}")
        await panel.get_by_label("原因（必填）").fill("全村停电")
        await panel.get_by_role("button", name="确定").click()
        await expect(panel.get_by_text("已经办好")).to_be_visible()
        await expect(panel.get_by_text("原定")).to_be_visible()
        assert await faults(page) == []
        await page.keyboard.press("Escape")
        await expect(panel.locator("tbody tr")).to_have_count(2)
        await page.keyboard.press("Escape")
        await expect(panel).to_have_count(0)
        await page.get_by_role("button", name="表格", exact=True).click()
        assert await figure(page, "城关镇", "应报") == "2"
        address = await page.evaluate("location.hash")
        await page.goto(f"/office{address}&as_of={before:%Y-%m-%dT%H:%M:%S}Z")
        await expect(page.get_by_text("不是现在的")).to_be_visible()
        await expect(page.locator(".sheet tbody tr").first.locator("td").first).to_have_text("3")
        assert await figure(page, "城关镇", "应报") == "3"
    rows = await fetch(
        "SELECT o.region FROM adjustment a JOIN obligation o ON o.id = a.obligation"
        " WHERE a.kind = 'extend' AND a.reason = '全村停电'"
    )
    assert [row["region"] for row in rows] == [TOWN + "203"]


async def test_rates_move_while_a_liaison_files(village: Village, browser: Browser) -> None:
    async with desk(village, browser, "county") as page:
        await page.goto("/office#/rates")
        await page.wait_for_selector(".sheet")
        before = await page.locator(".sheet").inner_text()
        for _ in range(2):  # the week that is due, and the one that is not yet
            await filed(village, "zero")
        await expect(page.locator(".sheet")).not_to_have_text(before, timeout=10_000)


async def test_what_is_on_the_screen_is_taken_out(village: Village, browser: Browser) -> None:
    await filed(village, "zero")
    async with desk(village, browser, "county") as page:
        await page.goto("/office#/rates")
        await page.wait_for_selector(".sheet tbody")
        shown = await page.locator(".sheet tbody tr").all_inner_texts()
        async with page.expect_download() as saved:
            await page.get_by_role("button", name="导出XLSX").click()
        rows = await sheet(await saved.value)
        lines = [each.split("\t") for each in shown]
        assert [row[1:5] for row in rows] == [[town, *map(int, n[:3])] for town, *n in lines]
        town = page.locator("tr", has=page.get_by_role("rowheader", name="城关镇"))
        await town.get_by_role("button", name="应报").click()
        panel = page.locator("aside.panel")
        async with page.expect_download() as saved:
            await panel.get_by_role("button", name="导出XLSX").click()
        villages = await panel.locator("tbody th").all_inner_texts()
        assert sorted(row[1] for row in await sheet(await saved.value)) == sorted(villages)
        assert villages
        assert await faults(page) == []


async def sheet(saved: Download) -> list[list[Any]]:
    """The rows below the header."""
    book = load_workbook(io.BytesIO((await saved.path()).read_bytes()))
    return [list(row) for row in book.worksheets[0].iter_rows(min_row=2, values_only=True)]


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_view_can_be_read_and_saved(
    village: Village, browser: Browser, language: str
) -> None:
    async with desk(village, browser, "monitor", language) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.goto("/office#/rates")
        await page.wait_for_selector(".sheet")
        assert await faults(page) == []
        assert not any("/Chart-" in each for each in asked), "drawings come when wanted"
        for view in ("map", "trend"):
            await page.goto(f"/office#/rates?view={view}")
            await page.wait_for_selector(".card canvas")
            assert await faults(page) == []
            async with page.expect_download() as saved:
                await page.locator(".card button.link").last.click()
            picture = await (await saved.value).path()
            assert picture.read_bytes().startswith(b"\x89PNG")
            await page.locator(".card header button").click()
            await page.wait_for_selector(".card .sheet")
            assert await faults(page) == []
        await page.goto("/office#/rates?count=expected&region=990101")
        await page.wait_for_selector(".panel tbody tr")
        assert await faults(page) == []
        await page.locator(".panel tbody button").first.click()
        await page.wait_for_selector(".panel .facts")
        await expect(page.locator(".panel form")).to_have_count(0)


async def test_who_sees_only_figures_opens_no_village(village: Village, browser: Browser) -> None:
    async with desk(village, browser, "upper") as page:
        await page.wait_for_selector(".sheet")
        await expect(page.locator(".sheet .cell")).to_have_count(0)
