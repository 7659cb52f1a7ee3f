"""The seven reports that the demo county asks for, and since when."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from backend.demo.regions import COUNTY
from backend.domain.calendar import local_day
from backend.domain.ladder import DEFAULT_LADDER
from backend.domain.periods import Cadence, DueKind, DueRule, Timetable, period_containing
from backend.domain.reviews import ReviewStep

MONTHS: Final = 6
WEEKS: Final = 6
ALLOWANCE: Final = timedelta(hours=24)
_EVENING, _NOON = time(18), time(12)


@dataclass(frozen=True, slots=True)
class Plan:
    """One report: its form, how often, when due, and which offices review it."""

    code: str
    zh: str
    en: str
    cadence: Cadence
    timetable: Timetable
    steps: tuple[ReviewStep, ...] = (ReviewStep.TOWN,)


def _day(number: int, months_after: int = 0, opens: int | None = None) -> Timetable:
    return Timetable(DueRule(DueKind.DAY, number, _EVENING, months_after), opens)


PLANS: Final = (
    Plan(
        "LABOR_MONTHLY",
        "农村劳动力就业月报",
        "Monthly report on rural labour",
        Cadence.MONTHLY,
        Timetable(DueRule(DueKind.WORKDAY, 3, _EVENING, 1), opens_workdays_before=10),
    ),
    Plan(
        "RETURN_WEEKLY",
        "返乡农民工周报",
        "Weekly report on returned workers",
        Cadence.WEEKLY,
        Timetable(DueRule(DueKind.WEEKDAY, 5, _NOON)),
    ),
    Plan(
        "POVERTY_MONTHLY",
        "脱贫人口务工月报",
        "Monthly report on work of people lifted out of poverty",
        Cadence.MONTHLY,
        _day(25),
    ),
    Plan(
        "AID_QUARTERLY",
        "就业援助季报",
        "Quarterly report on employment aid",
        Cadence.QUARTERLY,
        _day(25, opens=15),
        (ReviewStep.TOWN, ReviewStep.COUNTY),
    ),
    Plan(
        "PENSION_CHANGE",
        "待遇人员变动月报",
        "Monthly report on changes among pensioners",
        Cadence.MONTHLY,
        _day(5, months_after=1),
    ),
    Plan(
        "JOB_DEMAND",
        "用工岗位需求月报",
        "Monthly report on vacancies",
        Cadence.MONTHLY,
        _day(25),
    ),
    Plan(
        "PLATFORM_ANNUAL",
        "基层平台年度调查",
        "Annual survey of village service points",
        Cadence.YEARLY,
        _day(5, months_after=1, opens=20),
    ),
)


def starts_on(cadence: Cadence, now: datetime) -> date:
    """The first day of the first period: six months, six weeks, or the last full year ago."""
    today = local_day(now)
    if cadence is Cadence.YEARLY:
        return date(today.year - 1, 1, 1)
    if cadence is Cadence.WEEKLY:
        return period_containing(cadence, today - timedelta(weeks=WEEKS)).start
    period = period_containing(Cadence.MONTHLY, today)
    for _ in range(MONTHS):
        period = period.previous()
    return period_containing(cadence, period.start).start


def row(plan: Plan, form: int, created_at: datetime, now: datetime) -> dict[str, Any]:
    """The schedule as `store.forms.add_schedule` takes it.

    Its ladder counts from `now`: nobody is reminded of a step that lies in the demo's past.
    """
    return {
        "scope": COUNTY,
        "form": form,
        "title": {"zh": plan.zh, "en": plan.en},
        "cadence": plan.cadence.value,
        "timetable": plan.timetable.to_dict(),
        "steps": [step.value for step in plan.steps],
        "ladder": [step.to_dict() for step in DEFAULT_LADDER],
        "ladder_since": now,
        "allowance_hours": int(ALLOWANCE / timedelta(hours=1)),
        "starts_on": starts_on(plan.cadence, now),
        "ends_on": None,
        "created_at": created_at,
    }
