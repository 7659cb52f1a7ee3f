"""Photos sent over HTTP by the people of the world, kept in a folder of the test's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from backend.photos import Photos, open_photos
from backend.store.database import fetch
from backend.tasks import examining
from media.tus import CONTENT_TYPE
from tests.http.tools import duty_of, report, submit
from tests.uploads import named, sha256
from tests.world import VILLAGE, World


@dataclass(frozen=True, slots=True)
class Room:
    """The world, and the photos of its server."""

    world: World
    photos: Photos

    async def send(self, who: str, data: bytes, status: int = 201) -> httpx.Response:
        """Announces a content and sends it along, in one request."""
        headers = {
            "tus-resumable": "1.0.0",
            "upload-length": str(len(data)),
            "upload-metadata": named(data),
            "content-type": CONTENT_TYPE,
        }
        answer = await self.world.as_(who).ask("POST", "/uploads", headers=headers, content=data)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer

    async def file(self, *contents: bytes, duty: int | None = None, **more: Any) -> str:
        """王芳 files a weekly report that names these contents; gives the submission."""
        if duty is None:
            schedule = await self.world.schedule()
            await self.world.open()
            duty = await duty_of(self.world, VILLAGE, schedule=schedule)
        attachments = [
            {"sha256": sha256(each), "name": f"{number}.jpg", "size": len(each)}
            for number, each in enumerate(contents)
        ]
        [filed] = await submit(
            self.world, "liaison", [report(duty, attachments=attachments, **more)]
        )
        assert filed["outcome"] == "created", filed
        found: str = filed["id"]
        return found

    async def about(self, submission: str, beneficiary: Any = None) -> None:
        """Makes a submission one about a pensioner."""
        await fetch(
            "UPDATE attachment SET beneficiary = $2 WHERE submission = $1::uuid",
            submission,
            beneficiary or uuid4(),
        )

    async def look(self) -> None:
        """Runs the reading and the comparing to their end."""
        while await examining.examine_one(self.photos, self.world.clock.now):
            pass
        while await examining.compare_some(self.world.clock.now):
            pass


@asynccontextmanager
async def room(world: World, home: Path) -> AsyncIterator[Room]:
    """The world's server with its photos in `home`."""
    state = world.app.state
    before = state.photos
    photos = open_photos(replace(state.settings, home=home), world.vault)
    state.photos = photos
    try:
        yield Room(world, photos)
    finally:
        state.photos = before
        await photos.workers.close()
