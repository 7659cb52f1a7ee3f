"""An upload server over a folder, spoken to without HTTP."""

import base64
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from media.folder import FolderStore
from media.objects import ObjectStore
from media.space import UploadSpace
from media.tus import CONTENT_TYPE, Answer, Request
from media.uploads import Received, Uploads, content_key

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
SECRET = bytes(range(32))
BASE = "/api/v1/uploads"
LIAISON, OUTSIDER = "account-1", "account-2"


class Cut(Exception):
    """The connection broke."""


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def named(data: bytes) -> str:
    """Upload-Metadata of a content."""
    return f"sha256 {base64.b64encode(sha256(data).encode()).decode()}"


async def chunks(*parts: bytes, cut: bool = False) -> AsyncIterator[bytes]:
    """A body in parts, after which the connection may break."""
    for part in parts:
        yield part
    if cut:
        raise Cut


@dataclass
class Rows:
    """What the caller of the library remembers."""

    received: list[Received] = field(default_factory=list)
    down: bool = False

    async def known(self, owner: str, digest: str, length: int) -> bool:
        return any((r.owner, r.sha256, r.length) == (owner, digest, length) for r in self.received)

    async def attach(self, received: Received) -> None:
        if self.down:
            raise ConnectionError("no database")
        self.received.append(received)


@dataclass
class Desk:
    """One server process, and an account that speaks to it; another over the same folder is
    another process.
    """

    home: Path
    store: ObjectStore
    rows: Rows = field(default_factory=Rows)
    owner: str = LIAISON
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.space = UploadSpace(self.home / "uploads", SECRET)
        self.server = Uploads(self.space, self.store, self.rows.known, self.rows.attach, BASE)

    @classmethod
    def over(cls, home: Path) -> "Desk":
        return cls(home, FolderStore(home / "objects"))

    async def ask(
        self,
        method: str,
        upload: str | None = None,
        body: AsyncIterator[bytes] | None = None,
        /,
        **headers: str,
    ) -> Answer:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        given = {"tus-resumable": "1.0.0"} | given
        nothing = chunks()
        request = Request(method, given, self.owner, body or nothing, upload)
        return await self.server.answer(request, self.now)

    async def create(self, data: bytes, **headers: str) -> str:
        """Announces a content; gives the upload's name."""
        given = {"upload_length": str(len(data)), "upload_metadata": named(data)} | headers
        made = await self.ask("POST", **given)
        assert made.status == 201, made
        return made.headers["Location"].removeprefix(f"{BASE}/")

    async def send(self, upload: str, offset: int, /, *parts: bytes, **headers: str) -> Answer:
        return await self._send(upload, offset, chunks(*parts), headers)

    async def cut(self, upload: str, offset: int, /, *parts: bytes, **headers: str) -> None:
        """Sends the parts, after which the connection breaks."""
        with suppress(Cut):
            await self._send(upload, offset, chunks(*parts, cut=True), headers)
            raise AssertionError("the server did not notice")

    async def _send(
        self, upload: str, offset: int, body: AsyncIterator[bytes], headers: dict[str, str]
    ) -> Answer:
        given = {"upload_offset": str(offset), "content_type": CONTENT_TYPE} | headers
        return await self.ask("PATCH", upload, body, **given)

    async def offset(self, upload: str) -> int:
        """What HEAD says has arrived."""
        told = await self.ask("HEAD", upload)
        assert told.status == 200, told
        return int(told.headers["Upload-Offset"])

    async def stored(self, data: bytes) -> bytes:
        return await self.store.get(content_key(sha256(data)))


def files(folder: Path) -> Sequence[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
