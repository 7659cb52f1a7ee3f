"""Changes to people of the ledger, made on phones that may have been without a signal for days.

Field by field the change that was captured last holds, whatever the order of arrival; of two
captured at the same instant the one that arrived later. Who has left or died stays so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.domain.clocks import correct_clock
from backend.domain.identity_numbers import IdNumber, parse_id_number
from backend.domain.ledger.ages import comes_of_age, leaves_at, month_number, month_of
from backend.domain.ledger.fields import EMPTY, Fault, checked, faults_of
from backend.domain.ledger.words import ChangeType
from backend.domain.masking import masked_phone
from backend.domain.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Item:
    """A change as it arrived. `id` is the phone's own, so that sending again is harmless."""

    id: UUID
    resident: UUID
    kind: ChangeType
    village: str | None
    id_number: str | None
    fields: Mapping[str, Any]
    captured_at: datetime | None
    digest: bytes


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the ledger. `stamps`: when what a field says was captured."""

    id: UUID
    village: str
    born_on: date
    female: bool
    facts: Mapping[str, Any]
    stamps: Mapping[str, datetime]
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """A change stored before."""

    digest: bytes
    receipt: int
    received_at: datetime
    outdated: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One field's step in the history, from what to what."""

    field: str
    was: Any
    became: Any


@dataclass(frozen=True, slots=True)
class Applied:
    """An accepted change: the person after it, and the fields in which something newer holds."""

    item: Item
    person: Person
    at: datetime
    received_at: datetime
    steps: tuple[Step, ...]
    outdated: tuple[str, ...] = ()
    # In full, to be sealed: a number only of somebody new, a phone only where the change holds.
    number: IdNumber | None = None
    phone: str | None = None


@dataclass(slots=True)
class _Merge:
    facts: dict[str, Any]
    stamps: dict[str, datetime]
    steps: list[Step] = field(default_factory=list)
    outdated: list[str] = field(default_factory=list)
    phone: str | None = None

    def take(self, name: str, value: Any, at: datetime) -> None:
        if name in self.stamps and at < self.stamps[name]:
            self.outdated.append(name)
            return
        if name == "phone":
            self.phone = value
            value = masked_phone(value) if value else ""
        if value != self.facts[name] or name == "phone":
            self.steps.append(Step(name, self.facts[name], value))
        self.facts[name], self.stamps[name] = value, at


def add(item: Item, device_now: datetime | None, now: datetime, today: date) -> Applied:
    """Somebody new. Raises Refusal: bad_id_number, or invalid with a fault per field."""
    number = parse_id_number(item.id_number or "")
    born = month_of(number.born_on)
    this_month = month_number(month_of(today))
    if this_month < comes_of_age(born):
        raise _invalid([Fault("id_number", "too_young")])
    if this_month >= leaves_at(born, not number.is_male):
        raise _invalid([Fault("id_number", "too_old")])
    village = item.village or ""
    start = Person(item.resident, village, number.born_on, not number.is_male, EMPTY, {})
    return replace(change(item, start, device_now, now), number=number)


def change(item: Item, person: Person, device_now: datetime | None, now: datetime) -> Applied:
    """What becomes of a person. Raises Refusal: resident_gone, or invalid with its faults."""
    if person.gone:
        raise Refusal("resident_gone")
    at = now
    if item.captured_at is not None:
        at = correct_clock(item.captured_at, device_now or now, now)
    values = _checked(item.fields)
    merge = _Merge(dict(person.facts), dict(person.stamps))
    for name, value in values.items():
        merge.take(name, value, at)
    faults = faults_of(merge.facts)
    if faults and not item.kind.ends:
        raise _invalid(faults)
    after = replace(person, facts=merge.facts, stamps=merge.stamps, gone=item.kind.ends)
    steps, outdated = tuple(merge.steps), tuple(merge.outdated)
    return Applied(item, after, at, now, steps, outdated, phone=merge.phone)


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    values, faults = {}, []
    for name, value in fields.items():
        try:
            values[name] = checked(name, value)
        except Refusal as refusal:
            faults.append(Fault(name, refusal.params["reason"]))
    if faults:
        raise _invalid(faults)
    return values


def _invalid(faults: list[Fault]) -> Refusal:
    told = [{"field": fault.field, "reason": fault.reason} for fault in faults]
    return Refusal("invalid", faults=told)
