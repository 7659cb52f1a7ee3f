"""Changes of the ledger: /residents/changes. A batch in, an outcome per item out."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, post
from litestar.params import RawBody
from msgspec import Meta

from backend.access import allows
from backend.domain.calendar import local_day
from backend.domain.identity_numbers import parse_id_number
from backend.domain.ledger.changes import Applied, Item, Known, Person, add, change
from backend.domain.ledger.words import ChangeType
from backend.domain.receipts import receipt_number
from backend.domain.refusal import Refusal
from backend.domain.regions import Level
from backend.domain.roles import Action, Actor
from backend.problems import body as problem_body
from backend.problems import language_of
from backend.routes.batches import batch_operation, read_batch, read_item
from backend.routes.context import ApiRequest, authorised, vault_of
from backend.routes.errors import ProblemBody, documented
from backend.routes.schemas import RegionKey, check_years
from backend.routes.submissions import Outcome
from backend.store import audit, regions, residents
from backend.store.residents import Sealed
from backend.vault import Vault, content_digest


class ResidentChangeIn(msgspec.Struct, forbid_unknown_fields=True):
    """One change of one person. The phone makes `id`, and `resident` for somebody new.

    `village` and `id_number` are for somebody new alone. `fields`: only what changes; texts,
    words, days as 2026-11-02, true or false, whole yuan, lists of tags; null empties a field.
    """

    id: UUID
    resident: UUID
    kind: ChangeType = ChangeType.UPDATE
    village: RegionKey | None = None
    id_number: Annotated[str, Meta(max_length=40)] | None = None
    fields: Annotated[dict[Annotated[str, Meta(max_length=40)], Any], Meta(max_length=40)] = {}
    captured_at: Annotated[datetime, Meta(tz=True)] | None = None


class ResidentChangeBatch(msgspec.Struct, forbid_unknown_fields=True):
    """Up to 100 changes. `device_time` is the device's clock on sending: it gives the skew."""

    items: Annotated[list[ResidentChangeIn], Meta(min_length=1, max_length=100)]
    device_time: Annotated[datetime, Meta(tz=True)] | None = None


class ResidentChangeOutcome(msgspec.Struct, omit_defaults=True):
    """What became of one item; `outdated` are fields in which something newer holds."""

    index: int
    outcome: Outcome
    id: UUID | None = None
    receipt: str | None = None
    received_at: datetime | None = None
    outdated: list[str] = []
    problem: ProblemBody | None = None


class ResidentChangeOutcomes(msgspec.Struct):
    server_time: datetime
    items: list[ResidentChangeOutcome]


Decided = Applied | Known | Refusal


def _item(parsed: ResidentChangeIn) -> Item:
    check_years(captured_at=parsed.captured_at)
    try:
        content = msgspec.json.encode(parsed, order="deterministic")
    except OverflowError:
        raise Refusal("invalid", faults=[{"field": "fields", "reason": "number"}]) from None
    return Item(
        parsed.id,
        parsed.resident,
        parsed.kind,
        parsed.village,
        parsed.id_number,
        parsed.fields,
        parsed.captured_at,
        content_digest(content),
    )


class _Ledger:
    """What a batch is decided against, growing by what it accepts."""

    def __init__(
        self,
        actor: Actor,
        vault: Vault,
        device_time: datetime | None,
        people: Mapping[UUID, Person],
        known: Mapping[UUID, Known],
        villages: set[str],
    ) -> None:
        self._actor, self._vault, self._device_time = actor, vault, device_time
        self._people, self._known, self._villages = dict(people), known, villages
        self._accepted: dict[UUID, bytes] = {}
        self.numbers: dict[UUID, Sealed] = {}
        self.phones: dict[UUID, Sealed] = {}
        self.taken: set[bytes] = set()

    def decide(self, item: Item | Refusal) -> Decided:
        """One item's outcome; an accepted one counts for those after it."""
        if isinstance(item, Refusal):
            return item
        known = self._known.get(item.id)
        if known is not None:
            return known if known.digest == item.digest else Refusal("submission_conflict")
        if item.id in self._accepted:
            return Refusal("submission_conflict")
        try:
            applied = self._added(item) if item.kind is ChangeType.NEW else self._changed(item)
        except Refusal as refusal:
            return refusal
        self._people[item.resident] = applied.person
        self._accepted[item.id] = item.digest
        if applied.phone is not None:
            self.phones[item.resident] = self._seal(applied.phone)
        return applied

    def _added(self, item: Item) -> Applied:
        if item.village not in self._villages:
            raise Refusal("not_found")
        if item.resident in self._people:
            raise Refusal("submission_conflict")
        actor = self._actor
        applied = add(item, self._device_time, actor.now, local_day(actor.now))
        assert applied.number is not None
        index = self._vault.id_number_index(applied.number.text)
        if index in self.taken:
            raise Refusal("resident_known")
        self.taken.add(index)
        self.numbers[item.resident] = Sealed(self._vault.seal(applied.number.text), index)
        return applied

    def _changed(self, item: Item) -> Applied:
        person = self._people.get(item.resident)
        if person is None or not self._actor.may(Action.CHANGE_RESIDENTS, person.village):
            raise Refusal("not_found")
        return change(item, person, self._device_time, self._actor.now)

    def _seal(self, phone: str) -> Sealed:
        return Sealed(self._vault.seal(phone), self._vault.index(phone))


