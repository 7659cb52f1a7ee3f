"""The county's papers at the desk: a circular and its correction, requests, the assessment."""

import io
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pypdfium2
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from backend.clock import system_clock
from backend.domain.calendar import SHANGHAI
from backend.store.database import fetch
from tests.e2e.browser import faults
from tests.e2e.conftest import Village
from tests.e2e.office import desk
from tests.e2e.test_office import filed
from tests.world import NEIGHBOUR, TOWN, VACANT

COUNTS = ("expected", "on_time", "late", "missing", "pending", "exempt")


async def saved(page: Page, button: str) -> bytes:
    """What the browser keeps after the button."""
    async with page.expect_download() as coming:
        await page.get_by_role("button", name=button, exact=True).click()
    return Path(await (await coming.value).path()).read_bytes()


async def cells(row: Locator) -> list[str]:
    return [text.strip() for text in await row.locator("th, td").all_inner_texts()]


def numbers_in(workbook: bytes) -> set[tuple[Any, ...]]:
    """Every row of every sheet, its empty cells left out."""
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    return {
        tuple(cell for cell in row if cell is not None)
        for sheet in book
        for row in sheet.iter_rows(values_only=True)
    }


def text_of(pdf: bytes) -> str:
    """What a PDF says, without the blanks that setting it brings in."""
    pages = pypdfium2.PdfDocument(pdf)
    return "".join("".join(page.get_textpage().get_text_range().split()) for page in pages)


async def last_week(village: Village) -> dict[str, Any]:
    """The newest period that is due: its schedule, key and title."""
    rates = await village.world.as_("county").get("/rates", level="county")
    found: dict[str, Any] = max(
        (each for each in rates["periods"] if each["counts"]["expected"]),
        key=lambda each: each["due_at"],
    )
    return found


@pytest.fixture
async def past(village: Village) -> Village:
    """The last week is over: 王芳 has filed, the others have not."""
    world = village.world
    await filed(village, "zero")
    await fetch("UPDATE period SET due_at = now() - interval '3 hours'")
    at = system_clock() - timedelta(hours=2)
    await fetch("UPDATE obligation SET due_at = $1, original_due_at = $1", at)
    world.clock.now = system_clock()
    return village


async def test_a_circular_is_made_kept_and_corrected(past: Village, browser: Browser) -> None:
    world = past.world
    week = await last_week(past)
    async with desk(past, browser, "monitor") as page:
        await page.goto("/office#/circulars")
        await page.get_by_role("button", name="做通报").click()
        await page.get_by_label("一种报表的一期").check()
        option = page.locator("#about-period option", has_text=week["period"])
        await page.select_option("#about-period", await option.get_attribute("value"))
        await page.get_by_role("button", name="固定数字，做成通报").click()
        await expect(page.get_by_role("heading", name=re.compile("人社通报〔.*号"))).to_be_visible()
        [listed] = (await world.as_("county").get("/circulars"))["items"]
        made = await world.as_("county").get(f"/circulars/{listed['id']}")
        total = made["reports"][0]["total"]["counts"]
        expected = [str(total[name]) for name in COUNTS]
        assert (await cells(page.locator("tfoot tr")))[1:7] == expected
        rows = numbers_in(await saved(page, "下载表格"))
        for line in made["reports"][0]["lines"]:
            counts = tuple(line["counts"][name] for name in COUNTS)
            assert any(line["name"] in row and set(counts) <= set(row) for row in rows), line
        paper = text_of(await saved(page, "下载 PDF"))
        for words in (listed["document_number"], made["digest"][:8], "赵家沟"):
            assert words in paper, words
        await page.get_by_role("button", name="发布", exact=True).click()
        await expect(page.get_by_role("button", name="发布", exact=True)).to_have_count(0)
        body = {"kind": "exempt", "reason": "停电", "region": VACANT, "period": week["period"]}
        await world.as_("county").post("/adjustments", {**body, "schedule": week["schedule"]})
        await page.get_by_role("button", name="更正（出新版）").click()
        await page.fill("#why", "漏登停电")
        await page.get_by_role("button", name="重新统计").click()
        await expect(page.get_by_role("heading", name=re.compile("更正了 .* 项"))).to_be_visible()
        second = await world.as_("county").get(f"/circulars/{listed['id']}")
        assert (second["version"], second["reason"]) == (2, "漏登停电")
        shown = [await cells(row) for row in await page.locator(".changes tbody tr").all()]
        assert len(shown) == len(second["changes"])
        assert ["赵家沟村民委员会", "报送情况"] in [row[1:3] for row in shown]
        await page.get_by_label("版本").select_option("1")
        await expect(page.locator("tfoot td").first).to_have_text(expected[0])
        await printed(page, listed)


