"""A liaison in a yard without a signal: what is filed there arrives once, with a receipt."""

import json

from playwright.async_api import Browser, Page, Route, expect

from backend.clock import system_clock
from backend.store.database import fetch
from tests.e2e.browser import kept_offline, phone, sign_in
from tests.e2e.conftest import Village
from tests.world import PASSWORD


async def file_zero(page: Page) -> None:
    """Files the most pressing duty as a zero report: three taps."""
    await page.goto("/#/")
    await page.locator("article .button.main").first.tap()
    await page.get_by_role("button", name="零报告").tap()
    await page.get_by_role("button", name="确定上报").tap()
    await page.wait_for_selector("section.done")


async def test_a_zero_report_filed_offline_is_sent_once_back_on_line(
    village: Village, browser: Browser
) -> None:
    async with phone(browser, village.server.address) as context:
        page = await context.new_page()
        await sign_in(page, village.phone, PASSWORD)
        await kept_offline(page)
        due = await page.locator("article.card").count()
        await context.set_offline(True)
        await page.reload()  # opens from the phone alone
        await expect(page.locator("article.card")).to_have_count(due)
        await file_zero(page)
        await expect(page.get_by_role("heading", name="已存到手机")).to_be_visible()
        await page.goto("/#/outbox")
        await page.reload()  # and what was filed is still there
        await expect(page.get_by_text("等待送出", exact=True)).to_be_visible()
        assert await village.submissions() == []

        await context.set_offline(False)
        await expect(page.get_by_text("已送达", exact=True)).to_be_visible()
        receipt = await page.locator(".receipt b").inner_text()
        stored = await village.submissions()
        assert [row["kind"] for row in stored] == ["zero"]
        assert all(
            value in (0, None, "") for value in json.loads(str(stored[0]["answers"])).values()
        )
        village.world.clock.now = system_clock()
        found = await village.world.as_("liaison").get("/submissions", receipt=receipt)
        assert found["filings"][-1]["id"] == stored[0]["id"]
        await page.goto("/#/")
        await expect(page.locator("article.card")).to_have_count(due - 1)


async def test_two_tabs_never_send_twice(village: Village, browser: Browser) -> None:
    async with phone(browser, village.server.address) as context:
        first = await context.new_page()
        await sign_in(first, village.phone, PASSWORD)
        await kept_offline(first)
        answered: list[int] = []
        context.on(
            "response",
            lambda answer: (
                answered.append(answer.status) if answer.url.endswith("/submissions") else None
            ),
        )
        await context.set_offline(True)
        await file_zero(first)
        await expect(first.get_by_role("heading", name="已存到手机")).to_be_visible()
        second = await context.new_page()
        await second.goto("/#/outbox")
        await expect(second.get_by_text("等待送出", exact=True)).to_be_visible()
        await context.set_offline(False)  # both tabs hear of it at the same moment
        await expect(second.get_by_text("已送达", exact=True)).to_be_visible()
        await expect(first.get_by_role("heading", name="已送达")).to_be_visible()
        assert len(await village.submissions()) == 1
        assert answered == [200], "the second tab sent what the first was sending"


async def test_a_server_in_trouble_loses_nothing(village: Village, browser: Browser) -> None:
    async with phone(browser, village.server.address) as context:
        page = await context.new_page()
        await sign_in(page, village.phone, PASSWORD)
        await kept_offline(page)
        answers = iter((500, 503, 413))

        async def stumble(route: object) -> None:
            status = next(answers, None)
            if status is None:
                await route.continue_()  # type: ignore[attr-defined]
            else:
                await route.fulfill(status=status, body="no")  # type: ignore[attr-defined]

        await context.route("**/api/v1/submissions", stumble)
        await file_zero(page)
        await page.goto("/#/outbox")
        for _ in range(2):
            await expect(page.get_by_text("等待送出", exact=True)).to_be_visible()
            await page.get_by_role("button", name="现在送出").tap()
            await page.wait_for_timeout(300)
        await expect(page.get_by_text("内容太大，送不出去。")).to_be_visible()
        await page.get_by_role("button", name="再送一次").tap()
        await expect(page.get_by_text("已送达", exact=True)).to_be_visible()
        assert len(await village.submissions()) == 1


