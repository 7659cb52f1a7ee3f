"""Filing: /submissions. A batch in, an outcome per item out; one bad item fails no other."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import msgspec
from asyncpg import UniqueViolationError
from litestar import Controller, get, post
from litestar.params import FromPath, QueryParameter, RawBody
from msgspec import Meta

from backend import access
from backend.access import allows
from backend.domain.certification.evidence import Evidence
from backend.domain.clocks import CountedBy
from backend.domain.filing import Accepted, Duplicate, Duty, Item, Known, decide, drawn, note
from backend.domain.form_definition import Kind
from backend.domain.receipts import parse_receipt, receipt_number
from backend.domain.refusal import Refusal
from backend.domain.roles import Action, Actor
from backend.domain.timeliness import (
    may_withdraw,
    not_before,
)
from backend.problems import Problem, body, language_of
from backend.routes.batches import batch_operation, read_batch, read_item
from backend.routes.context import ApiRequest, asking, authorised, vault_of
from backend.routes.errors import ProblemBody, documented
from backend.routes.obligation_detail import ObligationDetail, facts_of, obligation_detail
from backend.routes.schemas import Line, Note, Number, check_years
from backend.store import audit, filings, recording
from backend.store.database import transaction
from backend.vault import content_digest


class Attachment(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Named by its content: the bytes may follow later, at /uploads.

    `evidence` says what it shows where a certification asks for papers; `from_gallery`: it was
    not photographed just now.
    """

    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
    name: Line
    size: Annotated[int, Meta(ge=1, le=20_971_520)]
    evidence: Evidence | None = None
    from_gallery: bool = False


class SubmissionIn(msgspec.Struct, forbid_unknown_fields=True):
    """One filing. The phone makes `id`, so sending again is harmless.

    `kind`: report (with answers), zero 零报告 (with zero_confirmed), unchanged 无变化.
    `reasons` answers warnings, by check. `captured_at` is the device's clock when it was filled.
    """

    id: UUID
    obligation: Number
    kind: Kind = Kind.REPORT
    answers: dict[str, Any] = {}
    reasons: dict[Annotated[str, Meta(max_length=40)], Note] = {}
    remark: Note = ""
    attachments: Annotated[list[Attachment], Meta(max_length=20)] = []
    captured_at: Annotated[datetime, Meta(tz=True)] | None = None
    zero_confirmed: bool = False
    on_behalf_reason: Line | None = None


class SubmissionBatch(msgspec.Struct, forbid_unknown_fields=True):
    """Up to 100 filings. `device_time` is the device's clock on sending: it gives the skew."""

    items: Annotated[list[SubmissionIn], Meta(min_length=1, max_length=100)]
    device_time: Annotated[datetime, Meta(tz=True)] | None = None


class Outcome(StrEnum):
    CREATED = "created"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REJECTED = "rejected"


class ItemOutcome(msgspec.Struct, omit_defaults=True):
    """What became of one item. A receipt is given once the filing is stored durably."""

    index: int
    outcome: Outcome
    id: UUID | None = None
    receipt: str | None = None
    revision: int | None = None
    received_at: datetime | None = None
    counted_at: datetime | None = None
    counted_by: CountedBy | None = None
    warnings: list[dict[str, Any]] = []
    problem: ProblemBody | None = None


class BatchOutcome(msgspec.Struct):
    server_time: datetime
    items: list[ItemOutcome]


def item_of(parsed: SubmissionIn) -> Item:
    """The item with the digest of its content."""
    check_years(captured_at=parsed.captured_at)
    try:
        content = msgspec.json.encode(parsed, order="deterministic")
    except OverflowError:
        raise Refusal("invalid", faults=[{"field": "answers", "reason": "number"}]) from None
    return Item(
        parsed.id,
        parsed.obligation,
        parsed.kind,
        parsed.answers,
        parsed.reasons,
        parsed.remark,
        msgspec.to_builtins(parsed.attachments),
        parsed.captured_at,
        parsed.zero_confirmed,
        parsed.on_behalf_reason,
        content_digest(content),
    )


Decided = Accepted | Duplicate | Refusal


async def filed(
    actor: Actor, items: Sequence[Item | Refusal], device_time: datetime | None, key: bytes
) -> tuple[list[Decided], dict[UUID, int]]:
    """What becomes of each item, and the receipts of those stored, by id.

    Deciding holds nothing: storing finds out whether the village has changed meanwhile, which is
    rare, and only then is it held and all decided again. Several villages are held from the start.
    """
    pairs = [(item.obligation, item.id) for item in items if isinstance(item, Item)]
    duties, known = await access.filing_context(actor, pairs)
    if len({duty.holder for duty in duties.values()}) <= 1:
        with suppress(recording.VillageMoved, UniqueViolationError):
            return await _stored(actor, items, device_time, duties, known, key)
    async with transaction():
        await access.hold_villages(actor, [number for number, _ in pairs])
        duties, known = await access.filing_context(actor, pairs)
        return await _stored(actor, items, device_time, duties, known, key)


