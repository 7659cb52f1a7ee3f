"""What the county changes along the way: a merger, a new code, more time, a waiver."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from backend import succession
from backend.demo import regions
from backend.demo.people import Staff
from backend.demo.regions import COUNTY
from backend.demo.story import Round, Story
from backend.domain.calendar import local_day, local_instant
from backend.domain.timeliness import AdjustmentKind
from backend.store import adjustments, audit, rates
from backend.store.audit import Entry

REQUEST: Final = "demo"  # what the audit names as the request
_MERGED, _RECODED = timedelta(days=70), timedelta(days=45)  # ago
_EXTENDED_TOWNS: Final = (COUNTY + "106", COUNTY + "201")
_EXEMPT: Final = regions.village_key("103", 20)
_EXTENDED_BY: Final = 3  # working days
_STORM: Final = "暴雨停电断网，县局同意顺延"
_MOVING: Final = "整村搬迁，户籍正在迁移"


@dataclass(frozen=True, slots=True)
class Change:
    """Something done at an instant."""

    at: datetime
    do: Callable[[datetime], Awaitable[None]]


def changes(
    story: Story, staff: Staff, name: str, schedules: Mapping[str, int]
) -> Sequence[Change]:
    """All of them, in order of time. `name` is that of the village which gets a new code."""
    county = _County(story, staff, name, schedules)
    poverty, labor = county.months_ago("POVERTY_MONTHLY"), county.months_ago("LABOR_MONTHLY")
    found = [
        Change(_morning(story.now - _MERGED), county.merge),
        Change(_morning(story.now - _RECODED), county.recode),
        Change(_morning(poverty.times.due_at), county.extend),
        Change(_morning(labor.times.opens_at + timedelta(days=1)), county.waive),
    ]
    return sorted(found, key=lambda change: change.at)


def _morning(of: datetime) -> datetime:
    return local_instant(local_day(of), time(9, 30))


class _County:
    """The person of the county who does it all."""

    def __init__(self, story: Story, staff: Staff, name: str, schedules: Mapping[str, int]) -> None:
        self._story, self._staff = story, staff
        self._name, self._schedules = name, schedules
        self._who = staff.office(COUNTY)[0].id

    def months_ago(self, code: str) -> Round:
        """The fourth newest round of a report."""
        return [each for each in self._story.rounds if each.code == code][-4]

    async def merge(self, at: datetime) -> None:
        await self._succeed(regions.MERGED, regions.MERGED_INTO, None, at)

    async def recode(self, at: datetime) -> None:
        await self._succeed(regions.RECODED, regions.RECODED_AS, self._name, at)

    async def _succeed(self, old: str, new: str, name: str | None, at: datetime) -> None:
        await succession.succeed(old, new, name, [COUNTY], at)
        self._staff.move(old, new)
        await self._note(at, f"region.{'recode' if name else 'merge'}", f"region:{old}", old)

    async def extend(self, at: datetime) -> None:
        """顺延 for two townships after a storm."""
        of, days = self.months_ago("POVERTY_MONTHLY"), self._story.days
        day = days.add_workdays(local_day(of.times.due_at), _EXTENDED_BY)
        for town in _EXTENDED_TOWNS:
            await self._adjust(
                of, town, AdjustmentKind.EXTEND, _STORM, at, local_instant(day, time(18))
            )

    async def waive(self, at: datetime) -> None:
        """免报 for one village on the move."""
        of = self.months_ago("LABOR_MONTHLY")
        await self._adjust(of, _EXEMPT, AdjustmentKind.EXEMPT, _MOVING, at, None)

    async def _adjust(
        self,
        of: Round,
        under: str,
        kind: AdjustmentKind,
        reason: str,
        at: datetime,
        due_at: datetime | None,
    ) -> None:
        schedule = self._schedules[of.code]
        rows = await adjustments.lock_for_adjusting(
            [COUNTY], ids=None, under=under, schedule=schedule, period=of.key
        )
        ids = [row["id"] for row in rows]
        later = due_at - of.times.due_at if due_at else timedelta()
        await adjustments.adjust(
            ids,
            kind.value,
            due_at=due_at,
            closes_at=of.times.closes_at + later if due_at else None,
            reason=reason,
            account=self._who,
            now=at,
        )
        await rates.reopen_cells(ids)
        for row in rows:
            subject = f"obligation:{row['id']}"
            await self._note(at, f"obligation.{kind}", subject, row["region"])

    async def _note(self, at: datetime, action: str, subject: str, region: str) -> None:
        await audit.write(Entry(at, self._who, action, subject, region, request=REQUEST))
