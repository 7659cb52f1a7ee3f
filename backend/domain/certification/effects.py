"""What a result means for the payments: recommendations in months, never an act.

Only the insurance system pays. Months are counted as in DOMAIN §3: death ends the pension from
the next month; so do custody and settling abroad; who was suspended and is certified gets what
was held back; custody is not paid for later.
"""

from dataclasses import dataclass
from datetime import date

from backend.domain.calendar import WorkCalendar
from backend.domain.certification.cycles import Window
from backend.domain.certification.months import Month, Months, months_between
from backend.domain.certification.words import PayStatus, Result
from backend.domain.refusal import Refusal

DEATH_REPORT_WORKDAYS = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """A result found on a day, and when it happened.

    `happened_on`: death, begin of custody, settling abroad, begin of the other pension.
    `released_on`: the end of custody, once known.
    """

    result: Result
    found_on: date
    happened_on: date | None = None
    released_on: date | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """What the insurance system does. `suspended_from` is its first month without payment.

    `paid_through`: the last month paid, whether or not it was owed; None when nobody knows, and
    then nothing is called overpaid.
    """

    status: PayStatus
    paid_through: Month | None
    suspended_from: Month | None = None


@dataclass(frozen=True, slots=True)
class Effects:
    """What is recommended; None for what is not. `back_pay` are months to be paid after all."""

    suspend_from: Month | None = None
    resume_from: Month | None = None
    back_pay: Months | None = None
    terminate_from: Month | None = None
    overpaid: Months | None = None

    @property
    def overpaid_months(self) -> int:
        """How many months were paid and not owed."""
        return len(self.overpaid) if self.overpaid else 0


NOTHING = Effects()


def check_finding(finding: Finding) -> None:
    """Raises Refusal("event_date_invalid") with a reason.

    missing: the result happened on a day that must be given; unexpected: this result has none;
    future: later than it was found; order: the release is not after the custody began.
    """
    happened, released = finding.happened_on, finding.released_on
    if finding.result.happened and happened is None:
        raise _invalid("missing")
    if not finding.result.happened and happened is not None:
        raise _invalid("unexpected")
    if released is not None and finding.result is not Result.CUSTODY:
        raise _invalid("unexpected")
    if happened is not None and happened > finding.found_on:
        raise _invalid("future")
    if released is not None and (happened is None or released < happened):
        raise _invalid("order")


def effects_of(finding: Finding, payment: Payment, window: Window) -> Effects:
    """What a checked finding recommends, given the window it answers.

    MISSING waits for a court, so it suspends from the month after it was found. Who was not seen
    is suspended as if nobody had come. MOVED changes nothing by itself: a residents' pension
    stays where it is paid (国发〔2014〕8号). What heirs of somebody suspended may claim is the
    county's to decide.
    """
    if finding.result.proves_life:
        return _certified(finding, payment)
    if finding.result is Result.MISSING:
        return _suspended(Month.of(finding.found_on).plus(1), payment)
    if finding.result in (Result.UNREACHABLE, Result.REFUSED):
        return _suspended(window.suspend_from, payment)
    if finding.happened_on is None:
        return NOTHING
    event = Month.of(finding.happened_on)
    if finding.result is Result.CUSTODY:
        return _in_custody(finding, event.plus(1), payment)
    # The other pension is drawn from the month it began, so that one is drawn twice already.
    ended = event if finding.result is Result.DUPLICATE else event.plus(1)
    terminate = None if payment.status is PayStatus.TERMINATED else ended
    return Effects(terminate_from=terminate, overpaid=_paid_since(ended, payment))


def effects_of_silence(payment: Payment, window: Window, on: date) -> Effects:
    """What it means that a window stands unanswered on a day: nothing until it has closed."""
    return _suspended(window.suspend_from, payment) if on > window.closes_on else NOTHING


def paid_through(status: PayStatus, stopped_from: Month | None, on: date) -> Month | None:
    """The last month paid as far as the roster tells: the present one unless payment stopped.

    None when it stopped and the roster does not say when.
    """
    if status is PayStatus.NORMAL:
        return Month.of(on)
    return min(Month.of(on), stopped_from.plus(-1)) if stopped_from else None


def payment_on(status: PayStatus, stopped_on: date | None, on: date) -> Payment:
    """What is paid on a day, as the roster tells; `stopped_on` lies in the first month unpaid."""
    stopped = Month.of(stopped_on) if stopped_on else None
    return Payment(status, paid_through(status, stopped, on), stopped)


def death_report_due(died_on: date, calendar: WorkCalendar) -> date:
    """The last day to report a death: the 20th working day after it."""
    return calendar.add_workdays(died_on, DEATH_REPORT_WORKDAYS)


def _certified(finding: Finding, payment: Payment) -> Effects:
    """Resumed from the next month, for this one may be on its way; what was held back is paid."""
    if payment.status is not PayStatus.SUSPENDED:
        return NOTHING
    following, since = Month.of(finding.found_on).plus(1), payment.suspended_from
    if since is None:
        return Effects(resume_from=following)
    resume = max(since, following)
    return Effects(resume_from=resume, back_pay=months_between(since, resume.plus(-1)))


def _suspended(month: Month, payment: Payment) -> Effects:
    return Effects(suspend_from=month) if payment.status is PayStatus.NORMAL else NOTHING


def _in_custody(finding: Finding, stop: Month, payment: Payment) -> Effects:
    """Nothing is owed from the month after custody began to that of the release."""
    released = Month.of(finding.released_on) if finding.released_on else None
    overpaid = _paid_since(stop, payment, released)
    if payment.status is PayStatus.TERMINATED:
        return Effects(overpaid=overpaid)
    if released is None:
        suspend = stop if payment.status is PayStatus.NORMAL else None
        return Effects(suspend_from=suspend, overpaid=overpaid)
    resume = released.plus(1) if payment.status is PayStatus.SUSPENDED else None
    return Effects(resume_from=resume, overpaid=overpaid)


def _paid_since(first: Month, payment: Payment, last: Month | None = None) -> Months | None:
    paid = payment.paid_through
    if paid is None:
        return None
    return months_between(first, paid if last is None else min(paid, last))


def _invalid(reason: str) -> Refusal:
    return Refusal("event_date_invalid", reason=reason)
