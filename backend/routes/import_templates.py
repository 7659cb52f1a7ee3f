"""The kinds of lists that are brought in, and an empty sheet for each: /imports/templates."""

from enum import StrEnum
from typing import Final

from litestar import Controller, Response, get
from litestar.params import FromPath

from backend import account_import, county_regions, ledger_import, match_import, roster_import
from backend.access import allows
from backend.domain.roles import Action
from backend.list_templates import template
from backend.routes.context import FILE_TYPES, ApiRequest, authorised
from backend.routes.errors import documented

_SHEET: Final = FILE_TYPES[1]


class ImportKind(StrEnum):
    ROSTER = "roster"
    MATCH = "match"
    RESIDENTS = "residents"
    REGIONS = "regions"
    ACCOUNTS = "accounts"


HEADINGS: Final = {
    ImportKind.ROSTER: roster_import.ROSTER,
    ImportKind.MATCH: match_import.MATCH,
    ImportKind.RESIDENTS: ledger_import.LEDGER,
    ImportKind.REGIONS: county_regions.LISTED,
    ImportKind.ACCOUNTS: account_import.ACCOUNTS,
}


class TemplateController(Controller):
    path = "/imports/templates"
    tags = ("imports",)

    @get(
        "/{kind:str}",
        opt=allows(Action.HANDLE_IMPORTS),
        media_type=_SHEET,
        responses=documented("invalid"),
    )
    async def template(self, request: ApiRequest, kind: FromPath[ImportKind]) -> Response[bytes]:
        """A workbook with the columns that a list of this kind may have, and which it must."""
        async with authorised(request):
            content = template(HEADINGS[kind])
        disposition = f'attachment; filename="{kind}.xlsx"'
        return Response(content, media_type=_SHEET, headers={"content-disposition": disposition})
