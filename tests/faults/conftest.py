"""Homes for the embedded database."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.postgres import place, running
from tests.faults.embedded import end


@pytest.fixture(scope="module")
def reachable() -> Iterator[Path]:
    """A folder every user can enter; pytest's own are closed to the database's user."""
    folder = Path(tempfile.mkdtemp(prefix="cunbao-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def new_home(reachable: Path) -> Iterator[Path]:
    """A home that doesn't exist yet."""
    folder = Path(tempfile.mkdtemp(dir=reachable))
    folder.chmod(0o755)
    yield folder / "var"
    end(folder / "var")


@pytest.fixture
def home(reachable: Path) -> Iterator[Path]:
    """A home used before; shared, for a cluster takes its time to make."""
    folder = reachable / "used before"
    with running(folder):
        pass
    yield folder
    end(folder)


@pytest.fixture
def system_folder(reachable: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What stands in for /var/lib/cunbao."""
    folder = reachable / "system"
    monkeypatch.setattr(place, "SYSTEM_FOLDER", folder)
    return folder
