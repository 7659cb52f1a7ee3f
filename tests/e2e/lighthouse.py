"""`make lighthouse`: how the to-do list and a form perform, and for whom they can be used."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import async_playwright

from tests.e2e.browser import FLAGS, launch_kept, sign_in
from tests.e2e.chromium import FOLDER, chromium
from tests.e2e.test_filling import Month, month  # noqa: F401  a fixture
from tests.world import PASSWORD

PACKAGE: Final = "lighthouse@13.5.0"
WANTED: Final = {"performance": 95, "accessibility": 100, "best-practices": 100}


def _lighthouse() -> list[str]:
    """The program, fetched once beside the browser."""
    program = FOLDER / "node_modules" / "lighthouse" / "cli" / "index.js"
    if not program.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--prefix", str(FOLDER), "--no-save", "--no-audit", PACKAGE]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    node = shutil.which("node")
    assert node is not None
    return [node, str(program)]


@pytest.mark.parametrize("page", ["", "duty/{duty}/fill/0"], ids=["to-do", "form"])
async def test_scores(month: Month, tmp_path: Path, page: str) -> None:  # noqa: F811
    address, profile = month.village.server.address, tmp_path / "profile"
    async with async_playwright() as playwright:
        signed_in = await launch_kept(playwright, address, profile)
        await sign_in(signed_in.pages[0], month.village.phone, PASSWORD)
        await signed_in.pages[0].wait_for_selector("article.card")
        await signed_in.pages[0].wait_for_timeout(6000)  # until the browser has written it down
        await signed_in.close()
    path, more = chromium()
    report = tmp_path / "report.json"
    flags = " ".join([*FLAGS, "--headless=new", f"--user-data-dir={profile}"])
    subprocess.run(
        [
            *_lighthouse(),
            f"{address}/#/{page.format(duty=month.duty)}",
            "--quiet",
            "--disable-storage-reset",
            "--output=json",
            f"--output-path={report}",
            f"--only-categories={','.join(WANTED)}",
            f"--chrome-flags={flags}",
        ],
        env={**os.environ, **more, "CHROME_PATH": path},
        check=True,
        timeout=300,
    )
    found = json.loads(report.read_text("utf-8"))
    scores = {name: round(100 * found["categories"][name]["score"]) for name in WANTED}
    print(page or "to-do", scores)
    lost = {
        name: [
            ref["id"]
            for ref in found["categories"][name]["auditRefs"]
            if ref["weight"] and (found["audits"][ref["id"]]["score"] or 0) < 1
        ]
        for name in WANTED
        if scores[name] < WANTED[name]
    }
    assert lost == {}, scores
