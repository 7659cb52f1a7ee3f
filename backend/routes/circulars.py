"""The county's circulars 通报: /circulars."""

import logging
import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from backend import access, circulating, told
from backend.access import allows
from backend.circulating import Subject
from backend.domain.roles import Action, Actor
from backend.printing import PrintingFailed, printed
from backend.printing.jobs import CircularPage, CircularSheet, Job
from backend.problems import Problem
from backend.routes.circular_views import (
    CircularDetail,
    CircularView,
    circular_view,
    detail,
    text_of,
)
from backend.routes.context import FILE_TYPES, ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.schemas import (
    LimitQuery,
    Line,
    Page,
    PageQuery,
    PeriodKey,
    Small,
    SmallPath,
    SmallQuery,
    check_years,
    paged,
    read_mark,
)
from backend.store import audit, circulars

log = logging.getLogger("cunbao.printing")

_MONTH = re.compile(r"2[0-9]{3}-(0[1-9]|1[0-2])")
Instant = Annotated[datetime, Meta(tz=True)]
PDF = "application/pdf"


class CircularIn(msgspec.Struct, forbid_unknown_fields=True):
    """On one period of a schedule, or without one on all monthly reports of the month `period`.

    As of an instant that has passed, or of now. `ranked` adds places, which are off otherwise.
    """

    period: PeriodKey
    schedule: Small | None = None
    as_of: Instant | None = None
    ranked: bool = False


class CorrectionIn(msgspec.Struct, forbid_unknown_fields=True):
    """A new version as of another instant, or of now, and why."""

    as_of: Instant | None = None
    ranked: bool = False
    reason: Line = ""


class CircularController(Controller):
    path = "/circulars"
    tags = ("circulars",)

    @post(
        "/",
        opt=allows(Action.MAKE_CIRCULARS),
        responses=documented("as_of_future", "circular_made", "circular_empty"),
    )
    async def make(self, request: ApiRequest, data: JSONBody[CircularIn]) -> CircularDetail:
        """Freezes the figures as of the instant under the county's next number of the year."""
        if data.schedule is None and not _MONTH.fullmatch(data.period):
            raise Problem("invalid", faults=[{"field": "period", "reason": "month"}])
        number = uuid4()
        async with authorised(request) as actor:
            county = access.county(actor, Action.MAKE_CIRCULARS)
            if data.schedule is not None:
                await access.schedule(actor, data.schedule, Action.SEE_FORMS)
            subject = Subject(county, data.schedule, data.period)
            await circulating.make(actor, number, subject, data.ranked, _past(actor, data.as_of))
            return await _detail(actor, number)

    @get("/", opt=allows(Action.SEE_CIRCULARS), responses=documented("bad_cursor"))
    async def page(
        self,
        request: ApiRequest,
        year: SmallQuery = None,
        page: PageQuery = None,
        limit: LimitQuery = 50,
    ) -> Page[CircularView]:
        """Circulars of the county, newest first; offices see those published."""
        after = read_mark(page, tuple[datetime, UUID])
        async with authorised(request) as actor:
            rows = await circulars.page(told.reader(actor), year, after, limit + 1)
        return paged(rows, limit, circular_view, lambda row: [row["at"], row["id"]])

    @get("/{number:uuid}", opt=allows(Action.SEE_CIRCULARS), responses=documented("not_found"))
    async def one(
        self, request: ApiRequest, number: FromPath[UUID], version: SmallQuery = None
    ) -> CircularDetail:
        """One version, the newest unless told, with the figures of its day."""
        async with authorised(request) as actor:
            return await _detail(actor, number, version)

    @post(
        "/{number:uuid}/versions",
        opt=allows(Action.MAKE_CIRCULARS),
        responses=documented("not_found", "as_of_future", "circular_same", "circular_empty"),
    )
    async def correct(
        self, request: ApiRequest, number: FromPath[UUID], data: JSONBody[CorrectionIn]
    ) -> CircularDetail:
        """Counts anew; what comes out otherwise becomes a version that names each change."""
        async with authorised(request) as actor:
            row = await told.own_circular(actor, number)
            t = _past(actor, data.as_of)
            await circulating.correct(actor, row, data.ranked, t, data.reason)
            return await _detail(actor, number)

    @post(
        "/{number:uuid}/versions/{version:int}/publish",
        opt=allows(Action.MAKE_CIRCULARS),
        status_code=200,
        responses=documented("not_found", "circular_published"),
    )
    async def publish(
        self, request: ApiRequest, number: FromPath[UUID], version: SmallPath
    ) -> CircularDetail:
        """Shows a version to the county's offices."""
        async with authorised(request) as actor:
            row = await told.own_circular(actor, number)
            await told.circular_version(actor, number, version)
            if not await circulars.publish(number, version, actor.account, actor.now):
                raise Problem("circular_published")
            subject, said = f"circular:{number}", {"version": version}
            await audit.write(audit.by(actor, "circular.publish", subject, row["county"], **said))
            return await _detail(actor, number, version)

    @get(
        "/{number:uuid}/circular.xlsx",
        opt=allows(Action.SEE_CIRCULARS),
        media_type=FILE_TYPES[1],
        responses=documented("not_found"),
    )
    async def as_workbook(
        self, request: ApiRequest, number: FromPath[UUID], version: SmallQuery = None
    ) -> Response[bytes]:
        """A version as a workbook with charts, ready for the printer; audited."""
        return await _file(request, number, version, CircularSheet, "xlsx", FILE_TYPES[1])

    @get(
        "/{number:uuid}/circular.pdf",
        opt=allows(Action.SEE_CIRCULARS),
        media_type=PDF,
        responses=documented("not_found"),
    )
    async def as_pdf(
        self, request: ApiRequest, number: FromPath[UUID], version: SmallQuery = None
    ) -> Response[bytes]:
        """A version as PDF; audited."""
        return await _file(request, number, version, CircularPage, "pdf", PDF)


def _past(actor: Actor, as_of: datetime | None) -> datetime:
    check_years(as_of=as_of)
    if as_of is not None and as_of > actor.now:
        raise Problem("as_of_future")
    return as_of or actor.now


async def _detail(actor: Actor, number: UUID, version: int | None = None) -> CircularDetail:
    row, kept = await told.circular_version(actor, number, version)
    return detail(row, kept, await circulars.versions(number, row["own"]))


async def _file(
    request: ApiRequest,
    number: UUID,
    version: int | None,
    kind: type[CircularSheet] | type[CircularPage],
    ending: str,
    media_type: str,
) -> Response[bytes]:
    async with authorised(request) as actor:
        row, kept = await told.circular_version(actor, number, version)
        said = {"version": kept["version"], "kind": ending}
        subject = f"circular:{number}"
        await audit.write(audit.by(actor, "circular.export", subject, row["county"], **said))
    name = f"circular-{row['year']}-{row['number']}-v{kept['version']}.{ending}"
    return await paper(kind(text_of(row, kept)), name, media_type)


async def paper(job: Job, name: str, media_type: str) -> Response[bytes]:
    """A printed file to be saved under a name. Problem: unavailable when printing fails."""
    try:
        content = await printed(job)
    except PrintingFailed as error:
        what = {"kind": type(job).__name__, "status": error.status}
        log.warning("printing failed", extra=what)
        raise Problem("unavailable") from None
    headers: dict[str, Any] = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)
