"""The county follows who is overdue down to the list, and sees which office reviewed late."""

from datetime import timedelta

import pytest
from playwright.async_api import Browser, expect

from backend.clock import system_clock
from backend.domain.calendar import local_day
from backend.store.database import fetch
from tests.e2e.browser import faults
from tests.e2e.conftest import Village
from tests.e2e.office import desk
from tests.e2e.test_office import filed
from tests.tasks.certified import duty, pensioner, roster, set_cycle
from tests.world import NEIGHBOUR, OTHER_VILLAGE, TOWN, VILLAGE


async def overdue(village: Village) -> None:
    """张桂1 and 张桂2 of 李家屯 are past due, 张桂3 of 河口镇 is not."""
    await set_cycle(village.world)
    near = {"region_code": NEIGHBOUR}
    far = {"region_code": OTHER_VILLAGE}
    await roster(village.world, [pensioner(1, **near), pensioner(2, **near), pensioner(3, **far)])
    for order in (1, 2):
        await fetch(
            "UPDATE obligation SET due_at = now() - interval '1 day' WHERE id = $1",
            (await duty(village.world, order))["id"],
        )


async def reviewed_late(village: Village) -> None:
    """The office of 城关镇 passed a report long after it had come."""
    number = await filed(village)
    outcome = await village.world.review("reviewer", number, "pass")
    assert outcome["outcome"] == "done", outcome
    await fetch("UPDATE review SET waited_workdays = 6, in_time = false")


async def test_the_county_follows_who_is_overdue_to_the_list(
    village: Village, browser: Browser
) -> None:
    await overdue(village)
    async with desk(village, browser, "county") as page:
        await page.goto("/office#/progress")
        await expect(page.get_by_role("button", name="河口镇 应认证 1")).to_be_visible()
        await page.get_by_role("button", name="城关镇", exact=True).click()
        await page.get_by_role("button", name="李家屯村民委员会 逾期未认证 2").click()
        panel = page.locator("aside.panel")
        await expect(panel.locator("tbody th")).to_have_count(2)
        await expect(panel).to_contain_text("张*1")
        assert "19480" not in await panel.inner_text()
        assert f"region={TOWN}" in page.url
        await page.keyboard.press("Escape")
        await expect(panel).to_have_count(0)
        due = local_day(system_clock() - timedelta(days=1))
        await page.fill("#due", f"{due:%Y-%m}")
        await expect(page.get_by_role("button", name="合计 应认证 2")).to_be_visible()
        async with page.expect_download() as waiting:
            await page.get_by_role("button", name="导出结果表（打码）").click()
        assert (await waiting.value).suggested_filename == "认证结果-现在.xlsx"
        await page.get_by_role("button", name="死亡上报").click()
        await expect(page.get_by_text("没有。")).to_be_visible()
    [exported] = await fetch(
        "SELECT detail->>'full' AS full FROM audit_entry WHERE action = 'results.export'"
    )
    assert exported["full"] == "false"


async def test_who_monitors_sees_figures_and_nobody(village: Village, browser: Browser) -> None:
    await overdue(village)
    async with desk(village, browser, "monitor") as page:
        await page.goto("/office#/progress")
        await page.get_by_role("button", name="城关镇", exact=True).click()
        row = page.locator("tbody tr", has=page.get_by_role("rowheader", name="李家屯"))
        await expect(row.locator("td.red").first).to_have_text("2")
        assert await row.get_by_role("button").count() == 0
        assert await page.get_by_role("button", name="导出结果表（打码）").count() == 0


async def test_an_office_that_reviewed_late_is_seen(village: Village, browser: Browser) -> None:
    await reviewed_late(village)
    async with desk(village, browser, "county") as page:
        await page.goto("/office#/effort")
        row = page.locator("tbody tr", has=page.get_by_role("rowheader", name="城关镇"))
        await expect(row.locator("td")).to_have_text(["1", "0", "1", "0.0 %", "6.0"])
        await page.fill("#until", f"{local_day(system_clock()) - timedelta(days=2):%Y-%m-%d}")
        await expect(page.get_by_text("这个季度还没有审核。")).to_be_visible()


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_axe_finds_nothing(village: Village, browser: Browser, language: str) -> None:
    await overdue(village)
    await reviewed_late(village)
    async with desk(village, browser, "county", language) as page:
        await page.goto(f"/office#/progress?region={TOWN}&of={TOWN}&count=overdue")
        await expect(page.locator("aside.panel tbody th")).to_have_count(2)
        assert await faults(page) == []
        await page.goto("/office#/effort")
        await page.wait_for_selector(".sheet")
        assert await faults(page) == []


async def reminded(village: Village) -> None:
    """王芳 was reminded of 40 reports of the past days and not of 40 others; none has come."""
    await fetch(
        """WITH days AS (
            INSERT INTO period (schedule, form, steps, allowance_hours, key, starts_on, ends_on,
                opens_at, due_at, closes_at, opened_at)
            SELECT p.schedule, p.form, p.steps, p.allowance_hours, to_char(d, 'YYYY-MM-DD'), d, d,
                now() - interval '9 days', now() + interval '1 day', now() + interval '5 days',
                now()
            FROM (SELECT * FROM period ORDER BY id LIMIT 1) p,
                LATERAL (SELECT date '2026-01-01' + i AS d FROM generate_series(1, 80) i) days
            RETURNING id, schedule, opens_at, due_at, closes_at)
        INSERT INTO obligation (period, schedule, region, holder, opens_at, due_at, closes_at,
            original_due_at, original_closes_at, change_no)
        SELECT id, schedule, $1, $1, opens_at, due_at, closes_at, due_at, closes_at, 1 FROM days""",
        VILLAGE,
    )
    await fetch(
        """WITH said AS (
            INSERT INTO message (id, account, kind, params, slot_at, closed_at, created_at)
            SELECT gen_random_uuid(), $1, 'reminder', '{}', t, t, t
            FROM (SELECT now() - interval '3 days' AS t) at RETURNING id, created_at),
        sent AS (
            INSERT INTO delivery (message, channel, not_before, attempts, sent_at)
            SELECT id, 'in_app', created_at, 1, created_at FROM said)
        INSERT INTO reminder (obligation, step, account, message, held_back, decided_at)
        SELECT o.id, 'before_1', $1, CASE WHEN o.id % 2 = 0 THEN said.id END, o.id % 2 = 1,
            said.created_at
        FROM obligation o, said WHERE o.region = $2 AND o.closes_at > now() + interval '4 days'
            AND o.due_at < now() + interval '2 days'
            AND (SELECT key FROM period p WHERE p.id = o.period) LIKE '____-__-__'""",
        village.world.people["liaison"].account,
        VILLAGE,
    )


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_what_reminding_changes_is_said_with_its_uncertainty(
    village: Village, browser: Browser, language: str
) -> None:
    await reminded(village)
    says = {"zh": "误差范围从 −8.8 到 +8.8", "en": "interval runs from −8.8 to +8.8"}
    async with desk(village, browser, "county", language) as page:
        await page.goto("/office#/effort")
        await expect(page.locator("p.effect-says")).to_contain_text(says[language])
        await expect(page.locator("svg.interval")).to_be_visible()
        await expect(page.locator("tr", has_text="0 / 40")).to_have_count(1)
        assert await faults(page) == []
        await page.select_option("#within", "before_close")
        await expect(page.locator("svg.interval")).to_have_count(0)
