"""What a post's calendar shows: the due dates of what is still open, as counts, without names."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

# How long before the deadline a calendar rings: the day before, and with time left to do it.
ALARMS: Final = (timedelta(days=1), timedelta(hours=2))


@dataclass(frozen=True, slots=True)
class Due:
    """The open duties of one period within a region: how many, and the nearest deadline.

    `returned` ones wait for a correction; `since` is when the first of them opened.
    """

    period: int
    key: str
    title: Mapping[str, str]
    returned: bool
    at: datetime
    since: datetime
    duties: int


@dataclass(frozen=True, slots=True)
class Event:
    """An entry of the calendar. `uid` stays when the deadline moves, so calendars move it too."""

    uid: str
    at: datetime
    since: datetime
    summary: str
    description: str


def event(due: Due, post: UUID, language: str) -> Event:
    """The entry of a period in the calendar of a post, in Chinese or English."""
    english = language == "en"
    title = due.title["en" if english else "zh"]
    kind = "fix" if due.returned else "due"
    return Event(
        uid=f"{kind}-{due.period}-{post}@cunbao",
        at=due.at,
        since=due.since,
        summary=_summary(title, due, english),
        description=_count(due, english),
    )


def _summary(title: str, due: Due, english: bool) -> str:
    if english:
        return f"{title} {due.key} {'to correct' if due.returned else 'due'}"
    return f"{title}（{due.key}）{'补正' if due.returned else '截止'}"


def _count(due: Due, english: bool) -> str:
    if english:
        reports = "report" if due.duties == 1 else "reports"
        return f"{due.duties} {reports} {'to correct' if due.returned else 'still to be filed'}"
    return f"{due.duties}项{'待补正' if due.returned else '待报'}"
