"""The county designs a form that a phone then shows, its due days, reminders and days off."""

from datetime import timedelta

import pytest
from playwright.async_api import Browser, Page, expect

from backend.clock import system_clock
from backend.domain.calendar import local_day
from backend.store.database import fetch_value
from tests.e2e.browser import faults, phone, sign_in
from tests.e2e.conftest import Village
from tests.e2e.office import desk
from tests.http.tools import duty_of
from tests.world import PASSWORD, VILLAGE

RULE = "“其中女性” 不大于 “人数”"
SAYS = "女性不能多于人数。"


async def design(page: Page) -> None:
    """A form of two questions and a check, picked from lists."""
    await page.get_by_role("button", name="新建表单").click()
    await page.fill("#form-zh", "公路用工周报")
    await page.fill("#form-en", "Road works")
    await page.fill("#form-code", "road_weekly")
    await page.get_by_role("button", name="开始设计").click()
    await page.get_by_role("button", name="加一个问题").click()
    await page.fill("#label-zh", "其中女性")
    await page.get_by_role("button", name="确定").click()
    await expect(page.get_by_role("status").filter(has_text="英文")).to_have_count(0)
    await expect(page.locator(".warned")).to_contain_text("“公路用工周报” › “其中女性” › 名称")
    await page.get_by_role("button", name="其中女性", exact=True).click()
    await page.fill("#label-en", "Of these, women")
    await page.get_by_role("button", name="确定").click()
    await page.get_by_role("button", name="加一条检查").click()
    await page.select_option("#must-left-add", label="其中女性")
    await page.select_option("#must-right-add", label="人数")
    await expect(page.get_by_role("dialog")).to_contain_text(f"读作：{RULE}")
    await page.fill("#message-zh", SAYS)
    await page.fill("#message-en", "Women are people.")
    assert await faults(page) == []
    await page.get_by_role("button", name="确定").click()
    await expect(page.get_by_role("region", name="检查")).to_contain_text(RULE)


async def try_it(page: Page) -> None:
    trial = page.get_by_role("region", name="试填")
    await expect(trial).to_contain_text("1 条检查中，试填时起过作用的有 0 条")
    await trial.get_by_label("人数").fill("3")
    await trial.get_by_label("其中女性").fill("5")
    await expect(trial.get_by_role("alert")).to_have_text([SAYS])
    await trial.get_by_label("其中女性").fill("2")
    await expect(trial).to_contain_text("这样可以上报")
    await expect(trial).to_contain_text("1 条检查中，试填时起过作用的有 1 条")


async def schedule(page: Page) -> None:
    """Weekly, due on Sunday, from this week on."""
    monday = local_day(system_clock())
    monday -= timedelta(days=monday.weekday())
    await page.goto("/office#/schedules")
    await page.get_by_role("button", name="新的期次").click()
    await page.select_option("#plan-form", label="公路用工周报 · 第 1 版")
    await expect(page.locator("#plan-zh")).to_have_value("公路用工周报")
    await page.select_option("#cadence", label="每周")
    await page.select_option("#weekday", label="星期日")
    await page.fill("#starts", monday.isoformat())
    coming = page.get_by_role("dialog").locator("tbody tr")
    await expect(coming).to_have_count(12)
    year, week, _ = monday.isocalendar()
    await expect(coming.first).to_contain_text(f"{year}-W{week:02}")
    await expect(coming.filter(has_text="休息，顺延").first).to_be_visible()
    assert await faults(page) == []
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_role("heading", name="公路用工周报")).to_be_visible()


async def test_a_form_is_designed_tried_published_and_filled_in(
    village: Village, browser: Browser
) -> None:
    world = village.world
    async with desk(village, browser, "county", at="forms") as page:
        await design(page)
        await try_it(page)
        await page.get_by_role("button", name="保存草稿").click()
        await expect(page.get_by_role("button", name="已保存")).to_be_visible()
        assert await faults(page) == []
        await page.get_by_role("button", name="发布").click()
        sheet = page.get_by_role("dialog")
        await expect(sheet).to_contain_text("还没有期次用这张表单")
        await sheet.get_by_role("button", name="发布").click()
        await expect(page.get_by_text("发布的版本不再改动")).to_be_visible()
        await expect(page.get_by_role("button", name="加一个问题")).to_have_count(0)
        await schedule(page)
        number = int(page.url.rpartition("/")[2])
        world.clock.now = system_clock()
        await world.open()
        async with phone(browser, village.server.address) as context:
            await fill_in(await context.new_page(), village, await due(village, number))
        await next_version(page, village, number)


async def due(village: Village, number: int) -> int:
    return await duty_of(village.world, VILLAGE, schedule=number)


async def fill_in(page: Page, village: Village, duty: int) -> None:
    """What the county wrote is what the phone asks and says."""
    await sign_in(page, village.phone, PASSWORD)
    await page.goto(f"/#/duty/{duty}")
    await page.get_by_role("link", name="填数字").tap()
    await page.fill("#q1", "3")
    await page.fill("#q2", "5")
    await page.get_by_role("button", name="下一步").tap()
    await expect(page.locator("#q2-wrong")).to_contain_text(SAYS)
    await page.fill("#q2", "2")
    await page.get_by_role("button", name="下一步").tap()
    await page.get_by_role("button", name="确定上报").tap()
    await expect(page.get_by_role("heading", name="已送达")).to_be_visible()
    held = await fetch_value("SELECT answers::text FROM submission WHERE obligation = $1", duty)
    assert held == '{"q1": 3, "q2": 2}'


