"""The object store's contract, over a folder and over a real S3 server, bare and sealed."""

import asyncio
import os
import stat
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from unittest.mock import patch

import pytest

from media import (
    BadKey,
    FolderStore,
    ObjectMissing,
    ObjectStore,
    S3Store,
    StoreError,
    StoreUnavailable,
    open_store,
)
from media.objects import Entry
from media.sealed import SealedStore
from tests.s3 import BUCKET, SECRET_KEY, s3, s3_server
from tests.seals import AES_RING, SM4_RING

MIB = 1024 * 1024
EMPTY_BUCKETS = [f"empty-{number}" for number in range(200)]
unused_buckets = iter(EMPTY_BUCKETS)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("s3")
    for bucket in (BUCKET, *EMPTY_BUCKETS):
        (folder / bucket).mkdir()
    with s3_server(folder) as address:
        yield address


@pytest.fixture(params=["folder", "s3", "sealed folder", "sealed s3"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ObjectStore]:
    """An empty store of each kind."""
    if request.param.endswith("folder"):
        bare = open_store("folder", tmp_path / "home", None, None, None, None)
        yield SealedStore(bare, SM4_RING) if "sealed" in request.param else bare
        return
    # One for each test: after several puts at once this server may list what is deleted.
    made = s3(request.getfixturevalue("server"), next(unused_buckets))
    yield SealedStore(made, AES_RING) if "sealed" in request.param else made


@pytest.mark.parametrize("size", [0, 1, 5 * MIB + 1])
async def test_bytes_come_back_as_they_went(store: ObjectStore, size: int) -> None:
    data = os.urandom(size)
    await store.put("photos/2026/ab12.jpg", data)
    assert await store.get("photos/2026/ab12.jpg") == data
    assert await store.size("photos/2026/ab12.jpg") == size


async def test_the_last_put_counts(store: ObjectStore) -> None:
    for data in (b"long and old", b"new", b""):
        await store.put("paper", data)
        assert await store.get("paper") == data
        assert await store.size("paper") == len(data)
    assert await store.keys() == ["paper"]


async def test_what_is_missing(store: ObjectStore) -> None:
    with pytest.raises(ObjectMissing):
        await store.get("none")
    with pytest.raises(ObjectMissing):
        await store.size("none")
    await store.delete("none")
    await store.put("some", b"1")
    await store.delete("some")
    with pytest.raises(ObjectMissing):
        await store.get("some")
    await store.delete("some")


async def test_keys_by_prefix_in_order(store: ObjectStore) -> None:
    assert await store.keys() == []
    every = ["a/1", "a/10", "a/2", "ab/1", "b-1.jpg", "b_2/c.d/e"]
    for key in reversed(every):
        await store.put(key, key.encode())
    assert await store.keys() == every
    assert await store.keys("a/") == ["a/1", "a/10", "a/2"]
    assert await store.keys("a/1") == ["a/1", "a/10"]
    assert await store.keys("a") == ["a/1", "a/10", "a/2", "ab/1"]
    assert await store.keys("c") == []


async def entries(store: ObjectStore, prefix: str = "") -> list[Entry]:
    return [entry async for page in store.pages(prefix) for entry in page]


async def test_pages_tell_when_each_object_was_put(store: ObjectStore) -> None:
    assert await entries(store) == []
    before = datetime.now(UTC) - timedelta(seconds=2)  # some stores keep whole seconds
    for key in ("a/1", "a/2", "b"):
        await store.put(key, b"1")
    found = await entries(store)
    assert sorted(entry.key for entry in found) == ["a/1", "a/2", "b"]
    assert {entry.key for entry in await entries(store, "a/")} == {"a/1", "a/2"}
    after = datetime.now(UTC) + timedelta(seconds=2)
    assert all(before < entry.modified < after for entry in found)
    with pytest.raises(BadKey):
        await entries(store, "村")


async def test_tidying_leaves_what_was_put(store: ObjectStore) -> None:
    await store.put("a/1", b"1")
    assert await store.tidy(datetime.now(UTC) + timedelta(days=1)) == 0
    assert await store.get("a/1") == b"1"


async def test_the_longest_key(store: ObjectStore) -> None:
    key = "k" * 201
    await store.put(key, b"1")
    assert await store.keys() == [key]
    assert await store.get(key) == b"1"


BAD_KEYS = ["", "/a", "a/", "a//b", "a/../b", "..", "a..b", ".a", "a/.b", "-a", "A", "a b", "a\n"]
BAD_KEYS += ["a+b", "a\\b", "a\x00b", "村", "٣", "k" * 202]


@pytest.mark.parametrize("key", BAD_KEYS)
async def test_what_is_no_key(store: ObjectStore, key: str) -> None:
    for ask in (store.get(key), store.size(key), store.delete(key), store.put(key, b"")):
        with pytest.raises(BadKey):
            await ask
    if key and key not in ("/a", "a/", "a//b", ".a", "a/.b", "-a"):
        with pytest.raises(BadKey):
            await store.keys(key)


async def test_of_several_puts_at_once_one_stays_whole(store: ObjectStore) -> None:
    versions = [bytes([n]) * MIB for n in range(8)]
    await asyncio.gather(*(store.put("same", data) for data in versions))
    assert await store.get("same") in versions
    assert await store.keys() == ["same"]


async def test_the_event_loop_goes_on_meanwhile(store: ObjectStore) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.001)
            ticks += 1

    ticking = asyncio.create_task(tick())
    await store.put("big", bytes(40 * MIB))
    ticking.cancel()
    assert ticks >= 3


