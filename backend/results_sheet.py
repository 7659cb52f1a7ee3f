"""Results for the insurance's own system as CSV or a workbook, written in parts."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from backend.domain.calendar import local_day
from backend.domain.certification.effects import payment_on
from backend.domain.certification.months import Months
from backend.domain.certification.results import Asked, Line, line_of
from backend.domain.certification.states import Suspicion
from backend.domain.certification.words import PayStatus
from backend.domain.masking import masked_id_number, masked_name
from backend.store import results
from backend.vault import Vault
from backend.written_sheets import Sheet

COLUMNS: Final = (
    *("benef_id", "name", "id_no", "insurance_type", "region_code", "group_no", "pay_status"),
    *("cert_state", "result", "method", "cert_date", "happened_on", "suspend_from"),
    *("resume_from", "back_pay_from", "back_pay_to", "back_pay_months", "terminate_from"),
    *("overpaid_from", "overpaid_to", "overpaid_months"),
)
_AT_ONCE: Final = 2000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose results, as of which instant, and whether names and numbers are in full."""

    scopes: Sequence[str]
    under: str | None
    t: datetime
    full: bool


async def write(sheet: Sheet, wanted: Wanted, vault: Vault) -> int:
    """Writes all rows, holding some thousand at a time; gives how many pensioners they are."""
    written, after, on = 0, None, local_day(wanted.t)
    while people := await results.pensioners(wanted.scopes, wanted.under, on, after, _AT_ONCE):
        doubted = await results.doubts([row["id"] for row in people], wanted.t)
        asked = await results.asked(people, doubted, wanted.t)
        lines = [_line(row, asked, doubted, wanted.t) for row in people]
        await asyncio.to_thread(_add, sheet, people, lines, vault, wanted.full)
        written += len(people)
        after = (people[-1]["region"], people[-1]["id"])
    await asyncio.to_thread(sheet.close)
    return written


def _line(
    person: asyncpg.Record,
    asked: Mapping[UUID, Asked],
    doubted: Mapping[UUID, Sequence[Suspicion]],
    t: datetime,
) -> Line:
    open_doubt = any(each.is_open(t) for each in doubted.get(person["id"], ()))
    status = PayStatus(person["pay_status"])
    payment = payment_on(status, person["stopped_from"], local_day(t))
    return line_of(asked.get(person["id"]), open_doubt, payment, t)


def _add(
    sheet: Sheet, people: Sequence[asyncpg.Record], lines: Sequence[Line], vault: Vault, full: bool
) -> None:
    pairs = zip(people, lines, strict=True)
    sheet.add(_cells(person, line, vault, full) for person, line in pairs)


def _cells(person: asyncpg.Record, line: Line, vault: Vault, full: bool) -> list[str]:
    number, name = vault.unseal(person["id_number_sealed"]), person["name"]
    found, effects = line.found, line.effects
    return [
        person["number"],
        name if full else masked_name(name),
        number if full else masked_id_number(number),
        *(person[each] for each in ("insurance_type", "region", "group_no", "pay_status")),
        line.state.value,
        *(_of(found.finding.result, found.method, found.finding.found_on) if found else _of()),
        _text(found.finding.happened_on) if found else "",
        _text(effects.suspend_from),
        _text(effects.resume_from),
        *_span(effects.back_pay),
        _text(effects.terminate_from),
        *_span(effects.overpaid),
    ]


def _of(result: Any = None, method: Any = None, on: Any = None) -> tuple[str, str, str]:
    return _text(result), _text(method), _text(on)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _span(months: Months | None) -> tuple[str, str, str]:
    if months is None:
        return "", "", ""
    return str(months.first), str(months.last), str(len(months))
