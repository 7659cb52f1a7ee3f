"""The demo county's pensioners: matched, visited, returned, in doubt, and one photo used twice."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from backend import demo
from backend.demo import pensioners
from backend.demo.regions import COUNTY, VILLAGE
from backend.photos import Photos, open_photos
from backend.settings import load
from backend.store.database import fetch, fetch_value
from backend.tasks.examining import compare_some, examine_one
from backend.vault import Vault
from tests.world import SECRET, Clock

pytestmark = pytest.mark.slow


@pytest.fixture
async def photos(tmp_path: Path) -> AsyncIterator[Photos]:
    config = load({"CUNBAO_SECRET_KEY": SECRET, "CUNBAO_HOME": str(tmp_path)})
    found = open_photos(config, Vault(SECRET))
    yield found
    await found.workers.close()
    shutil.rmtree(tmp_path)


async def test_pensioners_of_every_kind(fresh: str, photos: Photos) -> None:
    vault, clock = Vault(SECRET), Clock()
    await demo.make(vault, clock)
    assert await demo.add_pensioners(vault, photos, clock.now)
    assert not await demo.add_pensioners(vault, photos, clock.now), "they are there"
    many = pensioners.OWN + pensioners.OTHERS * pensioners.VILLAGES
    assert await fetch_value("SELECT count(*) FROM beneficiary WHERE county = $1", COUNTY) == many
    stages = {
        row["stage"]: row["n"]
        for row in await fetch(
            """SELECT stage, count(*)::int AS n FROM obligation
            WHERE beneficiary IS NOT NULL AND holder = $1 GROUP BY 1""",
            VILLAGE,
        )
    }
    assert {"none", "accepted", "returned", "town"} <= stages.keys(), stages
    doubts = "SELECT count(*) FROM match_hit WHERE outcome = 'suspect' AND cleared_at IS NULL"
    assert await fetch_value(doubts) > 0
    while await examine_one(photos, clock.now):
        pass
    while await compare_some(clock.now):
        pass
    assert await fetch("SELECT sha256 FROM media_object WHERE refused IS NOT NULL") == []
    flags = await fetch("SELECT kind FROM reuse_flag")
    assert [row["kind"] for row in flags] == ["other_person"], "only the photo used twice"
