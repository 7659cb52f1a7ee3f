"""First use by link, and a phone that is told why it is signed out."""

import json
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from backend.clock import system_clock
from backend.store.database import fetch
from tests.e2e.browser import faults, kept_offline, phone, sign_in
from tests.e2e.conftest import Village
from tests.e2e.test_offline import file_zero
from tests.world import PASSWORD

PIN = "830264"

HOLD_THE_STORE = """name => new Promise((held) => {
  indexedDB.open(name).onsuccess = ({ target }) => {
    const store = target.result.transaction('obligations', 'readwrite').objectStore('obligations');
    const again = () => { store.count().onsuccess = again; held(); };
    again();
  };
})"""


async def _link(village: Village) -> str:
    village.world.clock.now = system_clock()
    wanted = {"account": str(village.world.people["liaison"].account)}
    issued = await village.world.as_("lead").post("/invitations", wanted)
    return "/#/" + str(issued["link"]).partition("#/")[2]


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_from_the_link_to_the_to_do_list(
    village: Village, browser: Browser, language: str
) -> None:
    async with phone(browser, village.server.address) as context:
        page = await context.new_page()
        await page.add_init_script(f"localStorage['cunbao.language'] = '{language}'")
        link = await _link(village)
        await page.goto(link)
        await page.wait_for_selector("#first")
        secret = link.rpartition("/")[2]
        assert secret not in page.url
        assert secret not in await page.evaluate("JSON.stringify({...localStorage, ...history})")
        assert await faults(page) == []
        await page.fill("#first", PIN)
        await page.fill("#second", "830265")
        await page.click("button.main")
        await expect(page.get_by_role("alert")).to_be_visible()
        await page.fill("#second", PIN)
        await page.click("button.main")
        await page.wait_for_selector("main h1:focus")
        assert await faults(page) == []
        await page.click("button.main")
        await page.wait_for_selector("nav.tabs")
        await page.wait_for_selector("article .button.main")
        for screen in ("settings", "devices", "record"):
            await page.goto(f"/#/{screen}")
            await page.wait_for_selector("main .card, main .center")
            assert await faults(page) == [], screen
    async with phone(browser, village.server.address) as context:
        page = await context.new_page()
        await page.goto(link)
        await page.fill("#first", "517390")
        await page.fill("#second", "517390")
        await page.click("button.main")
        await expect(page.get_by_role("alert")).to_contain_text("已使用过")
    async with phone(browser, village.server.address) as context:
        await sign_in(await context.new_page(), village.phone, PIN)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_revoked_phone_is_told_and_hands_over_what_was_unsent(
    village: Village, browser: Browser, language: str
) -> None:
    async with phone(browser, village.server.address) as context:
        page = await context.new_page()
        await sign_in(page, village.phone, PASSWORD)
        await kept_offline(page)
        await context.set_offline(True)
        await file_zero(page)
        await page.evaluate(f"localStorage['cunbao.language'] = '{language}'")
        village.world.clock.now = system_clock()
        account = village.world.people["liaison"].account
        answer = await village.world.as_("lead").ask("DELETE", f"/accounts/{account}/devices")
        assert answer.status_code == 204
        await page.evaluate(HOLD_THE_STORE, f"cunbao-{account}")
        async with page.expect_response("**/sessions/refresh"):
            await context.set_offline(False)
        # Closed just then, before anything could be cleared.
        await page.wait_for_timeout(300)
        await page.reload()
        handing = page.locator(".notice button")
        await expect(handing).to_be_visible()
        assert await faults(page) == []
        kept = await page.evaluate(
            """async name => {
              const open = indexedDB.open(name);
              const db = await new Promise((done) => (open.onsuccess = () => done(open.result)));
              const ask = db.transaction('obligations').objectStore('obligations').count();
              const count = await new Promise((done) => (ask.onsuccess = () => done(ask.result)));
              db.close();
              return count;
            }""",
            f"cunbao-{account}",
        )
        assert kept == 0, "what came from the server has gone"
        async with page.expect_download() as started:
            await handing.click()
        file = json.loads(Path(await (await started.value).path()).read_text("utf-8"))
        read_in = await village.world.as_("reviewer").post("/rescues", file, 200)
        assert [item["outcome"] for item in read_in["items"]] == ["created"]
        held = await fetch("SELECT id::text FROM submission")
        assert [row["id"] for row in held] == [file["items"][0]["id"]]
