"""What became of the lists brought in: /imports."""

import tempfile
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromQuery, JSONBody

from backend import access, ledger_import
from backend.access import allows
from backend.domain.certification.matches import HitKind, HitOutcome
from backend.domain.masking import masked_name
from backend.domain.roles import Action
from backend.domain.row_faults import REASONS
from backend.faulty_rows import faulty_rows
from backend.problems import LANGUAGES, Problem, language_of
from backend.routes.context import (
    FILE_TYPES,
    ApiRequest,
    authorised,
    vault_of,
)
from backend.routes.errors import documented
from backend.routes.import_templates import HEADINGS, ImportKind
from backend.routes.imports import ImportOutcome
from backend.routes.schemas import (
    LimitQuery,
    NumberPath,
    Page,
    PageQuery,
    Reason,
    SmallPath,
    paged,
    read_mark,
)
from backend.store import audit, imports, ledger_lists, matches
from backend.store.database import from_json

_SHEET = FILE_TYPES[1]


class ChangeKind(StrEnum):
    CHANGED = "changed"
    MOVED = "moved"
    BACK = "back"
    GONE = "gone"


class ImportView(msgspec.Struct):
    """A list that was read, by whom, with the SHA-256 of its file. The newest of its kind can be
    undone where it is `undoable`.
    """

    id: int
    kind: ImportKind
    source: str
    account: UUID | None
    at: datetime
    file_sha256: str
    dry_run: bool
    outcome: ImportOutcome
    rows: int
    counts: dict[str, int]
    undoable: bool


class FieldFault(msgspec.Struct):
    field: str
    code: str
    text: str


class RowFaults(msgspec.Struct):
    """All that is wrong with one line of the file."""

    line: int
    faults: list[FieldFault]


class ChangeView(msgspec.Struct):
    """What a list changes about somebody known: changed, moved, back or gone. By a roster that is
    a `beneficiary`, by a sheet of the ledger a `resident`.
    """

    beneficiary: UUID | None
    resident: UUID | None
    name: str
    kind: ChangeKind
    line: int | None
    fields: list[str]
    region: str
    was_region: str


class HitView(msgspec.Struct):
    """A row of the list that names a pensioner, and what became of it."""

    id: int
    line: int
    beneficiary: UUID
    name: str
    region: str
    kind: HitKind
    happened_on: date | None
    outcome: HitOutcome
    cleared_at: datetime | None


class Clearing(msgspec.Struct, forbid_unknown_fields=True):
    """Why a suspicion is none."""

    reason: Reason


def _view(row: asyncpg.Record) -> ImportView:
    return ImportView(
        row["id"],
        ImportKind(row["kind"]),
        row["source"],
        row["account"],
        row["at"],
        row["file_sha256"].hex(),
        row["dry_run"],
        ImportOutcome(row["outcome"]),
        row["rows"],
        from_json(row["counts"]),
        row["undoable"],
    )


def _faults(row: asyncpg.Record, language: str) -> RowFaults:
    at = LANGUAGES.index(language)
    found = from_json(row["faults"])
    return RowFaults(row["line"], [FieldFault(f, why, REASONS[why][at]) for f, why in found])


def _change(row: asyncpg.Record) -> ChangeView:
    # The phone, addresses, contact and bank are compared as one, by a digest.
    fields = ["private" if name == "private_digest" else name for name in row["fields"]]
    return ChangeView(
        row.get("beneficiary"),
        row.get("resident"),
        masked_name(row["name"]),
        ChangeKind(row["kind"]),
        row["line"],
        fields,
        row["region"],
        row["was_region"],
    )


def _hit(row: asyncpg.Record) -> HitView:
    return HitView(
        row["id"],
        row["line"],
        row["beneficiary"],
        masked_name(row["name"]),
        row["region"],
        HitKind(row["kind"]),
        row["happened_on"],
        HitOutcome(row["outcome"]),
        row["cleared_at"],
    )


