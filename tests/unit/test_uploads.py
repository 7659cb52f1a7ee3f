"""The upload server, request by request."""

import asyncio
import base64
import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from media import intake
from media.partials import PartialFile, new
from media.tus import CONTENT_TYPE, EXTENSIONS, Answer, Refusal
from media.uploads import LIFE, MAX_BYTES, content_key
from tests.uploads import NOW, OUTSIDER, Desk, chunks, files, named, sha256

PHOTO = os.urandom(700_001)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.over(tmp_path)


def outsider(desk: Desk) -> Desk:
    return replace(desk, owner=OUTSIDER)


def digest(algorithm: str, data: bytes) -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"


async def test_what_it_can_do(desk: Desk) -> None:
    told = await desk.ask("OPTIONS", tus_resumable="")
    assert told.status == 204
    assert told.headers["Tus-Version"] == "1.0.0"
    assert told.headers["Tus-Extension"] == EXTENSIONS
    assert told.headers["Tus-Max-Size"] == str(20 * 1024 * 1024)
    assert told.headers["Tus-Checksum-Algorithm"] == "sha1,sha256"


async def test_a_photo_in_two_parts(desk: Desk) -> None:
    upload = await desk.create(PHOTO)
    assert await desk.offset(upload) == 0
    first = await desk.send(upload, 0, PHOTO[:300_000])
    assert (first.status, first.headers["Upload-Offset"]) == (204, "300000")
    assert first.headers["Upload-Expires"] == "Sat, 28 Nov 2026 09:00:00 GMT"
    last = await desk.send(upload, 300_000, PHOTO[300_000:500_000], PHOTO[500_000:])
    assert (last.status, last.headers["Upload-Offset"]) == (204, str(len(PHOTO)))
    assert await desk.stored(PHOTO) == PHOTO
    (received,) = desk.rows.received
    assert received.key == content_key(sha256(PHOTO))
    assert (received.upload, received.owner, received.length) == (upload, desk.owner, len(PHOTO))


async def test_what_head_says(desk: Desk) -> None:
    upload = await desk.create(PHOTO)
    await desk.send(upload, 0, PHOTO[:10])
    told = await desk.ask("HEAD", upload)
    assert told.headers == {
        "Tus-Resumable": "1.0.0",
        "Cache-Control": "no-store",
        "Upload-Offset": "10",
        "Upload-Length": str(len(PHOTO)),
        "Upload-Metadata": named(PHOTO),
        "Upload-Expires": "Sat, 28 Nov 2026 09:00:00 GMT",
    }


async def post(desk: Desk, *parts: bytes, **headers: str) -> Answer:
    """Creation with data."""
    data = b"".join(parts)
    given = {"upload_length": str(len(data)), "upload_metadata": named(data)}
    given |= {"content_type": CONTENT_TYPE} | headers
    return await desk.ask("POST", None, chunks(*parts), **given)


async def test_all_in_one_request(desk: Desk) -> None:
    made = await post(desk, PHOTO[:9], PHOTO[9:])
    assert (made.status, made.headers["Upload-Offset"]) == (201, str(len(PHOTO)))
    assert await desk.stored(PHOTO) == PHOTO


async def test_a_photo_in_one_request_passes_through_memory_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(PartialFile, "write")
    photo = PHOTO[:300_000]
    assert (await post(desk, photo)).headers["Upload-Offset"] == "300000"
    upload = await outsider(desk).create(photo)
    assert (await outsider(desk).send(upload, 0, photo)).status == 204
    assert await desk.stored(photo) == photo


async def test_a_refused_creation_leaves_nothing(desk: Desk) -> None:
    wrong = await post(desk, b"12345", upload_metadata=named(b"54321"))
    assert (wrong.status, wrong.refusal) == (460, Refusal.CONTENT)
    torn = await post(desk, b"12345", upload_checksum=digest("sha1", b"54321"))
    assert (torn.status, torn.refusal) == (460, Refusal.CHUNK)
    assert files(desk.home) == []


async def test_a_creation_with_a_part_of_the_data(desk: Desk) -> None:
    made = await post(desk, PHOTO[:9], upload_length=str(len(PHOTO)), upload_metadata=named(PHOTO))
    assert (made.status, made.headers["Upload-Offset"]) == (201, "9")
    upload = made.headers["Location"].rpartition("/")[2]
    assert (await desk.send(upload, 9, PHOTO[9:])).status == 204
    assert await desk.stored(PHOTO) == PHOTO


