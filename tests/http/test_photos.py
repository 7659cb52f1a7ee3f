"""Photos and papers: on their way, read, shown to whom they concern, kept as long as needed."""

import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from PIL import Image

from backend.domain.roles import Role
from backend.photos import keys_of
from backend.store import media
from backend.store.database import fetch
from backend.tasks.keeping import erase_some, tell_missing, tell_refused
from media.objects import ObjectMissing
from tests.http.photographs import (
    TUS,
    announce,
    filed_with,
    go_on,
    named,
    photos,
    read_all,
    send,
    sha256,
)
from tests.http.tools import refused
from tests.pictures import exif, pdf, png_bomb, saved, scene
from tests.world import World, add_person

PHOTO = saved(scene(1, (640, 480)), exif=exif(6, "2026:11:01 08:00:00"), quality=85)
OTHER = saved(scene(2, (640, 480)), quality=85)


@pytest.fixture
async def opened(world: World) -> AsyncIterator[World]:
    """A weekly duty is open in every village."""
    await world.schedule()
    await world.open()
    yield world
    await photos(world).workers.close()


async def rows(table: str, condition: str) -> list[asyncpg.Record]:
    """What the database holds."""
    return await fetch(f"SELECT * FROM {table} WHERE {condition}")


async def looked_at(world: World, who: str, number: int, what: str) -> bytes:
    """A picture as somebody gets it."""
    shown = await world.as_(who).get(f"/attachments/{number}")
    answer = await world.http.get(shown["addresses"][what])
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    return answer.content


async def test_the_form_counts_and_the_photo_trails(opened: World) -> None:
    world = opened
    (number,) = await filed_with(world, "liaison", PHOTO)
    world.clock.pass_(hours=2)
    (missing,) = await world.as_("reviewer").get("/attachments")
    assert (missing["id"], missing["arrived_at"], missing["addresses"]) == (number, None, None)
    assert await world.as_("other_reviewer").get("/attachments") == []
    (duty,) = await fetch("SELECT obligation FROM submission")
    waiting = await world.as_("liaison").get(f"/obligations/{duty['obligation']}")
    assert [each["arrived_at"] for each in waiting["filings"][0]["attachments"]] == [None]
    await send(world, "liaison", PHOTO)
    assert await world.as_("reviewer").get("/attachments") == []
    shown = await world.as_("reviewer").get(f"/attachments/{number}")
    assert (shown["arrived_at"] is not None, shown["examined_at"]) == (True, None)
    await read_all(world)
    shown = await world.as_("reviewer").get(f"/attachments/{number}")
    assert (shown["kind"], shown["width"], shown["height"], shown["pages"]) == (
        "image/jpeg",
        480,
        640,
        1,
    )
    assert shown["village"] == "王家庄村民委员会"


async def test_who_filed_is_told_once_of_photos_that_do_not_come(opened: World) -> None:
    world = opened
    await filed_with(world, "liaison", PHOTO, OTHER)

    async def told() -> list[str]:
        await tell_missing(world.clock.now)
        await world.deliver(world.clock.now)
        items = (await world.as_("liaison").get("/messages"))["items"]
        return [each["text"] for each in items if each["kind"] == "photos_missing"]

    world.clock.pass_(hours=12)
    assert await told() == []
    world.clock.set(2026, 11, 3, 22, 0)
    assert await told() == [], "not at night"
    world.clock.set(2026, 11, 4, 9, 0)
    assert len(await told()) == 1
    world.clock.pass_(hours=24)
    assert len(await told()) == 1, "once is enough"
    assert "2张照片" in (await told())[0]
    assert (
        await rows(
            "message", "kind = 'photos_missing' AND account <> (SELECT filed_by FROM submission)"
        )
        == []
    )


async def test_a_photo_may_come_before_its_form(opened: World) -> None:
    await send(opened, "liaison", PHOTO)
    (number,) = await filed_with(opened, "liaison", PHOTO)
    (row,) = await rows("attachment", f"id = {number}")
    assert row["arrived_at"] is not None


async def test_what_is_shown_and_what_stays_as_it_came(opened: World) -> None:
    world = opened
    (number,) = await filed_with(world, "liaison", PHOTO)
    await send(world, "liaison", PHOTO)
    await read_all(world)
    small = await looked_at(world, "reviewer", number, "thumbnail")
    whole = await looked_at(world, "reviewer", number, "preview")
    again = await looked_at(world, "lead", number, "preview")
    assert Image.open(io.BytesIO(small)).size < Image.open(io.BytesIO(whole)).size
    assert whole != again, "the viewer's name is across it"
    for picture in (small, whole):
        assert not Image.open(io.BytesIO(picture)).getexif()
        assert b"secret maker" not in picture
    assert await looked_at(world, "reviewer", number, "original") == PHOTO
    seen = [row["action"] for row in await rows("audit_entry", "action LIKE 'media.see%'")]
    assert sorted(seen) == ["media.see_original", "media.see_preview", "media.see_preview"]


