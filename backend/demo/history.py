"""The days of the demo county one after the other: what opens, what is filed, reviewed and told."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from backend.demo.changes import Change, changes
from backend.demo.habits import SITTING_FROM, is_sitting
from backend.demo.people import Staff
from backend.demo.replay import Replay
from backend.demo.story import Story
from backend.domain.calendar import local_day, local_instant
from backend.store.database import fetch
from backend.tasks import delivering, opening

Report = Callable[[int, int], None]
_CLOSING: Final = time(18)
# Tables that are empty at first: the planner is shown now and then what has become of them.
_GROWING: Final = "region, post, obligation, submission, review, message, delivery"


@dataclass(frozen=True, slots=True)
class _Moment:
    """Something that happens at an instant; what was filed before has been stored by then."""

    at: datetime
    do: Callable[[datetime], Awaitable[None]]


async def live_through(
    story: Story, staff: Staff, name: str, schedules: Mapping[str, int], report: Report
) -> None:
    """Plays the story from its beginning to now. `name` is that of the village re-coded."""
    days = _Days(story, Replay(story, staff))
    moments = sorted(
        [*days.openings(), *days.changes(changes(story, staff, name, schedules)), *days.sittings()],
        key=lambda moment: moment.at,
    )
    looks = {len(moments) // part for part in (2, 3, 5, 8, 12)}
    for done, moment in enumerate(moments):
        report(done, len(moments))
        if done in looks:
            await fetch(f"ANALYZE {_GROWING}")
        await moment.do(moment.at)
    await days.finish(story.now)
    report(len(moments), len(moments))


class _Days:
    """The moments of the story, and what happens at each."""

    def __init__(self, story: Story, replay: Replay) -> None:
        self._story, self._replay = story, replay

    def openings(self) -> Iterator[_Moment]:
        """Each midnight at which some round opens."""
        for at in {each.times.opens_at for each in self._story.rounds}:
            yield _Moment(at, self._open)

    def changes(self, changes: Iterable[Change]) -> Iterator[_Moment]:
        """What the county does; filings of earlier hours come before it."""
        for change in changes:
            yield _Moment(change.at, self._after_filing(change))

    def sittings(self) -> Iterator[_Moment]:
        """The afternoons on which the offices review."""
        story, day = self._story, local_day(self._story.begins)
        while (at := local_instant(day, SITTING_FROM)) <= story.now:
            if is_sitting(day, story.days) or day == local_day(story.returned_at):
                yield _Moment(at, self._sit)
            day += timedelta(days=1)

    async def _open(self, at: datetime) -> None:
        await opening.freeze_periods(at)
        while await opening.open_one(at):
            pass
        await self._replay.take_up()

    def _after_filing(self, change: Change) -> Callable[[datetime], Awaitable[None]]:
        async def do(at: datetime) -> None:
            await self._replay.file_until(at)
            await change.do(at)

        return do

    async def _sit(self, at: datetime) -> None:
        await self._replay.file_until(at)
        await self._close(min(local_instant(local_day(at), _CLOSING), self._story.now))

    async def finish(self, at: datetime) -> None:
        """What is filed after the last sitting."""
        await self._replay.file_until(at)
        await self._close(at)

    async def _close(self, at: datetime) -> None:
        """The end of a day: reviews done, messages in people's hands."""
        await self._replay.review_until(at)
        while await delivering.deliver_some((), at):
            pass
