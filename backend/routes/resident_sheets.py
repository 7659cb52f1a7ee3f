"""The ledger as a sheet: /residents/export.csv and .xlsx."""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import IO

from litestar import Controller, get
from litestar.params import FromQuery
from litestar.response import Stream

from backend import access, ledger_sheet
from backend.access import allows
from backend.domain.ledger.rows import COLUMNS
from backend.domain.roles import Action
from backend.ledger_sheet import Whose
from backend.problems import Problem
from backend.results_sheet import CsvSheet, ExcelSheet, Sheet
from backend.routes.context import FILE_TYPES, ApiRequest, authorised, vault_of
from backend.routes.errors import documented
from backend.routes.results import PurposeQuery, parts
from backend.routes.schemas import KeyQuery
from backend.store import audit


class ResidentSheetController(Controller):
    path = "/residents"
    tags = ("residents",)

    @get(
        "/export.csv",
        opt=allows(Action.EXPORT_RESIDENTS),
        media_type=FILE_TYPES[0],
        responses=documented("not_found", "purpose_missing"),
    )
    async def as_csv(
        self,
        request: ApiRequest,
        region: KeyQuery = None,
        full: FromQuery[bool] = False,
        purpose: PurposeQuery = None,
    ) -> Stream:
        """Everybody listed, under the headings that can be read in again; audited. Masked unless
        `full`, which takes a purpose and the right to it.
        """
        return await _export(request, CsvSheet, "csv", region, purpose if full else None, full)

    @get(
        "/export.xlsx",
        opt=allows(Action.EXPORT_RESIDENTS),
        media_type=FILE_TYPES[1],
        responses=documented("not_found", "purpose_missing"),
    )
    async def as_workbook(
        self,
        request: ApiRequest,
        region: KeyQuery = None,
        full: FromQuery[bool] = False,
        purpose: PurposeQuery = None,
    ) -> Stream:
        """The same as a workbook."""
        return await _export(request, ExcelSheet, "xlsx", region, purpose if full else None, full)


async def _export(
    request: ApiRequest,
    kind: Callable[[IO[bytes], Sequence[str]], Sheet],
    ending: str,
    region: str | None,
    purpose: str | None,
    full: bool,
) -> Stream:
    if full and not (purpose or "").strip():
        raise Problem("purpose_missing")
    right = Action.EXPORT_RESIDENTS_PRIVATE if full else Action.EXPORT_RESIDENTS
    with ExitStack() as unfinished:
        file = unfinished.enter_context(tempfile.TemporaryFile(prefix="cunbao-ledger-"))
        async with authorised(request) as actor:
            scopes = access.reach(actor, right, region)
            sheet = kind(file, COLUMNS)
            written = await ledger_sheet.write(
                sheet, Whose(scopes, region, full), vault_of(request)
            )
            where = region or scopes[0]
            said = {"rows": written, "full": full, "purpose": purpose}
            await audit.write(audit.by(actor, "residents.export", f"region:{where}", where, **said))
        unfinished.pop_all()
    headers = {"content-disposition": f'attachment; filename="ledger.{ending}"'}
    return Stream(parts(file), headers=headers)
