"""A monthly report typed on the phone: totals, faults by the field, reasons, drafts, few taps."""

import json
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from backend.clock import system_clock
from backend.domain.calendar import local_day, local_instant
from backend.store.database import fetch, fetch_value
from tests.e2e.browser import faults, kept_offline, kill, launch_kept, phone, sign_in
from tests.e2e.conftest import Village
from tests.http.tools import duty_of
from tests.world import PASSWORD, VILLAGE

CASES = Path(__file__).parents[1] / "cases"
LAST: dict[str, Any] = json.loads((CASES / "form_labor_monthly.json").read_text("utf-8"))["answers"]
DUE = {"kind": "day", "number": 28, "at": "18:00"}
TITLE = {"zh": "农村劳动力就业月报", "en": "Monthly labour report"}


@dataclass
class Month:
    """A monthly duty whose last period was accepted with `LAST`."""

    village: Village
    duty: int

    async def stored(self) -> dict[str, Any]:
        """What the server holds of it: kind, answers, reasons."""
        [row] = await fetch(
            "SELECT kind, answers::text, reasons::text FROM submission WHERE obligation = $1",
            self.duty,
        )
        return {
            "kind": row["kind"],
            "answers": json.loads(row["answers"]),
            "reasons": json.loads(row["reasons"]),
        }


@pytest.fixture
async def month(village: Village) -> Month:
    return await monthly(village, "LABOR_MONTHLY", LAST)


async def monthly(village: Village, code: str, last: dict[str, Any]) -> Month:
    """Last month's report was filed and accepted; this month's is due."""
    world, now = village.world, system_clock()
    before = (local_day(now).replace(day=1) - timedelta(days=1)).replace(day=1)
    world.clock.now = _on(before.replace(day=20))
    timetable = {"due": DUE, "opens_workdays_before": None, "closes_workdays_after": 20}
    schedule = await world.schedule(
        code, cadence="monthly", timetable=timetable, title=TITLE, starts_on=before
    )
    await world.open()
    first = await duty_of(world, VILLAGE, schedule=schedule)
    filed = await world.file("liaison", obligation=first, answers=last)
    assert filed["outcome"] == "created", filed
    assert (await world.review("reviewer", filed["id"], "pass"))["outcome"] == "done"
    world.clock.now = now
    await world.open()
    duty = await fetch_value(
        "SELECT max(id) FROM obligation WHERE schedule = $1 AND region = $2", schedule, VILLAGE
    )
    return Month(village, duty)


def _on(day: Any) -> datetime:
    return local_instant(day, time(10))


async def begin(page: Page, month: Month) -> None:
    await page.goto(f"/#/duty/{month.duty}")
    await page.get_by_role("link", name="填数字").tap()
    await page.wait_for_selector("#emp_unit")


async def go_on(page: Page) -> None:
    await page.get_by_role("button", name="下一步").tap()


async def through_the_rest(page: Page) -> None:
    """From the second page to the last, typing what last period does not say."""
    await go_on(page)
    await go_on(page)
    await page.fill("#mig_new", "0")
    await page.fill("#mig_back", "0")
    await go_on(page)
    await go_on(page)


async def test_a_report_is_typed_corrected_and_arrives_as_typed(
    month: Month, browser: Browser
) -> None:
    async with phone(browser, month.village.server.address) as context:
        page = await context.new_page()
        await sign_in(page, month.village.phone, PASSWORD)
        await begin(page, month)
        assert await page.input_value("#emp_unit") == str(LAST["emp_unit"]), "from last period"
        assert await page.get_attribute("#emp_unit", "inputmode") == "numeric"

        await page.fill("#emp_unit", "十二")
        await go_on(page)
        await expect(page.locator("#emp_unit-wrong")).to_contain_text("请填整数")
        more = LAST["emp_unit"] + 1
        await page.fill(
            "#emp_unit", str(more).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
        )
        await expect(page.locator("output").first).to_have_text(str(LAST["employed"] + 1))
        await go_on(page)

        await page.fill("#unemp_reg", str(LAST["unemployed"] + 1))
        await go_on(page)
        await expect(page.locator("#unemp_reg-wrong")).to_contain_text(
            "登记失业人数不能多于失业人数"
        )
        await page.fill("#unemp_reg", "0")
        await through_the_rest(page)

        await expect(page.locator(".changes")).to_contain_text("单位就业")
        await page.fill("#remark", "新开了一家厂")
        await page.get_by_role("button", name="确定上报").tap()
        await expect(page.get_by_role("heading", name="已送达")).to_be_visible()
        flows = {"mig_new": 0, "mig_back": 0}
        totals = {key: LAST[key] + 1 for key in ("employed", "labor_total", "wa_total")}
        expected = {**LAST, **flows, **totals, "emp_unit": more, "unemp_reg": 0}
        assert await month.stored() == {"kind": "report", "answers": expected, "reasons": {}}


async def test_a_warning_wants_a_reason(month: Month, browser: Browser) -> None:
    async with phone(browser, month.village.server.address) as context:
        page = await context.new_page()
        await sign_in(page, month.village.phone, PASSWORD)
        await begin(page, month)
        await page.fill("#emp_farm", str(LAST["emp_farm"] + LAST["employed"]))
        await go_on(page)
        await through_the_rest(page)
        send = page.get_by_role("button", name="确定上报")
        await expect(send).to_be_disabled()
        for box in await page.locator("textarea[id^=reason-]").all():
            await box.fill("合作社扩种")
        await send.tap()
        await expect(page.get_by_role("heading", name="已送达")).to_be_visible()
        reasons = (await month.stored())["reasons"]
        assert reasons["employed_change"] == "合作社扩种"