class ImportController(Controller):
    path = "/imports"
    tags = ("imports",)

    @get("/", opt=allows(Action.SEE_IMPORTS), responses=documented("bad_cursor"))
    async def page(
        self,
        request: ApiRequest,
        kind: FromQuery[ImportKind | None] = None,
        page: PageQuery = None,
        limit: LimitQuery = 50,
    ) -> Page[ImportView]:
        """Lists read for the asker's county, newest first, dry runs and rejected ones as well."""
        after = read_mark(page, tuple[int])
        async with authorised(request) as actor:
            rows = await imports.page(
                actor.scopes(Action.SEE_IMPORTS),
                kind.value if kind else None,
                after[0] if after else None,
                limit + 1,
                access.lists_seen(actor),
            )
        return paged(rows, limit, _view, lambda row: [row["id"]])

    @get("/{number:int}", opt=allows(Action.SEE_IMPORTS), responses=documented())
    async def one(self, request: ApiRequest, number: SmallPath) -> ImportView:
        """One list."""
        async with authorised(request) as actor:
            return _view(await access.import_batch(actor, number, Action.SEE_IMPORTS))

    @get("/{number:int}/faults", opt=allows(Action.SEE_IMPORTS), responses=documented("bad_cursor"))
    async def faults(
        self,
        request: ApiRequest,
        number: SmallPath,
        page: PageQuery = None,
        limit: LimitQuery = 100,
    ) -> Page[RowFaults]:
        """Which lines of a rejected list were wrong and why, without what stood in them."""
        after = read_mark(page, tuple[int])
        async with authorised(request) as actor:
            await access.import_batch(actor, number, Action.SEE_IMPORTS)
            rows = await imports.faults(number, after[0] if after else None, limit + 1)
        language = language_of(request.headers.get("accept-language"))
        return paged(rows, limit, lambda row: _faults(row, language), lambda row: [row["line"]])

    @post(
        "/{number:int}/sheet",
        opt=allows(Action.HANDLE_IMPORTS),
        status_code=200,
        media_type=_SHEET,
        responses=documented(),
    )
    async def sheet(self, request: ApiRequest, number: SmallPath) -> Response[bytes]:
        """The faulty rows as a workbook, with what is wrong in front; leaves an audit entry."""
        language = language_of(request.headers.get("accept-language"))
        async with authorised(request) as actor:
            row = await access.import_batch(actor, number, Action.HANDLE_IMPORTS)
            await audit.write(audit.by(actor, "import.sheet", f"import:{number}", row["county"]))
            with tempfile.TemporaryDirectory(prefix="cunbao-list-") as folder:
                path, header = Path(folder) / "faulty.xlsx", from_json(row["header"])
                headings = HEADINGS[ImportKind(row["kind"])]
                await faulty_rows(number, header, headings, vault_of(request), path, language)
                content = path.read_bytes()
        disposition = f'attachment; filename="faulty-{number}.xlsx"'
        return Response(content, media_type=_SHEET, headers={"content-disposition": disposition})

    @get("/{number:int}/changes", opt=allows(Action.SEE_LISTS), responses=documented("bad_cursor"))
    async def changes(
        self,
        request: ApiRequest,
        number: SmallPath,
        kind: FromQuery[ChangeKind | None] = None,
        page: PageQuery = None,
        limit: LimitQuery = 100,
    ) -> Page[ChangeView]:
        """Who is changed, moved, back or gone by a roster or a sheet of the ledger; new ones are
        only counted.
        """
        after = read_mark(page, tuple[int])
        async with authorised(request) as actor:
            batch = await access.import_batch(actor, number, Action.SEE_LISTS)
            of_ledger = batch["kind"] == ledger_import.KIND
            read = ledger_lists.changes if of_ledger else imports.changes
            rows = await read(
                number, kind.value if kind else None, after[0] if after else None, limit + 1
            )
        return paged(rows, limit, _change, lambda row: [row["id"]])

    @get("/{number:int}/hits", opt=allows(Action.SEE_LISTS), responses=documented("bad_cursor"))
    async def hits(
        self,
        request: ApiRequest,
        number: SmallPath,
        outcome: FromQuery[HitOutcome | None] = None,
        page: PageQuery = None,
        limit: LimitQuery = 100,
    ) -> Page[HitView]:
        """Whom another office's list names, row by row."""
        after = read_mark(page, tuple[int])
        async with authorised(request) as actor:
            await access.import_batch(actor, number, Action.SEE_LISTS)
            rows = await matches.hits(
                number, outcome.value if outcome else None, after[0] if after else None, limit + 1
            )
        return paged(rows, limit, _hit, lambda row: [row["id"]])

    @post(
        "/hits/{hit:int}/clear",
        opt=allows(Action.MANAGE_CERTIFICATION),
        status_code=204,
        responses=documented("hit_not_open"),
    )
    async def clear(self, request: ApiRequest, hit: NumberPath, data: JSONBody[Clearing]) -> None:
        """Ends a suspicion by the county's word, with a reason."""
        async with authorised(request) as actor:
            scopes = actor.scopes(Action.MANAGE_CERTIFICATION)
            if await matches.hit_within(hit, scopes) is None:
                raise Problem("not_found")
            cleared = await matches.clear(hit, actor.account, scopes, actor.now)
            if cleared is None:
                raise Problem("hit_not_open")
            subject = f"beneficiary:{cleared['beneficiary']}"
            await audit.write(
                audit.by(
                    actor, "hit.clear", subject, cleared["region"], reason=data.reason, hit=hit
                )
            )
