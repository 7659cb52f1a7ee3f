"""Every list as a file: /exports/{list}.csv and .xlsx.

The export of a list is the list itself, asked for page after page by its own handler: the same
filters, the same area, the same masks, and whoever may not see the list may not take it out.
"""

import asyncio
import inspect
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any, Final

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from backend.problems import language_of
from backend.routes.adjustments import AdjustmentController
from backend.routes.audit import AuditController
from backend.routes.calls import CallController
from backend.routes.circulars import CircularController
from backend.routes.context import FILE_TYPES, ApiRequest, authorised
from backend.routes.door import DoorController
from backend.routes.export_cells import cells, heading
from backend.routes.feedback import FeedbackController
from backend.routes.import_results import ImportController
from backend.routes.notices import NoticeController
from backend.routes.obligations import ObligationController
from backend.routes.people import PostController
from backend.routes.progress import ProgressController
from backend.routes.rates import RateController
from backend.routes.requests import RequestController
from backend.routes.results import parts
from backend.routes.reviews import ReviewController
from backend.routes.samples import SampleController
from backend.routes.villages import VillageController
from backend.store import audit
from backend.written_sheets import CsvSheet, ExcelSheet, Mark, Sheet

_PAGE: Final = 1000
_KINDS: Final[Mapping[str, Callable[..., Sheet]]] = {"csv": CsvSheet, "xlsx": ExcelSheet}
# Filters that somebody types: what they are about is told, not what was typed.
_TYPED: Final = frozenset({"words", "household", "data"})


@dataclass(frozen=True, slots=True)
class Listed:
    """A list's handler, the fields of its rows that go into a file, by path, and where in the
    answer the rows are ("": the answer itself).
    """

    handler: HTTPRouteHandler
    columns: Sequence[str]
    rows: str = "items"


def _listed(handler: Any, columns: str, rows: str = "items") -> Listed:
    return Listed(handler, columns.split(), rows)


LISTS: Final = {
    "obligations": _listed(
        ObligationController.page,
        "region region_name title period standing rule opens_at due_at original_due_at closes_at"
        " captured_at received_at counted_at counted_by stage beneficiary.name"
        " beneficiary.id_number",
    ),
    "rates": _listed(
        RateController.rates,
        "region name counts.expected counts.on_time counts.late counts.missing counts.pending"
        " counts.exempt counts.report_rate counts.on_time_rate",
        "areas",
    ),
    "turnaround": _listed(
        RateController.turnaround, "region name decided in_time median_workdays", ""
    ),
    "progress": _listed(
        ProgressController.progress,
        "region name counts.asked counts.due counts.collected counts.returned counts.passed"
        " counts.suspect counts.overdue counts.to_suspend",
        "areas",
    ),
    "reviews": _listed(
        ReviewController.queue,
        "region region_name title period kind receipt filed_by received_at due_at step"
        " waited_workdays review_by overdue",
    ),
    "villages": _listed(
        VillageController.page, "region township name holders.name holders.phone owed late"
    ),
    "posts": _listed(
        PostController.page,
        "region region_name name phone role is_backup starts_at ends_at on_leave_until",
    ),
    "calls": _listed(CallController.page, "region region_name name phone channel reason since"),
    "requests": _listed(
        RequestController.page,
        "region region_name title period kind reason due_at wanted_due_at asked_by_name asked_at"
        " advice advised_by_name decision decided_by_name decided_at granted_due_at",
    ),
    "adjustments": _listed(
        AdjustmentController.page,
        "region region_name title period kind reason original_due_at due_at closes_at by"
        " decided_at",
    ),
    "notices": _listed(
        NoticeController.page,
        "title office_name published_at version confirm_by withdrawn_at",
    ),
    "notices/{number:uuid}/readers": _listed(
        NoticeController.readers, "region village name role is_backup received_at read_at"
    ),
    "feedback": _listed(
        FeedbackController.page,
        "kind text village sender written_at received_at state office_name holder_name act_by"
        " answered_at",
    ),
    "audit": _listed(AuditController.search, "at name action subject region region_name result"),
    "windows": _listed(
        ProgressController.windows,
        "region region_name pensioner.name pensioner.id_number pensioner.age"
        " pensioner.insurance_type pensioner.pay_status pensioner.state pensioner.doubts opens_at"
        " due_at closes_at",
    ),
    "deaths": _listed(
        DoorController.deaths,
        "region region_name name pay_status died_on reported_at report_by in_time stage",
    ),
    "samples": _listed(
        SampleController.page,
        "region_name from_on to_on drawn_from items checked wrong at by",
    ),
    "imports": _listed(ImportController.page, "at kind source outcome rows counts"),
    "circulars": _listed(
        CircularController.page, "document_number period as_of version at by published_at"
    ),
}


