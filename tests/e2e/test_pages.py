"""Every page × every role: what one may not do is neither shown nor opened nor asked for."""

import re
from typing import Final

import pytest
from playwright.async_api import Browser, Response, expect

from backend.domain.roles import Role
from tests.e2e.browser import ROOT
from tests.e2e.conftest import Village
from tests.e2e.office import desk

WHO: Final = {
    Role.REVIEWER: "reviewer",
    Role.OFFICE_LEAD: "lead",
    Role.COUNTY_OPS: "county",
    Role.COUNTY_MONITOR: "monitor",
    Role.FUND_AUDIT: "auditor",
    Role.SYSADMIN: "sysadmin",
    Role.UPPER_VIEWER: "upper",
    Role.LIAISON: "liaison",
    Role.STATION: "station",
}


def pages() -> dict[str, set[str]]:
    """The console's own list of pages and the roles that have them."""
    source = (ROOT / "app" / "src" / "office" / "areas.ts").read_text("utf-8")
    named = {
        name: set(re.findall(r'"([a-z_]+)"', listed))
        for name, listed in re.findall(r"const ([A-Z_]+) = \[(.*?)\] as const", source)
    }
    named["STAFF"] |= named["OFFICE"]
    found = {}
    listed = re.findall(r'name: "(\w+)",.*?roles: (\[.*?\]|[A-Z_]+),\n', source, re.DOTALL)
    for name, roles in listed:
        spread = set().union(*(named[each] for each in re.findall(r"[A-Z_]{3,}", roles)))
        found[name] = spread | set(re.findall(r'"([a-z_]+)"', roles))
    return found


def test_the_list_is_read_whole() -> None:
    source = (ROOT / "app" / "src" / "office" / "areas.ts").read_text("utf-8")
    assert len(pages()) == source.count("view: () => import(")
    assert set().union(*pages().values()) <= {role.value for role in Role}


@pytest.mark.parametrize("role", Role)
async def test_a_role_has_its_pages_and_no_others(
    village: Village, browser: Browser, role: Role
) -> None:
    own = [name for name, roles in pages().items() if role.value in roles]
    async with desk(village, browser, WHO[role]) as page:
        refused: list[str] = []

        def look(response: Response) -> None:
            if response.status in (400, 403, 404) and "/api/" in response.url:
                refused.append(f"{response.status} {response.request.method} {response.url}")

        page.on("response", look)
        await expect(page.locator("#menu a")).to_have_count(len(own))
        links = await page.locator("#menu a").evaluate_all(
            "(all) => all.map((a) => a.getAttribute('href'))"
        )
        assert {link.removeprefix("#/") for link in links} == set(own)
        for name in pages():
            await page.goto(f"/office#/{name}")
            if name in own:
                await page.wait_for_selector(f"#menu a.router-link-active[href='#/{name}']")
                await expect(page.locator("main h1").first).to_be_visible()
                await page.wait_for_timeout(400)  # while it asks for what it shows
            else:
                await expect(page).not_to_have_url(re.compile(f"#/{name}$"))
            assert await page.locator("main").count() == 1, name
            assert refused == [], (name, role)
