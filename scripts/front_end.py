"""Builds app/ into backend/web with the Node of a wheel, when its sources changed.

Part of bootstrap.py; standard library only.
"""

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APP, BUILT = ROOT / "app", ROOT / "backend" / "web"
MODULES = APP / "node_modules"
STAMP = MODULES / ".cunbao.json"
LOG = ROOT / ".venv" / "front_end.log"
LOCKED = ("package.json", "package-lock.json", ".npmrc")
APART = ("node_modules", "tests")

UNREACHABLE = ("ETIMEDOUT", "ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ECONNRESET", "network")


class FrontEndProblem(Exception):
    """What went wrong and what to do about it, in one line."""


def ensure(scripts: Path) -> None:
    """Installs and builds what changed; `scripts` is where node and npm are."""
    stamp = _stamp()
    locked, sources = _digest(_locked()), _digest(_sources())
    if stamp.get("locked") != locked:
        print("Installing the front end's packages; this takes half a minute", flush=True)
        STAMP.unlink(missing_ok=True)
        _npm(scripts, "ci", "--no-fund", "--no-audit", "--no-progress")
        stamp = {}
    if stamp.get("sources") != sources or not (BUILT / "liaison.html").exists():
        print("Building the front end", flush=True)
        _npm(scripts, "run", "build")
        STAMP.write_text(json.dumps({"locked": locked, "sources": sources}), encoding="utf-8")


def _locked() -> Iterator[Path]:
    return (APP / name for name in LOCKED)


def _sources() -> Iterator[Path]:
    for folder, folders, names in os.walk(APP):
        folders[:] = [name for name in folders if name not in APART]
        yield from (Path(folder, name) for name in names)


def _digest(paths: Iterator[Path]) -> str:
    found = hashlib.sha256()
    for path in sorted(paths):
        found.update(f"{path.relative_to(APP)}\0".encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def _stamp() -> dict[str, str]:
    try:
        found = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _npm(scripts: Path, *arguments: str) -> None:
    paths = os.pathsep.join((str(scripts), os.environ.get("PATH", "")))
    with LOG.open("w", encoding="utf-8") as log:
        done = subprocess.run(
            [scripts / "npm", *arguments],
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PATH": paths},
            cwd=APP,
            check=False,
        )
    if done.returncode:
        raise FrontEndProblem(_reason(LOG.read_text(encoding="utf-8", errors="replace")))


def _reason(output: str) -> str:
    if "npm error" in output and any(sign in output for sign in UNREACHABLE):
        return (
            "the npm registry can't be reached: check the network, the proxy (HTTPS_PROXY), or "
            f"name a mirror in npm_config_registry, then run again (details in {LOG})"
        )
    lines = [line for line in output.splitlines() if "error" in line.lower()]
    return f"building the front end failed: {(lines or ['npm ended early'])[0]} (details in {LOG})"
