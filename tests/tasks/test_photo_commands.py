"""`cunbao media` as an operator types it: what is whole, what is missing or altered, new keys."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from backend.cli import main
from backend.photos import open_photos
from backend.settings import load
from backend.store import media
from backend.vault import Vault
from media.uploads import content_key
from tests import databases
from tests.world import SECRET, Clock

_FIRST, _SECOND = b"a first picture", b"a second picture"
_KEY = f"2:sm4:{base64.b64encode(bytes(range(16))).decode()}"


def _environment(url: str, home: Path, **more: str) -> dict[str, str]:
    return {
        "CUNBAO_DATABASE_URL": url,
        "CUNBAO_SECRET_KEY": SECRET,
        "CUNBAO_HOME": str(home),
        **more,
    }


async def _keep(url: str, home: Path, *contents: bytes) -> None:
    photos = open_photos(load(_environment(url, home)), Vault(SECRET))
    async with databases.connected(url, 2):
        for content in contents:
            digest = hashlib.sha256(content).hexdigest()
            await photos.store.put(content_key(digest), content)
            await media.arrived(uuid4(), digest, len(content), Clock().now)


def _path(home: Path, content: bytes) -> Path:
    digest = hashlib.sha256(content).hexdigest()
    (found,) = (path for path in (home / "objects").rglob("*") if digest in path.name)
    return found


@pytest.fixture
async def kept(template: str, tmp_path: Path) -> AsyncIterator[tuple[str, Path]]:
    """A database and a home with two photos."""
    async with databases.copy(template) as url:
        await _keep(url, tmp_path, _FIRST, _SECOND)
        yield url, tmp_path


async def run(kept: tuple[str, Path], word: str, **more: str) -> Result:
    environment = _environment(kept[0], kept[1], **more)
    return await asyncio.to_thread(CliRunner().invoke, main, ["media", word], env=environment)


async def test_what_is_whole_altered_and_missing(kept: tuple[str, Path]) -> None:
    good = await run(kept, "verify")
    assert (good.exit_code, good.output) == (0, "2 of 2 are as they were stored\n")
    altered = _path(kept[1], _FIRST)
    altered.chmod(0o600)
    altered.write_bytes(altered.read_bytes()[:-1] + b"?")
    _path(kept[1], _SECOND).unlink()
    bad = await run(kept, "verify")
    assert bad.exit_code == 1
    lines = bad.output.splitlines()
    assert {line.split()[0] for line in lines[:2]} == {"altered", "missing"}
    assert lines[-1] == "0 of 2 are as they were stored"


async def test_a_new_key_seals_and_the_old_one_opens(kept: tuple[str, Path]) -> None:
    sealed = _path(kept[1], _FIRST).read_bytes()
    assert "2 objects sealed anew" in (await run(kept, "reseal", CUNBAO_MEDIA_KEYS=_KEY)).output
    assert _path(kept[1], _FIRST).read_bytes() != sealed
    assert "0 objects" in (await run(kept, "reseal", CUNBAO_MEDIA_KEYS=_KEY)).output
    assert (await run(kept, "verify", CUNBAO_MEDIA_KEYS=_KEY)).exit_code == 0
    without = await run(kept, "verify")
    assert without.exit_code == 1
    assert "no_key" in without.output


async def test_what_is_young_is_not_swept(kept: tuple[str, Path]) -> None:
    swept = await run(kept, "sweep")
    assert (swept.exit_code, swept.output) == (0, "0 of 2 objects removed\n")