async def test_the_same_content_again_is_one_small_request(desk: Desk) -> None:
    await post(desk, PHOTO)
    again = await desk.ask("POST", upload_length=str(len(PHOTO)), upload_metadata=named(PHOTO))
    assert (again.status, again.headers["Upload-Offset"]) == (201, str(len(PHOTO)))
    assert await desk.offset(again.headers["Location"].rpartition("/")[2]) == len(PHOTO)
    unread = chunks(cut=True)
    with_data = await desk.ask(
        "POST",
        None,
        unread,
        upload_length=str(len(PHOTO)),
        upload_metadata=named(PHOTO),
        content_type=CONTENT_TYPE,
    )
    assert with_data.headers["Upload-Offset"] == str(len(PHOTO))


async def test_knowing_a_hash_opens_nobody_elses_file(desk: Desk) -> None:
    await post(desk, PHOTO)
    other = outsider(desk)
    upload = await other.create(PHOTO)
    assert await other.offset(upload) == 0
    # Neither does sending something else under that hash.
    sent = await other.send(upload, 0, bytes(len(PHOTO)))
    assert (sent.status, sent.refusal) == (460, Refusal.CONTENT)
    assert await desk.stored(PHOTO) == PHOTO


async def test_an_upload_is_nobody_elses(desk: Desk) -> None:
    upload = await desk.create(PHOTO)
    other = outsider(desk)
    for answered in (
        await other.ask("HEAD", upload),
        await other.send(upload, 0, PHOTO),
        await other.ask("DELETE", upload),
        await desk.ask("HEAD", "0" * 32),
        await desk.ask("HEAD", f"../uploads/{upload}"),
        await desk.ask("HEAD", "é"),
    ):
        assert (answered.status, answered.refusal) == (404, Refusal.MISSING)
    assert await desk.offset(upload) == 0


@pytest.mark.parametrize(
    ("headers", "status", "refusal"),
    [
        ({"tus_resumable": "0.2.2"}, 412, Refusal.VERSION),
        ({"upload_length": "x"}, 400, Refusal.LENGTH),
        ({"upload_length": "-1"}, 400, Refusal.LENGTH),
        ({"upload_length": "٣"}, 400, Refusal.LENGTH),
        ({"upload_length": "9" * 5000}, 400, Refusal.LENGTH),
        ({"upload_length": "0"}, 400, Refusal.LENGTH),
        ({"upload_length": "", "upload_defer_length": "1"}, 400, Refusal.LENGTH),
        ({"upload_length": str(MAX_BYTES + 1)}, 413, Refusal.TOO_LARGE),
        ({"upload_metadata": ""}, 400, Refusal.METADATA),
        ({"upload_metadata": "sha256"}, 400, Refusal.METADATA),
        ({"upload_metadata": "sha256 !"}, 400, Refusal.METADATA),
        ({"upload_metadata": "sha256 5p2R"}, 400, Refusal.METADATA),
        ({"upload_metadata": "sha256 " + "QUJD" * 16}, 400, Refusal.METADATA),
        ({"upload_metadata": "filename d29yaw=="}, 400, Refusal.METADATA),
        ({"upload_metadata": named(b"1") + ",filename d29yaw=="}, 400, Refusal.METADATA),
        ({"content_type": "image/jpeg"}, 415, Refusal.TYPE),
        ({"content_type": CONTENT_TYPE, "content_length": "3"}, 413, Refusal.TOO_LARGE),
    ],
)
async def test_bad_creations(
    desk: Desk, headers: dict[str, str], status: int, refusal: Refusal
) -> None:
    given = {"upload_length": "2", "upload_metadata": named(b"12")} | headers
    answered = await desk.ask("POST", **given)
    assert (answered.status, answered.refusal) == (status, refusal)
    assert files(desk.home) == []


