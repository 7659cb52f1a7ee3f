"""Orphans, missing objects, remains of broken writes, and verifying."""

import os
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from media.folder import FolderStore
from media.sealed import SealedStore
from media.sweeping import GRACE, TooManyOrphans, missing, plausible, sweep
from media.verifying import State, verify
from tests.seals import AES_RING, BOTH_RING, SM4_RING
from tests.uploads import NOW, Desk, files, sha256

OLD = NOW - GRACE - timedelta(seconds=1)
YOUNG = NOW - GRACE + timedelta(seconds=1)


def touch(path: Path, instant: datetime) -> None:
    os.utime(path, (instant.timestamp(), instant.timestamp()))


async def put(root: Path, key: str, instant: datetime, data: bytes = b"1") -> None:
    before = set(files(root))
    await FolderStore(root).put(key, data)
    (path,) = set(files(root)) - before
    touch(path, instant)


def rows(*keys: str) -> "Rows":
    return Rows(set(keys))


class Rows:
    """Which keys have a row."""

    def __init__(self, keys: set[str]) -> None:
        self.keys = keys

    async def named(self, keys: Sequence[str]) -> set[str]:
        return self.keys & set(keys)

    async def batches(self) -> AsyncIterator[list[str]]:
        every = sorted(self.keys)
        for start in range(0, len(every), 20):
            yield every[start : start + 20]


async def test_old_orphans_go_and_young_ones_stay(tmp_path: Path) -> None:
    for key, instant in (("old", OLD), ("young", YOUNG), ("old-row", OLD), ("young-row", YOUNG)):
        await put(tmp_path, key, instant)
    swept = await sweep(FolderStore(tmp_path), rows("old-row", "young-row").named, NOW)
    assert (swept.seen, swept.removed, swept.remains) == (4, ("old",), 0)
    assert await FolderStore(tmp_path).keys() == ["old-row", "young", "young-row"]


async def test_the_wrong_database_costs_nothing(tmp_path: Path) -> None:
    for number in range(101):
        await put(tmp_path, f"p/{number}", OLD)
    with pytest.raises(TooManyOrphans, match="101 of 101"):
        await sweep(FolderStore(tmp_path), rows().named, NOW)
    assert len(await FolderStore(tmp_path).keys()) == 101


def test_what_crashes_can_have_left() -> None:
    assert plausible(100, 100)
    assert not plausible(101, 1000)
    assert plausible(101, 1010)


async def test_an_orphan_that_gets_its_row_at_that_moment_stays(tmp_path: Path) -> None:
    """Between the two questions about it, and right after it was deleted."""
    for moment in (2, 3):
        root = tmp_path / str(moment)
        await put(root, "same", OLD, b"photo")
        asked = 0

        async def named(keys: Sequence[str], moment: int = moment) -> set[str]:
            nonlocal asked
            asked += 1
            return set(keys) if asked >= moment else set()

        swept = await sweep(FolderStore(root), named, NOW)
        assert swept.removed == ()
        assert await FolderStore(root).get("same") == b"photo"


async def test_an_upload_of_content_that_was_just_swept_puts_it_again(tmp_path: Path) -> None:
    """The sweeper deletes between the upload's put and its row, having asked before the row."""
    desk = Desk.over(tmp_path)
    attach = desk.rows.attach

    async def swept_meanwhile(received: object) -> None:
        await desk.store.delete(f"originals/{sha256(b'photo')}")
        await attach(received)  # type: ignore[arg-type]

    desk.server._attach = swept_meanwhile
    upload = await desk.create(b"photo")
    assert (await desk.send(upload, 0, b"photo")).status == 204
    assert await desk.stored(b"photo") == b"photo"


async def test_remains_of_broken_puts_go(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    await put(tmp_path, "kept", OLD)
    (kept,) = files(tmp_path)
    for name, instant in ((".old", OLD), (".young", YOUNG)):
        kept.with_name(name).write_bytes(b"half")
        touch(kept.with_name(name), instant)
    swept = await sweep(store, rows("kept").named, NOW)
    assert (swept.seen, swept.removed, swept.remains) == (1, (), 1)
    assert {path.name for path in files(tmp_path)} == {"kept", ".young"}


async def test_missing_objects_are_reported(tmp_path: Path) -> None:
    every = [f"p/{number:02}" for number in range(50)]
    gone = {"p/00", "p/07", "p/19", "p/20", "p/49"}
    for key in every:
        if key not in gone:
            await put(tmp_path, key, OLD)
    found = [key async for key in missing(FolderStore(tmp_path), rows(*every).batches())]
    assert found == sorted(gone)


async def test_what_is_altered_is_not_missing(tmp_path: Path) -> None:
    await put(tmp_path, "cut", OLD)
    store = SealedStore(FolderStore(tmp_path), AES_RING)
    assert [key async for key in missing(store, rows("cut").batches())] == []


async def test_an_empty_store_is_swept_too(tmp_path: Path) -> None:
    swept = await sweep(FolderStore(tmp_path / "none"), rows().named, NOW)
    assert (swept.seen, swept.removed, swept.remains) == (0, (), 0)


async def test_verifying(tmp_path: Path) -> None:
    bare = FolderStore(tmp_path)
    store = SealedStore(bare, AES_RING)
    contents = [(key, sha256(key.encode())) for key in ("fine", "gone", "other", "rotten", "key")]
    await store.put("fine", b"fine")
    await store.put("other", b"something else")
    await bare.put("rotten", (await bare.get("fine"))[:-1] + b"\0")
    await SealedStore(bare, SM4_RING).put("key", b"key")

    async def every() -> AsyncIterator[tuple[str, str]]:
        for content in contents:
            yield content

    verdicts = [verdict async for verdict in verify(store, every())]
    assert [(v.key, v.sha256) for v in verdicts] == contents
    states = [State.OK, State.MISSING, State.ALTERED, State.ALTERED, State.NO_KEY]
    assert [verdict.state for verdict in verdicts] == states
    fixed = [v.state async for v in verify(SealedStore(bare, BOTH_RING), every())]
    assert fixed == [*states[:-1], State.OK]
