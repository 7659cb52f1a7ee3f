"""Lists brought in with an error sheet, and plain text that takes two people."""

from pathlib import Path

import asyncpg
import pytest
from playwright.async_api import Browser, expect

from backend.store.database import fetch
from tests.account_lists import account_bytes, newcomer
from tests.e2e.browser import faults
from tests.e2e.conftest import Village
from tests.e2e.office import desk
from tests.rosters import id_number, pensioner, roster_bytes
from tests.tasks.certified import roster
from tests.world import COUNTY


async def test_a_roster_with_errors_comes_back_as_a_sheet(
    village: Village, browser: Browser, tmp_path: Path
) -> None:
    listed = [pensioner(1), pensioner(2, name="")]
    path = tmp_path / "roster.csv"
    path.write_bytes(roster_bytes(listed))
    async with desk(village, browser, "county") as page:
        await page.goto("/office#/imports")
        async with page.expect_download() as saved:
            await page.get_by_role("button", name="下载模板").click()
        assert (await saved.value).suggested_filename == "待遇领取人员花名册.xlsx"
        await page.set_input_files("#list", path)
        await page.get_by_role("button", name="先检查").click()
        await expect(page.get_by_text("有错误，整份没有收")).to_be_visible()
        await page.get_by_role("button", name="看错误").first.click()
        await expect(page.get_by_role("dialog").locator("tbody th")).to_have_text("3")
        assert await faults(page) == []
        await page.keyboard.press("Escape")
        async with page.expect_download() as saved:
            await page.get_by_role("button", name="下载错误表").first.click()
        sheet = await (await saved.value).path()
        assert sheet.read_bytes().startswith(b"PK")
        mended = tmp_path / "mended.csv"
        mended.write_bytes(roster_bytes([pensioner(1), pensioner(2)]))
        await page.set_input_files("#list", mended)
        await page.get_by_role("button", name="先检查").click()
        await expect(page.get_by_text("检查通过，共 2 行")).to_be_visible()
        assert await fetch("SELECT 1 FROM beneficiary") == []
        await page.get_by_role("button", name="没有问题，导入").click()
        await expect(page.get_by_text("已导入 2 行。")).to_be_visible()
        assert await faults(page) == []
    assert len(await fetch("SELECT 1 FROM beneficiary")) == 2


async def test_the_newest_list_is_taken_back_but_for_who_changed_since(
    village: Village, browser: Browser, tmp_path: Path
) -> None:
    """The first column of numbers had slipped: two are taken back, one was certified meanwhile."""
    await roster(village.world, [pensioner(n) for n in (1, 2, 3)])
    path = tmp_path / "slipped.csv"
    slipped = [pensioner(n, name=name) for n, name in ((1, "钱一"), (2, "钱二"), (3, "钱三"))]
    path.write_bytes(roster_bytes(slipped))
    before = await fetch("SELECT id, name FROM beneficiary")
    async with desk(village, browser, "county") as page:
        await page.goto("/office#/imports")
        await page.set_input_files("#list", path)
        await page.get_by_role("button", name="先检查").click()
        await page.get_by_role("button", name="没有问题，导入").click()
        await expect(page.get_by_text("已导入 3 行。")).to_be_visible()
        await page.get_by_role("button", name="看明细").first.click()
        rows = page.get_by_role("dialog").locator("tbody tr")
        await expect(rows).to_have_count(3)
        await expect(rows.first).to_contain_text("变更姓名")
        assert await faults(page) == []
        await page.keyboard.press("Escape")
        await fetch("UPDATE beneficiary SET certified_on = '2026-11-01' WHERE name = '钱三'")
        await page.get_by_role("button", name="撤销").click()
        dialog = page.get_by_role("dialog", name="待遇领取人员花名册")
        await expect(dialog.get_by_text("2 人恢复到导入前的样子。")).to_be_visible()
        await expect(dialog.locator("tbody th")).to_have_text("钱*")
        assert await faults(page) == []
        await dialog.get_by_role("button", name="撤销").click()
        await expect(page.locator("td", has_text="已撤销")).to_be_visible()
        await expect(page.get_by_role("button", name="撤销")).to_have_count(0)
        async with page.expect_download() as saved:
            await page.get_by_role("button", name="导出XLSX", exact=True).click()
        assert (await saved.value).suggested_filename == "批次.xlsx"
    after = await fetch("SELECT id, name FROM beneficiary")
    assert len([row for row in before if row in after]) == 2


async def test_plain_text_is_asked_for_by_one_and_approved_by_another(
    village: Village, browser: Browser
) -> None:
    await roster(village.world, [pensioner(1)])
    async with desk(village, browser, "county") as page:
        await page.goto("/office#/imports")
        async with page.expect_download() as saved:
            await page.get_by_role("button", name="导出CSV（脱敏）").click()
        masked = (await (await saved.value).path()).read_text("utf-8-sig")
        assert id_number(1) not in masked
        await page.fill("#export-why", "导入居保系统")
        await page.get_by_role("button", name="申请完整信息").click()
        await expect(page.get_by_text("等待审批")).to_be_visible()
        await expect(page.get_by_role("button", name="同意", exact=True)).to_have_count(0)
        async with desk(village, browser, "auditor") as other:
            await other.goto("/office#/imports")
            await expect(other.locator("#list")).to_have_count(0)
            assert await faults(other) == []
            await other.get_by_role("button", name="同意", exact=True).click()
            await expect(other.get_by_text("已同意，可导出一次")).to_be_visible()
        await page.reload()
        async with page.expect_download() as saved:
            await page.get_by_role("button", name="导出CSV（只能一次）").click()
        plain = (await (await saved.value).path()).read_text("utf-8-sig")
        assert id_number(1) in plain
        assert "孙丽" in plain.splitlines()[-1]
        await expect(page.locator("td", has_text="已导出")).to_be_visible()
        await expect(page.get_by_role("button", name="导出CSV（只能一次）")).to_have_count(0)