@pytest.mark.parametrize(
    ("headers", "status", "refusal"),
    [
        ({"tus_resumable": ""}, 412, Refusal.VERSION),
        ({"upload_offset": "-1"}, 400, Refusal.OFFSET),
        ({"upload_offset": "6"}, 409, Refusal.CONFLICT),
        ({"upload_offset": "999999999999"}, 409, Refusal.CONFLICT),
        ({"content_type": "application/octet-stream"}, 415, Refusal.TYPE),
        ({"content_length": "6"}, 413, Refusal.TOO_LARGE),
        ({"upload_checksum": "crc32 AAAA"}, 400, Refusal.ALGORITHM),
        ({"upload_checksum": "sha1 AAAA"}, 460, Refusal.CHUNK),
        ({"upload_checksum": "sha1 !"}, 460, Refusal.CHUNK),
        ({"upload_checksum": digest("sha256", b"54321")}, 460, Refusal.CHUNK),
    ],
)
async def test_bad_parts_leave_nothing(
    desk: Desk, headers: dict[str, str], status: int, refusal: Refusal
) -> None:
    upload = await desk.create(b"1234512345")
    await desk.send(upload, 0, b"12345")
    given = {"upload_offset": "5"} | headers
    answered = await desk.send(upload, int(given.pop("upload_offset", "5")), b"12345", **given)
    assert (answered.status, answered.refusal) == (status, refusal)
    assert await desk.offset(upload) == 5
    assert (await desk.send(upload, 5, b"12345")).status == 204
    assert await desk.stored(b"1234512345") == b"1234512345"


async def test_a_body_longer_than_declared_leaves_nothing(desk: Desk) -> None:
    upload = await desk.create(b"12345")
    answered = await desk.send(upload, 0, b"123", b"456")
    assert (answered.status, answered.refusal) == (413, Refusal.TOO_LARGE)
    assert await desk.offset(upload) == 0


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
async def test_a_part_with_its_checksum(desk: Desk, algorithm: str) -> None:
    upload = await desk.create(PHOTO)
    part = PHOTO[:600_000]
    good = await desk.send(upload, 0, part[:5], part[5:], upload_checksum=digest(algorithm, part))
    assert (good.status, good.headers["Upload-Offset"]) == (204, "600000")
    rest = digest(algorithm, PHOTO[600_000:])
    await desk.cut(upload, 600_000, PHOTO[600_000:-1], upload_checksum=rest)
    assert await desk.offset(upload) == 600_000


async def test_other_methods(desk: Desk) -> None:
    upload = await desk.create(PHOTO)
    for method, where in (("GET", upload), ("POST", upload), ("PUT", upload), ("HEAD", None)):
        answered = await desk.ask(method, where)
        assert (answered.status, answered.refusal) == (405, Refusal.METHOD)
        assert "PATCH" in answered.headers["Allow"]
    overridden = await desk.ask(
        "POST",
        upload,
        chunks(PHOTO),
        x_http_method_override="PATCH",
        upload_offset="0",
        content_type=CONTENT_TYPE,
    )
    assert overridden.status == 204


async def test_a_terminated_upload_is_gone(desk: Desk) -> None:
    upload = await desk.create(PHOTO)
    await desk.send(upload, 0, PHOTO[:9])
    assert (await desk.ask("DELETE", upload)).status == 204
    assert (await desk.ask("DELETE", upload)).status == 404
    assert (await desk.send(upload, 9, PHOTO[9:])).status == 404
    assert files(desk.home) == []


async def test_an_upload_expires_some_days_after_its_last_part(desk: Desk) -> None:
    idle, busy = await desk.create(PHOTO), await desk.create(PHOTO)
    desk.now = NOW + timedelta(days=2)
    await desk.send(busy, 0, PHOTO[:9])
    assert await desk.space.expire(NOW + LIFE) == 0
    desk.now = NOW + LIFE + timedelta(seconds=1)
    answered = await desk.ask("HEAD", idle)
    assert (answered.status, answered.refusal) == (410, Refusal.EXPIRED)
    assert await desk.space.expire(desk.now) == 1
    assert (await desk.ask("HEAD", idle)).status == 404
    assert await desk.offset(busy) == 9


async def test_files_that_tell_nothing_go_after_a_day(desk: Desk) -> None:
    await desk.create(PHOTO)
    (path,) = files(desk.home)
    torn = path.with_name("f" * 32)
    torn.write_bytes(path.read_bytes()[:100])
    path.with_name("readme").write_bytes(b"")
    os.utime(torn, (NOW.timestamp(), NOW.timestamp()))
    assert (await desk.ask("HEAD", torn.name)).status == 404
    assert await desk.space.expire(NOW + timedelta(hours=23)) == 0
    assert await desk.space.expire(NOW + timedelta(hours=25)) == 1


async def test_nothing_on_the_disk_shows_the_photo(desk: Desk) -> None:
    page = b"an identity card, " * 40_000
    upload = await desk.create(page)
    await desk.send(upload, 0, page[:33])
    await desk.send(upload, 33, page[33:-1])
    (path,) = files(desk.home)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert b"identity" not in path.read_bytes()
    await desk.send(upload, len(page) - 1, page[-1:])
    assert await desk.stored(page) == page
    assert path.stat().st_size == 4096


