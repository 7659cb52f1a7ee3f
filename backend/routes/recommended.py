"""What is recommended to the insurance system, as it is shown and exported."""

from datetime import date

import asyncpg
import msgspec

from backend.domain.certification.cycles import Window
from backend.domain.certification.effects import Effects, Payment, payment_on
from backend.domain.certification.months import Month, Months
from backend.domain.certification.words import PayStatus


class Recommended(msgspec.Struct):
    """Months as 2026-11; null for what is not recommended. Back pay and what was overpaid from
    one month through another, and how many they are. Nothing of this pays or stops anybody.
    """

    suspend_from: str | None
    resume_from: str | None
    back_pay_from: str | None
    back_pay_to: str | None
    back_pay_months: int
    terminate_from: str | None
    overpaid_from: str | None
    overpaid_to: str | None
    overpaid_months: int


def recommended(effects: Effects) -> Recommended:
    """The effects as shown."""
    return Recommended(
        _month(effects.suspend_from),
        _month(effects.resume_from),
        *_span(effects.back_pay),
        _month(effects.terminate_from),
        *_span(effects.overpaid),
    )


def payment_of(row: asyncpg.Record, on: date) -> Payment:
    """What the insurance pays on a day, as the roster told."""
    return payment_on(PayStatus(row["pay_status"]), row["stopped_from"], on)


def window_of(row: asyncpg.Record) -> Window:
    """The window that an obligation asks for."""
    return Window(row["opens_on"], row["due_on"], row["closes_on"])


def _month(month: Month | None) -> str | None:
    return str(month) if month else None


def _span(months: Months | None) -> tuple[str | None, str | None, int]:
    if months is None:
        return None, None, 0
    return str(months.first), str(months.last), len(months)