async def test_a_list_that_names_only_people_is_told_what_it_says(
    village: Village, browser: Browser, tmp_path: Path
) -> None:
    await roster(village.world, [pensioner(1)])
    path = tmp_path / "cremated.csv"
    path.write_bytes(roster_bytes([{"id_no": id_number(1)}], ("id_no",)))
    async with desk(village, browser, "county") as page:
        await page.goto("/office#/imports")
        await page.select_option("#kind", "match")
        await page.fill("#source", "民政火化")
        await page.select_option("#says", label="死亡")
        await page.fill("#on", "2026-11-02")
        await page.set_input_files("#list", path)
        await page.get_by_role("button", name="先检查").click()
        await expect(page.get_by_text("名册上没有：0")).to_be_visible()
        # A check leaves nobody to look at; the roster's own details are there already.
        await expect(page.get_by_role("button", name="看明细")).to_have_count(1)
        await page.get_by_role("button", name="没有问题，导入").click()
        await expect(page.get_by_text("已导入 1 行。")).to_be_visible()
        await page.get_by_role("button", name="看明细").first.click()
        dialog = page.get_by_role("dialog")
        await expect(dialog.locator("tbody tr")).to_contain_text("疑点")
        await dialog.get_by_role("button", name="解除疑点").click()
        await dialog.get_by_label("为什么不是疑点").fill("本人到场")
        assert await faults(page) == []
        await dialog.get_by_role("button", name="解除疑点").click()
        await expect(dialog.get_by_text("疑点已解除")).to_be_visible()
    [hit] = await fetch("SELECT * FROM match_hit")
    assert (hit["kind"], f"{hit['happened_on']}") == ("deceased", "2026-11-02")
    assert hit["cleared_by"] == village.world.people["county"].account


async def test_a_long_list_can_be_left_and_found_again(
    village: Village, browser: Browser, tmp_path: Path
) -> None:
    """It waits for another of its county; whoever closes the page loses nothing."""
    path = tmp_path / "roster.csv"
    path.write_bytes(roster_bytes([pensioner(1), pensioner(2)]))
    other = await asyncpg.connect(village.world.url)
    # As a list of this county does that is being written, until the connection ends.
    await other.execute(f"SELECT pg_advisory_lock(4711021, hashtext('{COUNTY}'))")
    async with desk(village, browser, "county") as page:
        await page.goto("/office#/imports")
        await page.set_input_files("#list", path)
        await page.get_by_role("button", name="先检查").click()
        status = page.get_by_text("正在导入待遇领取人员花名册")
        await expect(status).to_be_visible()
        await page.reload()
        await expect(status).to_be_visible()
        assert await faults(page) == []
        await other.close()
        await expect(page.locator("td", has_text="只检查")).to_be_visible()
        await expect(status).to_have_count(0)


async def test_who_runs_the_system_opens_accounts_by_a_list(
    village: Village, browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(account_bytes([newcomer(1), newcomer(2, role="村长")]))
    async with desk(village, browser, "sysadmin") as page:
        await page.goto("/office#/imports")
        await expect(page.get_by_role("heading", name="导入名单")).to_be_visible()
        # Nobody's pension: neither the kinds nor the exports of the county's business.
        assert await page.locator("#kind option").all_inner_texts() == ["人员账号"]
        await expect(page.get_by_role("heading", name="导出", exact=True)).to_have_count(0)
        await page.set_input_files("#list", path)
        await page.get_by_role("button", name="先检查").click()
        await page.get_by_role("button", name="看错误").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog.locator("tbody td")).to_have_text("角色：不是可选的内容")
        await page.keyboard.press("Escape")
        mended = tmp_path / "mended.csv"
        mended.write_bytes(account_bytes([newcomer(1), newcomer(2)]))
        await page.set_input_files("#list", mended)
        await page.get_by_role("button", name="先检查").click()
        await page.get_by_role("button", name="没有问题，导入").click()
        await expect(page.get_by_role("link", name="账号开好了")).to_be_visible()
        assert await faults(page) == []
        await page.get_by_role("button", name="撤销").click()
        await dialog.get_by_role("button", name="撤销").click()
        await expect(page.locator("td", has_text="已撤销")).to_be_visible()
    held = await fetch(
        """SELECT p.ends_at IS NULL AS held FROM post p JOIN account a ON a.id = p.account
        WHERE a.name LIKE '新人%'"""
    )
    assert [row["held"] for row in held] == [False, False]


@pytest.mark.parametrize("who", ["county", "auditor"])
async def test_in_english(village: Village, browser: Browser, who: str) -> None:
    async with desk(village, browser, who, "en") as page:
        await page.goto("/office#/imports")
        await expect(page.get_by_role("heading", name="Requests for plain text")).to_be_visible()
        assert await faults(page) == []
