"""Makes .venv, keeps it as the lock files say, and builds the front end.

Standard library only; the Makefile runs it.

    python3 scripts/bootstrap.py [--dev]

Answers at once when nothing changed, rebuilds what is broken or half made, and says in one
line what to do when it can't.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        "cunbao: Python 3.11 or newer is needed, this is %d.%d: name a newer one, "
        "like `make run PYTHON=python3.12`" % sys.version_info[:2]
    )

import contextlib
import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import front_end

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "bootstrap.json"
LOG = VENV / "bootstrap.log"
RUNTIME, DEV = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"
PROJECT = ROOT / "pyproject.toml"
# What is published as source alone; all else comes as wheels.
FROM_SOURCE = ("http-ece==",)

UNREACHABLE = ("Retrying (", "Failed to establish", "Max retries", "timed out", "SSLError")


class Problem(Exception):
    """What went wrong and what to do about it, in one line."""


def main() -> int:
    wanted_dev = "--dev" in sys.argv[1:]
    try:
        with _alone():
            _ensure(wanted_dev)
            front_end.ensure(VENV / "bin")
    except (Problem, front_end.FrontEndProblem) as problem:
        print(f"cunbao: {problem}", file=sys.stderr)
        return 1
    except OSError as error:
        where = error.filename or ROOT
        print(
            f"cunbao: cannot write {where} ({error.strerror}): make room or make the folder "
            "writable, or copy the project into a folder of your own",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print("cunbao: stopped; the next run starts the set-up again", file=sys.stderr)
        return 130
    return 0


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One set-up at a time: a second `make` waits for the first and then has nothing to do."""
    with PROJECT.open("rb") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _ensure(wanted_dev: bool) -> None:
    stamp, wanted = _stamp(), _wanted()
    base = {key: stamp.get(key) for key in wanted if key != "project"}
    whole = base == {key: wanted[key] for key in base} and _sound(stamp)
    dev = wanted_dev or (whole and bool(stamp["dev"]))
    if whole and stamp["project"] == wanted["project"] and stamp["dev"] == dev:
        return
    STAMP.unlink(missing_ok=True)  # from here on the environment counts as half made
    if not whole:
        _new_venv()
    if not whole or stamp["dev"] != dev:
        _install_locked(DEV if dev else RUNTIME)
    # The lock files name every dependency; the project itself needs no index and no network.
    _pip("--no-index", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    made = {**wanted, "dev": dev, "installed": sorted(_installed())}
    STAMP.write_text(json.dumps(made, indent=1), encoding="utf-8")


def _wanted() -> dict[str, str]:
    """What an environment depends on. The path counts: scripts in it hold absolute paths."""
    machine = f"{platform.python_version()} {sys.base_prefix} {sys.platform} {platform.machine()}"
    locks = RUNTIME.read_bytes() + DEV.read_bytes()
    return {
        "root": str(ROOT),
        "python": machine,
        "locks": hashlib.sha256(locks).hexdigest(),
        "project": hashlib.sha256(PROJECT.read_bytes()).hexdigest(),
    }


def _stamp() -> dict[str, Any]:
    try:
        found = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _sound(stamp: dict[str, Any]) -> bool:
    """Whether what the stamp lists is still there and its Python still runs."""
    if not set(stamp.get("installed", ["?"])) <= _installed():
        return False
    try:
        return subprocess.run([PYTHON, "-c", ""], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _installed() -> set[str]:
    return {entry.name for entry in VENV.glob("lib/python*/site-packages/*")} - {"__pycache__"}


def _new_venv() -> None:
    try:
        import ensurepip  # noqa: F401
        import venv
    except ImportError:
        version = "%d.%d" % sys.version_info[:2]
        raise Problem(
            f"this Python {version} lacks the venv module: install it (on Debian and Ubuntu "
            f"`apt install python{version}-venv`), or name another Python, like "
            "`make run PYTHON=python3.12`"
        ) from None
    print(f"Setting up .venv with Python {platform.python_version()}", flush=True)
    if VENV.is_symlink() or VENV.is_file():
        VENV.unlink()
    elif VENV.exists():
        shutil.rmtree(VENV)
    try:
        venv.create(VENV, symlinks=True)
        ensure = [PYTHON, "-I", "-m", "ensurepip", "--default-pip"]
        subprocess.run(ensure, check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").strip().splitlines() or [str(error)]
        raise Problem(f"making .venv failed: {lines[-1]}") from None


def _install_locked(lock: Path) -> None:
    count = lock.read_text(encoding="utf-8").count("==")
    print(f"Installing {count} packages of {lock.name}; this takes a minute", flush=True)
    wheels, sources = [], []
    for entry in re.split(r"\n(?=\w)", lock.read_text(encoding="utf-8")):
        (sources if entry.startswith(FROM_SOURCE) else wheels).append(entry)
    pinned = "--require-hashes", "--no-deps"
    _pip(*pinned, "--only-binary", ":all:", "--requirement", _listed("wheels.txt", wheels))
    # Built by the setuptools that the line before installed, not by one fetched for it.
    _pip(*pinned, "--no-build-isolation", "--requirement", _listed("sources.txt", sources))


def _listed(name: str, entries: list[str]) -> str:
    path = VENV / name
    path.write_text("\n".join(entries) + "\n", encoding="utf-8")
    return str(path)


def _pip(*arguments: str) -> None:
    command = [PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    environment = {**os.environ, "PIP_USER": "0"}
    with LOG.open("w", encoding="utf-8") as log:
        done = subprocess.run(
            [*command, "--retries", "2", "--progress-bar", "off", *arguments],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=ROOT,
            check=False,
        )
    if done.returncode:
        raise Problem(_reason(LOG.read_text(encoding="utf-8", errors="replace")))


def _reason(output: str) -> str:
    if any(sign in output for sign in UNREACHABLE):
        return (
            "the package index can't be reached: check the network, the proxy (HTTPS_PROXY), or "
            f"name a mirror in PIP_INDEX_URL, then run again (details in {LOG})"
        )
    errors = [line for line in output.splitlines() if line.startswith("ERROR:")]
    return f"installing failed: {errors[0] if errors else 'pip ended early'} (details in {LOG})"


if __name__ == "__main__":
    sys.exit(main())