async def test_a_check_that_passes_leaves_nothing(store: ObjectStore) -> None:
    await store.check()
    assert await store.keys() == []


BAD_ADDRESSES = ["", "127.0.0.1:9000", "ftp://h", "http://", "http://key:secret@h"]
BAD_ADDRESSES += ["https://h/path", "http://h:x", "http://h?x=1", "http://[1"]


class TestFolder:
    async def test_files_are_closed_to_others_and_spread(self, tmp_path: Path) -> None:
        root = tmp_path / "home" / "objects"
        for number in range(20):
            await FolderStore(root).put(f"p/{number}", b"1")
        files = [path for path in root.rglob("*") if path.is_file()]
        assert {len(path.relative_to(root).parts) for path in files} == {2}
        assert len({path.parent for path in files}) > 10
        folders = {path.parent for path in files} | {root}
        assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}

    async def test_who_reads_meanwhile_gets_a_whole_object(self, tmp_path: Path) -> None:
        store = FolderStore(tmp_path)
        versions = [bytes([n]) * (4 * MIB + n) for n in range(2)]
        await store.put("same", versions[0])

        async def write(data: bytes) -> None:
            for _ in range(8):
                await store.put("same", data)

        puts = asyncio.gather(*map(write, versions))
        while not puts.done():
            assert await store.get("same") in versions
        await puts

    async def test_an_object_and_one_below_it(self, tmp_path: Path) -> None:
        store = FolderStore(tmp_path)
        for key in ("a", "a/b", "a/b/c"):
            await store.put(key, key.encode())
        assert [await store.get(key) for key in await store.keys()] == [b"a", b"a/b", b"a/b/c"]

    async def test_a_put_that_breaks_off_leaves_the_old_object_alone(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = FolderStore(tmp_path)
        await store.put("paper", b"old")
        full = OSError(28, "No space left on device")
        monkeypatch.setattr(os, "fsync", lambda descriptor: (_ for _ in ()).throw(full))
        with pytest.raises(StoreUnavailable, match="No space left on device"):
            await store.put("paper", b"new")
        assert await store.get("paper") == b"old"
        assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1

    @pytest.mark.parametrize("root", [Path("/proc/objects"), Path("/dev/null/objects")])
    async def test_a_folder_that_even_root_can_not_make(self, root: Path) -> None:
        for ask in (FolderStore(root).put("a", b""), FolderStore(root).check()):
            with pytest.raises(StoreUnavailable, match="can't be used") as refused:
                await ask
            assert "\n" not in str(refused.value)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
    async def test_a_read_only_folder(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o500)
        with pytest.raises(StoreUnavailable, match="Permission denied"):
            await FolderStore(tmp_path).check()
        tmp_path.chmod(0o700)

    async def test_a_file_in_place_of_the_folder(self, tmp_path: Path) -> None:
        root = tmp_path / "objects"
        root.write_bytes(b"")
        store = FolderStore(root)
        asked = [store.put("a", b""), store.get("a"), store.size("a"), store.delete("a")]
        for ask in (*asked, store.keys(), store.check()):
            with pytest.raises(StoreUnavailable):
                await ask


class TestS3:
    async def test_a_stopped_server(self, tmp_path: Path) -> None:
        (tmp_path / BUCKET).mkdir()
        with s3_server(tmp_path) as address:
            store = s3(address)
            await store.put("paper", b"1")
        asked = [store.put("a", b""), store.get("paper"), store.size("a"), store.delete("a")]
        for failed in await asyncio.gather(
            *asked, store.keys(), store.check(), return_exceptions=True
        ):
            assert isinstance(failed, StoreUnavailable), failed
            assert SECRET_KEY not in str(failed)

    @pytest.mark.parametrize("region", [None, "cn-north-1"])
    async def test_a_missing_bucket_is_said_and_not_made(
        self, server: str, region: str | None
    ) -> None:
        store = s3(server, "elsewhere", region=region)
        for ask in (store.check(), store.put("a", b""), store.get("a"), store.keys()):
            with pytest.raises(StoreUnavailable, match=r"bucket elsewhere .* does not exist"):
                await ask

    async def test_many_pages(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("media.s3._PAGE", 2)
        (tmp_path / BUCKET).mkdir()
        with s3_server(tmp_path) as address:
            store = s3(address)
            for number in range(5):
                await store.put(f"p/{number}", b"1")
            pages = [[entry.key for entry in page] async for page in store.pages("p/")]
        assert pages == [["p/0", "p/1"], ["p/2", "p/3"], ["p/4"]]

    async def test_a_put_has_no_parts_that_could_stay_behind(self, server: str) -> None:
        store = s3(server)
        assert isinstance(store, S3Store)
        with patch.object(store._client, "_create_multipart_upload") as multipart:
            await store.put("big", bytes(20 * MIB))
        multipart.assert_not_called()
        assert await store.size("big") == 20 * MIB
        await store.delete("big")

    async def test_a_region_of_its_own(self, server: str) -> None:
        await s3(server, region="cn-north-1").check()

    async def test_a_wrong_secret(self, server: str) -> None:
        with pytest.raises(StoreUnavailable, match="refuses") as refused:
            await s3(server, secret="another secret of a test").check()
        assert "secret of a test" not in str(refused.value)

    @pytest.mark.parametrize("status", [200, 403, 404, 500])
    async def test_a_server_that_is_no_s3(self, status: int) -> None:
        with web_server(status) as address:
            store = s3(address)
            for ask in (store.check(), store.keys(), store.put("a", b"1")):
                with pytest.raises(StoreUnavailable):
                    await ask
            with pytest.raises(StoreError):
                await store.size("a")

    @pytest.mark.parametrize("address", BAD_ADDRESSES)
    def test_what_is_no_address(self, address: str) -> None:
        with pytest.raises(StoreUnavailable, match="must be") as refused:
            s3(address)
        assert "secret" not in str(refused.value)

    @pytest.mark.parametrize("bucket", ["", "ab", "Upper", "a/b", "a b", "b" * 64])
    def test_what_is_no_bucket(self, bucket: str) -> None:
        with pytest.raises(StoreUnavailable, match="name of a bucket"):
            s3("http://127.0.0.1:1", bucket)

    def test_tls_is_chosen_by_the_scheme(self) -> None:
        for address, secure in (("https://s3.example", True), ("http://s3.example:9000", False)):
            store = s3(address)
            assert isinstance(store, S3Store)
            assert store._client._base_url.is_https is secure


@contextmanager
def web_server(status: int) -> Iterator[str]:
    """Answers everything with a page of HTML."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(status)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", "6")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(b"<html>")

        do_HEAD = do_PUT = do_DELETE = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Stays silent."""

    server = HTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