async def test_nothing_lies_open_in_the_store(opened: World) -> None:
    world = opened
    await filed_with(world, "liaison", PHOTO)
    await send(world, "liaison", PHOTO)
    await read_all(world)
    for key in keys_of(sha256(PHOTO)):
        sealed = await photos(world).bare.get(key)
        assert not sealed.startswith(b"\xff\xd8")
        assert PHOTO[1000:1032] not in sealed


async def test_who_sees_a_photo(opened: World) -> None:
    world = opened
    (number,) = await filed_with(world, "liaison", PHOTO)
    await send(world, "liaison", PHOTO)
    await read_all(world)
    for who in ("liaison", "backup", "reviewer", "county", "auditor", "monitor"):
        assert await looked_at(world, who, number, "preview")
    for who in ("colleague", "other_reviewer", "outsider", "far_county"):
        await refused(world.as_(who), "GET", f"/attachments/{number}", "not_found")
    shown = await world.as_("liaison").get(f"/attachments/{number}")
    assert shown["addresses"]["original"] is None
    # A pensioner's picture is not for who only watches rates.
    await fetch("UPDATE attachment SET beneficiary = $1", uuid4())
    await refused(world.as_("monitor"), "GET", f"/attachments/{number}", "not_found")
    assert await looked_at(world, "liaison", number, "preview")


async def test_an_address_is_good_for_minutes_and_for_one_session(opened: World) -> None:
    world = opened
    (number,) = await filed_with(world, "liaison", PHOTO)
    await send(world, "liaison", PHOTO)
    await read_all(world)
    shown = await world.as_("reviewer").get(f"/attachments/{number}")
    address = shown["addresses"]["preview"]
    assert (await world.http.get(address)).status_code == 200
    assert (await world.http.get(address[:-3] + "abc")).status_code == 404
    session = world.people["reviewer"].session
    await fetch("UPDATE session SET ended_at = $2 WHERE id = $1", session, world.clock.now)
    answer = await world.http.get(address)
    assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")
    await fetch("UPDATE session SET ended_at = NULL WHERE id = $1", session)
    await fetch("UPDATE post SET ends_at = $2 WHERE id = $1", world.people["reviewer"].post,
                world.clock.now)  # fmt: skip
    assert (await world.http.get(address)).status_code == 404
    await fetch("UPDATE post SET ends_at = NULL WHERE id = $1", world.people["reviewer"].post)
    world.clock.pass_(minutes=6)
    assert (await world.http.get(address)).status_code == 404


async def test_the_same_photo_again_costs_one_request(opened: World) -> None:
    world = opened
    await send(world, "liaison", PHOTO)
    again = await announce(world, "liaison", PHOTO)
    assert again.headers["upload-offset"] == str(len(PHOTO))
    # A hash is no ticket to what others sent.
    stranger = await announce(world, "colleague", PHOTO)
    assert stranger.headers["upload-offset"] == "0"
    (number,) = await filed_with(world, "colleague", PHOTO)
    (row,) = await rows("attachment", f"id = {number}")
    assert row["arrived_at"] is None


async def test_an_upload_goes_on_where_it_stood(opened: World) -> None:
    world = opened
    begun = await announce(world, "liaison", PHOTO)
    half = len(PHOTO) // 2
    assert (await go_on(world, "liaison", begun, 0, PHOTO[:half])).status_code == 204
    path = begun.headers["location"].removeprefix("/api/v1")
    told = await world.as_("liaison").ask("HEAD", path, headers=TUS)
    assert (told.status_code, told.headers["upload-offset"]) == (200, str(half))
    stranger = await world.as_("colleague").ask("HEAD", path, headers=TUS)
    assert stranger.status_code == 404
    wrong = await go_on(world, "liaison", begun, half + 1, PHOTO[half + 1 :])
    assert (wrong.status_code, wrong.json()["code"]) == (409, "upload_offset_conflict")
    assert (await go_on(world, "liaison", begun, half, PHOTO[half:])).status_code == 204
    (row,) = await rows("media_object", f"sha256 = '{sha256(PHOTO)}'")
    assert row["bytes"] == len(PHOTO)