_DRAFT = """async () => {
  const [{ name }] = await indexedDB.databases();
  const done = (asked) => new Promise((resolve) => (asked.onsuccess = () => resolve(asked.result)));
  const db = await done(indexedDB.open(name));
  const [draft] = await done(db.transaction('drafts').objectStore('drafts').getAll());
  db.close();
  return draft?.answers.emp_self;
}"""


async def test_a_draft_outlives_a_reload_and_a_killed_browser(month: Month, tmp_path: Path) -> None:
    """A browser of its own with a folder to keep, killed as a dead battery does."""
    async with async_playwright() as playwright:
        context = await launch_kept(playwright, month.village.server.address, tmp_path)
        page = context.pages[0]
        await sign_in(page, month.village.phone, PASSWORD)
        await kept_offline(page)
        await context.set_offline(True)
        await begin(page, month)
        await page.fill("#emp_self", "7")
        await page.reload()
        await expect(page.locator("#emp_self")).to_have_value("7")
        await page.fill("#emp_self", "8")
        while await page.evaluate(_DRAFT) != 8:  # as soon as it is written down
            await page.wait_for_timeout(20)
        kill(tmp_path)

        again = await launch_kept(playwright, month.village.server.address, tmp_path)
        page = again.pages[0]
        await page.goto("/")
        await page.wait_for_selector("#phone, article.card")
        if await page.locator("#phone").is_visible():  # who signed in seconds ago may have to again
            await sign_in(page, month.village.phone, PASSWORD)
        await page.goto(f"/#/duty/{month.duty}")
        await page.get_by_role("link", name="继续填").tap()
        await expect(page.locator("#emp_self")).to_have_value("8")
        await again.close()


@pytest.mark.parametrize("code", ["LABOR_MONTHLY", "POVERTY_MONTHLY"])
async def test_nothing_new_takes_three_taps(village: Village, browser: Browser, code: str) -> None:
    last = json.loads((CASES / f"form_{code.lower()}.json").read_text("utf-8"))["answers"]
    month = await monthly(village, code, last)
    async with phone(browser, village.server.address) as context:
        page = await context.new_page()
        await sign_in(page, village.phone, PASSWORD)
        taps = 0

        async def tap(target: Any) -> None:
            nonlocal taps
            taps += 1
            await target.tap()

        await tap(page.locator(f"a[href='#/duty/{month.duty}']"))
        await tap(page.get_by_role("button", name="无变化"))
        await tap(page.get_by_role("button", name="确定上报"))
        await expect(page.get_by_role("heading", name="已送达")).to_be_visible()
        assert taps <= 4
        assert (await month.stored())["kind"] == "unchanged"


async def test_a_returned_report_opens_as_it_was_with_what_the_office_said(
    month: Month, browser: Browser
) -> None:
    world = month.village.world
    answers = {**LAST, "mig_new": 0, "mig_back": 0}
    filed = await world.file("liaison", obligation=month.duty, answers=answers)
    assert filed["outcome"] == "created", filed
    defects = [{"field": "emp_flex", "text": "与台账不符"}]
    await world.review("reviewer", filed["id"], "return", defects=defects)
    async with phone(browser, month.village.server.address) as context:
        page = await context.new_page()
        await sign_in(page, month.village.phone, PASSWORD)
        await page.goto(f"/#/duty/{month.duty}")
        await page.get_by_role("main").get_by_role("link", name="去补正").tap()
        await expect(page.locator(".field", has_text="灵活就业")).to_contain_text("与台账不符")
        await page.fill("#emp_flex", str(LAST["emp_flex"] + 2))
        for _ in range(5):
            await go_on(page)
        await page.get_by_role("button", name="确定上报").tap()
        await expect(page.get_by_role("heading", name="已送达")).to_be_visible()
        newest = await fetch_value(
            "SELECT answers->>'emp_flex' FROM submission WHERE obligation = $1"
            " ORDER BY revision DESC LIMIT 1",
            month.duty,
        )
        assert newest == str(LAST["emp_flex"] + 2)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_axe_finds_nothing_on_the_pages_of_a_report(
    month: Month, browser: Browser, language: str
) -> None:
    async with phone(browser, month.village.server.address) as context:
        page = await context.new_page()
        await page.add_init_script(f"localStorage['cunbao.language'] = '{language}'")
        await sign_in(page, month.village.phone, PASSWORD)
        await page.goto(f"/#/duty/{month.duty}/fill/0")
        await page.wait_for_selector("#emp_unit")
        await page.fill("#emp_unit", "x")
        await page.locator("main button.main").tap()
        await page.wait_for_selector(".fault")
        found = {"faults": await faults(page)}
        for step in range(1, 6):
            await page.goto(f"/#/duty/{month.duty}/fill/{step}")
            await page.wait_for_selector("main button.main")
            found[str(step)] = await faults(page)
        assert {step: wrong for step, wrong in found.items() if wrong} == {}
