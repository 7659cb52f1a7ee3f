"""The ledger as a sheet: /residents/export.csv and .xlsx."""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from typing import IO
from uuid import UUID

from litestar import Controller, get
from litestar.params import FromQuery
from litestar.response import Stream

from backend import access, ledger_sheet
from backend.access import allows
from backend.domain.ledger.rows import COLUMNS
from backend.domain.roles import Action
from backend.ledger_sheet import Whose
from backend.routes.context import FILE_TYPES, ApiRequest, authorised, vault_of
from backend.routes.errors import documented
from backend.routes.export_requests import ExportKind, approved
from backend.routes.results import parts
from backend.routes.schemas import KeyQuery
from backend.store import audit
from backend.written_sheets import CsvSheet, ExcelSheet, Mark, Sheet


class ResidentSheetController(Controller):
    path = "/residents"
    tags = ("residents",)

    @get(
        "/export.csv",
        opt=allows(Action.EXPORT_RESIDENTS),
        media_type=FILE_TYPES[0],
        responses=documented("not_found", "export_not_approved"),
    )
    async def as_csv(
        self,
        request: ApiRequest,
        region: KeyQuery = None,
        approval: FromQuery[UUID | None] = None,
    ) -> Stream:
        """Everybody listed, under the headings that can be read in again; audited. Masked unless
        there is an `approval` of /export-requests for just this, which serves once.
        """
        return await _export(request, CsvSheet, "csv", region, approval)

    @get(
        "/export.xlsx",
        opt=allows(Action.EXPORT_RESIDENTS),
        media_type=FILE_TYPES[1],
        responses=documented("not_found", "export_not_approved"),
    )
    async def as_workbook(
        self,
        request: ApiRequest,
        region: KeyQuery = None,
        approval: FromQuery[UUID | None] = None,
    ) -> Stream:
        """The same as a workbook."""
        return await _export(request, ExcelSheet, "xlsx", region, approval)


async def _export(
    request: ApiRequest,
    kind: Callable[[IO[bytes], Sequence[str], Mark], Sheet],
    ending: str,
    region: str | None,
    approval: UUID | None,
) -> Stream:
    full = approval is not None
    right = Action.EXPORT_RESIDENTS_PRIVATE if full else Action.EXPORT_RESIDENTS
    with ExitStack() as unfinished:
        file = unfinished.enter_context(tempfile.TemporaryFile(prefix="cunbao-ledger-"))
        async with authorised(request) as actor:
            scopes = access.reach(actor, right, region)
            mark = await approved(actor, approval, ExportKind.RESIDENTS, region, None)
            sheet = unfinished.enter_context(closing(kind(file, COLUMNS, mark)))
            written = await ledger_sheet.write(
                sheet, Whose(scopes, region, full), vault_of(request)
            )
            where = region or scopes[0]
            said = {"rows": written, "full": full, "approval": mark.approval}
            await audit.write(audit.by(actor, "residents.export", f"region:{where}", where, **said))
        unfinished.pop_all()
    headers = {"content-disposition": f'attachment; filename="ledger.{ending}"'}
    return Stream(parts(file), headers=headers)