async def next_version(page: Page, village: Village, number: int) -> None:
    """Open periods keep the version they were opened with; the schedule takes the next one."""
    await page.goto("/office#/forms")
    await page.get_by_role("link", name="第 1 版", exact=True).last.click()
    await page.get_by_role("button", name="照这个做下一版").click()
    await page.get_by_role("button", name="把“其中女性”往上移").click()
    await page.get_by_role("button", name="发布").click()
    sheet = page.get_by_role("dialog")
    await expect(sheet).to_contain_text("这些检查在试填时一次也没有起过作用")
    await expect(sheet).to_contain_text("期继续用第 1 版")
    assert await faults(page) == []
    await sheet.get_by_role("button", name="发布").click()
    await expect(sheet).to_have_count(0)
    county = village.world.as_("county")
    [held] = [s for s in (await county.get("/schedules"))["items"] if s["id"] == number]
    assert held["version"] == 2
    assert {each["version"] for each in await county.get(f"/schedules/{number}/periods")} == {1}


async def test_an_unsent_draft_outlives_a_closed_tab(village: Village, browser: Browser) -> None:
    async with desk(village, browser, "county", at="forms") as page:
        await design(page)
        await page.reload()
        await expect(page.get_by_role("region", name="检查")).to_contain_text(RULE)
        await page.get_by_role("button", name="丢掉草稿").click()
        await page.get_by_role("dialog").get_by_role("button", name="丢掉草稿").click()
        await expect(page.locator("tbody tr")).to_have_count(8)
    assert await fetch_value("SELECT count(*) FROM form WHERE owner <> ''") == 0


async def test_reminders_are_changed_seen_and_published(village: Village, browser: Browser) -> None:
    async with desk(village, browser, "county", at="schedules") as page:
        await page.locator("tbody a").first.click()
        await page.get_by_role("button", name="修改催报").click()
        await page.get_by_label("离截止几个工作日（负数是之前）").first.fill("-2")
        await page.get_by_role("button", name="存成草稿").click()
        sheet = page.get_by_role("dialog")
        await expect(sheet).to_contain_text("联络员")
        await expect(sheet).to_contain_text("王芳")
        assert await faults(page) == []
        await sheet.get_by_role("button", name="发布").click()
        await expect(page.get_by_text("截止前 2 个工作日 09:00")).to_be_visible()
        await expect(page.get_by_role("button", name="第 1 版")).to_be_visible()
    assert await fetch_value("SELECT version FROM ladder ORDER BY published_at DESC LIMIT 1") == 2


def notice(year: int) -> str:
    """A year's holidays in the words of the State Council's notice."""
    days = {
        "元旦": "1月1日至3日放假，共3天",
        "春节": "2月3日至9日放假，共7天",
        "清明节": "4月4日放假",
        "劳动节": "5月1日至5日放假，共5天",
        "端午节": "6月16日放假",
        "中秋节": "9月22日放假",
        "国庆节": f"{year}年10月1日至7日放假，共7天",
    }
    numbered = zip("一二三四五六七", days.items(), strict=True)
    return "\n".join(f"{number}、{name}：{when}。" for number, (name, when) in numbered)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_next_years_days_off_are_adopted_and_one_is_changed(
    village: Village, browser: Browser, language: str
) -> None:
    year = local_day(system_clock()).year + 3
    zh = language == "zh"
    async with desk(village, browser, "county", language, at="calendar") as page:
        await page.select_option("#year", str(year))
        await page.fill("#notice", notice(year)[20:])
        await page.get_by_role("button", name="读一读" if zh else "Read it").click()
        await expect(page.get_by_role("alert")).to_contain_text("元旦")
        await page.fill("#notice", notice(year))
        await page.get_by_role("button", name="读一读" if zh else "Read it").click()
        await expect(page.locator(".adopt")).to_contain_text("25")
        assert await faults(page) == []
        await page.get_by_role("button", name="采用" if zh else "Adopt").click()
        await expect(page.get_by_role("status")).to_contain_text(str(year))
        await expect(page.locator(".adopt")).to_have_count(0)
        await page.locator(f"#day-{year}-01-01").focus()
        for key in ("ArrowDown", "ArrowRight"):
            await page.keyboard.press(key)
        await page.keyboard.press("Enter")
        sheet = page.get_by_role("dialog")
        await sheet.get_by_role("radio").last.check()
        await page.fill("#day-note", "县运会")
        await sheet.get_by_role("button", name="就这样定" if zh else "Set the day").click()
        await expect(page.locator(f"#day-{year}-01-09")).to_contain_text("县" if zh else "co.")
        assert await faults(page) == []
    held = await village.world.as_("county").get("/calendar", year=year)
    assert held["seeded"] is True
    said = {each["date"]: each for each in held["days"]}
    assert said[f"{year}-01-09"]["note"] == "县运会"
    assert said[f"{year}-02-03"]["source"] == "notice"
    async with desk(village, browser, "reviewer", language, at="calendar") as page:
        await page.locator(f"#day-{year - 3}-01-05").click()
        await expect(page.get_by_role("dialog").get_by_role("radio")).to_have_count(0)
