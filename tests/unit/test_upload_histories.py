"""Uploads through any history of cuts, kills, damage by power loss and repeats: the same bytes."""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from media import intake, partials
from media.objects import StoreUnavailable
from media.partials import PartialFile
from media.tus import Answer
from tests.uploads import Cut, Desk, Rows, chunks, files, sha256

DATA = bytes(range(256)) * 9 + b"end"
SIZES = st.lists(st.integers(1, 700), max_size=6)


class Killed(BaseException):
    """kill -9: nothing of the process runs any more."""


@dataclass(frozen=True)
class Step:
    """What a phone does, and what happens to it. `skew` is how wrong its offset is."""

    act: str
    sizes: list[int]
    skew: int = 0
    calls: int = 0


STEPS = st.builds(
    Step,
    st.sampled_from(
        ["part", "cut", "kill", "head", "store down", "rows down", "lost answer", "power loss"]
    ),
    SIZES,
    st.sampled_from([0, 0, 0, -7, 5]),
    st.integers(0, 6),
)


class History:
    """An upload, and what the phone was told of it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.rows = Rows()
        self.upload = ""
        self.told = 0

    @property
    def desk(self) -> Desk:
        """A process of its own for every request."""
        made = Desk.over(self.home)
        made.rows = self.rows
        made.__post_init__()
        return made

    async def take(self, step: Step) -> None:
        match step.act:
            case "head":
                offset = await self.desk.offset(self.upload)
                assert offset >= self.told, "what was acknowledged is gone"
                self.told = offset
            case "kill":
                await killed(step.calls, lambda: self.send(step))
            case "power loss":
                self.lose_power(step.calls)
            case "store down":
                with patch("media.folder.FolderStore.put", side_effect=StoreUnavailable):
                    await self.send(step)
            case "rows down":
                self.rows.down = True
                with suppress(ConnectionError):
                    await self.send(step)
                self.rows.down = False
            case _:
                await self.send(step)

    async def send(self, step: Step) -> None:
        """Sends from where the phone believes to be, and believes what it is answered."""
        offset = max(0, self.told + step.skew)
        parts, at = [], offset
        for size in step.sizes:
            parts.append(DATA[at : at + size])
            at += size
        answered: Answer | None = None
        if step.act == "cut":
            await self.cut(offset, parts)
        else:
            answered = await self.desk.send(self.upload, offset, *filter(None, parts))
        if answered is not None and answered.status == 204 and step.act != "lost answer":
            self.told = int(answered.headers["Upload-Offset"])
        if answered is not None:
            self.check(answered)

    async def cut(self, offset: int, parts: list[bytes]) -> None:
        headers = {"upload_offset": str(offset), "content_type": "application/offset+octet-stream"}
        body = chunks(*filter(None, parts), cut=True)
        with suppress(Cut):
            await self.desk.ask("PATCH", self.upload, body, **headers)

    def check(self, answered: Answer) -> None:
        assert answered.status in (204, 409, 503), answered
        if answered.headers.get("Upload-Offset") == str(len(DATA)):
            assert self.rows.received, "called complete without a row"

    def lose_power(self, calls: int) -> None:
        """The machine stops. What was synced is there, and beyond it anything. That an upload is
        complete was not synced: its bytes may be gone and its record as it was some time before.
        """
        (path,) = files(self.home / "uploads")
        with path.open("r+b") as file:
            recorded = partials.read(file.fileno(), path.name)
            if recorded.complete:
                file.seek(partials._RECORD_AT)
                file.write((calls * 300).to_bytes(8, "little"))
                self.told = 0
            elif recorded.offset == int.from_bytes(file.read(32)[24:], "little"):
                file.seek(0, 2)
                file.write(bytes(100))

    async def end(self) -> None:
        """A last, undisturbed try."""
        offset = await self.desk.offset(self.upload)
        if offset < len(DATA):
            answered = await self.desk.send(self.upload, offset, DATA[offset:])
            assert answered.status == 204, answered
        assert await self.desk.offset(self.upload) == len(DATA)
        assert await self.desk.stored(DATA) == DATA
        assert {received.sha256 for received in self.rows.received} == {sha256(DATA)}


BLOCKING = ("write", "record", "_record", "content", "complete", "_cut")


async def killed(calls: int, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Does it until so many calls to the disk were made; the next one never happens."""
    left = calls

    def counting(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed
            return original(*args)

        return call

    with suppress(Killed):
        patches = [
            patch.object(PartialFile, name, counting(getattr(PartialFile, name)))
            for name in BLOCKING
        ]
        for each in patches:
            each.start()
        try:
            await act()
        finally:
            for each in patches:
                each.stop()


async def play(steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder))
        history.upload = await history.desk.create(DATA)
        for step in steps:
            await history.take(step)
        await history.end()


@given(st.lists(STEPS, max_size=8))
@settings(max_examples=60, deadline=None)
def test_any_history_ends_with_the_same_bytes(steps: list[Step]) -> None:
    with patch.object(intake, "_PIECE", 200), patch.object(intake, "_CHECKPOINT", 500):
        asyncio.run(play(steps))