async def test_another_content_than_announced_is_refused(opened: World) -> None:
    world = opened
    begun = await announce(world, "liaison", PHOTO)
    sent = await go_on(world, "liaison", begun, 0, PHOTO[:-1] + b"!")
    assert (sent.status_code, sent.json()["code"]) == (460, "upload_content_mismatch")
    assert await rows("media_object", "true") == []
    huge = await world.as_("liaison").ask(
        "POST", "/uploads", headers={**TUS, "upload-length": str(20 * 2**20 + 1)}
    )
    assert (huge.status_code, huge.json()["code"]) == (413, "upload_too_large")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<html><script>alert(1)</script></html>", "image_unknown_kind"),
        (png_bomb(20_000, 20_000), "image_too_large"),
        (PHOTO[: len(PHOTO) // 3], "image_truncated"),
    ],
    ids=["page", "bomb", "cut"],
)
async def test_what_is_no_photo_is_told_and_not_shown(
    opened: World, data: bytes, reason: str
) -> None:
    world = opened
    (number,) = await filed_with(world, "liaison", data)
    await send(world, "liaison", data)
    await read_all(world)
    shown = await world.as_("liaison").get(f"/attachments/{number}")
    assert shown["addresses"] is None
    assert shown["refused"] == reason


async def test_who_filed_a_bad_photo_is_told_once_and_again_of_the_next(opened: World) -> None:
    world, bad = opened, PHOTO[: len(PHOTO) // 3]
    await filed_with(world, "liaison", bad, OTHER)
    await send(world, "liaison", bad)
    await send(world, "liaison", OTHER)
    await read_all(world)

    async def told() -> list[dict[str, Any]]:
        await tell_refused(world.clock.now)
        await world.deliver(world.clock.now)
        items = (await world.as_("liaison").get("/messages"))["items"]
        return [each for each in items if each["kind"] == "photos_refused"]

    world.clock.set(2026, 11, 2, 22, 0)
    assert await told() == [], "not at night"
    world.clock.set(2026, 11, 3, 9, 0)
    (first,) = await told()
    (duty,) = await fetch("SELECT obligation, id FROM submission")
    assert "有1张照片或证件打不开" in first["text"]
    assert first["params"]["obligation"] == duty["obligation"]
    world.clock.pass_(minutes=5)
    assert len(await told()) == 1, "once is enough"
    await world.review("reviewer", str(duty["id"]), "return", defects=[{"text": "照片打不开"}])
    world.clock.pass_(minutes=5)
    await world.file("liaison", obligation=duty["obligation"], attachments=[named(bad)])
    world.clock.pass_(minutes=5)
    assert len(await told()) == 2, "the same bad photo again"
    theirs = "kind = 'photos_refused' AND account NOT IN (SELECT filed_by FROM submission)"
    assert await rows("message", theirs) == []


async def test_a_paper_as_pdf(opened: World) -> None:
    world, paper = opened, pdf(3)
    (number,) = await filed_with(world, "liaison", paper)
    await send(world, "liaison", paper)
    await read_all(world)
    shown = await world.as_("liaison").get(f"/attachments/{number}")
    assert (shown["kind"], shown["pages"]) == ("application/pdf", 3)
    assert (await looked_at(world, "liaison", number, "preview")).startswith(b"\xff\xd8")


async def used_twice(world: World, again: bytes, same_person: bool = False) -> tuple[int, int]:
    """王家庄 photographs somebody, and another village sends a photo like it."""
    person = uuid4()
    (first,) = await filed_with(world, "liaison", PHOTO)
    await send(world, "liaison", PHOTO)
    await fetch("UPDATE attachment SET beneficiary = $2 WHERE id = $1", first, person)
    (second,) = await filed_with(world, "elsewhere", again)
    await send(world, "elsewhere", again)
    other = person if same_person else uuid4()
    await fetch("UPDATE attachment SET beneficiary = $2 WHERE id = $1", second, other)
    await read_all(world)
    return first, second


async def test_another_persons_photo_is_found_and_decided_by_who_may_see_both(
    opened: World,
) -> None:
    world = opened
    smaller = saved(Image.open(io.BytesIO(PHOTO)).resize((500, 375)), exif=exif(6), quality=60)
    first, second = await used_twice(world, smaller)
    (flag,) = await world.as_("county").get("/reuse")
    assert (flag["attachment"], flag["other"], flag["kind"]) == (second, first, "other_person")
    # The office of the second village may not see the first one's picture.
    (own,) = await world.as_("other_reviewer").get("/reuse")
    assert (own["id"], own["other"]) == (flag["id"], None)
    (row,) = await rows("attachment", f"id = {second}")
    submission = str(row["submission"])
    held = await world.review("other_reviewer", submission, "pass")
    assert held["problem"]["code"] == "photo_held"
    path = f"/reuse/{flag['id']}/decision"
    word = {"decision": "confirmed"}
    await refused(world.as_("other_reviewer"), "POST", path, "not_found", json=word)
    decided = await world.as_("county").post(path, word, 200)
    assert decided["decision"] == "confirmed"
    await refused(world.as_("county"), "POST", path, "flag_decided", json=word)
    assert await world.as_("county").get("/reuse") == []
    shown = await world.as_("county").get(f"/attachments/{second}")
    assert [each["decision"] for each in shown["flags"]] == ["confirmed"]
    held = await world.review("other_reviewer", submission, "pass")
    assert held["problem"]["code"] == "photo_held"
    await fetch("UPDATE reuse_flag SET decision = 'cleared'")
    assert (await world.review("other_reviewer", submission, "pass"))["outcome"] == "done"


async def test_the_same_persons_old_photo_is_told_apart(opened: World) -> None:
    _, second = await used_twice(opened, PHOTO, same_person=True)
    shown = await opened.as_("county").get(f"/attachments/{second}")
    assert [(each["kind"], each["match"]) for each in shown["flags"]] == [("same_person", "same")]


async def test_cards_are_not_compared(opened: World) -> None:
    """One identity card looks like another."""
    await filed_with(opened, "liaison", PHOTO, evidence="id_card")
    await filed_with(opened, "elsewhere", PHOTO, evidence="id_card")
    for who in ("liaison", "elsewhere"):
        await send(opened, who, PHOTO)
    await fetch("UPDATE attachment SET beneficiary = gen_random_uuid()")
    await read_all(opened)
    assert await opened.as_("county").get("/reuse") == []


async def test_different_photos_are_no_reuse(opened: World) -> None:
    await used_twice(opened, OTHER)
    assert await opened.as_("county").get("/reuse") == []


async def test_kept_as_long_as_it_may_be(opened: World) -> None:
    world = opened
    _, second = await filed_with(world, "liaison", PHOTO, OTHER)
    await send(world, "liaison", PHOTO)
    await send(world, "liaison", OTHER)
    await read_all(world)
    hold = f"/attachments/{second}/hold"
    assert (await world.as_("county").ask("PUT", hold)).status_code == 200
    world.clock.now += timedelta(days=3 * 365 - 1)
    assert not await erase_some(photos(world), world.clock.now)
    world.clock.now += timedelta(days=2)
    assert await erase_some(photos(world), world.clock.now)
    for key in keys_of(sha256(PHOTO)):
        with pytest.raises(ObjectMissing):
            await photos(world).store.get(key)
    assert await photos(world).store.get(keys_of(sha256(OTHER))[0]) == OTHER
    (gone,) = await rows("audit_entry", "action = 'media.erase'")
    assert gone["subject"] == f"media:{sha256(PHOTO)[:16]}"
    row = (await fetch("SELECT * FROM media_object WHERE sha256 = $1", sha256(PHOTO)))[0]
    assert (row["erased_at"], row["like_key"]) == (world.clock.now, None)
    assert (await world.as_("county").ask("DELETE", hold)).status_code == 204
    assert await erase_some(photos(world), world.clock.now)
    [told] = (await world.as_("county").get("/retention"))["removed"]
    assert (told["rule"], told["removed"]) == ("old_photos", 2)


async def test_a_row_that_can_not_be_written_leaves_the_upload_unfinished(
    opened: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash between the object and its row: the phone sends its last byte again."""
    world = opened

    async def fails(*_: object) -> None:
        raise ConnectionError

    begun = await announce(world, "liaison", PHOTO)
    real = media.arrived
    monkeypatch.setattr(media, "arrived", fails)
    answer = await go_on(world, "liaison", begun, 0, PHOTO)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    monkeypatch.setattr(media, "arrived", real)
    path = begun.headers["location"].removeprefix("/api/v1")
    told = await world.as_("liaison").ask("HEAD", path, headers=TUS)
    stands = int(told.headers["upload-offset"])
    assert stands < len(PHOTO)
    assert await rows("media_object", "true") == []
    assert (await go_on(world, "liaison", begun, stands, PHOTO[stands:])).status_code == 204
    assert len(await rows("media_object", "true")) == 1


async def test_the_county_has_no_photos_of_its_own_to_send(opened: World) -> None:
    await add_person(opened, "watcher", "石磊", Role.COUNTY_MONITOR, "990101")
    answer = await announce(opened, "watcher", PHOTO)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
