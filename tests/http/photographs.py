"""Photos over HTTP, as phones send them."""

import base64
import hashlib
from typing import Any

import httpx

from backend.photos import Photos
from backend.store.database import fetch
from backend.tasks.examining import compare_some, examine_one
from media.tus import CONTENT_TYPE
from tests.world import World

TUS = {"tus-resumable": "1.0.0"}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def photos(world: World) -> Photos:
    """Those of the process."""
    found: Photos = world.app.state.photos
    return found


def named(data: bytes, **more: Any) -> dict[str, Any]:
    """What a report says of a photo."""
    return {"sha256": sha256(data), "name": "照片.jpg", "size": len(data), **more}


async def announce(world: World, who: str, data: bytes) -> httpx.Response:
    """Begins an upload without a byte of it."""
    told = base64.b64encode(sha256(data).encode()).decode()
    headers = {**TUS, "upload-length": str(len(data)), "upload-metadata": f"sha256 {told}"}
    return await world.as_(who).ask("POST", "/uploads", headers=headers)


async def go_on(
    world: World, who: str, begun: httpx.Response, offset: int, part: bytes
) -> httpx.Response:
    """Sends some bytes from an offset on."""
    headers = {**TUS, "upload-offset": str(offset), "content-type": CONTENT_TYPE}
    path = begun.headers["location"].removeprefix("/api/v1")
    return await world.as_(who).ask("PATCH", path, headers=headers, content=part)


async def send(world: World, who: str, data: bytes) -> None:
    """A whole upload."""
    begun = await announce(world, who, data)
    assert begun.status_code == 201, begun.text
    if begun.headers["upload-offset"] == str(len(data)):
        return
    sent = await go_on(world, who, begun, 0, data)
    assert sent.status_code == 204, sent.text


async def filed_with(world: World, who: str, *data: bytes, **more: Any) -> list[int]:
    """Files the one duty of somebody with photos; gives the attachments."""
    duty = await world.duty(who)
    outcome = await world.file(
        who, obligation=duty["id"], attachments=[named(each, **more) for each in data]
    )
    assert outcome.get("receipt"), outcome
    rows = await fetch(
        "SELECT id FROM attachment WHERE submission = $1 ORDER BY position", outcome["id"]
    )
    return [row["id"] for row in rows]


async def read_all(world: World) -> None:
    """All that has arrived is examined and compared."""
    while await examine_one(photos(world), world.clock.now):
        pass
    while await compare_some(world.clock.now):
        pass
