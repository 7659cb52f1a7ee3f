"""Lists that the county brings in: rosters and other offices' lists: /imports."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
from litestar import Controller, post
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat
from litestar.params import FromQuery, QueryParameter

from backend import (
    access,
    account_import,
    appointments,
    county_regions,
    ledger_import,
    match_import,
    roster_import,
)
from backend.access import allows
from backend.domain.certification.matches import HitKind
from backend.domain.roles import Action, Actor, Role
from backend.lists import MAX_BYTES, Ask, Progress, Report
from backend.routes.context import (
    FILE_TYPES,
    TAKES_FILE,
    ApiRequest,
    authorised,
    underway_of,
    vault_of,
)
from backend.routes.errors import documented
from backend.routes.import_templates import ImportKind
from backend.routes.schemas import (
    check_years,
)

_FILE_PROBLEMS = (
    "file_type",
    "list_unreadable",
    "columns_missing",
    "column_twice",
    "roster_empty",
)
SourceQuery = Annotated[
    str, QueryParameter(min_length=1, max_length=60, pattern=r"^[^\u0000-\u001f\u007f]+$")
]


class ImportOutcome(StrEnum):
    """imported; shown: a dry run; rejected: some rows had faults, and nothing was imported;
    undone: imported once, and taken back.
    """

    IMPORTED = "imported"
    UNDONE = "undone"
    SHOWN = "shown"
    REJECTED = "rejected"


class ImportResult(msgspec.Struct):
    """What became of a list. `counts` by kind of change, outcome of hit, or faulty rows."""

    id: int
    outcome: ImportOutcome
    rows: int
    counts: dict[str, int]
    ignored_columns: list[str]


_BYTES = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY))


@dataclass
class FileOperation(Operation):
    """An OpenAPI operation whose body is a CSV or XLSX file."""

    request_body: Any = field(
        default_factory=lambda: RequestBody(dict.fromkeys(FILE_TYPES, _BYTES), required=True)
    )


@asynccontextmanager
async def _received(request: ApiRequest) -> AsyncIterator[Path]:
    """The body as a file while the block runs. Answers 413 past the route's limit."""
    with tempfile.NamedTemporaryFile(prefix="cunbao-list-") as file:
        async for part in request.stream():
            await asyncio.to_thread(file.write, part)
        file.flush()
        yield Path(file.name)


@asynccontextmanager
async def _brought(request: ApiRequest) -> AsyncIterator[tuple[Path, Actor]]:
    """The body as a file and who sent it: asked before any of it is read, and again after."""
    async with authorised(request):
        pass
    async with _received(request) as path, authorised(request) as actor:
        yield path, actor


def _noted(request: ApiRequest, kind: ImportKind, actor: Actor) -> AbstractContextManager[Progress]:
    """Notes that the list is being read, for whoever looks."""
    county = access.county(actor, Action.IMPORT_LISTS)
    return underway_of(request).work(kind.value, county, actor.name, actor.now)


def _result(report: Report) -> ImportResult:
    return ImportResult(
        report.batch,
        ImportOutcome(report.outcome),
        report.rows,
        dict(report.counts),
        list(report.ignored),
    )


class UploadController(Controller):
    path = "/imports"
    tags = ("imports",)
    request_max_body_size = MAX_BYTES

    @post(
        "/roster",
        opt=allows(Action.IMPORT_LISTS) | TAKES_FILE,
        operation_class=FileOperation,
        responses=documented(*_FILE_PROBLEMS, "roster_many_gone"),
    )
    async def roster(
        self,
        request: ApiRequest,
        dry_run: FromQuery[bool] = False,
        gone_ok: FromQuery[bool] = False,
    ) -> ImportResult:
        """The county's roster as the body: all of it is taken or nothing. A dry run shows the
        difference; `gone_ok` confirms a roster that leaves out many.
        """
        async with _brought(request) as (path, actor):
            county = access.county(actor, Action.IMPORT_LISTS)
            ask = roster_import.Ask(
                path, county, actor.now, actor.account, actor.request, dry_run, gone_ok=gone_ok
            )
            with _noted(request, ImportKind.ROSTER, actor) as progress:
                report = await roster_import.import_roster(ask, vault_of(request), progress)
            return _result(report)

    @post(
        "/residents",
        opt=allows(Action.IMPORT_LISTS) | TAKES_FILE,
        operation_class=FileOperation,
        responses=documented(*_FILE_PROBLEMS),
    )
    async def residents(
        self, request: ApiRequest, dry_run: FromQuery[bool] = False
    ) -> ImportResult:
        """A sheet of the labour ledger as the body: all of it is taken or nothing. Fields without
        a column stay as they are; nobody leaves for not being listed, only by `change_type`.
        """
        async with _brought(request) as (path, actor):
            county = access.county(actor, Action.IMPORT_LISTS)
            ask = Ask(path, county, actor.now, actor.account, actor.request, dry_run)
            with _noted(request, ImportKind.RESIDENTS, actor) as progress:
                report = await ledger_import.import_ledger(ask, vault_of(request), progress)
            return _result(report)

    @post(
        "/match",
        opt=allows(Action.IMPORT_LISTS) | TAKES_FILE,
        operation_class=FileOperation,
        responses=documented(*_FILE_PROBLEMS),
    )
    async def match(
        self,
        request: ApiRequest,
        source: SourceQuery,
        kind: FromQuery[HitKind | None] = None,
        on: FromQuery[date | None] = None,
        dry_run: FromQuery[bool] = False,
    ) -> ImportResult:
        """Another office's list as the body. Signs of life certify, anything else is to be
        looked into; `kind` and `on` hold for rows that do not say.
        """
        check_years(on=on)
        async with _brought(request) as (path, actor):
            ask = match_import.Ask(
                path,
                access.county(actor, Action.IMPORT_LISTS),
                actor.now,
                actor.account,
                actor.request,
                dry_run,
                source,
                kind,
                on,
            )
            with _noted(request, ImportKind.MATCH, actor) as progress:
                report = await match_import.import_match(ask, vault_of(request), progress)
            return _result(report)

    @post(
        "/regions",
        opt=allows(Action.IMPORT_LISTS) | TAKES_FILE,
        operation_class=FileOperation,
        responses=documented(*_FILE_PROBLEMS),
    )
    async def regions(self, request: ApiRequest, dry_run: FromQuery[bool] = False) -> ImportResult:
        """The county's townships and villages as the body: known ones take their new name, none
        is moved or taken away.
        """
        async with _brought(request) as (path, actor):
            county = access.county(actor, Action.IMPORT_LISTS)
            ask = Ask(path, county, actor.now, actor.account, actor.request, dry_run)
            return _result(await county_regions.import_regions(ask, vault_of(request)))

    @post(
        "/accounts",
        opt=allows(Action.IMPORT_ACCOUNTS) | TAKES_FILE,
        operation_class=FileOperation,
        responses=documented(*_FILE_PROBLEMS, "phone_taken"),
    )
    async def accounts(self, request: ApiRequest, dry_run: FromQuery[bool] = False) -> ImportResult:
        """People and their posts as the body: all of them or none. They come in by invitations."""
        vault = vault_of(request)
        async with _brought(request) as (path, actor):
            nobodys_hash = await appointments.first_hash(vault, None, Role.LIAISON, "")
            county = access.county(actor, Action.IMPORT_ACCOUNTS)
            ask = Ask(path, county, actor.now, actor.account, actor.request, dry_run)
            found = await account_import.import_accounts(ask, actor, vault, nobodys_hash)
            return _result(found)
