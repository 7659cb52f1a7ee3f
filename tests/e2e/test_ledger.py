"""The ledger on the phone: changed in three taps without a signal, and then at the server."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Page, expect

from backend.clock import system_clock
from backend.store.database import fetch, to_json
from tests.e2e.browser import faults, kept_offline, phone, sign_in
from tests.e2e.conftest import Village
from tests.e2e.speed import slowness
from tests.e2e.test_screens import _SMALL, _overflow
from tests.rosters import id_number
from tests.world import COUNTY, PASSWORD, VILLAGE

BORN = date(1985, 6, 15)
QUICK_MS = 100


async def listed(village: Village, *names: str) -> dict[str, str]:
    """People of the village's ledger, by name."""
    rows = []
    for order, name in enumerate(names):
        number = id_number(order % 1000, date(1980 + order // 1000, 6, 15))
        facts = {"name": name, "status": "farm", "group_no": f"{order % 8 + 1}组"}
        vault = village.world.vault
        sealed = (vault.seal(number), vault.id_number_index(number))
        rows.append((uuid4(), *sealed, BORN, to_json(facts)))
    columns = [list(column) for column in zip(*rows, strict=True)]
    await fetch(
        """INSERT INTO resident (id, county, region, id_number_sealed, id_number_index, born_on,
            facts, stamps, created_at, changed_at, change_no)
        SELECT i.id, $1, r.key, i.sealed, i.index, i.born, i.facts::jsonb, '{}', now(), now(),
            r.change_no + 1
        FROM unnest($3::uuid[], $4::bytea[], $5::bytea[], $6::date[], $7::text[])
            AS i(id, sealed, index, born, facts), region r WHERE r.key = $2""",
        COUNTY,
        VILLAGE,
        *columns,
    )
    await fetch("UPDATE region SET change_no = change_no + 1 WHERE key = $1", VILLAGE)
    return {name: str(row[0]) for name, row in zip(names, rows, strict=True)}


async def stored(number: str) -> dict[str, Any]:
    [row] = await fetch(
        "SELECT facts->>'status' AS status, gone_on FROM resident WHERE id::text = $1", number
    )
    return dict(row)


async def test_three_taps_without_a_signal_then_at_the_server(
    village: Village, browser: Browser
) -> None:
    people = await listed(village, "李大山", "王小河")
    async with phone(browser, village.server.address) as context:
        page = await context.new_page()
        await sign_in(page, village.phone, PASSWORD)
        await kept_offline(page)
        await page.get_by_role("link", name="村里的人").tap()
        await expect(page.get_by_text("2 人", exact=True)).to_be_visible()
        await page.goto("/#/ledger/new")  # every screen has been opened once
        await page.goto(f"/#/ledger/{people['王小河']}")
        await expect(page.get_by_text("现在：务农")).to_be_visible()
        await context.set_offline(True)
        await page.goto("/#/ledger")
        await page.reload()
        await page.fill("#search", "大山")
        await expect(page.get_by_role("status").filter(has_text="1 人")).to_be_visible()

        await page.get_by_role("link", name="李大山").tap()
        await page.get_by_role("button", name="灵活就业").tap()
        await page.get_by_role("button", name="保存").tap()
        await expect(page.get_by_text("现在：灵活就业")).to_be_visible()
        await expect(page.get_by_text("等待送出", exact=True)).to_be_visible()
        await page.reload()  # a dead battery takes nothing
        await expect(page.get_by_text("现在：灵活就业")).to_be_visible()
        assert (await stored(people["李大山"]))["status"] == "farm"

        await page.goto("/#/ledger/new")
        await page.fill("#name", "赵新来")
        await page.fill("#number", id_number(900, BORN))
        await page.get_by_role("button", name="失业").tap()
        await page.get_by_role("button", name="保存").tap()
        await expect(page.get_by_role("heading", name="赵新来", exact=True)).to_be_visible()

        await context.set_offline(False)
        await expect(page.get_by_text("已送达")).to_be_visible()
        assert (await stored(people["李大山"]))["status"] == "flex"
        found = await fetch(
            "SELECT facts->>'status' AS s FROM resident WHERE facts->>'name' = $1", "赵新来"
        )
        assert [row["s"] for row in found] == ["unemployed"]
        village.world.clock.now = system_clock()
        changes = await fetch("SELECT captured_at, received_at FROM resident_change")
        assert all(row["captured_at"] < row["received_at"] for row in changes)
        await page.get_by_role("button", name="看以前的修改").tap()
        await expect(page.get_by_text("新增")).to_be_visible()


async def test_what_is_refused_says_why_and_can_be_given_up(
    village: Village, browser: Browser
) -> None:
    people = await listed(village, "李大山")
    async with phone(browser, village.server.address) as context:
        page = await context.new_page()
        await sign_in(page, village.phone, PASSWORD)
        await page.goto(f"/#/ledger/{people['李大山']}")
        await expect(page.get_by_text("现在：务农")).to_be_visible()
        await fetch("UPDATE resident SET gone_on = '2026-11-01'")
        await page.get_by_role("button", name="在校").tap()
        await page.get_by_role("button", name="保存").tap()
        await expect(page.get_by_text("此人已迁出或去世，不能再改。")).to_be_visible()
        await page.goto("/#/outbox")
        await page.get_by_role("button", name="不改了").tap()
        await expect(page.get_by_text("没有被接收", exact=True)).to_have_count(0)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("large", "width"), [(False, 390), (True, 390), (False, 260)], ids=["normal", "large", "150%"]
)
async def test_axe_finds_nothing_in_the_ledger(
    village: Village, browser: Browser, language: str, large: bool, width: int
) -> None:
    people = await listed(village, "李大山", "王小河", "欧阳建设")
    size = {"width": width, "height": 844}
    async with phone(browser, village.server.address, viewport=size) as context:
        page = await context.new_page()
        await page.add_init_script(
            f"localStorage['cunbao.language'] = '{language}';"
            f"localStorage['cunbao.large'] = '{int(large)}'"
        )
        await sign_in(page, village.phone, PASSWORD)
        found: dict[str, list[str]] = {}
        for screen in ("", "ledger", f"ledger/{people['李大山']}", "ledger/new"):
            await page.goto(f"/#/{screen}")
            await page.wait_for_selector("main button, main a")
            await _tapped(page)
            found[screen] = await faults(page)
            assert await _overflow(page) <= 0, f"{screen} is wider than the phone"
            assert await page.evaluate(_SMALL) == []
        assert {screen: wrong for screen, wrong in found.items() if wrong} == {}


async def _tapped(page: Page) -> None:
    """Opens what a choice unfolds, where there is one."""
    choice = page.locator(".choice button").nth(1)
    if await choice.count():
        await choice.tap()
        await page.locator("main > button.main").tap()
        await page.wait_for_selector("[role=alert]")


async def test_two_thousand_people_answer_at_once(village: Village, browser: Browser) -> None:
    await listed(village, *(f"李{order:04}" for order in range(2000)))
    async with phone(browser, village.server.address) as context:
        page = await context.new_page()
        await sign_in(page, village.phone, PASSWORD)
        await page.goto("/#/ledger")
        await expect(page.get_by_text("2000 人", exact=True)).to_be_visible()
        slower = await slowness(page)
        typed = ("李1", "李19", "李199", "李", "")
        took = [await page.evaluate(_TYPED, text) / slower for text in typed]
        assert min(took) <= QUICK_MS, took
        await expect(page.locator(".people li")).to_have_count(24)
        await page.get_by_role("button", name="再显示").tap()
        await expect(page.locator(".people li")).to_have_count(48)


# Milliseconds from a key to the list that answers it.
_TYPED = """async (text) => {
  const field = document.querySelector('#search');
  const began = performance.now();
  field.value = text;
  field.dispatchEvent(new Event('input'));
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  return performance.now() - began;
}"""
