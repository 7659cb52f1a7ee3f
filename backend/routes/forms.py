"""Forms as data: /forms. Drafts change, published versions never do."""

from datetime import datetime
from typing import Any

import asyncpg
import msgspec
from litestar import Controller, delete, get, post, put
from litestar.params import FromQuery, JSONBody

from backend import access
from backend.access import allows
from backend.domain.form_definition import Kind
from backend.domain.form_reading import read_definition
from backend.domain.forms import expand, parse_definition, prefilled, validate
from backend.domain.roles import Action
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.schemas import (
    LimitQuery,
    Page,
    PageQuery,
    SmallPath,
    WordQuery,
    paged,
    read_mark,
)
from backend.store import audit, forms
from backend.store.database import from_json


class FormView(msgspec.Struct):
    """`owner` is the county that defined it, empty for the shipped ones."""

    id: int
    owner: str
    code: str
    version: int
    definition: dict[str, Any]
    created_at: datetime
    published_at: datetime | None


class FormIn(msgspec.Struct, forbid_unknown_fields=True):
    """The definition: code, title, kinds, groups of fields, checks."""

    definition: dict[str, Any]


class FormReading(msgspec.Struct):
    """What is wrong with a definition: [{path, reason, …}]; and each of its expressions that can
    be read as a tree: {value}, {field, last}, {table, column} or {name, parts, choices}.
    """

    problems: list[dict[str, Any]]
    outlines: dict[str, dict[str, Any]]


class Trial(msgspec.Struct, forbid_unknown_fields=True):
    """Example answers to try the checks on; `last` stands for last period's."""

    kind: Kind = Kind.REPORT
    answers: dict[str, Any] = {}
    last: dict[str, Any] | None = None
    reasons: dict[str, str] = {}


class TrialResult(msgspec.Struct):
    """What the phone would start from, the answers filed, and every finding."""

    prefilled: dict[str, Any]
    answers: dict[str, Any]
    errors: list[dict[str, Any]]
    warnings: list[dict[str, Any]]


def _view(row: asyncpg.Record) -> FormView:
    plain = ("id", "owner", "code", "version", "created_at", "published_at")
    return FormView(definition=from_json(row["definition"]), **{name: row[name] for name in plain})


class FormController(Controller):
    path = "/forms"
    tags = ("forms",)

    @get("/", opt=allows(Action.SEE_FORMS), responses=documented("bad_cursor"))
    async def page(
        self,
        request: ApiRequest,
        code: WordQuery = None,
        published: FromQuery[bool | None] = None,
        page: PageQuery = None,
        limit: LimitQuery = 50,
    ) -> Page[FormView]:
        """The shipped forms and those of the asker's counties, in order of id."""
        after = read_mark(page, tuple[int])
        async with authorised(request) as actor:
            rows = await forms.page(
                actor.scopes(Action.SEE_FORMS),
                code,
                published,
                after[0] if after else None,
                limit + 1,
            )
        return paged(rows, limit, _view, lambda row: [row["id"]])

    @get("/{number:int}", opt=allows(Action.SEE_FORMS), responses=documented("not_found"))
    async def one(self, request: ApiRequest, number: SmallPath) -> FormView:
        """One form."""
        async with authorised(request) as actor:
            return _view(await access.form(actor, number))

    @post("/", opt=allows(Action.MANAGE_FORMS), responses=documented("form_invalid"))
    async def draft(self, request: ApiRequest, data: JSONBody[FormIn]) -> FormView:
        """A new draft: the next version of its code in the asker's county."""
        async with authorised(request) as actor:
            form = parse_definition(data.definition)
            owner = access.county(actor, Action.MANAGE_FORMS)
            made = await forms.add(owner, form.as_dict(), actor.now, actor.account)
            await audit.write(audit.by(actor, "form.draft", f"form:{made['id']}", owner))
            return _view(await access.form(actor, made["id"]))

    @post("/reading", opt=allows(Action.MANAGE_FORMS), status_code=200, responses=documented())
    async def read(self, request: ApiRequest, data: JSONBody[FormIn]) -> FormReading:
        """Reads a definition that is being written; nothing is stored."""
        async with authorised(request):
            found = read_definition(data.definition)
        return FormReading(found.problems, found.outlines)

    @put(
        "/{number:int}",
        opt=allows(Action.MANAGE_FORMS),
        responses=documented("not_found", "form_invalid", "form_published"),
    )
    async def change(
        self, request: ApiRequest, number: SmallPath, data: JSONBody[FormIn]
    ) -> FormView:
        """Replaces a draft's definition; its code stays."""
        async with authorised(request) as actor:
            row = await access.own_form(actor, number)
            form = parse_definition(data.definition)
            if form.code != row["code"]:
                faults = [{"path": "code", "reason": "stays_as_it_was"}]
                raise Problem("form_invalid", problems=faults)
            if not await forms.replace_draft(number, form.as_dict()):
                raise Problem("form_published")
            await audit.write(audit.by(actor, "form.change", f"form:{number}", row["owner"]))
            return _view(await access.form(actor, number))

    @delete(
        "/{number:int}",
        opt=allows(Action.MANAGE_FORMS),
        responses=documented("not_found", "form_published"),
    )
    async def discard(self, request: ApiRequest, number: SmallPath) -> None:
        """Discards a draft."""
        async with authorised(request) as actor:
            row = await access.own_form(actor, number)
            if not await forms.discard_draft(number):
                raise Problem("form_published")
            await audit.write(audit.by(actor, "form.discard", f"form:{number}", row["owner"]))

    @post(
        "/{number:int}/publish",
        opt=allows(Action.MANAGE_FORMS),
        status_code=200,
        responses=documented("not_found", "form_published"),
    )
    async def publish(self, request: ApiRequest, number: SmallPath) -> FormView:
        """Publishes a draft; from then on it never changes."""
        async with authorised(request) as actor:
            row = await access.own_form(actor, number)
            if not await forms.publish(number, actor.now):
                raise Problem("form_published")
            await audit.write(audit.by(actor, "form.publish", f"form:{number}", row["owner"]))
            return _view(await access.form(actor, number))

    @post(
        "/{number:int}/trial",
        opt=allows(Action.SEE_FORMS),
        status_code=200,
        responses=documented("not_found", "kind_not_allowed", "nothing_to_repeat"),
    )
    async def trial(
        self, request: ApiRequest, number: SmallPath, data: JSONBody[Trial]
    ) -> TrialResult:
        """Tries the checks on example answers; nothing is stored."""
        async with authorised(request) as actor:
            row = await access.form(actor, number)
        form = parse_definition(from_json(row["definition"]))
        answers = expand(form, data.kind, data.answers, data.last)
        found = validate(form, answers, data.last, data.reasons)
        return TrialResult(
            prefilled(form, data.last),
            answers,
            [finding.as_dict() for finding in found.errors],
            [finding.as_dict() for finding in found.warnings],
        )
