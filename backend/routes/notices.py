"""Bulletins of counties and townships, and who has read them: /notices."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import asyncpg
import msgspec
from litestar import Controller, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from backend import access, publishing, told
from backend.access import allows
from backend.domain.notices import read_at
from backend.domain.roles import Action, Actor
from backend.problems import Problem
from backend.publishing import NewNotice
from backend.routes.context import ApiRequest, authorised, vault_of
from backend.routes.errors import documented
from backend.routes.notice_files import addresses
from backend.routes.schemas import (
    KeyQuery,
    LimitQuery,
    Page,
    PageQuery,
    RegionKey,
    Small,
    check_years,
    paged,
    read_mark,
)
from backend.store import notices
from backend.store.database import from_json
from backend.store.notices import NewFile, Words
from backend.vault import Vault

Instant = Annotated[datetime, Meta(tz=True)]
Title = Annotated[str, Meta(min_length=2, max_length=100, pattern=r"^[^\u0000-\u001f\u007f]*$")]
# Paragraphs, with nothing in them but letters and line ends.
Body = Annotated[
    str,
    Meta(min_length=1, max_length=10_000, pattern=r"^[^\u0000-\u0008\u000b-\u001f\u007f]*$"),
]
FileName = Annotated[
    str, Meta(min_length=1, max_length=200, pattern=r"^[^\u0000-\u001f\u007f/\\]*$")
]


class NoticeFileIn(msgspec.Struct, forbid_unknown_fields=True):
    """A picture or PDF sent by /uploads before."""

    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
    name: FileName
    size: Small


Files = Annotated[list[NoticeFileIn], Meta(max_length=10)]


class NoticeWords(msgspec.Struct, forbid_unknown_fields=True):
    """What it says; `confirm_by` asks readers to confirm that they have read it."""

    title: Title
    body: Body
    confirm_by: Instant | None = None
    files: Files = []


class NoticeIn(NoticeWords, kw_only=True, forbid_unknown_fields=True):
    """`id` is made by who publishes, so sending again is harmless. `scopes` are townships or
    villages of the office; none is all of it.
    """

    id: UUID
    office: RegionKey
    scopes: Annotated[list[RegionKey], Meta(max_length=500)] = []


class ReadIn(msgspec.Struct, forbid_unknown_fields=True):
    """The version read, and when by the phone's clock set right."""

    version: Small
    read_at: Instant


class NoticeFileView(msgspec.Struct):
    """`picture` and `whole` are paths good for five minutes, for this session; null until the
    file has been examined, or when it was `refused`. A correction names it again by its `sha256`.
    """

    id: int
    name: str
    size: int
    sha256: str
    kind: str | None
    pages: int | None
    refused: str | None
    picture: str | None
    whole: str | None


class NoticeView(msgspec.Struct):
    """`read_at`: when the asker read this version. One withdrawn has no words left."""

    id: UUID
    version: int
    office: str
    office_name: str
    scopes: list[str]
    title: str
    body: str
    confirm_by: datetime | None
    published_at: datetime
    version_at: datetime
    withdrawn_at: datetime | None
    read_at: datetime | None
    files: list[NoticeFileView]


class VillageReaders(msgspec.Struct):
    region: str
    name: str
    readers: int
    read: int


class Reader(msgspec.Struct):
    """`received_at`: when word of the reading came, perhaps from a phone long without signal."""

    account: UUID
    name: str
    role: str
    is_backup: bool
    region: str
    village: str
    read_at: datetime | None
    received_at: datetime | None


def notice_view(row: asyncpg.Record, asker: Actor, vault: Vault) -> NoticeView:
    """A notice as the asker may know it."""
    over = row["withdrawn_at"] is not None
    files = [] if over else from_json(row["files"]) or []
    return NoticeView(
        row["id"],
        row["version"],
        row["office"],
        row["office_name"],
        list(row["scopes"]),
        row["title"],
        "" if over else row["body"],
        row["confirm_by"],
        row["published_at"],
        row["version_at"],
        row["withdrawn_at"],
        row["read_at"],
        [_file(each, asker, vault) for each in files],
    )


def _file(file: dict[str, object], asker: Actor, vault: Vault) -> NoticeFileView:
    picture, whole = addresses(vault, asker, file)
    return msgspec.convert({**file, "picture": picture, "whole": whole}, NoticeFileView)


def _words(data: NoticeWords) -> Words:
    check_years(confirm_by=data.confirm_by)
    files = [NewFile(each.sha256, each.name, each.size) for each in data.files]
    return Words(data.title, data.body, data.confirm_by, files)


