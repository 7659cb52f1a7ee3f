"""The fund auditor's own draws: /certification/samples."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID, uuid4

import asyncpg
import msgspec
from litestar import Controller, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from backend import access
from backend.access import allows
from backend.domain.certification.second_reviews import sample
from backend.domain.certification.words import Method, Result
from backend.domain.masking import masked_name
from backend.domain.roles import Action
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised, vault_of
from backend.routes.errors import documented
from backend.routes.schemas import (
    LimitQuery,
    Note,
    Page,
    PageQuery,
    RegionKey,
    check_years,
    paged,
    read_mark,
)
from backend.store import audit, findings


class SampleIn(msgspec.Struct, forbid_unknown_fields=True):
    """Draws so many of the accepted certifications handed in from one day through another.

    `id` is made by who draws, so that sending again draws nothing anew.
    """

    id: UUID
    region: RegionKey
    from_on: date
    to_on: date
    size: Annotated[int, Meta(ge=1, le=500)]


class SampleView(msgspec.Struct):
    """A draw: of how many (`drawn_from`), how many came out (`items`), were looked at, were wrong.

    The same `seed` draws the same ones again.
    """

    id: UUID
    region: str
    region_name: str
    from_on: date
    to_on: date
    size: int
    drawn_from: int
    seed: str
    at: datetime
    by: str | None
    items: int
    checked: int
    wrong: int


class SampleItem(msgspec.Struct):
    """One certification drawn; `ok` is null until it is looked at."""

    submission: UUID
    beneficiary: UUID
    name: str
    region: str
    result: Result
    method: Method
    received_at: datetime
    ok: bool | None
    note: str
    checked_at: datetime | None


class SampleDetail(msgspec.Struct):
    sample: SampleView
    items: list[SampleItem]


class CheckIn(msgspec.Struct, forbid_unknown_fields=True):
    """What the auditor found; what is not in order needs a note."""

    ok: bool
    note: Note = ""


def _sample(row: asyncpg.Record) -> SampleView:
    return SampleView(by=row["by_name"], **{name: row[name] for name in _PLAIN})


_PLAIN = tuple(name for name in SampleView.__struct_fields__ if name != "by")


def _item(row: asyncpg.Record) -> SampleItem:
    return SampleItem(
        row["submission"],
        row["beneficiary"],
        masked_name(row["name"]),
        row["holder"],
        Result(row["result"]),
        Method(row["method"]),
        row["received_at"],
        row["ok"],
        row["note"],
        row["at"],
    )


class SampleController(Controller):
    path = "/certification/samples"
    tags = ("certification",)

    @post("/", opt=allows(Action.AUDIT_SAMPLES), responses=documented("not_found"))
    async def draw(self, request: ApiRequest, data: JSONBody[SampleIn]) -> SampleDetail:
        """Draws by lot; nobody in the villages or offices can foresee whom."""
        check_years(from_on=data.from_on, to_on=data.to_on)
        number, seed = data.id, uuid4().hex
        async with authorised(request) as actor:
            await access.region(actor, data.region, Action.AUDIT_SAMPLES)
            found = await findings.accepted_between(data.region, data.from_on, data.to_on)
            drawn = sample(vault_of(request).draw_key, seed, found, data.size)
            period, who = (data.from_on, data.to_on), (actor.account, actor.now)
            values = (number, data.region, *period, data.size, len(found), seed, *who)
            if await findings.add_sample(values, drawn):
                subject, said = f"sample:{number}", {"size": data.size, "of": len(found)}
                await audit.write(audit.by(actor, "sample.draw", subject, data.region, **said))
            return await _detail(await access.sample(actor, number))

    @get("/", opt=allows(Action.AUDIT_SAMPLES), responses=documented("bad_cursor"))
    async def page(
        self, request: ApiRequest, page: PageQuery = None, limit: LimitQuery = 50
    ) -> Page[SampleView]:
        """Draws of the asker's area, newest first."""
        after = read_mark(page, tuple[datetime, UUID])
        async with authorised(request) as actor:
            rows = await findings.samples(actor.scopes(Action.AUDIT_SAMPLES), after, limit + 1)
        return paged(rows, limit, _sample, lambda row: [row["at"], row["id"]])

    @get("/{number:uuid}", opt=allows(Action.AUDIT_SAMPLES), responses=documented("not_found"))
    async def one(self, request: ApiRequest, number: FromPath[UUID]) -> SampleDetail:
        """One draw, with what was found so far; the look is audited."""
        async with authorised(request) as actor:
            row = await access.sample(actor, number)
            await audit.write(audit.by(actor, "sample.see", f"sample:{number}", row["region"]))
            return await _detail(row)

    @put(
        "/{number:uuid}/items/{submission:uuid}",
        opt=allows(Action.AUDIT_SAMPLES),
        status_code=204,
        responses=documented("not_found", "note_missing"),
    )
    async def check(
        self,
        request: ApiRequest,
        number: FromPath[UUID],
        submission: FromPath[UUID],
        data: JSONBody[CheckIn],
    ) -> None:
        """Records what the auditor found of one that was drawn; said again, it is replaced."""
        if not data.ok and not data.note.strip():
            raise Problem("note_missing")
        async with authorised(request) as actor:
            row = await access.sample(actor, number)
            who = (actor.account, actor.now)
            if not await findings.record_check(number, submission, data.ok, data.note, *who):
                raise Problem("not_found")
            subject = f"submission:{submission}"
            await audit.write(
                audit.by(
                    actor, "sample.check", subject, row["region"], sample=str(number), ok=data.ok
                )
            )


async def _detail(row: asyncpg.Record) -> SampleDetail:
    return SampleDetail(
        _sample(row), [_item(each) for each in await findings.sample_items(row["id"])]
    )
