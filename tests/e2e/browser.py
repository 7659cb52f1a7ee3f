"""Phones in a Chromium."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, BrowserContext, Page, Playwright

from tests.e2e.chromium import chromium

ROOT = Path(__file__).parents[2]
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
_PHONE: Final[dict[str, Any]] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "locale": "zh-CN",
}
RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice")
AXE: Final = ROOT / "app" / "node_modules" / "axe-core" / "axe.min.js"


async def launch(playwright: Playwright) -> Browser:
    """A Chromium without a window."""
    path, more = chromium()
    return await playwright.chromium.launch(
        executable_path=path, args=[*FLAGS], env={**os.environ, **more}
    )


async def launch_kept(playwright: Playwright, address: str, folder: Path) -> BrowserContext:
    """A phone whose storage lies in the folder, also when its browser is killed."""
    path, more = chromium()
    return await playwright.chromium.launch_persistent_context(
        folder,
        executable_path=path,
        args=[*FLAGS],
        env={**os.environ, **more},
        base_url=address,
        **_PHONE,
    )


def kill(folder: Path) -> None:
    """Ends every process of the browser that keeps its storage there, as a dead battery does."""
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            if process.name.isdigit() and str(folder) in (process / "cmdline").read_text():
                os.kill(int(process.name), signal.SIGKILL)


@asynccontextmanager
async def phone(browser: Browser, address: str, **options: Any) -> AsyncIterator[BrowserContext]:
    """A phone of its own, with its own storage. Whatever its pages complain of fails the test."""
    context = await browser.new_context(**{**_PHONE, "base_url": address, **options})
    context.set_default_timeout(15_000)
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("console", lambda said: complaints.append(said.text) if _policy(said.text) else None)
    strangers: list[str] = []
    context.on(
        "request",
        lambda asked: strangers.append(asked.url) if not _ours(asked.url, address) else None,
    )
    try:
        yield context
        assert complaints == []
        assert strangers == [], "the app asked another host"
    finally:
        await context.close()


def _policy(text: str) -> bool:
    return "Content Security Policy" in text


def _ours(url: str, address: str) -> bool:
    return url.startswith((address, "blob:", "data:"))


async def sign_in(page: Page, number: str, password: str) -> None:
    """Signs in by hand and waits for the list of duties, as the server has it."""
    await page.goto("/")
    await page.fill("#phone", number)
    await page.fill("#password", password)
    await page.click("button.main")
    await page.wait_for_selector("nav.tabs")
    await page.wait_for_selector("article.card, section.done")


async def kept_offline(page: Page) -> None:
    """Waits until the phone holds the app and can open it without a network."""
    await page.evaluate("navigator.serviceWorker.ready")


async def faults(page: Page) -> list[str]:
    """What axe finds wrong with the page as it is now, by rule and element."""
    if not await page.evaluate("'axe' in window"):
        # Not as a <script>: the page's policy would rightly refuse that.
        await page.evaluate(AXE.read_text("utf-8"))
    found = await page.evaluate("rules => axe.run(document, {runOnly: rules})", [*RULES])
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:120]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
