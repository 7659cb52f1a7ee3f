"""The monthly report's figures 农村劳动力就业月报, counted from the people of the ledger.

The keys are those that the form LABOR_MONTHLY names as `ledger`. `app/src/rules/ledger.ts` counts
the same on the phone; tests/cases/ledger.json holds the two together.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from backend.domain.ledger.ages import of_working_age
from backend.domain.ledger.words import Status, WorkPlace


@dataclass(frozen=True, slots=True)
class Counted:
    """What counting needs of a person; `born` is a month."""

    born: str
    female: bool
    status: Status
    work_place: WorkPlace | None = None
    train_wish: bool = False
    job_wish: bool = False


EMPLOYED: Final = {
    Status.UNIT: "emp_unit",
    Status.FLEX: "emp_flex",
    Status.SELF: "emp_self",
    Status.PUBLIC: "emp_public",
    Status.FARM: "emp_farm",
}
_WITHOUT: Final = {Status.UNEMPLOYED: "unemployed", Status.NO_INTENT: "no_intent"}
_OUTSIDE: Final = {
    Status.STUDENT: "in_school",
    Status.ARMY: "army",
    Status.RETIRED: "retired",
    Status.INCAPABLE: "incapable",
}
_AWAY: Final = {
    WorkPlace.COUNTY: "mig_county",
    WorkPlace.CITY: "mig_city",
    WorkPlace.PROVINCE: "mig_prov",
    WorkPlace.OUT: "mig_out",
    WorkPlace.ABROAD: "mig_abroad",
}
_TOTALS: Final = ("employed", "labor_total", "wa_total", "migrant", "train_wish", "job_wish")
_WOMEN: Final = ("employed_female", "unemployed_female", "labor_female", "migrant_female")
KEYS: Final = (
    *EMPLOYED.values(),
    *_WITHOUT.values(),
    *_OUTSIDE.values(),
    *_AWAY.values(),
    *_TOTALS,
    *_WOMEN,
)


def ledger_figures(residents: Iterable[Counted], month: str) -> dict[str, int]:
    """People by figure, of those listed who are of working age in the month ("2026-11").

    Away for work counts who is employed outside the township, farming aside; wishes count of
    those in the labour force alone.
    """
    figures = dict.fromkeys(KEYS, 0)
    for person in residents:
        if of_working_age(person.born, person.female, month):
            for key in _keys(person):
                figures[key] += 1
    return figures


def _keys(person: Counted) -> list[str]:
    """Every figure that a person counts in."""
    keys = ["wa_total"]
    if person.status in _OUTSIDE:
        return [*keys, _OUTSIDE[person.status]]
    shared = ["labor_total"]
    if person.status in EMPLOYED:
        keys.append(EMPLOYED[person.status])
        shared.append("employed")
    else:
        shared.append(_WITHOUT[person.status])
    away = _AWAY.get(person.work_place) if person.work_place else None
    if away and person.status in EMPLOYED and person.status is not Status.FARM:
        keys.append(away)
        shared.append("migrant")
    keys += [wish for wish in ("train_wish", "job_wish") if getattr(person, wish)]
    return [*keys, *shared, *(_woman(key) for key in shared if person.female and _woman(key))]


def _woman(key: str) -> str:
    """The figure of women within another; none for some."""
    found = f"{key.removesuffix('_total')}_female"
    return found if found in _WOMEN else ""
