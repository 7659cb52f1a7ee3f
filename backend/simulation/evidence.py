"""All that is known when the year is over: the facts in the database, and what they tell.

Nothing here uses the rules of the product that is being checked: only the calendar, and when the
steps of the ladder were to be sent.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from backend.domain.calendar import WorkCalendar
from backend.domain.reminders import Ladder
from backend.simulation.county import COUNTY
from backend.simulation.journal import Journal
from backend.simulation.plans import LADDER
from backend.store import calendar, simulation

Row = dict[str, Any]


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

    def is_outstanding(self, obligation: int, t: datetime) -> bool:
        """Whether the report was still to be filed, and could be, at `t`."""
        filed = self.first_filed.get(obligation)
        return (filed is None or filed > t) and self.obligations[obligation]["closes_at"] >= t

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

    def is_due_to(self, account: UUID, obligation: int, t: datetime) -> bool:
        """Whether there was reason to tell somebody of a duty at `t`."""
        return self.is_outstanding(obligation, t) and self.concerns(account, obligation, t)


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
