"""Lists from other offices, matched by identity number: who is alive, who may no longer be owed.

A hit never stops a pension. A sign of life certifies; anything else is a suspicion 疑点 that
somebody has to look into.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from backend.domain.certification import cells
from backend.domain.certification.words import PayStatus
from backend.domain.identity_numbers import parse_id_number
from backend.domain.refusal import Refusal
from backend.domain.row_faults import RowFault


class HitKind(StrEnum):
    """What the other office says of somebody."""

    ALIVE = "alive"
    DECEASED = "deceased"
    CUSTODY = "custody"
    MOVED = "moved"


class HitOutcome(StrEnum):
    """What became of a hit.

    CLEARED: certified by it. SUSPECT: to be visited. KNOWN: says nothing newer. NAME_DIFFERS and
    DOUBTED: a sign of life that is not taken, for the name is another's or a suspicion is open.
    NOT_PAID: the pension had ended.
    """

    CLEARED = "cleared"
    SUSPECT = "suspect"
    KNOWN = "known"
    NAME_DIFFERS = "name_differs"
    DOUBTED = "doubted"
    NOT_PAID = "not_paid"


MATCH_HEADINGS: Final = {
    "id_no": "id_no",
    "身份证号": "id_no",
    "身份证号码": "id_no",
    "公民身份号码": "id_no",
    "name": "name",
    "姓名": "name",
    "kind": "kind",
    "类别": "kind",
    "date": "date",
    "日期": "date",
    "死亡日期": "date",
    "发生日期": "date",
    "活动日期": "date",
}
_KINDS: Final = {each.value: each for each in HitKind} | {
    "健在": HitKind.ALIVE,
    "死亡": HitKind.DECEASED,
    "服刑": HitKind.CUSTODY,
    "迁出": HitKind.MOVED,
}


@dataclass(frozen=True, slots=True)
class MatchRow:
    """One line of a list. `on`: the day of the sign of life, the death, the custody or the move;
    only a sign of life must have one.
    """

    line: int
    id_number: str
    name: str
    kind: HitKind
    on: date | None


@dataclass(frozen=True, slots=True)
class Matched:
    """The pension that a row speaks of, as it stands. `doubts`: the open suspicions."""

    name: str
    pay_status: PayStatus
    is_gone: bool
    certified_on: date | None
    doubts: frozenset[HitKind] = frozenset()


def read_match(
    line: int, values: Mapping[str, str], today: date, kind: HitKind | None, on: date | None
) -> MatchRow | list[RowFault]:
    """The row of a line, or everything wrong with it. `kind` and `on` hold for the whole list,
    where a row does not say otherwise.
    """
    faults: list[RowFault] = []

    def fault(field: str, reason: str) -> None:
        faults.append(RowFault(line, field, reason))

    number = _number(values.get("id_no", ""), fault)
    if text := values.get("kind", ""):
        kind = _KINDS.get(text.lower())
        if kind is None:
            fault("kind", "unknown_word")
    elif kind is None:
        fault("kind", "kind_missing")
    if text := values.get("date", ""):
        on = cells.day_of(text)
        if on is None:
            fault("date", "not_a_date")
    elif on is None and kind is HitKind.ALIVE:
        fault("date", "missing")
    if on is not None and on > today:
        fault("date", "in_future")
    if faults or number is None or kind is None:
        return faults
    return MatchRow(line, number, values.get("name", ""), kind, on)


def _number(text: str, fault: Callable[[str, str], None]) -> str | None:
    if not text:
        fault("id_no", "missing")
        return None
    try:
        return parse_id_number(text).text
    except Refusal as refusal:
        fault("id_no", refusal.params["reason"])
        return None


def outcome(row: MatchRow, found: Matched) -> HitOutcome:
    """What a row means for a pension of the person it names."""
    if found.is_gone or found.pay_status is PayStatus.TERMINATED:
        return HitOutcome.NOT_PAID
    if row.kind is not HitKind.ALIVE:
        return HitOutcome.KNOWN if row.kind in found.doubts else HitOutcome.SUSPECT
    if found.doubts:
        return HitOutcome.DOUBTED
    if row.name and row.name != found.name:
        return HitOutcome.NAME_DIFFERS
    if row.on is None or (found.certified_on is not None and row.on <= found.certified_on):
        return HitOutcome.KNOWN
    return HitOutcome.CLEARED
