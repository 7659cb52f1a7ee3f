"""Which villages will probably be late: an estimate from few figures, each reason in words.

The chance that a village is late (or never files) is estimated from its own last periods, shrunk
to the mean of its township: with `f` of `n` periods late and the township's share `m`, the
posterior mean of a beta-binomial with prior Beta(m·K, (1-m)·K) is (f + m·K) / (n + K). The prior
is worth K = 4 periods: a village with four periods behind it is judged half by them and half by
its neighbours. A vacant post and a long silence then multiply the odds by stated factors. These
are judgements, not fitted, and nothing about persons enters.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final

from backend.domain.calendar import WorkCalendar, local_day, local_instant

PERIODS: Final = 12  # looked back at
PRIOR_PERIODS: Final = 4.0
VACANT_ODDS: Final = 3.0
SILENT_ODDS: Final = 1.5
SILENT_AFTER: Final = timedelta(days=14)
WORKDAYS_BEFORE: Final = 3
LIKELY_FROM, POSSIBLE_FROM = 0.5, 0.2


class Band(StrEnum):
    """How probable lateness is: at least a half, at least a fifth, or less."""

    LIKELY = "likely"
    POSSIBLE = "possible"
    UNLIKELY = "unlikely"


@dataclass(frozen=True, slots=True)
class Record:
    """How periods past ended; what is overdue and not filed counts as missing so far."""

    on_time: int = 0
    late: int = 0
    missing: int = 0

    def __add__(self, other: "Record") -> "Record":
        return Record(
            self.on_time + other.on_time, self.late + other.late, self.missing + other.missing
        )

    @property
    def periods(self) -> int:
        return self.on_time + self.failed

    @property
    def failed(self) -> int:
        return self.late + self.missing


@dataclass(frozen=True, slots=True)
class Village:
    """What is known of a village that owes a report: no names, no persons.

    `last_contact` is when its phone was last heard of, None when never.
    """

    due_at: datetime
    record: Record
    vacant: bool
    last_contact: datetime | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, as a code with its figures; `words` says it."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Forecast:
    """The chance of being late, 0 to 1, its band, and the reasons."""

    chance: float
    band: Band
    reasons: tuple[Reason, ...]


def watch_from(due_at: datetime, calendar: WorkCalendar) -> datetime:
    """The start of the third working day before the due day: from then on a look is worth it."""
    day = calendar.add_workdays(local_day(due_at), -WORKDAYS_BEFORE)
    return local_instant(day, time())


def township_mean(records: Iterable[Record]) -> float:
    """The share of periods late or missing; half a period each way keeps it off 0 and 1."""
    total = sum(records, Record())
    return (total.failed + 0.5) / (total.periods + 1)


def forecast(village: Village, mean: float, now: datetime) -> Forecast:
    """What to expect of a village whose township has this mean."""
    if now > village.due_at:
        return Forecast(1.0, Band.LIKELY, (Reason("overdue"), *_reasons(village, now)))
    record = village.record
    shrunk = (record.failed + mean * PRIOR_PERIODS) / (record.periods + PRIOR_PERIODS)
    odds = shrunk / (1 - shrunk)
    if village.vacant:
        odds *= VACANT_ODDS
    if _silent(village, now):
        odds *= SILENT_ODDS
    chance = odds / (1 + odds)
    return Forecast(chance, _band(chance), _reasons(village, now))


def _band(chance: float) -> Band:
    if chance >= LIKELY_FROM:
        return Band.LIKELY
    return Band.POSSIBLE if chance >= POSSIBLE_FROM else Band.UNLIKELY


def _silent(village: Village, now: datetime) -> bool:
    return village.last_contact is None or now - village.last_contact >= SILENT_AFTER


def _reasons(village: Village, now: datetime) -> tuple[Reason, ...]:
    found = [_record_reason(village.record)]
    if village.vacant:
        found.append(Reason("vacant"))
    elif village.last_contact is None:
        found.append(Reason("never_heard"))
    elif _silent(village, now):
        found.append(Reason("silent", {"days": (now - village.last_contact).days}))
    return tuple(found)


def _record_reason(record: Record) -> Reason:
    if not record.periods:
        return Reason("no_record")
    if not record.failed:
        return Reason("always_on_time", {"periods": record.periods})
    figures = {"periods": record.periods, "late": record.late, "missing": record.missing}
    return Reason("record", figures)


_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "overdue": ("已过截止时间", "Past its deadline already"),
    "no_record": ("没有往期记录，按本乡镇平均估计", "No periods behind it; judged by its township"),
    "always_on_time": ("近{periods}期均按时", "On time in all of the last {periods} periods"),
    "record": (
        "近{periods}期中迟报{late}期、漏报{missing}期",
        "Of the last {periods} periods {late} late and {missing} missing",
    ),
    "vacant": ("联络员岗位空缺", "Nobody holds the village's post"),
    "never_heard": ("手机从未联网", "Its phone has never been heard of"),
    "silent": ("手机已{days}天没有联网", "Its phone has not been heard of for {days} days"),
}


def words(reason: Reason, language: str) -> str:
    """A reason in Chinese or English."""
    zh, en = _WORDS[reason.code]
    return (en if language == "en" else zh).format_map(dict(reason.params))