async def printed(page: Page, listed: dict[str, Any]) -> None:
    """The page that the browser prints: no menu, and all the figures."""
    await page.goto(f"/office#/paper/circulars/{listed['id']}/2")
    await expect(page.locator("h1")).to_have_text("示范县报送情况通报")
    assert await page.locator("nav").count() == 0
    assert await faults(page) == []
    await page.emulate_media(media="print")
    # As shown, not as its PDF spells it: that depends on the fonts a machine has.
    text = await page.inner_text("body")
    assert listed["document_number"] in text
    assert "漏报" in text
    assert (await page.pdf()).startswith(b"%PDF")


async def test_a_draft_is_not_the_offices(past: Village, browser: Browser) -> None:
    week = await last_week(past)
    about = {"schedule": week["schedule"], "period": week["period"]}
    made = await past.world.as_("county").post("/circulars", about)
    async with desk(past, browser, "reviewer", "en") as page:
        await page.goto("/office#/circulars")
        await expect(page.get_by_text("No circulars yet.")).to_be_visible()
        await expect(page.get_by_role("button", name="Make a circular")).to_have_count(0)
        number = made["circular"]["id"]
        await past.world.as_("county").post(f"/circulars/{number}/versions/1/publish", status=200)
        await page.reload()
        await page.get_by_role("link", name=re.compile("号$")).click()
        await expect(page.locator("tfoot")).to_be_visible()
        await expect(page.get_by_role("button", name="Correct (new version)")).to_have_count(0)


async def open_duty(village: Village, who: str) -> dict[str, Any]:
    """The duty of somebody's village that is due last."""
    world = village.world
    found = await world.as_("county").get("/obligations", region=world.people[who].region)
    duty: dict[str, Any] = max(found["items"], key=lambda each: each["due_at"])
    return duty


async def ask(village: Village, who: str, number: str, duty: dict[str, Any]) -> str:
    """Somebody asks for three days more; gives until when, as it is typed."""
    wanted = datetime.fromisoformat(duty["due_at"]) + timedelta(days=3)
    body = {"id": number, "obligation": duty["id"], "kind": "extend", "reason": "全村停电"}
    await village.world.as_(who).post("/requests", {**body, "due_at": wanted.isoformat()})
    return wanted.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")


async def test_a_request_is_advised_on_decided_and_moves_the_deadline(
    village: Village, browser: Browser
) -> None:
    world = village.world
    world.clock.now = system_clock()
    duty, other = await open_duty(village, "liaison"), await open_duty(village, "colleague")
    wanted = await ask(village, "liaison", "0e000000-0000-4000-8000-000000000001", duty)
    await ask(village, "colleague", "0e000000-0000-4000-8000-000000000002", other)
    async with desk(village, browser, "reviewer") as page:
        await page.goto("/office#/requests")
        row = page.locator("tbody tr", has_text="王家庄")
        await row.get_by_role("button", name="提意见").click()
        await page.fill("#advice-note", "情况属实")
        await page.get_by_role("button", name="同意", exact=True).click()
        await expect(row).to_contain_text("同意 情况属实")
        await expect(row.get_by_role("button")).to_have_count(0)
    async with desk(village, browser, "county") as page:
        await page.goto("/office#/requests")
        row = page.locator("tbody tr", has_text="王家庄")
        await expect(row).to_contain_text("同意 情况属实")
        for name in ("王家庄村民委员会", "李家屯村民委员会"):
            await page.get_by_label(name).check()
        await page.get_by_role("button", name="一起决定（2 件）").click()
        await page.get_by_role("button", name="同意", exact=True).click()
        await expect(page.get_by_text("✓ 已同意 2 件。")).to_be_visible()
        await expect(page.get_by_text("没有待决定的申请。")).to_be_visible()
        await page.get_by_role("button", name="执行中").click()
        await expect(page.locator("tbody tr")).to_have_count(2)
    world.clock.now = system_clock()
    for before, who in ((duty, "liaison"), (other, "colleague")):
        now = await world.as_(who).get(f"/obligations/{before['id']}")
        moved = datetime.fromisoformat(now["due_at"])
        assert moved > datetime.fromisoformat(before["due_at"]) + timedelta(days=2)
    now = await world.as_("liaison").get(f"/obligations/{duty['id']}")
    assert datetime.fromisoformat(now["due_at"]) == datetime.fromisoformat(f"{wanted}+08:00")