async def test_what_is_revoked_leaves_the_phone_but_not_the_unsent(
    village: Village, browser: Browser
) -> None:
    async with phone(browser, village.server.address) as context:
        page = await context.new_page()
        await sign_in(page, village.phone, PASSWORD)
        await kept_offline(page)
        await context.set_offline(True)
        await file_zero(page)
        await expect(page.get_by_role("heading", name="已存到手机")).to_be_visible()
        await fetch("UPDATE session SET ended_at = now(), end_reason = 'revoked'")
        await context.set_offline(False)
        await expect(page.locator("#phone")).to_be_visible()
        await expect(page.get_by_text("登录已结束")).to_be_visible()
        left = await page.evaluate(_STORED)
        assert left == {
            "facts": 0, "villages": 0, "obligations": 0, "forms": 0, "messages": 0,
            "drafts": 0, "outbox": 1, "residents": 0, "changes": 0, "notices": 0, "feedback": 0,
            "letters": 0, "pensioners": 0, "photos": 0, "contents": 0,
        }  # fmt: skip
        assert await page.evaluate("localStorage.getItem('cunbao.session')") is None
        await page.fill("#phone", village.phone)
        await page.fill("#password", PASSWORD)
        await page.tap("button.main")
        await page.wait_for_selector("nav.tabs")
        await page.goto("/#/outbox")
        await expect(page.get_by_text("已送达", exact=True)).to_be_visible()
        assert len(await village.submissions()) == 1


async def test_signing_out_leaves_nothing(village: Village, browser: Browser) -> None:
    async with phone(browser, village.server.address) as context:
        page = await context.new_page()
        await sign_in(page, village.phone, PASSWORD)
        await page.goto("/#/settings")
        await page.get_by_role("button", name="退出登录").tap()
        await page.get_by_role("button", name="删除并退出").tap()
        await expect(page.locator("#phone")).to_be_visible()
        assert await page.evaluate("indexedDB.databases()") == []
        assert await page.evaluate("localStorage.getItem('cunbao.session')") is None


_STORED = """async () => {
  const [{ name }] = await indexedDB.databases();
  const db = await new Promise((resolve) => {
    const asked = indexedDB.open(name);
    asked.onsuccess = () => resolve(asked.result);
  });
  const count = (table) => new Promise((resolve) => {
    const asked = db.transaction(table).objectStore(table).count();
    asked.onsuccess = () => resolve(asked.result);
  });
  const names = [...db.objectStoreNames];
  const counts = await Promise.all(names.map(count));
  db.close();
  return Object.fromEntries(names.map((name, index) => [name, counts[index]]));
}"""


async def test_a_server_that_hangs_is_given_up_and_asked_again(
    village: Village, browser: Browser
) -> None:
    async with phone(browser, village.server.address) as context:
        page = await context.new_page()
        await sign_in(page, village.phone, PASSWORD)
        await kept_offline(page)
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route)

        await context.route("**/api/v1/submissions", hold)
        await page.clock.install()
        await file_zero(page)
        await page.goto("/#/outbox")
        await expect(page.get_by_role("button", name="正在送出")).to_be_visible()
        assert held, "it was asked"
        await page.clock.fast_forward(61_000)
        await expect(page.get_by_text("等待送出", exact=True)).to_be_visible()
        await context.unroute("**/api/v1/submissions")
        await page.get_by_role("button", name="现在送出").tap()
        await expect(page.get_by_text("已送达", exact=True)).to_be_visible()
        assert len(await village.submissions()) == 1


async def test_a_full_phone_says_so_and_loses_nothing(village: Village, browser: Browser) -> None:
    async with phone(browser, village.server.address) as context:
        page = await context.new_page()
        await sign_in(page, village.phone, PASSWORD)
        await kept_offline(page)
        await context.set_offline(True)
        await page.evaluate(_FULL)
        await page.locator("article .button.main").first.tap()
        await page.get_by_role("button", name="零报告").tap()
        await page.get_by_role("button", name="确定上报").tap()
        await expect(page.get_by_text("手机存储空间不够")).to_be_visible()
        await expect(page.locator("section.done")).to_have_count(0)
        await page.evaluate("window.full = false")
        await page.get_by_role("button", name="零报告").tap()
        await page.get_by_role("button", name="确定上报").tap()
        await expect(page.get_by_role("heading", name="已存到手机")).to_be_visible()
        await context.set_offline(False)
        await expect(page.get_by_role("heading", name="已送达")).to_be_visible()
        assert len(await village.submissions()) == 1


# What a browser does with a full disk; headless ones have no quota that could be lowered.
_FULL = """() => {
  const { put } = IDBObjectStore.prototype;
  window.full = true;
  IDBObjectStore.prototype.put = function (...all) {
    const asked = put.apply(this, all);
    if (window.full) this.transaction.abort();
    return asked;
  };
}"""
