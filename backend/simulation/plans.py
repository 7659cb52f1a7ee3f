"""What the simulated county asks of its villages, and when."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from backend.demo.schedules import ALLOWANCE, PLANS, Plan
from backend.domain.calendar import WorkCalendar, local_instant
from backend.domain.channels import Kind
from backend.domain.ladder import DEFAULT_LADDER, Ladder
from backend.domain.periods import Cadence, period_containing, periods_to_open, timing
from backend.simulation.county import COUNTY
from backend.store import forms

# The year whose working days the State Council has published last.
BEGINS: Final = local_instant(date(2026, 1, 1), time())
_ASKED: Final = ("LABOR_MONTHLY", "AID_QUARTERLY", "RETURN_WEEKLY")
# Counting those who come home makes sense around the new year.
_WEEKS: Final = 4
_CHANNELS: Final[Mapping[str, tuple[Kind, ...]]] = {
    "before_1": (Kind.WEB_PUSH,),
    "due_day": (Kind.WECOM_APP, Kind.SMS),
    "last_hour": (Kind.SMS, Kind.VOICE),
    "after_1": (Kind.WECOM_ROBOT, Kind.SMS),
    "fix_day": (Kind.WEB_PUSH, Kind.SMS),
    "review_after_1": (Kind.SMS,),
}
LADDER: Final[Ladder] = tuple(
    replace(step, channels=_CHANNELS.get(step.key, ())) for step in DEFAULT_LADDER
)
# Percent of the early steps, so that the effect of the others can be seen.
_HELD_BACK: Final[Mapping[str, int]] = {"AID_QUARTERLY": 10}
PLANNED: Final = tuple(plan for plan in PLANS if plan.code in _ASKED)


def ends(months: int) -> datetime:
    """Midnight after so many months."""
    year, month = divmod(months, 12)
    return local_instant(date(BEGINS.year + 1 if year else 2026, month + 1, 1), time())


def _last_start(plan: Plan) -> date | None:
    if plan.cadence is not Cadence.WEEKLY:
        return None
    first = period_containing(plan.cadence, date(2026, 1, 1)).next().start
    return first + timedelta(weeks=_WEEKS - 1)


async def schedule() -> dict[str, int]:
    """Stores the schedules; gives their numbers by the form's code."""
    numbers = {}
    for plan in PLANNED:
        form = await forms.shipped(plan.code)
        assert form is not None
        numbers[plan.code] = await forms.add_schedule(_row(plan, form["id"]))
    return numbers


def _row(plan: Plan, form: int) -> dict[str, Any]:
    return {
        "scope": COUNTY,
        "form": form,
        "title": {"zh": plan.zh, "en": plan.en},
        "cadence": plan.cadence.value,
        "timetable": plan.timetable.to_dict(),
        "steps": [step.value for step in plan.steps],
        "ladder": [step.to_dict() for step in LADDER],
        "ladder_since": BEGINS,
        "hold_back": _HELD_BACK.get(plan.code, 0),
        "allowance_hours": int(ALLOWANCE / timedelta(hours=1)),
        "starts_on": date(2026, 1, 1),
        "ends_on": _last_start(plan),
        "created_at": BEGINS,
    }


def openings(days: WorkCalendar, until: datetime) -> Iterator[datetime]:
    """Each moment at which some period opens."""
    for plan in PLANNED:
        last = _last_start(plan)
        for each in periods_to_open(plan.cadence, plan.timetable, days, date(2026, 1, 1), until):
            if last is None or each.start <= last:
                yield timing(each, plan.timetable, days).opens_at
