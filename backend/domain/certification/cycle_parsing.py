"""A county's certification cycle as JSON, read and written."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise

from backend.domain.certification.cycles import Cycle, CycleMode, Season, YearDay
from backend.domain.refusal import Refusal

_YEAR_DAY = re.compile(r"(\d\d)-(\d\d)", re.ASCII)
_LEAP_YEAR = 2024
_MOST_MONTHS, _MOST_GRACE, _MOST_WINDOWS = 36, 12, 6
_OF_MODE = {
    CycleMode.ROLLING_N: {"months", "opens_months_before"},
    CycleMode.FIXED_WINDOWS: {"windows"},
}


def parse_cycle(raw: object, starts_on: date) -> Cycle:
    """The cycle of a JSON value, in force from a day.

    {"mode": "rolling_n", "months": 12, "opens_months_before": 1, "suspend_after": 0} or
    {"mode": "fixed_windows", "windows": [{"first": "01-10", "last": "04-30"}]}, or another mode
    without more; only `mode`, and `windows` where they are fixed, are needed. Raises
    Refusal("cycle_invalid") with `field` and `reason`: not_an_object, unknown_field, wrong_type,
    out_of_range, not_a_day, overlap or same_month (two windows that end in one month).
    """
    if not isinstance(raw, dict):
        raise _invalid("cycle", "not_an_object")
    mode = next((mode for mode in CycleMode if mode.value == raw.get("mode")), None)
    if mode is None:
        raise _invalid("mode", "out_of_range")
    _only(raw, "cycle", {"mode", "suspend_after", *_OF_MODE.get(mode, set())})
    grace = _whole(raw, "suspend_after", 0, 0, _MOST_GRACE)
    if mode is CycleMode.ROLLING_N:
        months = _whole(raw, "months", 12, 1, _MOST_MONTHS)
        # It may not open before the proof it is counted from.
        before = _whole(raw, "opens_months_before", min(1, months - 1), 0, months - 1)
        return Cycle(mode, starts_on, months, before, suspend_after=grace)
    seasons = _seasons(raw.get("windows")) if mode is CycleMode.FIXED_WINDOWS else ()
    return Cycle(mode, starts_on, seasons=seasons, suspend_after=grace)


def cycle_to_dict(cycle: Cycle) -> dict[str, object]:
    """The JSON value that `parse_cycle` reads."""
    more: dict[str, object] = {}
    if cycle.mode is CycleMode.ROLLING_N:
        more = {"months": cycle.months, "opens_months_before": cycle.opens_months_before}
    elif cycle.mode is CycleMode.FIXED_WINDOWS:
        more["windows"] = [{"first": str(s.first), "last": str(s.last)} for s in cycle.seasons]
    return {"mode": cycle.mode.value, "suspend_after": cycle.suspend_after, **more}


def _seasons(raw: object) -> tuple[Season, ...]:
    if not isinstance(raw, list):
        raise _invalid("windows", "wrong_type")
    if not 1 <= len(raw) <= _MOST_WINDOWS:
        raise _invalid("windows", "out_of_range")
    found = sorted((_season(each) for each in raw), key=lambda season: season.first)
    _check_apart(found)
    if len({season.last.month for season in found}) < len(found):
        raise _invalid("windows", "same_month")
    return tuple(found)


def _season(raw: object) -> Season:
    if not isinstance(raw, dict):
        raise _invalid("windows", "not_an_object")
    _only(raw, "windows", {"first", "last"})
    return Season(_year_day(raw.get("first")), _year_day(raw.get("last")))


def _check_apart(seasons: Sequence[Season]) -> None:
    """In the order of their first days only the last one may run into the next year."""
    for one, other in pairwise(seasons):
        if one.last < one.first or other.first <= one.last:
            raise _invalid("windows", "overlap")
    final = seasons[-1]
    if final.last < final.first and final.last >= seasons[0].first:
        raise _invalid("windows", "overlap")


def _year_day(raw: object) -> YearDay:
    match = _YEAR_DAY.fullmatch(raw) if isinstance(raw, str) else None
    if match is None:
        raise _invalid("windows", "not_a_day")
    month, day = int(match[1]), int(match[2])
    try:
        date(_LEAP_YEAR, month, day)
    except ValueError:
        raise _invalid("windows", "not_a_day") from None
    return YearDay(month, day)


def _only(raw: Mapping[str, object], field: str, known: set[str]) -> None:
    if not known.issuperset(raw):
        raise _invalid(field, "unknown_field")


def _whole(raw: Mapping[str, object], field: str, default: int, low: int, high: int) -> int:
    value = raw.get(field, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _invalid(field, "wrong_type")
    if not low <= value <= high:
        raise _invalid(field, "out_of_range")
    return value


def _invalid(field: str, reason: str) -> Refusal:
    return Refusal("cycle_invalid", field=field, reason=reason)
