"""What a liaison sees of others' doings: a return, a stand-in's duty, a clock that is wrong."""

from datetime import timedelta
from uuid import UUID

from playwright.async_api import Browser, expect

from backend.clock import system_clock
from backend.store.database import fetch
from tests.e2e.browser import kept_offline, phone, sign_in
from tests.e2e.conftest import Village
from tests.e2e.test_offline import file_zero
from tests.world import PASSWORD

TWO_DAYS = timedelta(days=2)

# A phone whose clock is two days fast.
_FAST = f"""
const Real = Date, ahead = {TWO_DAYS.total_seconds() * 1000};
Date = class extends Real {{
  constructor(...given) {{ given.length ? super(...given) : super(Real.now() + ahead); }}
  static now() {{ return Real.now() + ahead; }}
}};
"""


async def test_a_returned_report_comes_back_with_its_reason(
    village: Village, browser: Browser
) -> None:
    async with phone(browser, village.server.address) as context:
        page = await context.new_page()
        await sign_in(page, village.phone, PASSWORD)
        await file_zero(page)
        await expect(page.get_by_role("heading", name="已送达")).to_be_visible()
        [filed] = await village.submissions()
        village.world.clock.now = system_clock()
        await village.world.review(
            "reviewer", str(filed["id"]), "return", defects=[{"text": "请核对返乡人数"}]
        )
        await page.goto("/#/")
        await page.reload()
        await expect(page.get_by_text("请核对返乡人数")).to_be_visible()
        await expect(page.get_by_role("link", name="去补正")).to_be_visible()


async def test_a_stand_in_is_told_why(village: Village, browser: Browser) -> None:
    async with phone(browser, village.server.address) as context:
        page = await context.new_page()
        await sign_in(page, village.world.people["backup"].phone, PASSWORD)
        await expect(page.get_by_text("B角代办").first).to_be_visible()


async def test_a_clock_two_days_fast_is_told_and_harms_no_report(
    village: Village, browser: Browser
) -> None:
    async with phone(browser, village.server.address) as context:
        await context.add_init_script(_FAST)
        page = await context.new_page()
        await sign_in(page, village.phone, PASSWORD)
        await kept_offline(page)
        await context.set_offline(True)
        await file_zero(page)
        filed_at = system_clock()
        await context.set_offline(False)
        await expect(page.get_by_role("heading", name="已送达")).to_be_visible()
        [row] = await fetch("SELECT counted_at FROM submission")
        assert abs(row["counted_at"] - filed_at) < timedelta(seconds=20)
        await page.goto("/#/outbox")
        await expect(page.get_by_text("按服务器时间")).to_be_visible()
        await page.goto("/#/settings")
        await expect(page.get_by_text("快2天")).to_be_visible()


async def test_who_lost_the_post_is_told_and_keeps_the_unsent(
    village: Village, browser: Browser
) -> None:
    async with phone(browser, village.server.address) as context:
        page = await context.new_page()
        await sign_in(page, village.phone, PASSWORD)
        await kept_offline(page)
        await context.set_offline(True)
        await file_zero(page)
        account: UUID = village.world.people["liaison"].account
        await fetch("UPDATE post SET ends_at = now() WHERE account = $1", account)
        await context.set_offline(False)
        await expect(page.get_by_text("您已不再担任联络员")).to_be_visible()
        await page.goto("/#/outbox")
        await expect(page.get_by_text("没有被接收", exact=True)).to_be_visible()
        async with page.expect_download() as handed_over:
            await page.get_by_role("button", name="导出文件交给人社所").tap()
        assert (await handed_over.value).suggested_filename.endswith(".json")
        await page.goto("/#/")
        await expect(page.locator("article.card")).to_have_count(0)
        assert await village.submissions() == []