class NoticeController(Controller):
    path = "/notices"
    tags = ("notices",)

    @get("/", opt=allows(Action.SEE_NOTICES), responses=documented("bad_cursor"))
    async def page(
        self, request: ApiRequest, page: PageQuery = None, limit: LimitQuery = 50
    ) -> Page[NoticeView]:
        """Notices that concern the asker's area, newest first."""
        after = read_mark(page, tuple[int])
        async with authorised(request) as actor:
            scopes = actor.scopes(Action.SEE_NOTICES)
            rows = await notices.page(actor.account, scopes, after[0] if after else None, limit + 1)
        vault = vault_of(request)
        return paged(
            rows, limit, lambda row: notice_view(row, actor, vault), lambda row: [row["number"]]
        )

    @post(
        "/",
        opt=allows(Action.PUBLISH_NOTICES),
        responses=documented("notice_scope", "notice_conflict", "confirm_by_past", "file_not_sent"),
    )
    async def publish(self, request: ApiRequest, data: JSONBody[NoticeIn]) -> NoticeView:
        """Publishes in the name of the asker's office; readers are told in the app."""
        new = NewNotice(data.id, data.office, data.scopes, _words(data))
        async with authorised(request) as actor:
            await publishing.publish(actor, new)
            found = await told.notice(actor, data.id, Action.SEE_NOTICES)
        return notice_view(found, actor, vault_of(request))

    @get("/{number:uuid}", opt=allows(Action.SEE_NOTICES), responses=documented("not_found"))
    async def one(self, request: ApiRequest, number: FromPath[UUID]) -> NoticeView:
        """One notice, with addresses for its files."""
        async with authorised(request) as actor:
            found = await told.notice(actor, number, Action.SEE_NOTICES)
        return notice_view(found, actor, vault_of(request))

    @put(
        "/{number:uuid}",
        opt=allows(Action.PUBLISH_NOTICES),
        responses=documented("not_found", "notice_withdrawn", "confirm_by_past", "file_not_sent"),
    )
    async def correct(
        self, request: ApiRequest, number: FromPath[UUID], data: JSONBody[NoticeWords]
    ) -> NoticeView:
        """Puts a new version in its place; everybody is asked to read it anew."""
        words = _words(data)
        async with authorised(request) as actor:
            await publishing.correct(actor, await told.own_notice(actor, number), words)
            found = await told.notice(actor, number, Action.SEE_NOTICES)
        return notice_view(found, actor, vault_of(request))

    @post(
        "/{number:uuid}/withdraw",
        opt=allows(Action.PUBLISH_NOTICES),
        status_code=204,
        responses=documented("not_found"),
    )
    async def withdraw(self, request: ApiRequest, number: FromPath[UUID]) -> None:
        """Takes it back; doing so again changes nothing."""
        async with authorised(request) as actor:
            await publishing.withdraw(actor, await told.own_notice(actor, number))

    @post(
        "/{number:uuid}/read",
        opt=allows(Action.READ_NOTICES),
        status_code=204,
        responses=documented("not_found"),
    )
    async def read(
        self, request: ApiRequest, number: FromPath[UUID], data: JSONBody[ReadIn]
    ) -> None:
        """Notes that the asker has read a version; the first time told counts."""
        check_years(read_at=data.read_at)
        async with authorised(request) as actor:
            await told.notice(actor, number, Action.READ_NOTICES)
            since = await notices.version_at(number, data.version)
            if since is None:
                raise Problem("not_found")
            at = read_at(data.read_at, since, actor.now)
            await notices.mark_read(number, data.version, actor.account, at, actor.now)

    @get(
        "/{number:uuid}/villages", opt=allows(Action.SEE_READERS), responses=documented("not_found")
    )
    async def villages(self, request: ApiRequest, number: FromPath[UUID]) -> list[VillageReaders]:
        """How many have read this version, by village of the asker's area."""
        async with authorised(request) as actor:
            await told.notice(actor, number, Action.SEE_READERS)
            rows = await notices.counts(number, actor.scopes(Action.SEE_READERS), actor.now)
        return [VillageReaders(**row) for row in rows]

    @get(
        "/{number:uuid}/readers",
        opt=allows(Action.SEE_READERS),
        responses=documented("not_found", "bad_cursor"),
    )
    async def readers(
        self,
        request: ApiRequest,
        number: FromPath[UUID],
        region: KeyQuery = None,
        read: FromQuery[bool | None] = None,
        page: PageQuery = None,
        limit: LimitQuery = 100,
    ) -> Page[Reader]:
        """Who has read this version and when; `read=false` those who have not."""
        after = read_mark(page, tuple[str, UUID])
        async with authorised(request) as actor:
            await told.notice(actor, number, Action.SEE_READERS)
            rows = await notices.readers(
                number,
                access.reach(actor, Action.SEE_READERS, region),
                under=region,
                read=read,
                after=after,
                limit=limit + 1,
                now=actor.now,
            )
        return paged(rows, limit, _reader, lambda row: [row["region"], row["post"]])


def _reader(row: asyncpg.Record) -> Reader:
    return Reader(**{name: row[name] for name in Reader.__struct_fields__})
