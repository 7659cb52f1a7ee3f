"""A year of a county on a virtual clock, jumping from one moment at which anything is due to the
next.

The server's clockwork is taken to look at the ladder some times a day and at messages every five
minutes, so what is due is done at the next such moment. Reports and decisions carry their own
instants; they are stored in bulk before anything that could see them.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from backend import succession
from backend.demo.people import Seat
from backend.domain.calendar import WorkCalendar, local_day, local_instant
from backend.simulation import county as counties
from backend.simulation import plans
from backend.simulation.channels import Crash
from backend.simulation.county import COUNTY, County, Merger
from backend.simulation.days import day_end
from backend.simulation.journal import Journal, look, tick
from backend.simulation.liaisons import Liaisons
from backend.simulation.offices import Offices
from backend.simulation.system import System
from backend.store import people, simulation
from backend.store.database import transaction
from backend.terminal import Report
from backend.vault import Vault

_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)
# A small county's rates are counted every evening, a large one's every so many days.
_SMALL, _SAMPLED_EVERY = 100, 7
_GROWING: Final = "region, post, obligation, submission, review, reminder, message, delivery"

Act = Callable[[datetime], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fixed:
    """Something that happens at an instant known beforehand."""

    at: datetime
    act: Act


class Year:
    """The county, its server, and what is due."""

    def __init__(self, county: County, days: WorkCalendar, vault: Vault, journal: Journal) -> None:
        self._county, self._days, self._vault, self._journal = county, days, vault, journal
        self._system = System(county, vault, journal)
        self._liaisons = Liaisons(county, days, self._system, journal)
        self._offices = Offices(county, days, self._system, self._liaisons)
        self._heard = 0
        fixed = [*self._openings(), *self._comings(), *self._goings(), *self._evenings()]
        self._fixed = sorted([*fixed, *self._mergers()], key=lambda each: each.at)

    async def live(self, report: Report) -> None:
        """From the first moment to the last."""
        now, length = self._county.begins, (self._county.ends - self._county.begins) // _DAY
        following: datetime | None = now
        while following is not None and following < self._county.ends:
            now = following
            report(min((now - self._county.begins) // _DAY, length), length)
            try:
                await self._moment(now)
            except Crash:
                following = max(now, self._system.up_at)  # what was due at this moment still is
            else:
                following = await self._next(now)
        report(length, length)

    async def _next(self, now: datetime) -> datetime | None:
        """The next moment after `now` at which anything is due; None when the time is over."""
        due = await simulation.next_due()
        moments = [
            turn(max(at, now + _SECOND))
            for at, turn in zip(due.values(), (look, tick, tick), strict=True)
            if at is not None
        ]
        if self._fixed:
            moments.append(max(self._fixed[0].at, now))
        at = min(moments, default=self._county.ends)
        return at if at < self._county.ends else None

    async def _moment(self, now: datetime) -> None:
        """All that is due by `now`. Raises Crash; what is left is done after the restart."""
        while self._fixed and self._fixed[0].at <= now:
            fixed = self._fixed[0]
            await self._catch_up(fixed.at)
            await fixed.act(max(fixed.at, self._system.up_at))
            self._fixed.pop(0)
        await self._catch_up(now)
        due = await simulation.next_due()
        if due["remind"] is not None and due["remind"] <= now:
            await self._system.remind(now)
        if due["deliver"] is not None and due["deliver"] <= now:
            now = await self._deliver(now)
        if due["send"] is not None and due["send"] <= now:
            await self._send(now)

    async def _catch_up(self, t: datetime) -> None:
        await self._liaisons.file_until(t)
        await self._offices.review_until(t)

    async def _deliver(self, now: datetime) -> datetime:
        try:
            return await self._system.deliver(now, self._catch_up)
        finally:
            claimed, self._journal.claimed = self._journal.claimed, []
            told = await simulation.told_in_app(claimed)
            for row in told:
                self._liaisons.hear(row, row["delivered_at"], by_channel=False)

    async def _send(self, now: datetime) -> None:
        try:
            await self._system.send(now)
        finally:
            sent = self._journal.sent[self._heard :]
            self._heard += len(sent)
            told = await simulation.told_by_channel([each.key for each in sent])
            for row in told:
                self._liaisons.hear(row, now, by_channel=True)

    def _openings(self) -> Iterator[Fixed]:
        for at in set(plans.openings(self._days, self._county.ends)):
            yield Fixed(max(at, self._county.begins), self._open)

    async def _open(self, at: datetime) -> None:
        try:
            await self._system.open(at)
        finally:
            await self._liaisons.take_up()

    def _comings(self) -> Iterator[Fixed]:
        """Successors."""
        for seat in self._county.staff.seats:
            if seat.since > self._county.begins:
                yield Fixed(seat.since, self._coming(seat))

    def _coming(self, seat: Seat) -> Act:
        async def act(at: datetime) -> None:
            async with transaction():
                await counties.begin(self._county, self._vault, [seat], at)

        return act

    def _goings(self) -> Iterator[Fixed]:
        for seat in self._county.staff.seats:
            if seat.until is not None:
                yield Fixed(seat.until, self._going(seat))

    def _going(self, seat: Seat) -> Act:
        async def act(at: datetime) -> None:
            async with transaction():
                await people.end_post(seat.id, at)

        return act

    def _mergers(self) -> Iterator[Fixed]:
        for merger in self._county.mergers:
            yield Fixed(merger.at, self._merging(merger))

    def _merging(self, merger: Merger) -> Act:
        async def act(at: datetime) -> None:
            async with transaction():
                await succession.succeed(merger.old, merger.new, None, [COUNTY], at)
            self._county.staff.move(merger.old, merger.new)

        return act

    def _evenings(self) -> Iterator[Fixed]:
        """The end of each day, a second before midnight."""
        day, last = local_day(self._county.begins), local_day(self._county.ends)
        every = 1 if len(self._county.villages) <= _SMALL else _SAMPLED_EVERY
        number = 0
        while day < last:
            number += 1
            at = local_instant(day, time(23, 59, 59))
            yield Fixed(at, self._evening(sampled=number % every == 0, number=number))
            day += _DAY

    def _evening(self, *, sampled: bool, number: int) -> Act:
        async def act(at: datetime) -> None:
            if number in (5, 10, 20, 40, 80, 160):
                await simulation.look_at_tables(_GROWING)
            await self._system.keep_house(at)
            if sampled:
                self._journal.days.append(await day_end(self._journal, at))

        return act
