"""The office's day: what is late, whom to call, what was said, and what else waits."""

import pytest
from playwright.async_api import Browser, expect

from backend.store import calls
from backend.store.database import fetch
from tests.e2e.browser import faults
from tests.e2e.conftest import Village
from tests.e2e.office import desk
from tests.e2e.test_office import filed
from tests.world import VACANT


async def late(village: Village) -> None:
    """The week before could still be filed, and nobody has."""
    await fetch("UPDATE obligation SET closes_at = now() + interval '3 days'")


async def test_a_late_village_is_called_and_what_it_said_is_kept(
    village: Village, browser: Browser
) -> None:
    await late(village)
    await filed(village)
    async with desk(village, browser, "reviewer") as page:
        await expect(page.get_by_role("heading", name="1 份待审核")).to_be_visible()
        row = page.locator("tr", has=page.get_by_role("rowheader", name="李家屯村民委员会"))
        number = village.world.people["colleague"].phone
        await row.locator("div", has_text="李强").get_by_role("button").click()
        await expect(row.locator(f"a[href='tel:{number}']")).to_be_visible()
        await row.get_by_role("button", name="打过电话了…").click()
        await page.get_by_label("明天下班前").check()
        await page.get_by_label("说了什么（可不填）").fill("在外地，明天回村就报")
        assert await faults(page) == []
        await page.get_by_role("button", name="记下").click()
        await expect(row).to_contain_text("在外地，明天回村就报")
        await expect(row).to_contain_text("说好")
        async with desk(village, browser, "lead") as other:
            await expect(other.locator("main")).to_contain_text("在外地，明天回村就报")
    [note] = await fetch("SELECT note, will_send_by > now() AS ahead FROM call_note")
    assert (note["note"], note["ahead"]) == ("在外地，明天回村就报", True)
    [seen] = await fetch("SELECT subject FROM audit_entry WHERE action = 'phone.see'")
    assert number not in seen["subject"]


async def test_what_was_promised_and_not_kept_is_red(village: Village, browser: Browser) -> None:
    await late(village)
    await fetch(
        "INSERT INTO call_note (id, region, account, at, will_send_by, note) VALUES"
        " (gen_random_uuid(), $1, $2, now() - interval '2 days', now() - interval '1 day', '')",
        VACANT,
        village.world.people["lead"].account,
    )
    async with desk(village, browser, "reviewer") as page:
        await expect(page.locator(".word.red")).to_contain_text("还没有报")


async def test_the_call_list_empties(village: Village, browser: Browser) -> None:
    await calls.add(
        [village.world.people["liaison"].account], "sms", "unreachable", village.world.clock.now
    )
    async with desk(village, browser, "reviewer") as page:
        card = page.locator("section.card", has_text="要打电话通知的（1 人）")
        await card.get_by_role("button", name="已打过").click()
        await expect(card).to_have_count(0)
    [entry] = await fetch("SELECT note, done_at IS NOT NULL AS done FROM call_entry")
    assert (entry["note"], entry["done"]) == ("已电话告知", True)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_axe_finds_nothing(village: Village, browser: Browser, language: str) -> None:
    await late(village)
    await calls.add(
        [village.world.people["liaison"].account], "sms", "unreachable", village.world.clock.now
    )
    async with desk(village, browser, "reviewer", language) as page:
        await page.wait_for_selector(".sheet tbody tr")
        assert await faults(page) == []
        await page.get_by_role("button", name="说明" if language == "zh" else "Help").click()
        assert await faults(page) == []
