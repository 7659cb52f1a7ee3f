"""All that is known when the year is over: the facts in the database, and what they tell.

Nothing here uses the rules of the product that is being checked: only the calendar, and when the
steps of the ladder were to be sent.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import cached_property
from typing import Any
from uuid import UUID

from backend.domain.calendar import WorkCalendar, local_day, local_instant
from backend.domain.ladder import Ladder
from backend.simulation.county import COUNTY
from backend.simulation.journal import Journal
from backend.simulation.plans import LADDER
from backend.store import calendar, simulation

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Span:
    """Where a duty stands since an instant, with which revision, and by when that is to end."""

    since: datetime
    stage: str
    revision: int
    deadline: datetime | None


@dataclass(frozen=True)
class Evidence:
    """The facts by kind, as rows by name, with the journal."""

    obligations: Mapping[int, Row]
    submissions: Sequence[Row]
    reviews: Sequence[Row]
    reminders: Sequence[Row]
    messages: Mapping[UUID, Row]
    deliveries: Mapping[int, Row]
    posts: Sequence[Row]
    calls: Sequence[Row]
    days: WorkCalendar
    journal: Journal
    ends: datetime
    ladder: Ladder = LADDER

    @cached_property
    def first_filed(self) -> Mapping[int, datetime]:
        """When the first report of each duty was received."""
        found: dict[int, datetime] = {}
        for row in self.submissions:
            at = found.get(row["obligation"], row["received_at"])
            found[row["obligation"]] = min(at, row["received_at"])
        return found

    @cached_property
    def of_message(self) -> Mapping[UUID, Sequence[Row]]:
        """The reminders that each message is made of."""
        found: dict[UUID, list[Row]] = defaultdict(list)
        for row in self.reminders:
            if row["message"] is not None:
                found[row["message"]].append(row)
        return found

    @cached_property
    def ways_of(self) -> Mapping[UUID, Sequence[Row]]:
        """The deliveries beyond the app of each message, oldest first."""
        found: dict[UUID, list[Row]] = defaultdict(list)
        for _, row in sorted(self.deliveries.items()):
            if row["channel"] != "in_app":
                found[row["message"]].append(row)
        return found

    @cached_property
    def at_address(self) -> Mapping[int, Sequence[Row]]:
        """The deliveries to each address."""
        found: dict[int, list[Row]] = defaultdict(list)
        for row in self.deliveries.values():
            if row["address"] is not None:
                found[row["address"]].append(row)
        return found

    @cached_property
    def posts_of(self) -> Mapping[UUID, Sequence[Row]]:
        """The posts of each account."""
        found: dict[UUID, list[Row]] = defaultdict(list)
        for row in self.posts:
            found[row["account"]].append(row)
        return found

    @cached_property
    def spans_of(self) -> Mapping[int, Sequence[Span]]:
        """Where each duty stood from when on, oldest first."""
        found = {
            number: [Span(row["opens_at"], "none", 0, row["due_at"])]
            for number, row in self.obligations.items()
        }
        events: list[tuple[datetime, int, Span]] = []
        revision = {row["id"]: row["revision"] for row in self.submissions}
        for row in self.submissions:
            at = row["received_at"]
            events.append((at, row["obligation"], self._waiting(at, "town", row["revision"])))
        for row in self.reviews:
            span = self._decided(row, revision[row["submission"]])
            events.append((row["at"], row["obligation"], span))
        for _, number, span in sorted(events, key=lambda each: each[0]):
            found[number].append(span)
        return found

    def _decided(self, review: Row, revision: int) -> Span:
        at = review["at"]
        if review["decision"] == "return":
            return Span(at, "returned", revision, review["fix_by"])
        both = self.obligations[review["obligation"]]["two_offices"]
        if review["step"] == "town" and both:
            return self._waiting(at, "county", revision)
        return Span(at, "accepted", revision, None)

    def _waiting(self, at: datetime, stage: str, revision: int) -> Span:
        """With an office, which has two working days, until 18:00."""
        day = self.days.add_workdays(local_day(at), 2)
        return Span(at, stage, revision, local_instant(day, time(18)))

    def span_at(self, obligation: int, t: datetime) -> Span:
        """Where a duty stood at `t`."""
        spans = self.spans_of[obligation]
        return next((span for span in reversed(spans) if span.since <= t), spans[0])

    def is_outstanding(self, reminder: Row, t: datetime) -> bool:
        """Whether what a reminder speaks of was still to be done, by the same people, at `t`."""
        number, concern = reminder["obligation"], reminder["concern"]
        span = self.span_at(number, t)
        if concern == "report":
            return span.stage == "none" and self.obligations[number]["closes_at"] >= t
        if concern == "correction":
            return span.stage == "returned" and span.revision == reminder["round"]
        waits = span.stage in ("town", "county") and span.revision == reminder["round"]
        return waits and span.since < reminder["decided_at"]

    def deadline_of(self, reminder: Row) -> datetime:
        """By when what a reminder speaks of was to be done."""
        if reminder["concern"] == "report":
            due: datetime = self.obligations[reminder["obligation"]]["due_at"]
            return due
        deadline = self.span_at(reminder["obligation"], reminder["decided_at"]).deadline
        assert deadline is not None
        return deadline

    def concerns(self, account: UUID, obligation: int, t: datetime) -> bool:
        """Whether somebody answered for the village, or was set over it, at `t`.

        The village is the one asked or, after a merger, the one that answers for it now.
        """
        row = self.obligations[obligation]
        places = {key[:digits] for key in (row["region"], row["holder"]) for digits in (6, 9, 12)}
        return any(
            post["region"] in places
            and post["starts_at"] <= t
            and (post["ends_at"] is None or post["ends_at"] > t)
            for post in self.posts_of.get(account, ())
        )

    def is_due_to(self, account: UUID, reminder: Row, t: datetime) -> bool:
        """Whether there was reason to tell somebody of it at `t`."""
        here = self.concerns(account, reminder["obligation"], t)
        return here and self.is_outstanding(reminder, t)


async def gather(journal: Journal, ends: datetime) -> Evidence:
    """Reads all facts of the county."""
    found = await simulation.facts()
    rows = {name: [dict(row) for row in table] for name, table in found.items()}
    return Evidence(
        obligations={row["id"]: row for row in rows["obligations"]},
        submissions=rows["submissions"],
        reviews=rows["reviews"],
        reminders=rows["reminders"],
        messages={row["id"]: row for row in rows["messages"]},
        deliveries={row["id"]: row for row in rows["deliveries"]},
        posts=rows["posts"],
        calls=rows["calls"],
        days=await calendar.load(COUNTY),
        journal=journal,
        ends=ends,
    )