def _route(name: str, listed: Listed, ending: str) -> HTTPRouteHandler:
    """The route of one file: what the list asks for, less its paging."""
    signature = inspect.signature(listed.handler.fn)
    taken = {n: p for n, p in signature.parameters.items() if n not in ("self", "page", "limit")}

    async def export(**asked: Any) -> Stream:
        return await _export(asked.pop("request"), name.partition("/")[0], listed, ending, asked)

    keywords = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in taken.values()]
    export.__signature__ = inspect.Signature(keywords, return_annotation=Stream)  # type: ignore[attr-defined]
    export.__annotations__ = {n: p.annotation for n, p in taken.items()} | {"return": Stream}
    export.__name__ = f"export_{name.replace('/', '_')}_{ending}"
    export.__doc__ = "The whole list as its filters find it, masked as it is; audited."
    method = post if "data" in taken else get
    return method(
        f"/exports/{name}.{ending}",
        opt={"access": listed.handler.opt["access"]},
        media_type=FILE_TYPES[0 if ending == "csv" else 1],
        status_code=200,
        tags=["exports"],
        responses=listed.handler.responses,
        operation_id=export.__name__,
    )(export)


ROUTES: Final = tuple(
    _route(name, listed, ending) for name, listed in LISTS.items() for ending in _KINDS
)


async def _export(
    request: ApiRequest, name: str, listed: Listed, ending: str, asked: dict[str, Any]
) -> Stream:
    language = language_of(request.headers.get("accept-language"))
    with ExitStack() as unfinished:
        file = unfinished.enter_context(tempfile.TemporaryFile(prefix="cunbao-list-"))
        async with authorised(request) as actor:
            mark = Mark(actor.name, actor.now)
        headings = [heading(each, language) for each in listed.columns]
        # A workbook has files of its own, to be closed whatever happens.
        sheet = unfinished.enter_context(closing(_KINDS[ending](file, headings, mark)))
        written, cursor = 0, None
        while True:
            found = await _page(request, listed, asked, cursor)
            rows = getattr(found, listed.rows) if listed.rows else found
            written += len(rows)
            table = [[cells(row, each, language) for each in listed.columns] for row in rows]
            await asyncio.to_thread(sheet.add, table)
            cursor = getattr(found, "next", None)
            if cursor is None:
                break
        await asyncio.to_thread(sheet.close)
        async with authorised(request) as actor:
            where = actor.posts[0].region
            said = {"rows": written, "by": _told(asked)}
            await audit.write(audit.by(actor, "list.export", f"list:{name}", where, **said))
        unfinished.pop_all()
    disposition = f'attachment; filename="{name}.{ending}"'
    return Stream(parts(file), headers={"content-disposition": disposition})


async def _page(request: ApiRequest, listed: Listed, asked: dict[str, Any], cursor: Any) -> Any:
    """One page of the list, as long as it can be had."""
    names = inspect.signature(listed.handler.fn).parameters
    paging = {"page": cursor, "limit": _PAGE}
    given = {**asked, **{name: value for name, value in paging.items() if name in names}}
    if "data" in given:
        given["data"] = type(given["data"])(**{**_fields(given["data"]), "page": cursor})
    return await listed.handler.fn(None, request, **given)


def _fields(struct: Any) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def _told(asked: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: "…" if name in _TYPED else str(value)
        for name, value in asked.items()
        if value is not None
    }