async def _held(
    actor: Actor, vault: Vault, items: Sequence[Item], device_time: datetime | None
) -> _Ledger:
    """What the items are about, held until the commit: counties, then villages, then people."""
    scopes = actor.scopes(Action.CHANGE_RESIDENTS)
    new = [each for each in items if each.kind is ChangeType.NEW and each.village is not None]
    asked = {each.village for each in new if each.village is not None}
    allowed = {key for key in asked if actor.may(Action.CHANGE_RESIDENTS, key)}
    counties = {key[: Level.COUNTY.digits] for key in allowed}
    for county in sorted(counties):
        await residents.hold(county)
    ids = {each.resident for each in items}
    await regions.lock(*sorted(allowed | await residents.villages_of(ids, scopes)))
    people, known = await residents.people(ids), await residents.known([e.id for e in items])
    ledger = _Ledger(actor, vault, device_time, people, known, await residents.in_force(allowed))
    indexes = [index for each in new if (index := _index(vault, each)) is not None]
    for county in counties:
        ledger.taken |= await residents.live(county, indexes)
    return ledger


def _index(vault: Vault, item: Item) -> bytes | None:
    try:
        return vault.id_number_index(parse_id_number(item.id_number or "").text)
    except Refusal:
        return None


def _outcome(
    index: int,
    item: Item | Refusal,
    found: Decided,
    receipts: Mapping[UUID, int],
    language: str,
) -> ResidentChangeOutcome:
    number = item.id if isinstance(item, Item) else None
    if isinstance(found, Refusal):
        conflict = found.code == "submission_conflict"
        outcome = Outcome.CONFLICT if conflict else Outcome.REJECTED
        problem = ProblemBody(**problem_body(found.code, found.params, language))
        return ResidentChangeOutcome(index, outcome, number, problem=problem)
    assert number is not None
    stored = isinstance(found, Known)
    return ResidentChangeOutcome(
        index,
        Outcome.DUPLICATE if stored else Outcome.CREATED,
        number,
        receipt_number(found.receipt if isinstance(found, Known) else receipts[number]),
        found.received_at,
        list(found.outdated),
    )


async def changed(
    actor: Actor,
    vault: Vault,
    raw: Sequence[msgspec.Raw],
    device_time: datetime | None,
    language: str,
) -> list[ResidentChangeOutcome]:
    """What becomes of each change, in order; to be called in a transaction."""
    items = [read_item(part, ResidentChangeIn, _item) for part in raw]
    sound = [each for each in items if isinstance(each, Item)]
    ledger = await _held(actor, vault, sound, device_time)
    found = [ledger.decide(each) for each in items]
    applied = [each for each in found if isinstance(each, Applied)]
    receipts = await residents.record(applied, ledger.numbers, ledger.phones, actor.account)
    await audit.write(*(_entry(actor, each) for each in applied))
    outcomes = zip(range(len(items)), items, found, strict=True)
    return [_outcome(*each, receipts, language) for each in outcomes]


class ResidentChangeController(Controller):
    path = "/residents/changes"
    tags = ("residents",)

    @post(
        "/",
        opt=allows(Action.CHANGE_RESIDENTS),
        status_code=200,
        operation_class=batch_operation(ResidentChangeBatch),
        responses=documented("malformed", "invalid", "too_large"),
    )
    async def change(self, request: ApiRequest, body: RawBody) -> ResidentChangeOutcomes:
        """Changes people of the ledger; each item has its own outcome, in order. In each field
        the change captured last holds.
        """
        device_time, raw = read_batch(body)
        language = language_of(request.headers.get("accept-language"))
        async with authorised(request) as actor:
            outcomes = await changed(actor, vault_of(request), raw, device_time, language)
        return ResidentChangeOutcomes(actor.now, outcomes)


def _entry(actor: Actor, applied: Applied) -> audit.Entry:
    fields = [step.field for step in applied.steps]
    subject, kind = f"resident:{applied.person.id}", applied.item.kind.value
    return audit.by(
        actor, "resident.change", subject, applied.person.village, kind=kind, fields=fields
    )
