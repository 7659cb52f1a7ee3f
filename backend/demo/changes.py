"""What the county changes along the way: a merger, a new code, more time, a waiver."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from backend import succession
from backend.demo import regions
from backend.demo.people import Person, Staff
from backend.demo.regions import COUNTY
from backend.demo.story import Round, Story
from backend.domain.calendar import local_day, local_instant
from backend.domain.timeliness import AdjustmentKind
from backend.store import audit, duties, rates
from backend.store.audit import Entry

REQUEST: Final = "demo"  # what the audit names as the request
_MERGED, _RECODED = timedelta(days=70), timedelta(days=45)  # ago
_EXTENDED_TOWNS: Final = (COUNTY + "106", COUNTY + "201")
_EXEMPT: Final = regions.village_key("103", 20)
_STORM = "暴雨停电断网，县局同意顺延"
_MOVING = "整村搬迁，户籍正在迁移"


@dataclass(frozen=True, slots=True)
class Change:
    """Something done at an instant, by somebody of the county."""

    at: datetime
    do: Callable[[], Awaitable[None]]


def changes(story: Story, staff: Staff, names: dict[str, str]) -> Sequence[Change]:
    """All of them, in order of time."""
    who = staff.office(COUNTY)[0]
    merged, recoded = _morning(story.now - _MERGED), _morning(story.now - _RECODED)
    name = names[regions.RECODED]
    poverty, labor = _third_last(story, "POVERTY_MONTHLY"), _third_last(story, "LABOR_MONTHLY")
    storm = _morning(poverty.times.due_at)
    moving = _morning(labor.times.opens_at + timedelta(days=1))

    async def merge() -> None:
        await _succeed(staff, who, regions.MERGED, regions.MERGED_INTO, None, merged)

    async def recode() -> None:
        await _succeed(staff, who, regions.RECODED, regions.RECODED_AS, name, recoded)

    async def extend() -> None:
        day = story.days.add_workdays(local_day(poverty.times.due_at), 3)
        for town in _EXTENDED_TOWNS:
            due_at = local_instant(day, time(18))
            await _adjust(who, poverty, town, AdjustmentKind.EXTEND, _STORM, storm, due_at)

    async def waive() -> None:
        await _adjust(who, labor, _EXEMPT, AdjustmentKind.EXEMPT, _MOVING, moving)

    found = [Change(merged, merge), Change(recoded, recode), Change(storm, extend)]
    return sorted([*found, Change(moving, waive)], key=lambda change: change.at)


def _morning(of: datetime) -> datetime:
    return local_instant(local_day(of), time(9, 30))


def _third_last(story: Story, code: str) -> Round:
    """A round of three months ago."""
    return [each for each in story.rounds if each.code == code][-4]


async def _succeed(
    staff: Staff, who: Person, old: str, new: str, name: str | None, at: datetime
) -> None:
    await succession.succeed(old, new, name, [COUNTY], at)
    staff.move(old, new)
    kind = "recode" if name else "merge"
    subject = f"region:{old}"
    await audit.write(
        Entry(at, who.id, f"region.{kind}", subject, old, request=REQUEST, detail={"new": new})
    )


async def _adjust(
    who: Person,
    of: Round,
    under: str,
    kind: AdjustmentKind,
    reason: str,
    at: datetime,
    due_at: datetime | None = None,
) -> None:
    """The same steps as a request to /adjustments. Nobody is reminded of a past deadline."""
    rows = await duties.lock_for_adjusting(
        [COUNTY], ids=None, under=under, schedule=None, period=of.key
    )
    ids = [row["id"] for row in rows if row["due_at"] == of.times.due_at]
