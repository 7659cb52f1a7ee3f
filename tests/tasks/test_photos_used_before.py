"""Photos used before are found in whatever order they come; one duty's own photos are none."""

from pathlib import Path
from uuid import uuid4

from backend.store.database import fetch
from tests.http.tools import duty_of
from tests.photo_rooms import Room, room
from tests.pictures import saved, scene
from tests.world import VILLAGE, World

PHOTO = saved(scene(1))
AGAIN = saved(scene(1).resize((1024, 768)), quality=70)


async def kinds() -> list[str]:
    return [row["kind"] for row in await fetch("SELECT kind FROM reuse_flag ORDER BY id")]


async def named_by(place: Room, content: bytes) -> str:
    submission = await place.file(content)
    await place.about(submission)
    return submission


async def test_another_persons_photo_is_found(real_world: World, tmp_path: Path) -> None:
    async with room(real_world, tmp_path) as place:
        for content in (PHOTO, AGAIN):
            await named_by(place, content)
            await place.send("liaison", content)
            await place.look()
        assert await kinds() == ["other_person"]


async def test_the_photo_filed_first_may_come_last(real_world: World, tmp_path: Path) -> None:
    """Photos trail: the one named first arrives when the other has been compared already."""
    async with room(real_world, tmp_path) as place:
        for content in (PHOTO, AGAIN):
            await named_by(place, content)
        for content in (AGAIN, PHOTO):
            await place.send("liaison", content)
            await place.look()
        assert await kinds() == ["other_person"]


async def test_a_photo_named_twice_for_one_person_at_once_is_none(
    real_world: World, tmp_path: Path
) -> None:
    """Two shots at one visit look alike."""
    async with room(real_world, tmp_path) as place:
        submission = await place.file(PHOTO, AGAIN)
        await place.about(submission)
        for content in (PHOTO, AGAIN):
            await place.send("liaison", content)
        await place.look()
        assert await kinds() == []


async def test_a_correction_that_keeps_its_photo_is_none(real_world: World, tmp_path: Path) -> None:
    async with room(real_world, tmp_path) as place:
        pensioner = uuid4()
        schedule = await real_world.schedule()
        await real_world.open()
        duty = await duty_of(real_world, VILLAGE, schedule=schedule)
        first = await place.file(PHOTO, duty=duty)
        await real_world.review("reviewer", first, "return", defects=[{"text": "请核实"}])
        second = await place.file(PHOTO, duty=duty)
        for submission in (first, second):
            await place.about(submission, pensioner)
        await place.send("liaison", PHOTO)
        await place.look()
        assert await kinds() == []