async def _stored(
    actor: Actor,
    items: Sequence[Item | Refusal],
    device_time: datetime | None,
    duties: dict[int, Duty],
    known: dict[UUID, Known],
    key: bytes,
) -> tuple[list[Decided], dict[UUID, int]]:
    found = [_decide(actor, item, device_time, duties, known, key) for item in items]
    accepted = [each for each in found if isinstance(each, Accepted)]
    return found, await recording.record(accepted, actor.account, actor.request)


def _decide(
    actor: Actor,
    item: Item | Refusal,
    device_time: datetime | None,
    duties: dict[int, Duty],
    known: dict[UUID, Known],
    key: bytes,
) -> Accepted | Duplicate | Refusal:
    """One item's outcome; an accepted one counts for the items after it."""
    if isinstance(item, Refusal):
        return item
    duty = duties.get(item.obligation)
    if duty is None:
        return Refusal("not_found")
    on_behalf = not actor.may(Action.FILE_OWN, duty.holder)
    try:
        found = decide(
            item,
            duty,
            known.get(item.id),
            on_behalf=on_behalf,
            device_now=device_time,
            now=actor.now,
        )
    except Refusal as refusal:
        return refusal
    if isinstance(found, Accepted):
        found = drawn(found, key)
        note(found, duties, known)
    return found


def item_outcome(
    index: int,
    item: Item | Refusal,
    found: Accepted | Duplicate | Refusal,
    receipts: dict[UUID, int],
    language: str,
) -> ItemOutcome:
    """What the asker is told of an item."""
    number = item.id if isinstance(item, Item) else None
    if isinstance(found, Refusal):
        conflict = found.code == "submission_conflict"
        outcome = Outcome.CONFLICT if conflict else Outcome.REJECTED
        problem = ProblemBody(**body(found.code, found.params, language))
        return ItemOutcome(index, outcome, number, problem=problem)
    assert number is not None
    stored = found.known if isinstance(found, Duplicate) else found
    sequence = found.known.sequence if isinstance(found, Duplicate) else 0
    return ItemOutcome(
        index,
        Outcome.DUPLICATE if isinstance(found, Duplicate) else Outcome.CREATED,
        number,
        receipt_number(sequence or receipts[number]),
        stored.revision,
        stored.received_at,
        stored.counted.at,
        stored.counted.by,
        [w.as_dict() for w in found.warnings] if isinstance(found, Accepted) else [],
    )


class SubmissionController(Controller):
    path = "/submissions"
    tags = ("filing",)

    @post(
        "/",
        opt=allows(Action.FILE),
        status_code=200,
        operation_class=batch_operation(SubmissionBatch),
        responses=documented("malformed", "invalid", "too_large"),
    )
    async def file(self, request: ApiRequest, body: RawBody) -> BatchOutcome:
        """Files a batch; each item has its own outcome, in order."""
        device_time, raw = read_batch(body)
        items = [read_item(part, SubmissionIn, item_of) for part in raw]
        actor = await asking(request)
        found, receipts = await filed(actor, items, device_time, vault_of(request).draw_key)
        language = language_of(request.headers.get("accept-language"))
        each = zip(range(len(items)), items, found, strict=True)
        outcomes = [item_outcome(*one, receipts, language) for one in each]
        return BatchOutcome(actor.now, outcomes)

    @get("/{submission:uuid}", opt=allows(Action.SEE_DUTIES), responses=documented("not_found"))
    async def one(self, request: ApiRequest, submission: FromPath[UUID]) -> ObligationDetail:
        """The obligation of a submission, with every revision."""
        async with authorised(request) as actor:
            row = await access.submission_obligation(actor, submission, None)
            return await obligation_detail(row, actor.now)

    @get("/", opt=allows(Action.SEE_DUTIES), responses=documented("not_found"))
    async def by_receipt(
        self,
        request: ApiRequest,
        receipt: Annotated[str, QueryParameter(min_length=4, max_length=40)],
    ) -> ObligationDetail:
        """The obligation behind a receipt number, as read out on the phone."""
        sequence = parse_receipt(receipt)
        if sequence is None:
            raise Problem("not_found")
        async with authorised(request) as actor:
            row = await access.submission_obligation(actor, None, sequence)
            return await obligation_detail(row, actor.now)

    @post(
        "/{submission:uuid}/withdraw",
        opt=allows(Action.FILE),
        status_code=200,
        responses=documented(
            "not_found", "already_reviewed", "already_withdrawn", "not_newest", "period_closed"
        ),
    )
    async def withdraw(self, request: ApiRequest, submission: FromPath[UUID]) -> ObligationDetail:
        """Takes the newest revision back, before any review."""
        async with authorised(request) as actor:
            row = await access.submission_to_withdraw(actor, submission)
            facts = await facts_of(row)
            now = not_before(facts, actor.now)
            refusal = may_withdraw(facts, submission, now)
            if refusal is not None:
                raise refusal
            await filings.withdraw(row["id"], submission, facts, actor.account, now)
            subject = f"submission:{submission}"
            await audit.write(audit.by(actor, "submission.withdraw", subject, row["holder"]))
            fresh = await access.submission_obligation(actor, submission, None)
            return await obligation_detail(fresh, now)
