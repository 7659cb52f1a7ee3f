"""A Chromium for the tests: the machine's own, or one that comes as an npm package."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# The second brings Chinese letters, which a bare machine lacks.
PACKAGES: Final = ("@sparticuz/chromium@153.0.0", "@embedpdf/fonts-sc@1.0.0")
FOLDER: Final = ROOT / "app" / "node_modules" / ".chromium"
_WHERE: Final = "import c from '@sparticuz/chromium'; console.log(await c.executablePath())"
_FONTS: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{folder}/cache</cachedir></fontconfig>
"""


@cache
def chromium() -> tuple[str, dict[str, str]]:
    """Its path and what its environment needs more. Without any the tests fail and say why."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is not None:
        return found, {}
    try:
        return _packaged()
    except (OSError, subprocess.CalledProcessError) as error:
        why = getattr(error, "stderr", "") or error
        pytest.fail(
            "the browser tests need a Chromium: put one on PATH (on Debian `apt install chromium`),"
            f" or let npm reach its registry ({why})"
        )


def _packaged() -> tuple[str, dict[str, str]]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not (FOLDER / "node_modules" / "@sparticuz").exists():
        print("fetching a Chromium for the browser tests", file=sys.stderr)
        _run("npm", "install", "--prefix", str(FOLDER), "--no-save", "--no-audit", *PACKAGES)
    path = _run("node", "--input-type=module", "--eval", _WHERE).strip()
    fonts = FOLDER / "node_modules" / "@embedpdf" / "fonts-sc" / "fonts"
    settings = FOLDER / "fonts.conf"
    settings.write_text(_FONTS.format(fonts=fonts, folder=FOLDER), encoding="utf-8")
    return path, {"FONTCONFIG_FILE": str(settings)}


def _run(program: str, *arguments: str) -> str:
    scripts = Path(sys.executable).parent
    paths = os.pathsep.join((str(scripts), os.environ.get("PATH", "")))
    # The package unpacks itself into the temporary folder.
    environment = {**os.environ, "PATH": paths, "TMPDIR": str(FOLDER)}
    return subprocess.run(
        [scripts / program, *arguments],
        cwd=FOLDER,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