async def test_a_cut_keeps_what_arrived(desk: Desk) -> None:
    upload = await desk.create(PHOTO)
    await desk.cut(upload, 0, PHOTO[:100_000], PHOTO[100_000:400_001])
    assert await desk.offset(upload) == 400_001
    await desk.cut(upload, 400_001, PHOTO[400_001:])
    # Even the last byte arrived; it counts only with the content stored.
    assert await desk.offset(upload) == len(PHOTO) - 1
    assert (await desk.send(upload, len(PHOTO) - 1, PHOTO[-1:])).status == 204
    assert await desk.stored(PHOTO) == PHOTO


async def test_a_failed_end_is_repeated_by_the_last_byte(desk: Desk) -> None:
    desk.rows.down = True
    upload = await desk.create(PHOTO)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            await desk.send(upload, await desk.offset(upload), PHOTO[await desk.offset(upload) :])
        assert await desk.offset(upload) == len(PHOTO) - 1
    desk.rows.down = False
    assert (await desk.send(upload, len(PHOTO) - 1, PHOTO[-1:])).status == 204
    assert len(desk.rows.received) == 1
    # Asked again, nothing happens twice.
    assert (await desk.send(upload, len(PHOTO))).headers["Upload-Offset"] == str(len(PHOTO))
    assert len(desk.rows.received) == 1


async def silent() -> AsyncIterator[bytes]:
    """A connection that is dead and does not know it."""
    yield PHOTO[:300_000]
    await asyncio.Event().wait()


async def test_a_phone_that_comes_back_is_not_kept_waiting(desk: Desk) -> None:
    upload = await desk.create(PHOTO)
    dead = asyncio.create_task(
        desk.ask("PATCH", upload, silent(), upload_offset="0", content_type=CONTENT_TYPE)
    )
    await asyncio.sleep(0.05)
    # Another process asks.
    elsewhere = Desk.over(desk.home)
    assert await elsewhere.offset(upload) == 300_000
    assert (await dead).headers["Upload-Offset"] == "300000"
    assert (await elsewhere.send(upload, 300_000, PHOTO[300_000:])).status == 204
    assert await desk.stored(PHOTO) == PHOTO


async def test_a_silent_connection_is_given_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "IDLE_SECONDS", 0.2)
    upload = await desk.create(PHOTO)
    answered = await desk.ask(
        "PATCH", upload, silent(), upload_offset="0", content_type=CONTENT_TYPE
    )
    assert answered.headers["Upload-Offset"] == "300000"


async def test_whoever_does_not_let_go_makes_others_wait_in_vain(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("media.space.PATIENCE_SECONDS", 0.2)
    upload = await desk.create(PHOTO)
    async with desk.space.lease(upload, desk.owner):
        answered = await Desk.over(desk.home).ask("HEAD", upload)
        assert (answered.status, answered.refusal) == (423, Refusal.BUSY)
        assert await desk.space.expire(NOW + 2 * LIFE) == 0


async def test_who_waited_for_an_upload_that_was_terminated_finds_nothing(desk: Desk) -> None:
    upload = await desk.create(PHOTO)
    async with desk.space.lease(upload, desk.owner) as lease:
        waiting = asyncio.create_task(desk.ask("HEAD", upload))
        while not lease.wanted:
            await asyncio.sleep(0.01)
        await lease.remove()
    assert (await waiting).status == 404


async def test_of_many_at_once_one_content_comes_out(desk: Desk) -> None:
    """Eight connections of one phone fight for one upload."""
    upload = await desk.create(PHOTO)

    async def send_until_done() -> None:
        for _ in range(200):
            told = await desk.ask("HEAD", upload)
            if told.status == 200:
                offset = int(told.headers["Upload-Offset"])
                if offset == len(PHOTO):
                    return
                await desk.send(upload, offset, PHOTO[offset : offset + 90_000])
        raise AssertionError("never done")

    await asyncio.gather(*(send_until_done() for _ in range(4)))
    assert await desk.stored(PHOTO) == PHOTO
    assert len(desk.rows.received) == 1


def test_an_owner_is_short() -> None:
    with pytest.raises(ValueError, match="255"):
        new("村" * 86, sha256(b""), 1, 0, NOW)
