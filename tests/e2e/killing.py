"""A browser that can be killed, as by a dead battery, with what it keeps on the disk."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page, Playwright

from tests.e2e.browser import FLAGS
from tests.e2e.chromium import chromium

_PORT = "DevToolsActivePort"


@dataclass
class Mortal:
    """One run of the browser."""

    page: Page
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """kill -9 of all its processes: they are a group of their own."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@asynccontextmanager
async def mortal(playwright: Playwright, home: Path) -> AsyncIterator[Mortal]:
    """A browser over a folder; the next one over the same folder is the same phone."""
    path, more = chromium()
    (home / _PORT).unlink(missing_ok=True)
    process = subprocess.Popen(
        [path, *FLAGS, "--headless=new", f"--user-data-dir={home}", "--remote-debugging-port=0"],
        env={**os.environ, **more},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(30):
            while not (home / _PORT).exists() or "\n" not in (home / _PORT).read_text():
                await asyncio.sleep(0.05)
        port = (home / _PORT).read_text().split()[0]
        browser = await playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        context = browser.contexts[0]
        context.set_default_timeout(15_000)
        page = await context.new_page()
        await page.set_viewport_size({"width": 390, "height": 844})
        yield Mortal(page, process)
    finally:
        Mortal.kill(Mortal(None, process))  # type: ignore[arg-type]