async def test_the_county_waives_for_some_villages_after_a_preview(
    village: Village, browser: Browser
) -> None:
    week = await last_week(village)
    async with desk(village, browser, "county") as page:
        await page.goto("/office#/requests")
        await page.get_by_role("button", name="直接延期或免报").click()
        option = page.locator("#adjust-period option", has_text=week["period"])
        await page.select_option("#adjust-period", await option.get_attribute("value"))
        await page.select_option("#adjust-township", TOWN)
        for name in ("李家屯村民委员会", "赵家沟村民委员会"):
            await page.get_by_role("dialog").get_by_label(name).check()
        await page.get_by_role("radio", name="免报").check()
        await page.fill("#adjust-why", "全镇停电")
        await page.get_by_role("button", name="预览").click()
        await expect(page.get_by_text("将改变 2 件任务")).to_be_visible()
        assert await fetch("SELECT 1 FROM adjustment") == []
        assert await faults(page) == []
        await page.get_by_role("button", name="执行（2 件）").click()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(page.locator("tbody tr")).to_have_count(2)
        rows = await fetch("SELECT region FROM obligation WHERE exempt_at IS NOT NULL ORDER BY 1")
        assert [row["region"] for row in rows] == [NEIGHBOUR, VACANT]
        await page.locator("tbody tr", has_text="赵家沟").get_by_role("button").click()
        await page.fill("#restore-why", "已恢复供电")
        await page.get_by_role("dialog").get_by_role("button", name="恢复上报").click()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(page.locator("tbody tr")).to_have_count(1)
    rows = await fetch("SELECT region FROM obligation WHERE exempt_at IS NOT NULL")
    assert [row["region"] for row in rows] == [NEIGHBOUR]


async def test_the_assessment_weighs_as_the_county_says(past: Village, browser: Browser) -> None:
    async with desk(past, browser, "county") as page:
        await page.goto("/office#/assessment")
        await expect(page.locator("thead")).to_contain_text("权重 40")
        await page.get_by_role("button", name="修改权重").click()
        await page.fill("#weight-on_time", "30")
        await expect(page.get_by_role("dialog").get_by_role("button", name="保存")).to_be_disabled()
        await page.fill("#weight-report", "30")
        assert await faults(page) == []
        await page.get_by_role("button", name="保存").click()
        await expect(page.locator("thead")).to_contain_text("权重 30")
        quarter = await page.locator("#quarter").input_value()
        past.world.clock.now = system_clock()
        found = await past.world.as_("county").get(f"/assessments/{quarter}")
        for township in found["townships"]:
            row = page.locator("tbody tr", has_text=township["name"])
            score = township["score"]
            last = (await cells(row))[-1]
            assert last == ("—" if score is None else f"{score:.2f}")
        rows = numbers_in(await saved(page, "下载表格"))
        assert any("城关镇" in row for row in rows)
        await page.get_by_role("button", name="补助").click()
        await page.get_by_role("button", name="修改单价").click()
        await page.get_by_role("dialog").locator("input").first.fill("2.50")
        await page.get_by_role("button", name="保存").click()
        await expect(page.get_by_role("dialog")).to_have_count(0)
    past.world.clock.now = system_clock()
    prices = await past.world.as_("county").get("/county-rules/prices")
    assert [each["price_fen"] for each in prices["items"]] == [250]
