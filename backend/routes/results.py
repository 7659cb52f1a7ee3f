"""Results for the insurance's own system: /certification/results.csv and .xlsx."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, closing
from datetime import date, datetime, time
from typing import IO, Annotated, Final
from uuid import UUID

from litestar import Controller, get
from litestar.params import FromQuery, QueryParameter
from litestar.response import Stream

from backend import access
from backend.access import allows
from backend.domain.calendar import local_day, local_instant
from backend.domain.certification.months import Month
from backend.domain.roles import Action, Actor
from backend.problems import Problem
from backend.results_sheet import COLUMNS, Wanted, write
from backend.routes.context import FILE_TYPES, ApiRequest, authorised, vault_of
from backend.routes.errors import documented
from backend.routes.export_requests import ExportKind, approved
from backend.routes.schemas import KeyQuery
from backend.store import audit
from backend.store.database import plan_anew
from backend.written_sheets import CsvSheet, ExcelSheet, Mark, Sheet

MonthQuery = Annotated[str | None, QueryParameter(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$")]
_PART: Final = 256 * 1024
_END_OF_DAY = time(23, 59, 59)


class ResultController(Controller):
    path = "/certification"
    tags = ("certification",)

    @get(
        "/results.csv",
        opt=allows(Action.EXPORT_RESULTS),
        media_type=FILE_TYPES[0],
        responses=documented("as_of_future", "not_found", "export_not_approved"),
    )
    async def as_csv(
        self,
        request: ApiRequest,
        as_of: MonthQuery = None,
        region: KeyQuery = None,
        approval: FromQuery[UUID | None] = None,
    ) -> Stream:
        """States and recommendations at the end of a month, or now; audited. Masked unless there
        is an `approval` of /export-requests for just this, which serves once.
        """
        return await _export(request, CsvSheet, as_of, region, approval)

    @get(
        "/results.xlsx",
        opt=allows(Action.EXPORT_RESULTS),
        media_type=FILE_TYPES[1],
        responses=documented("as_of_future", "not_found", "export_not_approved"),
    )
    async def as_workbook(
        self,
        request: ApiRequest,
        as_of: MonthQuery = None,
        region: KeyQuery = None,
        approval: FromQuery[UUID | None] = None,
    ) -> Stream:
        """The same as a workbook."""
        return await _export(request, ExcelSheet, as_of, region, approval)


async def _export(
    request: ApiRequest,
    kind: Callable[[IO[bytes], Sequence[str], Mark], Sheet],
    as_of: str | None,
    region: str | None,
    approval: UUID | None,
) -> Stream:
    full = approval is not None
    right = Action.EXPORT_PRIVATE if full else Action.EXPORT_RESULTS
    with ExitStack() as unfinished:
        # Without a name from the start: whatever happens, nothing of it stays behind.
        file = unfinished.enter_context(tempfile.TemporaryFile(prefix="cunbao-results-"))
        async with authorised(request) as actor:
            scopes, t = access.reach(actor, right, region), _instant(actor, as_of)
            mark = await approved(actor, approval, ExportKind.RESULTS, region, as_of)
            await plan_anew()
            sheet = unfinished.enter_context(closing(kind(file, COLUMNS, mark)))
            written = await write(sheet, Wanted(scopes, region, t, full), vault_of(request))
            where = region or scopes[0]
            said = {"rows": written, "full": full, "as_of": as_of, "approval": mark.approval}
            await audit.write(audit.by(actor, "results.export", f"region:{where}", where, **said))
        unfinished.pop_all()
    ending = "csv" if kind is CsvSheet else "xlsx"
    name = f"results-{local_day(t):%Y-%m}.{ending}"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Stream(parts(file), headers=headers)


async def parts(file: IO[bytes]) -> AsyncIterator[bytes]:
    """A file in parts, closed at the end."""
    with file:
        file.seek(0)
        while part := await asyncio.to_thread(file.read, _PART):
            yield part


def _instant(actor: Actor, as_of: str | None) -> datetime:
    """The end of the month, or now where that is still to come."""
    if as_of is None:
        return actor.now
    month = Month.of(date.fromisoformat(f"{as_of}-01"))
    if month > Month.of(local_day(actor.now)):
        raise Problem("as_of_future")
    return min(actor.now, local_instant(month.last, _END_OF_DAY))
